#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""make bench: forceencd beside a bare echo server, within one run.

Both servers run all the time on core 0, the load on core 1, and they are
measured in turn, in many short rounds whose order alternates, so that
whatever else the machine does hits both. A ratio is the median of the
rounds' ratios.

Timings never fail the run; a wrong or missing answer does.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading

import report
import servers

CONNECTIONS = (1, 8, 64, 512)
TURNS_CLIENTS = 32
TURNS_QUESTIONS = 400
TRANSPORTS = ("tcp", "unix")
KEYS = ("uniform", "zipf")
ADDRESS = "user%07d@example.com"
SCHEMA = os.path.join(os.path.dirname(__file__), "../../etc/sql/sqlite.sql")


def parse_arguments():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--json", help="file for all figures")
    p.add_argument("--quick", action="store_true", help="short steps")
    p.add_argument("--self-check", action="store_true",
                   help="the baseline against itself: ratios must be 1")
    p.add_argument("--seconds", type=float, help="of one round")
    p.add_argument("--rounds", type=int)
    p.add_argument("--senders", type=int)
    p.add_argument("--restarts", type=int)
    a = p.parse_args()
    quick = {"seconds": 0.15, "rounds": 5, "senders": 200000, "restarts": 3}
    full = {"seconds": 0.3, "rounds": 15, "senders": 1000000, "restarts": 10}
    for name, value in (quick if a.quick else full).items():
        if getattr(a, name) is None:
            setattr(a, name, value)
    return a


