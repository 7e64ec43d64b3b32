#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""make bench-watch: forceenc-watch beside wc, grep and pflogsumm.

Logs of a site, made by genlog, are imported into a new SQLite database, and
read by the others in turn, several times over. What counts is the processor's
time, user and system, of the process itself; figures are medians. A wrong
count in the database fails the run, a timing never does.
"""

import argparse
import collections
import contextlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import report
import watch_pgsql

MEGA = 1000000
SENDERS = 100000
SLICE = 20 * MEGA  # pflogsumm is slow
GOAL_PFLOGSUMM = 50
GOAL_GREP = 0.5
GOAL_MEMORY = 64 * 1024 * 1024
ABSENT = "never in any log"

HOURLY = 40000  # messages
MESSAGE = 1700  # bytes of the log, about

Case = collections.namedtuple("Case", "name size hourly options pgsql")

CASES = (
    Case("site, 100 MB", 100 * MEGA, HOURLY, (), True),
    Case("site, 1 GB", 1000 * MEGA, HOURLY, (), False),
    Case("ten times as busy, 1 GB", 1000 * MEGA, 10 * HOURLY, (), False),
    Case("all alike, 100 MB", 100 * MEGA, HOURLY, ("-u",), True),
    Case("ISO stamps, 100 MB", 100 * MEGA, HOURLY, ("-i",), False),
)


def parse_arguments():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--json", help="file for all figures")
    p.add_argument("--quick", action="store_true",
                   help="no log of more than 100 MB, three runs")
    p.add_argument("--runs", type=int)
    # Those of bench.py are none of ours.
    a = p.parse_known_args()[0]
    if a.runs is None:
        a.runs = 3 if a.quick else 5
    return a


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measured(command, stdout=subprocess.DEVNULL):
    """(seconds of user and system, the largest resident set) of a process."""
    process = subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # grep says 1 where it finds nothing.
    if process.returncode not in (0, 1 if command[0] == "grep" else 0):
        raise RuntimeError(f"{' '.join(command)}: {error.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def aside(function, *arguments):
    """In a process of its own: a program's largest resident set begins with
    that of the process which starts it, so this one has to stay small."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(function, arguments)


