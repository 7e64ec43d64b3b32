# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""pgbouncer between forceencd and the server: what docs/postgresql.md says of
poolers."""

import subprocess

import pytest

from lab import TIMEOUT
from lab.load import Load
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, CARL, DOWN, LOST, NOBODY, certificates, make_served,
    make_server, server, table_path, the_server)
from lab.pgbouncer import Pgbouncer
from lab.until import is_reply

SHORT = {"present_ttl": "1ms", "absent_ttl": "1ms"}


@pytest.fixture
def make_pooler(make_folder, server):
    made = []

    def make(mode):
        pooler = Pgbouncer(make_folder(), server, mode)
        made.append(pooler)
        return pooler.start()

    yield make
    for pooler in made:
        pooler.stop()


def table(server, pooler, path, **parameters):
    return server.table(path, hosts=f"inet:{pooler.address}:6432",
                        sslmode="disable", **parameters)


class Others:
    """Clients of the same pool, so that nobody gets the same connection to
    the server twice in a row."""

    def __init__(self, pooler):
        self.running = [subprocess.Popen(
            ["psql", "-h", pooler.address, "-p", "6432", "-U", "forceenc",
             "-d", "mail", "-X", "-q"], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, text=True) for _ in range(3)]

    def ask(self):
        for psql in self.running:
            psql.stdin.write("SELECT pg_sleep(0.01);\n" * 50)
            psql.stdin.flush()

    def close(self):
        for psql in self.running:
            psql.stdin.close()
            psql.wait(TIMEOUT)


@pytest.fixture
def make_others():
    made = []

    def make(pooler):
        made.append(Others(pooler))
        return made[-1]

    yield make
    for others in made:
        others.close()


def test_transactions(make_pooler, make_served, server, make_others,
                      table_path):
    """With prepared_statements = no all is as without a pooler."""
    pooler = make_pooler("transaction")
    others = make_others(pooler)
    served = make_served(table(server, pooler, table_path,
                               prepared_statements="no"), **SHORT).start()
    for _ in range(5):
        others.ask()
        served.is_well()
    answers = {f"a{i}@forced.test": b"200 forceenc:\n" for i in range(20)}
    others.ask()
    with Load(lambda: served.endpoints.client("tcp-inet"), answers) as load:
        load.wait_for(500)
    load.check()


def test_a_time_limit_of_the_role(make_pooler, make_served, server,
                                  table_path):
    """forceencd tells the server none; the role's counts."""
    server.sql("ALTER ROLE forceenc SET statement_timeout = '300ms'")
    try:
        pooler = make_pooler("transaction")
        served = make_served(table(
            server, pooler, table_path, prepared_statements="no",
            query="SELECT answer FROM policy WHERE address = '%s' AND "
            "(address <> 'slow@forced.test' OR pg_sleep(60) IS NOT NULL)"))
        server.set({"slow@forced.test": "on"})
        served.start()
        served.log.expect("warning: .*slow@forced.test: query failed: .*"
                          "statement timeout")
        served.expect(ALICE, served.client.FOUND)
        served.expect("slow@forced.test", served.client.TEMP)
        served.is_well()
    finally:
        server.sql("ALTER ROLE forceenc RESET statement_timeout")


def test_prepared_statements_that_nobody_tracks(
        make_pooler, make_served, server, make_others, table_path):
    """Whatever comes of it, it isn't an absence."""
    pooler = make_pooler("transaction")
    others = make_others(pooler)
    served = make_served(table(server, pooler, table_path), **SHORT)
    served.log.allow(DOWN, LOST, "warning: .*")
    served.start()
    for _ in range(10):
        others.ask()
        for key in (ALICE, BOB, "any@forced.test"):
            reply = served.ask(key)
            assert reply == served.client.FOUND or is_reply(
                reply, served.client.TEMP), (key, reply)


def test_notices_go_nowhere(make_pooler, make_served, server, table_path):
    """In transactions: it's logged, and answers live by their time."""
    pooler = make_pooler("transaction")
    served = make_served(table(
        server, pooler, table_path, prepared_statements="no",
        listen_channel="forceenc"), present_ttl="100ms", absent_ttl="100ms",
        watched_ttl="1h")
    served.log.expect("warning: .*changes aren't noticed.*pooler")
    served.start()
    served.log.wait("changes aren't noticed")
    served.becomes(ALICE, served.client.FOUND)
    server.sql(f"UPDATE policy SET answer = 'off' WHERE address = '{ALICE}'")
    served.becomes(ALICE, served.client.NOTFOUND)
    served.expect(BOB, served.client.FOUND)


def test_sessions(make_pooler, make_served, server, table_path):
    """A whole session each: all is as without a pooler, notices aside, which
    aren't hoped for behind any pooler."""
    pooler = make_pooler("session")
    served = make_served(table(
        server, pooler, table_path, listen_channel="forceenc"), **SHORT)
    served.log.expect("warning: .*changes aren't noticed.*pooler")
    served.start()
    served.log.wait("changes aren't noticed")
    for _ in range(3):
        served.is_well()
    server.sql(f"UPDATE policy SET answer = 'off' WHERE address = '{ALICE}'")
    served.becomes(ALICE, served.client.NOTFOUND)


def test_the_pooler_restarts(make_pooler, make_served, server, table_path):
    pooler = make_pooler("transaction")
    served = make_served(table(server, pooler, table_path,
                               prepared_statements="no"), **SHORT).start()
    served.log.expect(DOWN)
    served.log.allow(LOST)
    served.expect(ALICE, served.client.FOUND)
    pooler.stop()
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt(known=[ALICE])
    pooler.start()
    served.is_well()