class Bench:
    def __init__(self, arguments, folder):
        self.a = arguments
        self.folder = folder
        cores = sorted(os.sched_getaffinity(0))
        self.server_core = cores[0] if len(cores) > 1 else None
        self.load_core = cores[1] if len(cores) > 1 else None
        self.database = os.path.join(folder, "policy.db")
        self.faults = []

    def new_server(self, label):
        if self.a.self_check:
            return servers.Echo(
                self.folder, self.server_core, label, self.a.build)
        server = servers.Forceencd(
            self.folder, self.server_core, label, self.a.build,
            self.a.senders)
        server.set_table(f"sqlite:{self.database}.cf")
        return server

    def load(self, server, transport, *flags):
        """Runs the load generator to its end; its figures."""
        command = [
            os.path.join(self.a.build, "tests/bench/load"),
            "--server", server.endpoints[transport],
            "--senders", str(self.a.senders),
            *server.load_flags, *map(str, flags),
        ]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, check=False, text=True,
            preexec_fn=self._pin)
        if not done.stdout:
            raise servers.ServerError(f"{' '.join(command)} failed")
        out = json.loads(done.stdout)
        if out["wrong"] or out["lost"]:
            self.faults.append(
                f"{server.name} over {transport} {' '.join(map(str, flags))}:"
                f" {out['wrong']} wrong, {out['lost']} lost;"
                f" {out['first_wrong']}")
        return out

    def _pin(self):
        if self.load_core is not None:
            os.sched_setaffinity(0, {self.load_core})

    def fill(self, server):
        """Every sender once, so that all later questions are hits."""
        before = server.rss_bytes()
        out = self.load(
            server, "unix", "--keys", "sequence", "--connections", 64,
            "--requests", self.a.senders)
        grown = server.rss_bytes() - before
        memory = {
            "senders": self.a.senders,
            "grown_bytes": grown,
            "bytes_per_sender": grown / self.a.senders,
            "address_bytes": len(ADDRESS % 0),
        }
        return out, memory

    def measured(self, server, transport, keys, connections, seed):
        ran, waited = server.cpu_seconds()
        out = self.load(
            server, transport, "--keys", keys, "--connections", connections,
            "--seconds", self.a.seconds, "--warmup", self.a.seconds / 5,
            "--seed", seed)
        ran_since, waited_since = server.cpu_seconds()
        cpu = ran_since - ran
        out["cpu_us"] = cpu * 1e6 / max(out["answered"], 1)
        out["busy"] = cpu / out["wall_s"]
        out["robbed"] = (waited_since - waited) / out["wall_s"]
        return out

    def compare(self, pair, transport, keys, connections):
        rounds = []
        for i in range(self.a.rounds):
            order = pair if i % 2 == 0 else pair[::-1]
            out = {
                s: self.measured(s, transport, keys, connections, i + 1)
                for s in order
            }
            rounds.append([out[s] for s in pair])
        ratios = [b["per_second"] / max(a["per_second"], 1)
                  for a, b in rounds]
        row = {
            "transport": transport,
            "keys": keys,
            "connections": connections,
            "ratio": statistics.median(ratios),
            "ratio_quartiles": statistics.quantiles(ratios, n=4)[::2],
            "rounds": rounds,
        }
        for side, name in enumerate(("baseline", "subject")):
            row[name] = {
                f: statistics.median(r[side][f] for r in rounds)
                for f in ("per_second", "p50_us", "p99_us", "p999_us",
                          "max_us", "cpu_us", "busy", "robbed")
            }
        for f in ("p50", "p99", "cpu"):
            row[f"{f}_ratio"] = statistics.median(
                b[f"{f}_us"] / max(a[f"{f}_us"], 1e-3) for a, b in rounds)
        return row

    def at_once(self, pair, transport):
        took = {s: [] for s in pair}
        for i in range(max(self.a.rounds, 3)):
            for s in pair if i % 2 == 0 else pair[::-1]:
                out = self.load(
                    s, transport, "--all-at-once", "--connections", 512,
                    "--seed", i + 1)
                took[s].append(out["wall_s"] * 1000)
        a, b = (took[s] for s in pair)
        return {
            "transport": transport,
            "connections": 512,
            "baseline_ms": statistics.median(a),
            "subject_ms": statistics.median(b),
            "subject_worst_ms": max(b),
        }

    def allocations(self):
        """How many more allocations twice as many hits need. Timers may
        allocate meanwhile: the least of three trials is what hits do."""
        requests = 20000 if self.a.quick else 100000
        counter = os.path.join(self.folder, "allocated")
        with open(counter, "wb") as f:
            f.write(bytes(8))
        server = self.new_server("allocations")
        server.environment = {
            "LD_PRELOAD": os.path.abspath(os.path.join(
                self.a.build, "tests/bench/malloc_count.so")),
            "MALLOC_COUNT": counter,
        }

        def count(n):
            before = read_count(counter)
            self.load(server, "unix", "--senders", 1000, "--keys", "sequence",
                      "--connections", 8, "--requests", n)
            return read_count(counter) - before

        with contextlib.closing(server):
            server.start()
            if read_count(counter) == 0:
                raise servers.ServerError("the allocations aren't counted")
            count(2000)
            trials = [(count(requests), count(2 * requests))
                      for _ in range(3)]
        return {
            "requests": requests,
            "trials": trials,
            "more": min(max(twice - once, 0) for once, twice in trials),
        }

    def turns(self):
        """The longest turn of the loop while clients ask hundreds of questions
        in one piece, none of which is in the cache, and the table is replaced
        by another one in between."""
        server = self.new_server("turns")
        table = os.path.join(self.folder, "turns.cf")
        with open(table, "w", encoding="ascii") as f:
            f.write(f"dbpath = {self.database}\nquery_time_limit = 1s\n")
        server.set_table(f"sqlite:{table}")
        with contextlib.closing(server), contextlib.ExitStack() as stack:
            server.start()
            clients = [stack.enter_context(socket.socket(socket.AF_UNIX))
                       for _ in range(TURNS_CLIENTS)]
            for client in clients:
                client.connect(server.unix_path)
                client.settimeout(60)
            for number in range(2 if self.a.quick else 10):
                for i, client in enumerate(clients):
                    client.sendall(b"".join(
                        servers.netstring(
                            b"forceenc miss%d-%d-%d@example.com"
                            % (number, i, key))
                        for key in range(TURNS_QUESTIONS)))
                for client in clients:
                    read_absences(client, TURNS_QUESTIONS)
                with open(table, "a", encoding="ascii") as f:
                    f.write(f"# {number}\n")
                os.kill(server.pid, signal.SIGHUP)
            loop = server.loop()
        return {"clients": TURNS_CLIENTS, "questions": TURNS_QUESTIONS,
                "longest_ms": loop["longest_ms"], "p99_ms": loop["p99_ms"],
                "turns": loop["turns"]}

    def restart(self, transport):
        """Restarts the server under load while its sockets stay open."""
        server = self.new_server(f"restart-{transport}")
        server.hold_sockets()
        out = {}
        statuses = []
        over = threading.Event()

        def run_load():
            out.update(self.load(
                server, transport, "--reconnect", "--connections", 64,
                "--keys", "zipf", "--seconds", self.a.restarts * 0.5 + 0.5))
            over.set()

        with contextlib.closing(server):
            server.start()
            # The load is another process, the thread only waits for it.
            thread = threading.Thread(target=run_load)
            thread.start()
            while len(statuses) < self.a.restarts and not over.wait(0.3):
                statuses.append(server.stop())
                server.start()
            thread.join()
        wrong = [s for s in statuses if s not in server.stop_statuses]
        if wrong:
            self.faults.append(f"{server.name} ended with status {wrong}")
        out["transport"] = transport
        out["restarts"] = len(statuses)
        return out


