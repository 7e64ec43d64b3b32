# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Statistics in PostgreSQL when another server takes over, over TLS, and
behind a pooler."""

import re
import subprocess

import pytest

from lab import TIMEOUT, certs, postgres, programs
from lab.pgbouncer import Pgbouncer
from lab.postgres import Postgres
from lab.stats_pgsql import (  # noqa: F401 (fixtures)
    AWAY, LIMIT, UNTIDY, Counter, Statistics, database, make_counter, server,
    tables_are_equal, total, wait_total)
from lab.until import until

POOLED = r".*pool_mode"


@pytest.fixture
def primary(make_folder):
    postgres.require()
    made = Postgres(make_folder(), number=40)
    yield made
    made.close()


@pytest.fixture
def standby(make_folder, primary):
    made = Postgres(make_folder(), number=41, primary=primary)
    yield made
    made.close()


@pytest.fixture
def counter(primary, standby, folder):
    """It prefers the primary, and knows the standby."""
    statistics = Statistics(primary, folder)
    path = statistics.write(hosts=" ".join(
        f"unix:{each.sockets}/.s.PGSQL.{each.port}"
        for each in (primary, standby)))
    counter = Counter(folder, "one", path)
    counter.statistics = statistics
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    yield counter
    counter.close()
    counter.check()


def catches_up(standby, primary):
    """It has all that was committed until now, and shows it."""
    end = primary.sql("SELECT pg_current_wal_lsn()", "postgres").strip()
    until(lambda: standby.sql(
        f"SELECT pg_last_wal_replay_lsn() >= '{end}'", "postgres"
    ).strip().encode(), b"t", LIMIT)


def counted(server):
    return int(server.sql("SELECT coalesce(sum(count), 0) FROM delivery",
                          "stats"))


def takes_over(counter, standby):
    """In between there is nobody who can be written to."""
    counter.deliver(status="deferred (no route)")
    counter.log.wait(AWAY)
    standby.promote()
    counter.statistics.server = standby
    counter.log.wait("is opened anew")


@pytest.mark.parametrize("moment", [0, 1, 5])
def test_synchronous_standby_takes_over(counter, primary, standby, folder,
                                        moment):
    """It has all that was committed, whenever that ends."""
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'",
                "postgres")
    primary.sql("SELECT pg_reload_conf()", "postgres")
    counter.start()
    for _ in range(10):
        counter.deliver(level="Trusted")
    wait_total(counter.statistics, counter)
    for _ in range(moment):
        counter.deliver(level="Verified")
        wait_total(counter.statistics, counter)
    counter.deliver(level="Anonymous")
    before = counted(primary)
    primary.stop("immediate")
    # What it has been sent it may show a moment later.
    until(lambda: b"%d" % (counted(standby) >= before), b"1", LIMIT)
    takes_over(counter, standby)
    for _ in range(10):
        counter.deliver(level="Verified")
    wait_total(counter.statistics, counter)
    counter.stop()
    tables_are_equal(folder, counter)


def test_a_standby_that_lacks_the_last_commits(counter, primary, standby,
                                               folder):
    """Those lines are counted again, from the position that it has."""
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(counter.statistics, counter)
    catches_up(standby, primary)
    assert counted(standby) == 1
    standby.stop()
    for _ in range(5):
        counter.deliver(level="Verified")
        wait_total(counter.statistics, counter)
    primary.stop("immediate")
    standby.start()
    assert counted(standby) == 1
    takes_over(counter, standby)
    wait_total(counter.statistics, counter)
    assert total(counter) == 7
    counter.stop()
    tables_are_equal(folder, counter)


@pytest.fixture(scope="module")
def secured(make_folder, authority):
    """Starts the server with a certificate for such a name, and gives the
    parameters of a client who checks it."""
    made = []

    def make(name, own=authority, days=2):
        if not made:
            postgres.require()
            made.append(Postgres(make_folder(), number=42))
        alternatives = [f"IP:{made[0].address}"] if name == "db" else []
        made[0].configure(own.issue(name, *alternatives, days=days))
        made[0].restart()
        return made[0], {
            "hosts": f"{made[0].address}:{made[0].port}",
            "sslmode": "verify-full", "sslrootcert": authority.path}

    yield make
    for server in made:
        server.close()


def test_verified_tls(secured, folder):
    server, parameters = secured("db")
    statistics = Statistics(server, folder)
    counter = Counter(folder, "one", statistics.write(**parameters))
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(statistics, counter)
    assert statistics.sql(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE application_name LIKE 'forceenc-watch/%'") == "t"
    assert counter.stop() == 0
    counter.check()


@pytest.mark.parametrize("name, days, own, said", [
    ("elsewhere", 2, True, "elsewhere.*does not match host name"),
    ("db", 2, False, "certificate verify failed"),
    ("db", -1, True, "certificate has expired|certificate verify failed")])
def test_a_wrong_certificate_is_refused(secured, folder, make_folder, name,
                                        days, own, said):
    options = {} if own else {"own": certs.Authority(make_folder())}
    server, parameters = secured(name, days=days, **options)
    counter = Counter(folder, "one",
                      Statistics(server, folder).write(**parameters))
    counter.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(counter.path)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71, done.stderr
    assert re.search(said, done.stderr), done.stderr


@pytest.fixture
def pooled(make_folder, database, make_counter):
    made = []

    def make(mode):
        pooler = Pgbouncer(make_folder(), database.server, mode, "counter",
                           "stats", 43)
        made.append(pooler)
        pooler.start()
        path = database.write("pooled.cf", sslmode="disable",
                              hosts=f"inet:{pooler.address}:6432")
        return pooler, make_counter("one", path)

    yield make
    for pooler in made:
        pooler.stop()


def test_whole_sessions_of_a_pooler(pooled, make_counter, database, folder):
    pooler, counter = pooled("session")
    for _ in range(3):
        counter.start()
        for _ in range(3):
            counter.deliver(level="Trusted")
            wait_total(database, counter)
        # The pooler takes the lock from a session whose client has gone.
        counter.kill()
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    counter.start()
    other = make_counter("one-more", store_host="one")
    other.log.allow(AWAY)
    other.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(other.path)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71
    assert "another forceenc-watch counts" in done.stderr
    pooler.stop()
    counter.deliver(level="Verified")
    counter.log.wait(AWAY)
    pooler.start()
    wait_total(database, counter)
    counter.stop()
    tables_are_equal(folder, counter)


def runs_into(counter):
    counter.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(counter.path)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71, done.stderr
    return done.stderr


class Other:
    """Somebody else who uses the pooler."""

    def __init__(self, pooler):
        self.psql = subprocess.Popen(
            ["psql", "-h", pooler.address, "-p", "6432", *pooler.login, "-X",
             "-q"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            text=True)

    def keeps_a_session(self, database):
        self.psql.stdin.write("BEGIN; SELECT 1;\n")
        self.psql.stdin.flush()
        until(lambda: database.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in "
            "transaction' AND query = 'SELECT 1;'").encode(), b"1", LIMIT)

    def end(self):
        self.psql.stdin.close()
        self.psql.wait(TIMEOUT)


def test_transactions_of_a_pooler(pooled, database):
    """Refused at the start, whoever else uses it, and no lock is left."""
    pooler, counter = pooled("transaction")
    assert re.search(POOLED, runs_into(counter))
    other = Other(pooler)
    try:
        other.keeps_a_session(database)
        assert re.search(POOLED, runs_into(counter))
    finally:
        other.end()
    assert database.sql("SELECT count(*) FROM pg_locks "
                        "WHERE locktype = 'advisory'") == "0"


def test_a_pooler_that_begins_to_lend_transactions(pooled, database):
    """Another session than the lock's doesn't count."""
    pooler, counter = pooled("session")
    counter.log.expect(AWAY + POOLED)
    counter.log.allow(AWAY, UNTIDY)
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    pooler.change("transaction")
    other = Other(pooler)
    try:
        counter.deliver(level="Trusted")
        wait_total(database, counter)
        # It takes the session that the lock is in.
        other.keeps_a_session(database)
        before = database.count("one")
        counter.deliver(level="Verified")
        counter.log.wait(AWAY + POOLED)
        assert database.count("one") == before
    finally:
        other.end()
