# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""What the tests of PostgreSQL tables share: a server with some senders in
it, proxies in front of it, and a daemon that asks it."""

import time

import pytest

from . import TIMEOUT, net, postgres
from .endpoints import Endpoints
from .postgres import Postgres
from .until import is_reply, until

ALICE = "alice@example.com"
BOB = "bob@example.com"
CARL = "carl@example.com"
NOBODY = "nobody@example.com"
DOWN = r"error: .*pgsql:.*: can't be asked: "
LOST = r"warning: .*pgsql:.*: connection lost: "
DEADLINE = 2.0
# What others on the machine may take of the time.
SLACK = 0.7


@pytest.fixture(scope="module")
def certificates(authority):
    return {"good": authority.issue("db.lab.test", f"IP:{net.host(20)}",
                                    f"IP:{net.host(21)}"),
            "other": authority.issue("elsewhere.lab.test")}


@pytest.fixture(scope="module")
def make_server(make_folder):
    postgres.require()
    made = []

    def make(**options):
        server = Postgres(make_folder(), **options)
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def the_server(make_server, certificates):
    return make_server(certificate=certificates["good"])


@pytest.fixture
def server(the_server):
    """The same one for all tests, running and with a fresh table."""
    if not the_server.running():
        the_server.start()
    the_server.sql("TRUNCATE policy, alias")
    the_server.set({ALICE: "forceenc:", BOB: "yes", CARL: "forceenc:",
                    "@forced.test": "on", "off@forced.test": "off",
                    "dunno@forced.test": "DUNNO", "<>": "on"})
    return the_server


@pytest.fixture
def proxy(make_proxy, server):
    """In front of the server, under another address that its certificate is
    for as well."""
    return make_proxy((server.address, server.port), 21)


def at(proxy):
    return f"{proxy.address}:{proxy.port}"


@pytest.fixture
def table_path(folder):
    return folder / "policy.cf"


class Served:
    def __init__(self, folder, make_daemon, table, **options):
        self.endpoints = Endpoints(folder)
        self.daemon = make_daemon(folder, forceenc_tables=table,
                                  **self.endpoints.options(), **options)
        self.log = self.daemon.log
        self.client = None

    def start(self, **options):
        self.daemon.start(**options)
        self.client = self.endpoints.client("socketmap-unix")
        return self

    def ask(self, key):
        """Within the deadline, whatever the answer is."""
        began = time.monotonic()
        reply = self.client.ask(key)
        took = time.monotonic() - began
        assert took < DEADLINE + SLACK, f"{key}: {took} s"
        return reply

    def expect(self, key, wanted):
        reply = self.ask(key)
        assert is_reply(reply, wanted), (key, reply)

    def until(self, key, wanted, limit=TIMEOUT):
        """Meanwhile it's TEMP, and nothing else."""
        def ask():
            reply = self.ask(key)
            assert is_reply(reply, wanted) or is_reply(
                reply, self.client.TEMP), (key, reply)
            return reply
        return until(ask, wanted, limit)

    def becomes(self, key, wanted, limit=TIMEOUT):
        """Whatever it's before."""
        return until(lambda: self.ask(key), wanted, limit)

    def is_well(self):
        for key in (ALICE, BOB, CARL):
            self.until(key, self.client.FOUND)
        self.until(NOBODY, self.client.NOTFOUND)

    def is_in_doubt(self, known=()):
        for key in (ALICE, BOB, CARL, NOBODY):
            self.expect(key, self.client.FOUND if key in known
                        else self.client.TEMP)


@pytest.fixture
def make_served(make_proxy, folder, make_daemon):
    """Daemons that end before their servers and proxies, which they would
    miss."""
    made = []

    def make(table, **options):
        served = Served(folder, make_daemon, table, **options)
        made.append(served)
        return served

    yield make
    for served in made:
        if served.client is not None:
            served.client.close()