def read_absences(client, n):
    """That many answers, each of them "no such sender"."""
    wanted = servers.netstring(b"NOTFOUND ") * n
    have = b""
    while len(have) < len(wanted):
        more = client.recv(65536)
        if not more:
            break
        have += more
    if have != wanted:
        wrong = have.replace(servers.netstring(b"NOTFOUND "), b"")
        raise servers.ServerError(f"wrong answers: {wrong[:400]!r}")


def read_count(path):
    with open(path, "rb") as f:
        return int.from_bytes(f.read(8), sys.byteorder)


def make_database(path, rows):
    with contextlib.closing(sqlite3.connect(path)) as db:
        with open(SCHEMA, encoding="utf-8") as f:
            db.executescript(f.read())
        db.executemany(
            "INSERT INTO policy (address, answer, changed) VALUES (?, ?, 0)",
            ((ADDRESS % i, "forceenc:") for i in range(rows)))
        db.commit()
    with open(f"{path}.cf", "w", encoding="ascii") as f:
        f.write(f"dbpath = {path}\n")


def run(bench, results):
    a = bench.a
    if not a.self_check:
        say(f"making a policy of {a.senders} senders")
        make_database(bench.database, a.senders)
    baseline = servers.Echo(
        bench.folder, bench.server_core, "baseline", a.build)
    subject = bench.new_server("subject")
    with contextlib.closing(baseline), contextlib.closing(subject):
        baseline.start()
        subject.start()
        if not a.self_check:
            say("filling the cache")
            results["fill"], results["memory"] = bench.fill(subject)
            results["cache_stats"] = subject.cache_stats()
        pair = (baseline, subject)
        results["speed"] = []
        for transport in TRANSPORTS:
            for keys in KEYS:
                for n in CONNECTIONS:
                    say(f"{transport}, {keys}, {n} connections")
                    results["speed"].append(
                        bench.compare(pair, transport, keys, n))
        say("512 connections at once")
        results["at_once"] = [bench.at_once(pair, t) for t in TRANSPORTS]
    say("allocations")
    results["allocations"] = bench.allocations()
    if not a.self_check:
        say("turns of the loop")
        results["turns"] = bench.turns()
    say("restarts under load")
    results["restart"] = [bench.restart(t) for t in TRANSPORTS]


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def main():
    a = parse_arguments()
    results = {
        "host": {
            "system": platform.platform(),
            "cores": len(os.sched_getaffinity(0)),
            "load_average": os.getloadavg(),
        },
        "quick": a.quick,
        "self_check": a.self_check,
    }
    with tempfile.TemporaryDirectory(prefix="forceenc-bench-") as folder:
        bench = Bench(a, folder)
        run(bench, results)
    results["faults"] = bench.faults
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    subject = "echo again" if a.self_check else "forceencd"
    print(report.speed(results["speed"], "echo", subject))
    print()
    print(report.figures(results))
    print(report.disturbance(results["speed"]))
    for fault in bench.faults:
        print(f"FAULT: {fault}")
    return 1 if bench.faults else 0


if __name__ == "__main__":
    sys.exit(main())
