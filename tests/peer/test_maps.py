# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Several maps in one daemon, each with its own tables and answers."""

import pytest

from lab import net
from lab.clients import Socketmap, Tcp
from lab.daemon import Policy

SOCKETMAP = f"inet:{net.host(1)}:9999"
TCP_OUT = f"inet:{net.host(1)}:9998"
TCP_IN = f"inet:{net.host(1)}:9997"


@pytest.fixture
def served(folder, make_daemon):
    out = Policy(folder, "out", {"alice@example.com": "forceenc:"})
    inward = Policy(folder, "in", {"alice@example.com": "strict:[gate]:25"})
    daemon = make_daemon(
        folder, maps="out, in", socketmap_listen=SOCKETMAP,
        tcp_table_listen=f"out={TCP_OUT}, in={TCP_IN}",
        out_tables=out.spec, in_tables=inward.spec,
        in_answers="strict:[gate]:25")
    return daemon.start()


def test_each_has_its_own_answers(served):
    with Socketmap(SOCKETMAP, "out") as out, Socketmap(SOCKETMAP, "in") as to:
        assert out.ask("alice@example.com") == b"12:OK forceenc:,"
        assert to.ask("alice@example.com") == b"19:OK strict:[gate]:25,"
    with Tcp(TCP_OUT) as out, Tcp(TCP_IN) as to:
        assert out.ask("alice@example.com") == b"200 forceenc:\n"
        assert to.ask("alice@example.com") == b"200 strict:[gate]:25\n"


def test_one_connection_may_ask_them_all(served):
    with Socketmap(SOCKETMAP, "out") as client:
        other = Socketmap(SOCKETMAP, "in")
        other.close()
        client.send(client.question("alice@example.com")
                    + other.question("alice@example.com")
                    + client.question("bob@example.com"))
        assert client.read_reply() == b"12:OK forceenc:,"
        assert client.read_reply() == b"19:OK strict:[gate]:25,"
        assert client.read_reply() == b"9:NOTFOUND ,"


@pytest.mark.parametrize("table", ["", "forceenc", "ou", "outin", "OUT",
                                   "o" * 5000, "\u00fc"])
def test_a_map_that_is_not_there(served, table):
    with Socketmap(SOCKETMAP, table) as client:
        reply = client.ask("alice@example.com")
        assert client.PERM.fullmatch(reply), reply
        client.table = "out"
        assert client.ask("alice@example.com") == client.FOUND
