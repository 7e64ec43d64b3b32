#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""Stories: tests/watch/stories/NAME/log goes in, and expect.json says what is
counted: [sender, destination, service, outcome, level, reason, recipients],
where null is "none". "options" are those of replay; "counters", "failures",
"inbound" and "totals" (by service, what and hour) are looked at if they are
there."""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import watched

SRC = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
REPLAY = os.path.join(BUILD, "tests", "watch", "replay")
FOLDER = os.path.join(SRC, "tests", "watch", "stories")

# Stamp and host, where nothing stands in front of them.
FRONT = re.compile(rb"(?:[A-Z].{14}|\d\S+) \S+ ")

problems = []


def replay(log, *options):
    done = subprocess.run([REPLAY, *options, log], check=True,
                          capture_output=True, text=True,
                          env={**os.environ, "TZ": "Europe/Berlin"})
    return [line.split("\t") for line in done.stdout.splitlines()]


def told(rows):
    counts = collections.Counter()
    hours = collections.Counter()
    inbound = collections.Counter()
    totals = {}
    failures = []
    counters = {}
    for word, *fields in rows:
        if word == "count":
            key = tuple(None if f == "-" else f for f in fields[:6])
            counts[key] += int(fields[7])
            hours[fields[6]] += int(fields[7])
        elif word == "inbound":
            inbound[fields[0]] += int(fields[2])
        elif word == "total":
            hour = totals.setdefault(fields[0], {}).setdefault(fields[1], {})
            hour[fields[2]] = hour.get(fields[2], 0) + int(fields[3])
        elif word == "failure":
            failures.append(fields[1:])
        elif word != "session":
            counters[word] = int(fields[0])
    return {
        "counts": sorted(([*key, n] for key, n in counts.items()), key=str),
        "hours": dict(hours), "inbound": dict(inbound), "totals": totals,
        "failures": failures, "counters": counters,
    }


def compare(name):
    folder = os.path.join(FOLDER, name)
    log = os.path.join(folder, "log")
    with open(os.path.join(folder, "expect.json"), encoding="utf-8") as f:
        want = json.load(f)
    options = want.pop("options", [])
    want["counts"] = sorted(want["counts"], key=str)
    for more in ([], ["-p", "61"], ["-p", "997", "-s"]):
        have = told(replay(log, *options, *more))
        for key, value in want.items():
            got = have[key]
            if key == "counters":
                got = {word: got[word] for word in value}
            if got != value:
                problems.append(f"{name} {' '.join(more)}: {key}:"
                                f" {json.dumps(got)},"
                                f" not {json.dumps(value)}")


def compare_restarts(name, log):
    """A long log says the same to one who stops after nearly each line."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(log)
        f.flush()
        once = told(replay(f.name))
        often = told(replay(f.name, "-p", "97", "-s"))
    for what in once:
        if once[what] != often[what]:
            problems.append(f"{name} with restarts: {what}: differs")
    if once["counters"]["lines"] < 400:
        problems.append(f"{name} with restarts: hardly a log")
    return once


def generated(messages, *options):
    return subprocess.run([watched.GENLOG, "-m", str(messages), *options],
                          check=True, capture_output=True).stdout


def repeated(log):
    """Each line once more, in other words."""
    lines = []
    for line in log.splitlines():
        front = FRONT.match(line)
        lines += [line, (front[0] if front else b"Nov 22 10:00:00 mail ") +
                  b"last message repeated 2 times"]
    return b"\n".join(lines) + b"\n"


def compare_repeats(names):
    """What is kept of a line counts as the line does."""
    logs = b""
    for name in names:
        with open(os.path.join(FOLDER, name, "log"), "rb") as f:
            logs += f.read()
    once = compare_restarts("stories", repeated(logs))
    compare_restarts("a log", repeated(generated(40)))
    if not (once["counters"]["repeats_lost"] < once["counters"]["lines"] / 4):
        problems.append("hardly a line was repeated")


def main():
    names = sorted(os.listdir(FOLDER))
    for name in names:
        compare(name)
    compare_restarts("a log", generated(300, "-i", "-l"))
    compare_repeats(names)
    print(f"{len(names)} stories")
    for problem in problems:
        print(problem)
    return 1 if problems or len(names) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
