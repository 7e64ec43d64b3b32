#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""make bench-directories: forceencd beside Postfix's own clients of LDAP and
PostgreSQL, on the same servers, for the same keys.

Every key is asked for once, so that nothing comes from a cache. Rounds
alternate; a ratio is the median of the rounds' ratios. Timings never fail the
run; a wrong or missing answer does.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import report
import servers

try:
    import peers
except ModuleNotFoundError:  # the tests' parts want pytest
    peers = None

DELAYS_MS = (0, 1, 10)
CONNECTIONS = (1, 64)
# (connections, ms): how many keys in a round.
KEYS = {(1, 0): 3000, (1, 1): 600, (1, 10): 100,
        (64, 0): 8000, (64, 1): 8000, (64, 10): 6000}
CACHED = 1000  # senders of the stall
HANGING = 64   # questions that hang meanwhile
WAIT = 600     # seconds for what must come

GOAL_FAR = 10       # times Postfix's client, 10 ms away, 64 connections
GOAL_NEAR = 1       # beside it, one connection
GOAL_SWITCH_MS = 100
GOAL_STALL = 1.2
GOAL_TURN_MS = 50


def parse_arguments():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=".", help="folder of the programs")
    p.add_argument("--json", help="file for all figures")
    p.add_argument("--quick", action="store_true", help="short steps")
    p.add_argument("--rounds", type=int)
    p.add_argument("--entries", type=int, help="of the directories")
    p.add_argument("--switches", type=int)
    p.add_argument("--only", choices=("synchronisation",),
                   help="nothing but that")
    # Those of bench.py are none of ours.
    a = p.parse_known_args()[0]
    quick = {"rounds": 3, "entries": 50000, "switches": 100}
    full = {"rounds": 7, "entries": 1000000, "switches": 1000}
    for name, value in (quick if a.quick else full).items():
        if getattr(a, name) is None:
            setattr(a, name, value)
    return a


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def wait_for(ready):
    deadline = time.monotonic() + WAIT
    while not ready():
        if time.monotonic() > deadline:
            raise servers.ServerError("something that must come doesn't")
        time.sleep(0.02)


