#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""Real logs whose truth is known from the sending and receiving ends.

Each X.log has its X.expect.json: envelope sender -> destination -> recipients
by what became of them. Some stand in tests/watch/corpus; more are looked for
in the folder that FORCEENC_LOGS names, or in shared/logs beside the source.
"""

import collections
import json
import os
import subprocess
import sys

SRC = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
REPLAY = os.path.join(BUILD, "tests", "watch", "replay")
OUTCOMES = {"tls_hard": "hard", "tls_soft": "soft", "other_bounced": "bounced",
            "other_deferred": "deferred"}

problems = []


def a_label(domain):
    try:
        return domain.encode("ascii").decode().lower()
    except UnicodeEncodeError:
        return domain.lower().encode("idna").decode()


def canonical(sender):
    """As the watcher keeps it: ASCII case and domain."""
    if sender == "<>":
        return sender
    local, domain = sender.rsplit("@", 1)
    return f"{local.lower()}@{a_label(domain)}"


def expected(truth):
    counts = collections.Counter()
    for sender, destinations in truth["senders"].items():
        for destination, row in destinations.items():
            key = canonical(sender), a_label(destination)
            for level, n in row["delivered"].items():
                counts[*key, "delivered", level] += n
            counts[*key, "delivered", "local"] += row["local"]
            for name, outcome in OUTCOMES.items():
                counts[*key, outcome, "-"] += row[name]
    return +counts


def run(log, *options):
    done = subprocess.run([REPLAY, *options, log], check=False,
                          capture_output=True, text=True)
    if done.returncode != 0:
        problems.append(f"{log}: exit {done.returncode}: {done.stderr}")
    return done.stdout


def counted(out):
    counts = collections.Counter()
    for line in out.splitlines():
        word, *fields = line.split("\t")
        if word != "count":
            continue
        sender, destination, _, outcome, level, _, _, n = fields
        # The truth knows the deferrals, not that Postfix gave up.
        if outcome != "expired":
            counts[sender, destination, outcome, level] += int(n)
    return counts


def compare(log):
    with open(log.removesuffix(".log") + ".expect.json", encoding="utf-8") as f:
        want = expected(json.load(f))
    have = counted(run(log))
    for key in sorted(want.keys() | have.keys()):
        if want[key] != have[key]:
            problems.append(f"{log}: {' '.join(key)}: {have[key]},"
                            f" not {want[key]}")
    if sum(want.values()) == 0:
        problems.append(f"{log}: nothing is expected")
    for options in (["-p", "777"], ["-p", "9973", "-s"]):
        if counted(run(log, *options)) != have:
            problems.append(f"{log}: another result with {' '.join(options)}")


def folders():
    yield os.path.join(SRC, "tests", "watch", "corpus")
    yield os.environ.get("FORCEENC_LOGS",
                         os.path.join(SRC, "..", "shared", "logs"))


def main():
    for folder in folders():
        if not os.path.isdir(folder):
            print(f"{folder}: not there, so its logs aren't replayed")
            continue
        logs = sorted(name for name in os.listdir(folder)
                      if name.endswith(".log"))
        for name in logs:
            compare(os.path.join(folder, name))
        print(f"{folder}: {len(logs)} logs")
        if not logs:
            problems.append(f"{folder}: no logs")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