class Watch:
    def __init__(self, build, folder):
        self.program = os.path.join(build, "forceenc-watch")
        self.folder = folder
        self.db = os.path.join(folder, "stats.db")
        self.conf = os.path.join(folder, "forceenc.cf")
        with open(os.path.join(folder, "policy.cf"), "w",
                  encoding="utf-8") as f:
            f.write("dbpath = policy.db\n")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write("forceenc_tables = sqlite:policy.cf\n"
                    f"log = -\nstore = sqlite:{self.db}\n")

    def run(self, log):
        for name in (self.db, self.db + "-wal", self.db + "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(name)
        return measured([self.program, "-c", self.conf, "--import", log])

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(sql).fetchall()

    def rows(self):
        return self.query("SELECT (SELECT count(*) FROM delivery_hour) + "
                          "(SELECT count(*) FROM delivery_day)")[0][0]

    def wrong(self, truth):
        """The first that differ from what genlog knows."""
        have = collections.Counter()
        for sender, destination, outcome, level, n in self.query(
                "SELECT sender, destination, outcome, level, sum(count)"
                " FROM delivery GROUP BY 1, 2, 3, 4"):
            what = outcome if level is None else f"{outcome}/{level}"
            have["sender", sender, what] += n
            have["destination", destination, what] += n
        want = {}
        with open(truth, encoding="utf-8") as f:
            for line in f:
                kind, who, what, n = line.rstrip("\n").split("\t")
                want[kind, who, what] = int(n)
        return [key for key in have.keys() | want.keys()
                if have[key] != want.get(key, 0)][:5]


def make_log(build, case, log, truth):
    """It ends about now, since what is older than keep_hours is rolled up."""
    begin = time.time() - case.size / MESSAGE / case.hourly * 3600 * 1.2
    with open(log, "wb") as f:
        subprocess.run(
            [os.path.join(build, "tests/bench/genlog"), "-z",
             "-s", str(SENDERS), "-B", str(case.size),
             "-h", str(case.hourly), "-b", str(int(begin)), "-t", truth,
             *case.options], stdout=f, check=True)


def cut_slice(log, path):
    with open(log, "rb") as source, open(path, "wb") as f:
        data = source.read(SLICE)
        f.write(data[:data.rindex(b"\n") + 1])


def speeds(log, seconds):
    """MB per CPU second, median."""
    return os.path.getsize(log) / MEGA / statistics.median(seconds)


def median_of(runs):
    return {name: statistics.median(values) for name, values in
            zip(("watch", "server", "elapsed", "rows"), zip(*runs))}


def compare(a, watch, store, case, folder):
    log = os.path.join(folder, "mail.log")
    part = os.path.join(folder, "part.log")
    truth = os.path.join(folder, "truth")
    make_log(a.build, case, log, truth)
    aside(cut_slice, log, part)
    others = {
        "wc": (["wc", "-l", log], log),
        "grep": (["grep", "-c", "-F", ABSENT, log], log),
    }
    if shutil.which("pflogsumm"):
        others["pflogsumm"] = (["pflogsumm", part], part)
    seconds = collections.defaultdict(list)
    elapsed, stored = [], []
    memory = 0
    for _ in range(a.runs):
        for name, (command, _) in others.items():
            seconds[name].append(measured(command)[0])
        began = time.monotonic()
        took, peak = watch.run(log)
        elapsed.append(time.monotonic() - began)
        seconds["watch"].append(took)
        if store is not None and case.pgsql:
            stored.append(store.run(measured, log))
        memory = max(memory, peak)
    out = {
        "case": case.name,
        "bytes": os.path.getsize(log),
        "rows": watch.rows(),
        "memory": memory,
        "wrong": aside(watch.wrong, truth),
        "seconds": dict(seconds),
        "elapsed": statistics.median(elapsed),
        "pgsql": median_of(stored) if stored else None,
        "speed": {name: speeds(path, seconds[name])
                  for name, (_, path) in others.items()},
    }
    out["speed"]["watch"] = speeds(log, seconds["watch"])
    return out


def table(results):
    rows = []
    for r in results:
        speed = r["speed"]
        to_grep = speed["watch"] / speed["grep"]
        cells = [r["case"], str(r["rows"]), f"{speed['watch']:.0f}",
                 f"{speed['wc']:.0f}", f"{speed['grep']:.0f}",
                 f"{to_grep:.2f}", report.verdict(to_grep >= GOAL_GREP)]
        if "pflogsumm" in speed:
            ratio = speed["watch"] / speed["pflogsumm"]
            cells += [f"{speed['pflogsumm']:.0f}", f"{ratio:.1f}",
                      report.verdict(ratio >= GOAL_PFLOGSUMM)]
        else:
            cells += ["not installed", "", ""]
        cells += [f"{r['memory'] / MEGA:.0f} MB",
                  report.verdict(r["memory"] < GOAL_MEMORY)]
        rows.append(cells)
    return report.table(
        ["MB per CPU second", "rows", "watch", "wc -l", "grep -c", "ratio",
         f"goal {GOAL_GREP}", "pflogsumm", "ratio", f"goal {GOAL_PFLOGSUMM}",
         "memory", "goal 64 MiB"], rows)


def make_store(watch, folder, stack):
    postgres = watch_pgsql.lab()
    if postgres is None:
        return None
    store = watch_pgsql.Store(watch, postgres, folder)
    stack.callback(store.close)
    return store


def main():
    a = parse_arguments()
    results = []
    with tempfile.TemporaryDirectory(prefix="forceenc-bench-") as folder:
        watch = Watch(a.build, folder)
        with contextlib.ExitStack() as stack:
            store = make_store(watch, folder, stack)
            for case in CASES:
                if a.quick and case.size > 100 * MEGA:
                    continue
                say(f"log of {case.name}")
                results.append(compare(a, watch, store, case, folder))
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    print(table(results))
    print()
    print(watch_pgsql.table(results) or
          "PostgreSQL or pytest isn't installed: nothing was written there")
    faults = [r for r in results if r["wrong"]]
    for r in faults:
        print(f"FAULT: {r['case']}: wrong counts, as of {r['wrong']}")
    for r in results:
        if r["pgsql"] and r["pgsql"]["rows"] != r["rows"]:
            faults.append(r)
            print(f"FAULT: {r['case']}: other rows in PostgreSQL")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