class Bench:
    def __init__(self, arguments, folder):
        self.a = arguments
        self.folder = pathlib.Path(folder)
        cores = sorted(os.sched_getaffinity(0))
        self.server_core = cores[0] if len(cores) > 1 else None
        self.load_core = cores[1] if len(cores) > 1 else None
        self.faults = []
        self.made = 0
        # Only where no other client is compared: Postfix's and its server
        # may share a core, which saves waking another one for each key.
        self.pinned = False

    def pin(self):
        if self.pinned and self.load_core is not None:
            os.sched_setaffinity(0, {self.load_core})

    @contextlib.contextmanager
    def daemon(self, peer, at=None, **parameters):
        """One with an empty memory, that has a connection."""
        self.made += 1
        server = servers.Forceencd(
            self.folder, self.server_core if self.pinned else None,
            f"daemon{self.made}", self.a.build, self.a.entries)
        table = peer.table(os.path.join(server.folder, "table.cf"),
                           at or peer.address, **parameters)
        server.set_table(f"{peer.kind}:{table}")
        with contextlib.closing(server):
            server.start()
            yield server

    def load(self, server, *flags):
        done = subprocess.run(
            [os.path.join(self.a.build, "tests/bench/load"), "--server",
             server.endpoints["unix"], *map(str, flags)],
            stdout=subprocess.PIPE, check=False, text=True,
            preexec_fn=self.pin)
        if not done.stdout:
            raise servers.ServerError("the load generator failed")
        out = json.loads(done.stdout)
        if out["wrong"] or out["lost"]:
            self.faults.append(
                f"{server.name}: {out['wrong']} wrong, {out['lost']} lost;"
                f" {out['first_wrong']}")
        return out

    @contextlib.contextmanager
    def wire(self, peer, us):
        """The peer's address, or one that is so far away."""
        if us is None:
            yield peer.address
            return
        at = (peer.address[0], free_port(peer.address[0]))
        process = subprocess.Popen(
            [os.path.join(self.a.build, "tests/bench/delay"),
             "inet:%s:%d" % at, "inet:%s:%d" % peer.address, str(us)])
        try:
            wait_for(lambda: answers(at))
            yield at
        finally:
            process.kill()
            process.wait()

    def misses(self, peer, at, connections, count):
        with self.daemon(peer, at) as server:
            return self.load(
                server, "--keys", "sequence", "--senders", self.a.entries,
                "--connections", connections, "--requests",
                count)["per_second"]

    def postmap(self, table, count):
        """The seconds that Postfix's client takes for so many keys."""
        asked, found = peers.keys(count)
        began = time.monotonic()
        done = subprocess.run(
            ["postmap", "-c", self.folder, "-q", "-", table],
            input="\n".join(asked) + "\n",
            stdout=subprocess.PIPE, text=True, check=False)
        took = time.monotonic() - began
        have = len(done.stdout.splitlines())
        if have != found:
            self.faults.append(f"postmap found {have} senders, not {found}")
        return took

    def postmap_speed(self, table, count, starting):
        """Keys a second, without what starting and connecting takes."""
        return (count - 1) / max(self.postmap(table, count) - starting, 1e-6)

    def speed(self, peer, ms):
        """Rounds of Postfix's client and of forceencd."""
        rounds = []
        with self.wire(peer, ms * 500 if ms else None) as at:
            # Written once: Postfix waits until a file is a second old.
            path = peer.table(self.folder / f"{peer.kind}{ms}.cf", at)
            table = f"{peer.kind}:{path}"
            starting = min(self.postmap(table, 1) for _ in range(5))
            steps = [("postmap", lambda: self.postmap_speed(
                table, KEYS[1, ms], starting))]
            for n in CONNECTIONS:
                steps.append((n, lambda n=n: self.misses(
                    peer, at, n, KEYS[n, ms])))
            for i in range(self.a.rounds):
                order = steps if i % 2 == 0 else steps[::-1]
                done = {name: step() for name, step in order}
                rounds.append(done)
        return [{
            "peer": peer.name, "ms": ms, "connections": n,
            "per_second": statistics.median(r[n] for r in rounds),
            "postmap": statistics.median(r["postmap"] for r in rounds),
            "ratio": statistics.median(r[n] / r["postmap"] for r in rounds),
            "rounds": [[r["postmap"], r[n]] for r in rounds],
        } for n in CONNECTIONS]

    def wire_check(self, peer):
        """What the wire itself costs, where it's asked for no delay."""
        ratios = []
        for i in range(self.a.rounds):
            took = {}
            for us in (None, 0) if i % 2 == 0 else (0, None):
                with self.wire(peer, us) as at:
                    took[us] = self.misses(peer, at, 64, KEYS[64, 0])
            ratios.append((took[0] / took[None], took[0]))
        return {"peer": peer.name,
                "ratio": statistics.median(r for r, _ in ratios),
                "per_second": statistics.median(n for _, n in ratios)}

    def switches(self, peer):
        """ms from when an owner's change is sent, and from when it was
        confirmed, until forceencd's answer is the new one."""
        sent, confirmed = [], []
        sender = f"{peers.OWNER}@example.com"
        with self.daemon(peer, **peer.watch) as server, \
                contextlib.closing(peer.owner()) as owner, \
                socket.socket(socket.AF_UNIX) as client:
            client.connect(server.unix_path)
            client.settimeout(20)
            question = servers.netstring(f"forceenc {sender}".encode())
            wait_for(lambda: peer.listening() if peer.kind == "pgsql"
                     else peer.live in server.log())
            for i in range(self.a.switches):
                wanted = (b"9:NOTFOUND ,", b"12:OK forceenc:,")[i % 2]
                began = time.monotonic()
                owner.switch(i % 2 == 1)
                known = time.monotonic()
                reply = None
                while reply != wanted:
                    client.sendall(question)
                    reply = client.recv(100)
                now = time.monotonic()
                if now - began > WAIT:
                    raise servers.ServerError("a switch wasn't noticed")
                sent.append((now - began) * 1000)
                confirmed.append((now - known) * 1000)
            if self.a.switches % 2 == 1:
                owner.switch(True)
        return {"peer": peer.name, "n": len(sent),
                "p50_ms": statistics.median(sent), "p99_ms": p99(sent),
                "confirmed_p50_ms": statistics.median(confirmed),
                "confirmed_p99_ms": p99(confirmed)}

    def stall(self, peer):
        """Cached senders' p99 while the directory stands still and others
        wait for it."""
        rounds = []
        self.pinned = True
        with self.daemon(peer) as server:
            flags = ("--senders", CACHED, "--connections", 8)
            self.load(server, *flags, "--keys", "sequence", "--requests",
                      CACHED)
            for i in range(2 * self.a.rounds):
                out = {}
                for stalled in (False, True) if i % 2 else (True, False):
                    with self.stalled(peer, server, stalled):
                        out[stalled] = self.load(
                            server, *flags, "--keys", "zipf", "--seconds",
                            0.7, "--warmup", 0.1)["p99_us"]
                rounds.append((out[False], out[True]))
        self.pinned = False
        return {"peer": peer.name,
                "undisturbed_us": statistics.median(a for a, _ in rounds),
                "stalled_us": statistics.median(b for _, b in rounds),
                "ratio": statistics.median(b / a for a, b in rounds),
                "rounds": rounds}

    @contextlib.contextmanager
    def stalled(self, peer, server, on):
        if not on:
            yield
            return
        peer.stall()
        with contextlib.ExitStack() as stack:
            stack.callback(peer.resume)
            for i in range(HANGING):
                client = stack.enter_context(socket.socket(socket.AF_UNIX))
                client.connect(server.unix_path)
                client.sendall(servers.netstring(
                    b"forceenc hang%d@example.com" % i))
            yield
        # The next round begins with a connection that works.
        wait_for(lambda: b"TEMP" not in server.ask(
            f"fresh{time.monotonic_ns()}@example.com"))

    def synchronisation(self, peer):
        """How long it takes to know whom changes concern, and what that
        costs, beside reading the same by ldapsearch."""
        began = time.monotonic()
        peer.read_all()
        reading = time.monotonic() - began
        with self.daemon(peer) as server:
            without = server.rss_bytes()
        began = time.monotonic()
        with self.daemon(peer, **peer.watch) as server:
            wait_for(lambda: peer.live in server.log())
            took = time.monotonic() - began
            grown = server.rss_bytes() - without
            longest = server.loop()["longest_ms"]
            with open(f"/proc/{server.pid}/status", encoding="ascii") as f:
                peak = next(int(line.split()[1]) for line in f
                            if line.startswith("VmHWM")) * 1024
        return {"entries": peer.entries, "seconds": took,
                "ldapsearch_seconds": reading, "ratio": took / reading,
                "longest_turn_ms": longest,
                "grown_bytes": grown, "peak_bytes": peak,
                "bytes_per_entry": grown / peer.entries}


