# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl status: which server of a table answers, which is down and when
it's tried again, whether changes are noticed, and how long the loop's turns
take."""

import json
import time

import pytest

from lab import clients
from lab.daemon import Ctl
from lab.ldap_table import DOWN as LDAP_DOWN
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, DOWN, LOST, at, certificates, make_served, make_server, proxy,
    server, table_path, the_server)
from lab.slapd import PASSWORD
from lab.until import until

FOUND = b"12:OK forceenc:,"
PEOPLE_IN_IT = {
    "alice": f"mail: {ALICE}\nforceEncryption: TRUE",
    "bob": f"mail: {BOB}",
}
BLIND = r"warning: .*changes aren't (noticed|told)"
TRIES = r"warning: .* fails: "


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    slapd = make_slapd_module(syncprov=True)
    slapd.load(PEOPLE_IN_IT)
    return slapd.start()


@pytest.fixture
def ldap_proxy(make_proxy, slapd):
    return make_proxy((slapd.address, slapd.ports["ldap"]))


def url(proxy):
    return f"ldap://{proxy.address}:{proxy.port}"


def status(daemon):
    return json.loads(Ctl(daemon)("status", "--json"))


def table_of(daemon):
    return status(daemon)["maps"][0]["tables"][0]


def server_of(daemon, name):
    return {s["server"]: s for s in table_of(daemon)["servers"]}[name]


def until_state(daemon, name, state):
    """Returns the very record that had it: the next one may differ."""
    seen = {}

    def ask():
        seen.update(server=server_of(daemon, name))
        return seen["server"]["state"].encode()

    until(ask, state.encode())
    return seen["server"]


def is_latency(latency, answers):
    assert latency["answers"] == answers
    assert 0 < latency["p50_ms"] <= latency["p99_ms"] <= latency["max_ms"]


def is_shown(daemon, *words):
    """In what people read: as wide as a terminal, no secrets, and all of
    these."""
    text = Ctl(daemon)("status")
    for word in words:
        assert word in text, (word, text)
    assert PASSWORD not in text
    table = [line for line in text.splitlines()
             if not line.startswith(
                 ("ldap", "pgsql", "sqlite", "127.", "configur"))]
    assert max(map(len, table)) <= 80, text


def test_a_healthy_directory(make_ldap_table, slapd):
    table = make_ldap_table(slapd, connections="2").start()
    name = table.parameters["server_host"]
    idle = server_of(table.daemon, name)
    assert (idle["state"], idle["connections"]) == ("idle", 0)
    assert idle["latency"] == {"answers": 0}
    for _ in range(3):
        assert table.ask(ALICE) == FOUND
    # Her domain's rule would be next: it's asked for at the same time.
    until(lambda: str(table_of(table.daemon)["latency"]["answers"]).encode(),
          b"2")
    seen = table_of(table.daemon)
    assert seen["state"] == "up"
    assert (seen["watch"], seen["watch_why"]) == ("off", "watch = no")
    assert (seen["fresh"], seen["stale"], seen["none"]) == (2, 0, 1)
    is_latency(seen["latency"], seen["asked"])
    up = until_state(table.daemon, name, "up")
    assert "why" not in up and up["failures"] == 0
    is_latency(up["latency"], seen["asked"])
    is_shown(table.daemon, name, " 66.7% ", "watch = no")


def test_failover_between_directories(make_ldap_table, slapd, ldap_proxy):
    """The first one goes and comes back."""
    first, second = url(ldap_proxy), slapd.url("ldap")
    table = make_ldap_table(slapd, url=f"{first} {second}", watch="no",
                            retry_interval="1h",
                            options={"present_ttl": "1ms"}).start()
    table.until(ALICE, FOUND)
    until_state(table.daemon, first, "up")
    table.daemon.log.expect(TRIES)
    ldap_proxy.refuse()
    until(lambda: table.ask(ALICE) + server_of(
        table.daemon, second)["state"].encode(), FOUND + b"up")
    gone = server_of(table.daemon, first)
    assert gone["state"] in ("backing off", "down")
    assert gone["connections"] == 0 and gone["failures"] > 0
    # What it lost, or what it has met since.
    lost = "Can't contact LDAP server"
    assert lost in gone["why"] or "Connection refused" in gone["why"]
    assert table_of(table.daemon)["state"] == "up"
    is_shown(table.daemon, f"{first}: ")


def test_a_directory_that_is_down(make_ldap_table, slapd, ldap_proxy):
    ldap_proxy.refuse()
    name = url(ldap_proxy)
    table = make_ldap_table(slapd, url=name, retry_interval="1h", watch="yes")
    table.daemon.log.expect(LDAP_DOWN)
    table.start()
    until(lambda: table.ask(ALICE), clients.Socketmap.TEMP)
    down = until_state(table.daemon, name, "backing off")
    assert "Connection refused" in down["why"]
    assert 0 < down["next_try"] <= 3600
    until(lambda: table_of(table.daemon)["state"].encode(), b"down")
    seen = table_of(table.daemon)
    assert seen["watch"] == "off" and "refused" in seen["watch_why"]
    assert seen["unsure"] > 0 and seen["flaps"] == 1
    counts = status(table.daemon)["maps"][0]
    assert counts["unsure"] == counts["questions"] > 0
    is_shown(table.daemon, "down: ", "Connection refused")


def test_a_directory_that_tells_of_changes(make_ldap_table, slapd, ldap_proxy):
    table = make_ldap_table(slapd, url=url(ldap_proxy), watch="yes").start()
    until(lambda: table_of(table.daemon)["watch"].encode(), b"live")
    assert "watch_why" not in table_of(table.daemon)
    # The connection that it needs is no question on its way.
    alone = server_of(table.daemon, url(ldap_proxy))
    assert (alone["state"], alone["connections"]) == ("up", 1)
    assert (alone["flights"], alone["latency"]["answers"]) == (0, 0)
    assert table.ask(ALICE) == FOUND
    assert server_of(table.daemon, url(ldap_proxy))["connections"] == 2
    is_shown(table.daemon, " live ")
    table.daemon.log.expect(BLIND, LDAP_DOWN)
    ldap_proxy.refuse()
    until(lambda: table_of(table.daemon)["watch"].encode(), b"off")
    assert table_of(table.daemon)["watch_why"]
    ldap_proxy.open()
    until(lambda: table_of(table.daemon)["watch"].encode(), b"live")


def test_a_directory_that_cant_tell(make_ldap_table, make_slapd):
    slapd = make_slapd()
    slapd.load(PEOPLE_IN_IT)
    slapd.start()
    table = make_ldap_table(slapd, watch="yes")
    table.daemon.log.expect(r"warning: .*no changes are told: ")
    table.start()
    table.daemon.log.wait("no changes are told: ")
    seen = table_of(table.daemon)
    assert seen["watch"] == "off" and seen["watch_why"]
    is_shown(table.daemon, "changes aren't noticed at once: ")


def test_postgresql(make_served, server, table_path, proxy):
    """Two servers, in turn: the one that's left answers."""
    served = make_served(server.table(
        table_path, listen_channel="forceenc", retry_interval="1h",
        hosts=f"inet:{at(proxy)}"))
    served.start()
    served.until(ALICE, FOUND)
    until(lambda: table_of(served.daemon)["watch"].encode(), b"live")
    seen = server_of(served.daemon, at(proxy))
    assert (seen["state"], seen["connections"]) == ("up", 2)
    is_latency(seen["latency"], seen["latency"]["answers"])
    is_shown(served.daemon, at(proxy), " live ")
    served.log.expect(LOST, DOWN, BLIND)
    proxy.refuse()
    served.until(BOB, clients.Socketmap.TEMP)
    down = until_state(served.daemon, at(proxy), "backing off")
    assert "refused" in down["why"] and down["connections"] == 0
    assert down["failures"] > 0
    seen = table_of(served.daemon)
    assert (seen["state"], seen["watch"]) == ("down", "off")
    # What was known is used.
    assert served.ask(ALICE) == FOUND
    is_shown(served.daemon, f"{at(proxy)}: backing off, next try in ")


