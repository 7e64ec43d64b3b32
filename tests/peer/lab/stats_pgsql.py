# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Statistics in PostgreSQL: a database for them, watchers that write into it,
and what the same logs come to in SQLite."""

import re
import subprocess

import pytest

from . import TIMEOUT, postgres, programs
from .ctl import Ctl
from .postgres import Postgres, server_program
from .until import until
from .watcher import Watcher

AWAY = r"error: .*: can't be written: "
UNTIDY = r"warning: .*: can't be tidied: "
LIMIT = 60.0
BY = "sender,destination,service,outcome,level,reason,hour"
PASSWORD = "count me in"


class Statistics:
    """The database "stats" of a server, emptied."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        if not server.sql("SELECT 1 FROM pg_roles WHERE rolname = 'counter'",
                          "postgres"):
            server.sql("CREATE ROLE counter LOGIN PASSWORD "
                       f"'{PASSWORD}'", "postgres")
        server.sql("DROP DATABASE IF EXISTS stats WITH (FORCE)", "postgres")
        server.sql("CREATE DATABASE stats OWNER counter", "postgres")
        self.path = self.write()

    def write(self, name="stats.cf", **parameters):
        """A file of parameters; without hosts it's the unix socket."""
        path = self.folder / name
        lines = {"hosts": f"unix:{self.server.sockets}/.s.PGSQL."
                          f"{self.server.port}",
                 "user": "counter", "password": PASSWORD, "dbname": "stats",
                 **parameters}
        path.write_text("".join(f"{key} = {value}\n"
                                for key, value in lines.items()))
        return path

    def sql(self, text):
        return self.server.sql(text, "stats").strip()

    def until_idle(self):
        """The watcher, which tidies once it's connected, has done so."""
        until(lambda: self.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'counter' "
            "AND state = 'idle' AND state_change < now() - interval '0.3 s'"
        ).encode(), b"1", LIMIT)

    def until_locked(self, table, granted):
        """By one that waits for it, or that has it."""
        until(lambda: self.sql(
            "SELECT count(*) FROM pg_locks WHERE mode IN "
            "('RowExclusiveLock', 'AccessExclusiveLock') AND relation = "
            f"'{table}'::regclass AND granted = {granted}").encode(), b"1")

    def count(self, host=None):
        where = f" WHERE host = '{host}'" if host else ""
        return int(self.sql(
            f"SELECT coalesce(sum(count), 0) FROM delivery{where}"))


class Session:
    """Somebody else in that database, who keeps what they have locked."""

    def __init__(self, server):
        self.psql = subprocess.Popen(
            [server_program("psql"), "-h", str(server.sockets), "-p",
             str(server.port), "-U", "postgres", "-d", "stats", "-X", "-q"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def say(self, sql):
        """Without waiting for what comes of it."""
        self.psql.stdin.write(sql + ";\n")
        self.psql.stdin.flush()

    def end(self):
        """What was said is done by then, and undone if it has no COMMIT."""
        self.psql.stdin.close()
        assert self.psql.wait(TIMEOUT) == 0


class Counter(Watcher):
    """A watcher of a host of that name."""

    def __init__(self, folder, host, path, **options):
        folder = folder / host
        folder.mkdir()
        self.host = host
        super().__init__(folder, **{"store": f"pgsql:{path}",
                                    "store_host": host, **options})
        self.ctl = Ctl(self.path)

    def write_bytes(self, data):
        with open(self.mail_log, "ab") as log:
            log.write(data)

    def imports(self, *paths):
        self.write()
        done = subprocess.run(
            [programs.ours("forceenc-watch"), "-c", str(self.path),
             "--import", *map(str, paths)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=TIMEOUT, check=False)
        assert done.returncode == 0, done.stderr
        return self

    def reads_a_pipe(self):
        """Starts one whose log is standard input, which is still open."""
        self.options["log"] = "-"
        self.write()
        return subprocess.Popen(
            [programs.ours("forceenc-watch"), "-c", str(self.path)],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def says(self, *words):
        return self.ctl(*words, "--json").json()

    def table(self, by=BY):
        """What was counted under this name."""
        rows = self.says("stats", "--since", "all", "--by", by + ",host")
        return sorted(tuple(row.values())[:-2] + (row["count"],)
                      for row in rows if row["host"] == self.host)


class Undisturbed(Counter):
    """The same logs, in SQLite, in one go."""

    def __init__(self, folder, host):
        super().__init__(folder, host, None,
                         store=f"sqlite:{folder}/{host}/stats.db")


@pytest.fixture(scope="module")
def server(make_folder):
    postgres.require()
    made = Postgres(make_folder(), number=25)
    yield made
    made.close()


@pytest.fixture
def database(server, folder):
    if not server.running():
        server.start()
    return Statistics(server, folder)


@pytest.fixture
def make_counter(folder, database):
    made = []

    def make(host, path=None, **options):
        made.append(Counter(folder, host, path or database.path, **options))
        return made[-1]

    yield make
    for counter in made:
        counter.close()
        counter.check()


def undisturbed(folder, counter):
    """What the counter's log comes to."""
    return Undisturbed(folder, f"sqlite-{counter.host}").imports(
        counter.mail_log)


def tables_are_equal(folder, counter):
    want = undisturbed(folder, counter)
    assert want.table() == counter.table()
    assert len(want.table()) > 0


def total(counter):
    """Recipients, of a log that has only complete deliveries."""
    return len(re.findall(rb" status=", counter.mail_log.read_bytes()))


def wait_total(database, counter, limit=LIMIT):
    until(lambda: b"%d" % database.count(counter.host),
          b"%d" % total(counter), limit)