def p99(values):
    return sorted(values)[min(len(values) * 99 // 100, len(values) - 1)]


def free_port(address):
    with socket.socket() as s:
        s.bind((address, 0))
        return s.getsockname()[1]


def answers(at):
    try:
        socket.create_connection(at, 5).close()
    except ConnectionError:
        return False
    return True


def goal_of(row):
    if row["ms"] == 10 and row["connections"] == 64:
        return GOAL_FAR
    if row["ms"] == 0 and row["connections"] == 1:
        return GOAL_NEAR
    return None


def speed_table(rows):
    cells = []
    for r in rows:
        goal = goal_of(r)
        cells.append([
            r["peer"], str(r["ms"]), str(r["connections"]),
            f"{r['postmap']:.0f}", f"{r['per_second']:.0f}",
            f"{r['ratio']:.2f}", f">= {goal}" if goal else "",
            report.verdict(r["ratio"] >= goal) if goal else ""])
    return report.table(["misses/s", "ms", "conns", "postmap", "forceencd",
                         "ratio", "goal", "verdict"], cells)


def figures(results):
    out = [["figure", "measured", "goal", "verdict"]]
    for r in results["wire"]:
        out.append([f"the wire itself, 64 connections, {r['peer']}",
                    f"{r['ratio']:.2f} of the speed without it"
                    f" ({r['per_second']:.0f}/s)", "", ""])
    for r in results["switches"]:
        out.append([
            f"{r['peer']}: a switch until it's in force, {r['n']} times",
            f"p50 {r['p50_ms']:.1f} ms, p99 {r['p99_ms']:.1f} ms (since it"
            f" was confirmed: {r['confirmed_p50_ms']:.1f},"
            f" {r['confirmed_p99_ms']:.1f})",
            f"p99 < {GOAL_SWITCH_MS} ms",
            report.verdict(r["p99_ms"] < GOAL_SWITCH_MS)])
    for r in results["stall"]:
        out.append([
            f"{r['peer']} stalls: cached senders' p99",
            f"{r['ratio']:.2f} of undisturbed ({r['stalled_us']:.0f} us,"
            f" {r['undisturbed_us']:.0f})", f"<= {GOAL_STALL}",
            report.verdict(r["ratio"] <= GOAL_STALL)])
    r = results["synchronisation"]
    out.append([
        f"first synchronisation, {r['entries']} entries",
        f"{r['seconds']:.1f} s = {r['ratio']:.2f} of ldapsearch; "
        f"{r['bytes_per_entry']:.0f} bytes an entry, peak "
        f"{r['peak_bytes'] / 1e6:.0f} MB", "", ""])
    out.append([
        "the loop's longest turn meanwhile",
        f"{r['longest_turn_ms']:.1f} ms", f"< {GOAL_TURN_MS} ms",
        report.verdict(r["longest_turn_ms"] < GOAL_TURN_MS)])
    return report.table(out[0], out[1:])


def run(bench, results):
    # Postfix's programs want a configuration, and no more than that.
    (bench.folder / "main.cf").write_text("", encoding="ascii")
    for name in ("speed", "wire", "switches", "stall"):
        results[name] = []
    for make in (peers.Ldap, peers.Pgsql):
        say(f"filling {make.name} with {bench.a.entries} senders")
        folder = bench.folder / make.kind
        folder.mkdir()
        began = time.monotonic()
        with contextlib.closing(make(folder, bench.a.entries)) as peer:
            say(f"filled in {time.monotonic() - began:.0f} s")
            if bench.a.only:
                results["synchronisation"] = bench.synchronisation(peer)
                return
            for ms in DELAYS_MS:
                say(f"{peer.name}, {ms} ms away")
                results["speed"] += bench.speed(peer, ms)
            results["wire"].append(bench.wire_check(peer))
            say(f"{peer.name}, switches")
            results["switches"].append(bench.switches(peer))
            if peer.kind == "ldap":
                say("a directory that stalls")
                results["stall"].append(bench.stall(peer))
                say("first synchronisation")
                results["synchronisation"] = bench.synchronisation(peer)


def main():
    a = parse_arguments()
    missing = peers.missing() if peers else ["python3-pytest"]
    if missing:
        print(f"bench: directories: left out, since {', '.join(missing)}"
              " isn't installed", file=sys.stderr)
        return 0
    # Its servers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    results = {"load_average": os.getloadavg(), "quick": a.quick}
    with tempfile.TemporaryDirectory(prefix="forceenc-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(a, folder)
        run(bench, results)
    results["faults"] = bench.faults
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    if results["speed"]:
        print(speed_table(results["speed"]))
        print()
    print(figures(results))
    for fault in bench.faults:
        print(f"FAULT: {fault}")
    return 1 if bench.faults else 0


if __name__ == "__main__":
    sys.exit(main())