def test_one_of_two_databases(make_served, server, table_path, proxy):
    proxy.refuse()
    served = make_served(server.table(
        table_path, hosts=f"inet:{at(proxy)}, "
        f"inet:{server.address}:{server.port}"))
    served.start()
    served.until(ALICE, FOUND)
    names = [s["server"] for s in table_of(served.daemon)["servers"]]
    assert names == [at(proxy), f"{server.address}:{server.port}"]
    assert server_of(served.daemon, names[1])["state"] == "up"
    # They're tried in any order.
    assert server_of(served.daemon, names[0])["state"] in ("idle", "down")
    seen = table_of(served.daemon)
    assert (seen["watch"], seen["watch_why"]) == (
        "off", "listen_channel is not set")


def test_the_loop(make_trio):
    """Every turn is counted once, by its time."""
    served = make_trio()
    served.start()
    for number in range(20):
        served.client.ask(f"user{number}@example.com")
    before = time.monotonic()
    loop = status(served.daemon)["loop"]
    assert loop["turns"] >= 20
    assert sum(step["turns"] for step in loop["by_time"]) == loop["turns"]
    assert loop["by_time"][-1]["below_ms"] is None
    assert 0 <= loop["p50_ms"] <= loop["p99_ms"] <= loop["longest_ms"]
    assert loop["longest_ms"] / 1000 < before
    assert loop["longest_of_late_ms"] <= loop["longest_ms"]
    is_shown(served.daemon, "loop ", "the longest ")


def until_asked_beforehand(served):
    """Whoever asks often enough need not wait for what is about to expire:
    the table is asked more often than its answers were missed."""
    def asked():
        served.expect(ALICE, FOUND)
        counts = table_of(served.daemon)
        return counts["asked"] - counts["none"] - counts["stale"]

    # Her domain's rule was asked for when she was, and is believed for long.
    until(lambda: b"%d" % asked(), b"1")
    until(lambda: b"%d" % asked(), b"2", 60)


IN_USE = {"present_ttl": "3s", "absent_ttl": "1h"}


def test_a_directory_is_asked_beforehand(make_ldap_table, slapd):
    until_asked_beforehand(
        make_ldap_table(slapd, watch="no", options=IN_USE).start())


def test_postgresql_is_asked_beforehand(make_served, server, table_path):
    until_asked_beforehand(
        make_served(server.table(table_path), **IN_USE).start())
