# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl lookup --explain: what each table is asked, by which words, which
server answered and from which entry; and where what is cached comes from."""

import json
import threading

import pytest

from lab.daemon import Ctl
from lab.ldap_table import DOWN as LDAP_DOWN
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, DOWN, LOST, NOBODY, at, certificates, make_served, make_server,
    proxy, server, table_path, the_server)
from lab.slapd import PASSWORD, PEOPLE, PERSON
from lab.until import until

FOUND = b"12:OK forceenc:,"
PEOPLE_IN_IT = {
    "alice": f"mail: {ALICE}\nforceEncryption: TRUE",
    "alice2": f"mail: {ALICE}\nforceEncryption: TRUE",
    "star": "mail: *@example.com\nforceEncryption: TRUE",
}
STAR = "*@example.com"
COMMA = r"uid=com\2Cma"


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    slapd = make_slapd_module()
    slapd.load(PEOPLE_IN_IT, PERSON.format(
        uid="com,ma", people=PEOPLE, attributes="mail: comma@example.com"
    ).replace("uid=com,ma", COMMA))
    return slapd.start()


@pytest.fixture
def ldap_proxy(make_proxy, slapd):
    return make_proxy((slapd.address, slapd.ports["ldap"]))


def explain(daemon, address, code=0):
    return json.loads(
        Ctl(daemon)("lookup", "--explain", "--json", address, status=code))


def text_of(daemon, address, code=0):
    text = Ctl(daemon)("lookup", "--explain", address, status=code)
    assert PASSWORD not in text
    return text


def test_a_directory(make_ldap_table, slapd):
    table = make_ldap_table(slapd, domain="example.com",
                            options={"present_ttl": "1h"}).start()
    url = table.parameters["server_host"]
    step = explain(table.daemon, ALICE)["steps"][0]
    assert step["question"] == {
        "base": PEOPLE, "scope": "sub",
        "filter": f"(&(|(mail={ALICE})(mailAlias={ALICE}))"
                  "(mailEnabled=TRUE)(objectClass=person))"}
    assert (step["from"], step["cache"], step["server"], step["entries"]) == (
        "asked", "none", url, 2)
    assert step["entry"] in (f"uid=alice,{PEOPLE}", f"uid=alice2,{PEOPLE}")
    assert 0 < step["server_ms"] <= step["ms"]
    # From the cache: nobody was asked, but this is what would be.
    again = explain(table.daemon, ALICE)["steps"][0]
    assert (again["from"], again["cache"]) == ("cache", "fresh")
    assert again["question"] == step["question"]
    assert "server" not in again and "entry" not in again
    # A domain that the table isn't for.
    other = explain(table.daemon, "a@example.net", 1)["steps"][0]
    assert list(other["question"]) == ["not asked"]
    assert (other["said"], "server" in other) == ("absent", False)


def test_a_directory_in_words(make_ldap_table, slapd):
    table = make_ldap_table(slapd).start()
    text = text_of(table.daemon, ALICE)
    for line in (f"        base: {PEOPLE}\n",
                 f"        filter: (&(|(mail={ALICE})(mailAlias={ALICE}))",
                 f"        server: {table.parameters['server_host']}, in ",
                 "        entry: uid=alice", " (and 1 more)\n",
                 "        took: "):
        assert line in text, (line, text)


def test_values_are_shown_as_they_are_sent(make_ldap_table, slapd):
    """Escaped: the asterisk is no wildcard."""
    table = make_ldap_table(slapd).start()
    step = explain(table.daemon, STAR)["steps"][0]
    assert r"(mail=\2a@example.com)" in step["question"]["filter"]
    assert (step["entries"], step["entry"]) == (1, f"uid=star,{PEOPLE}")
    said = text_of(table.daemon, "a)(uid=b@example.com", 1)
    assert r"(mail=\22a\29\28uid\3db\22@example.com)" in said
    # The entry's name as well.
    step = explain(table.daemon, "comma@example.com", 1)["steps"][0]
    assert step["entry"] == f"{COMMA},{PEOPLE}"


def test_long_addresses_stay_bounded(make_ldap_table, slapd):
    table = make_ldap_table(slapd).start()
    address = "*" * 1500 + "@example.com"
    steps = explain(table.daemon, address, 1)["steps"]
    for step in steps:
        for value in step["question"].values():
            assert len(value) < 1000
    assert steps[0]["question"]["filter"].endswith("...")


def test_which_directory(make_ldap_table, slapd, ldap_proxy):
    """The first one is down, and then all are."""
    first = f"ldap://{ldap_proxy.address}:{ldap_proxy.port}"
    ldap_proxy.refuse()
    table = make_ldap_table(
        slapd, url=f"{first} {slapd.url('ldap')}", retry_interval="1h",
        options={"present_ttl": "1ms"})
    table.daemon.log.expect(r"warning: .* fails: ")
    table.start()
    step = explain(table.daemon, ALICE)["steps"][0]
    assert step["server"] == slapd.url("ldap")


def test_a_flight_under_way(make_ldap_table, slapd, ldap_proxy):
    table = make_ldap_table(
        slapd, url=f"ldap://{ldap_proxy.address}:{ldap_proxy.port}",
        timeout="10s", options={"answer_deadline": "9s"}).start()
    table.until("nobody@example.com", b"9:NOTFOUND ,")
    ldap_proxy.stall()
    asked = threading.Thread(target=table.ask, args=(ALICE,))
    asked.start()
    flights = lambda: json.loads(Ctl(table.daemon)("status", "--json"))[
        "maps"][0]["tables"][0]["flights"]
    until(lambda: str(flights() > 0).encode(), b"True")
    said = {}
    explained = threading.Thread(
        target=lambda: said.update(explain(table.daemon, ALICE)))
    explained.start()
    until(lambda: str(json.loads(Ctl(table.daemon)("status", "--json"))[
        "waiting"]).encode(), b"2")
    ldap_proxy.resume()
    asked.join()
    explained.join()
    step = said["steps"][0]
    assert (step["from"], step["cache"]) == ("joined", "none")
    assert step["entries"] == 2 and step["server_ms"] > 0


def test_from_a_snapshot(make_ldap_table, slapd, ldap_proxy, folder):
    options = {"present_ttl": "1h", "snapshot_file": folder / "facts"}
    table = make_ldap_table(
        slapd, url=f"ldap://{ldap_proxy.address}:{ldap_proxy.port}",
        options=options).start()
    assert table.ask(ALICE) == FOUND
    table.client.close()
    table.daemon.stop()
    ldap_proxy.refuse()
    table.daemon.log.expect(LDAP_DOWN)
    table.start()
    table.until(ALICE, FOUND)
    step = explain(table.daemon, ALICE)["steps"][0]
    assert (step["cache"], step["said"], step["used"]) == (
        "stale", "unsure", "forceenc:")
    assert step["snapshot"] is True and "server" not in step
    assert ", from before a restart)" in text_of(table.daemon, ALICE)


def test_postgresql(make_served, server, table_path):
    served = make_served(server.table(
        table_path, query="SELECT answer FROM policy WHERE address = '%s' "
        "AND '%d' <> ''"))
    served.start()
    steps = explain(served.daemon, ALICE)["steps"]
    assert steps[0]["question"] == {
        "query": "SELECT answer FROM policy WHERE address = $1 AND $2 <> ''",
        "$1": ALICE, "$2": "example.com"}
    assert steps[0]["server"].startswith(str(server.sockets))
    assert 0 < steps[0]["server_ms"] <= steps[0]["ms"]
    text = text_of(served.daemon, "o'neill@example.com", 1)
    assert "        $1: o'neill@example.com\n" in text
    # A name has no domain: nothing is asked, as Postfix does it.
    null = explain(served.daemon, "<>", 1)["steps"][0]
    assert "not asked" in null["question"]


def test_a_database_that_is_down(make_served, server, table_path, proxy):
    served = make_served(server.table(table_path, hosts=f"inet:{at(proxy)}",
                                      retry_interval="1h"))
    served.start()
    served.until(BOB, served.client.FOUND)
    served.log.expect(DOWN, LOST)
    proxy.refuse()
    served.until(NOBODY, served.client.TEMP)
    step = explain(served.daemon, ALICE, 75)["steps"][0]
    assert step["said"] == "unsure" and "refused" in step["why"]
    assert "server" not in step and step["question"]["$1"] == ALICE


def test_sqlite(make_trio):
    served = make_trio()
    served.start()
    step = explain(served.daemon, "any@example.net", 1)["steps"][0]
    assert step["question"]["?1"] == "any@example.net"
    assert "?1" in step["question"]["query"]
    assert step["from"] == "asked" and step["ms"] > 0
