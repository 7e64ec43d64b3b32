# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""A forceenc-watch with a folder of its own, and what its database says."""

import collections
import os
import signal
import sqlite3
import subprocess
import tempfile
import time

SRC = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
WATCH = os.path.join(BUILD, "forceenc-watch")
GENLOG = os.path.join(BUILD, "tests", "bench", "genlog")
DEADLINE = 60
NOBODY = 65534


class Failed(Exception):
    pass


def genlog(folder, messages, *options):
    """(the log's bytes, the truth), of a log that is made anew."""
    truth = os.path.join(folder, "truth")
    log = subprocess.run([GENLOG, "-m", str(messages), "-t", truth, *options],
                         check=True, capture_output=True).stdout
    counts = collections.Counter()
    with open(truth, encoding="utf-8") as f:
        for line in f:
            kind, who, what, n = line.rstrip("\n").split("\t")
            counts[kind, who, what] = int(n)
    return log, counts


class Watched:
    def __init__(self, **options):
        self.tmp = tempfile.TemporaryDirectory()
        self.dir = self.tmp.name
        self.log = os.path.join(self.dir, "mail.log")
        self.db = os.path.join(self.dir, "stats.db")
        self.conf = os.path.join(self.dir, "forceenc.cf")
        self.process = None
        self.readies = 0
        self.user = {}
        self.around = []
        with open(os.path.join(self.dir, "policy.cf"), "w",
                  encoding="utf-8") as f:
            f.write("dbpath = policy.db\n")
        self.configure(**options)

    def configure(self, **options):
        options = {"forceenc_tables": "sqlite:policy.cf",
                   "log": "file:" + self.log,
                   "store": "sqlite:" + self.db, **options}
        with open(self.conf, "w", encoding="utf-8") as f:
            for name, value in options.items():
                f.write(f"{name} = {value}\n")

    def close(self):
        if self.process is not None:
            self.kill()
        self.tmp.cleanup()

    def path(self, name):
        return os.path.join(self.dir, name)

    def become_nobody(self):
        """From now on whoever isn't root has no privileges, and root, who may
        do everything, is nobody. False if nobody can't run it."""
        if os.geteuid() != 0:
            return True
        self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        for folder, _, names in os.walk(self.dir):
            for path in (folder, *(os.path.join(folder, n) for n in names)):
                os.chown(path, NOBODY, NOBODY)
        try:
            return subprocess.run([WATCH, "-V"], check=False, **self.user,
                                  capture_output=True).returncode == 0
        except PermissionError:
            return False

    def command(self, *words):
        return [*self.around, WATCH, "-c", self.conf, *words]

    def environment(self):
        return {**os.environ, "TZ": "UTC"}

    def imports(self, *paths, check=True, **options):
        done = subprocess.run(self.command("--import", *paths), check=False,
                              capture_output=True, env=self.environment(),
                              **self.user, **options)
        if check and done.returncode != 0:
            raise Failed(f"import: exit {done.returncode}: {done.stderr}")
        return done

    def popen(self, *words, **options):
        with open(self.path("stderr"), "ab") as err:
            return subprocess.Popen(self.command(*words), stderr=err,
                                    env=self.environment(), **self.user,
                                    **options)

    def start(self, **options):
        self.readies = self.count_readies()
        self.process = self.popen(**options)

    def count_readies(self):
        if not os.path.exists(self.path("stderr")):
            return 0
        return self.stderr().count(": ready (")

    def kill(self):
        """As hard as it gets."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        # Before it's ready, SIGTERM just ends it.
        deadline = time.monotonic() + DEADLINE
        while (self.count_readies() == self.readies
               and self.process.poll() is None):
            if time.monotonic() > deadline:
                raise Failed(f"not ready: {self.stderr()}")
            time.sleep(0.005)
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=DEADLINE)
        self.process = None
        if code != 0:
            raise Failed(f"exit {code} after SIGTERM: {self.stderr()}")

    def stderr(self):
        with open(self.path("stderr"), encoding="utf-8",
                  errors="replace") as f:
            return f.read()

    def query(self, sql, *values):
        if not os.path.exists(self.db):
            return []
        db = sqlite3.connect(f"file:{self.db}?mode=ro", uri=True,
                             timeout=DEADLINE)
        try:
            return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            db.close()

    def counters(self, name="follow"):
        rows = self.query("SELECT value FROM state WHERE name = ?"
                          " ORDER BY piece", name + "/counters")
        text = b"".join(row[0] for row in rows).decode()
        return {key: int(value) for key, value in
                (line.split() for line in text.splitlines())}

    def wait(self, done):
        """Until done() is true."""
        end = time.monotonic() + DEADLINE
        while not done():
            if self.process.poll() is not None:
                raise Failed(f"it ended: {self.stderr()}")
            if time.monotonic() > end:
                raise Failed(f"in vain: {self.counters()} {self.stderr()}")
            time.sleep(0.01)

    def wait_bytes(self, n, name="follow"):
        """Until so many bytes of the log were counted and committed."""
        self.wait(lambda: self.counters(name).get("bytes", -1) >= n)

    def totals(self):
        """As genlog tells its truth."""
        counts = collections.Counter()
        for sender, destination, outcome, level, n in self.query(
                "SELECT sender, destination, outcome, level, sum(count)"
                " FROM delivery GROUP BY 1, 2, 3, 4"):
            what = outcome if level is None else f"{outcome}/{level}"
            counts["sender", sender, what] += n
            counts["destination", destination, what] += n
        return counts


def differences(have, want):
    return [f"{' '.join(key)}: {have[key]}, not {want[key]}"
            for key in sorted(have.keys() | want.keys())
            if have[key] != want[key]][:20]
