# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""ldap: tables that a slapd tells of every change: what was learned is
believed for long, and yet a switch is in force at once."""

import json

import pytest

from lab import clients
from lab.daemon import Ctl
from lab.ldap_table import DOWN
from lab.oddldap import OddLdap
from lab.slapd import PEOPLE, READER

FOUND = b"12:OK forceenc:,"
NOTFOUND = b"9:NOTFOUND ,"
TEMP = clients.Socketmap.TEMP
SOON = 1.0
PEOPLE_IN_IT = {
    "alice": "mail: alice@example.com\nmailAlias: a.smith@example.com\n"
             "forceEncryption: TRUE",
    "bob": "mail: bob@example.com",
    "carl": "mail: Carl@Example.COM",
    "domain": "mail: @secure.test",
}
# Nothing but the watch brings news in a test's time.
OPTIONS = {"present_ttl": "1h", "absent_ttl": "1h", "watched_ttl": "1h"}
LIVE = r"changes are told from now on \(.* entries=(\d+) "
LOST = "warning: .*changes aren't told any more: "


@pytest.fixture
def slapd(make_slapd):
    slapd = make_slapd(syncprov=True)
    slapd.load(PEOPLE_IN_IT)
    return slapd.start()


@pytest.fixture
def make_watched(make_ldap_table):
    def make(slapd, **parameters):
        table = make_ldap_table(
            slapd, options=OPTIONS, watch="yes", **parameters)
        table.start()
        return table
    return make


@pytest.fixture
def watched(make_watched, slapd):
    table = make_watched(slapd)
    assert table.daemon.log.wait(LIVE)[1] == str(len(PEOPLE_IN_IT))
    return table


def change(slapd, uid, *lines):
    text = "\n".join(lines)
    slapd.modify(f"dn: uid={uid},{PEOPLE}\n{text}\n")


def replace(slapd, uid, attribute, *values):
    change(slapd, uid, "changetype: modify", f"replace: {attribute}",
           *(f"{attribute}: {value}" for value in values))


def asked(table):
    """How many keys the directory was asked for so far."""
    status = json.loads(Ctl(table.daemon)("status", "--json"))
    return status["maps"][0]["tables"][0]["asked"]


def watch_why(table):
    status = json.loads(Ctl(table.daemon)("status", "--json"))
    return status["maps"][0]["tables"][0]["watch_why"]


def test_switches(watched, slapd):
    """By the owner, back and forth."""
    for _ in range(5):
        watched.until("bob@example.com", NOTFOUND, SOON)
        slapd.toggle("bob", "TRUE")
        watched.until("bob@example.com", FOUND, SOON)
        watched.expect("Bob+x@example.com", FOUND)
        slapd.toggle("bob", "FALSE")
        watched.until("bob@example.com", NOTFOUND, SOON)
        slapd.toggle("bob", None)


def test_every_kind_of_change(watched, slapd):
    for key, before in (("alice@example.com", FOUND),
                        ("a.smith@example.com", FOUND),
                        ("new@example.com", NOTFOUND),
                        ("carl@example.com", NOTFOUND),
                        ("any@secure.test", NOTFOUND)):
        watched.expect(key, before)
    # Another address: neither the old one nor the new one is as it was.
    replace(slapd, "alice", "mail", "new@example.com")
    watched.until("alice@example.com", NOTFOUND, SOON)
    watched.until("new@example.com", FOUND, SOON)
    watched.expect("a.smith@example.com", FOUND)
    replace(slapd, "alice", "mailAlias")
    watched.until("a.smith@example.com", NOTFOUND, SOON)
    # Out of what the filter finds, and in again.
    replace(slapd, "alice", "mailEnabled", "FALSE")
    watched.until("new@example.com", NOTFOUND, SOON)
    replace(slapd, "alice", "mailEnabled", "TRUE")
    watched.until("new@example.com", FOUND, SOON)
    # Renamed, with and without its address; deleted; made anew.
    change(slapd, "alice", "changetype: modrdn", "newrdn: uid=anna",
           "deleteoldrdn: 1")
    watched.expect("new@example.com", FOUND)
    change(slapd, "anna", "changetype: delete")
    watched.until("new@example.com", NOTFOUND, SOON)
    change(slapd, "alice", "changetype: add", "objectClass: inetOrgPerson",
           "objectClass: mailPerson", "objectClass: forceEncryptionPolicy",
           "cn: alice", "sn: alice", "mail: alice@example.com",
           "mailEnabled: TRUE", "forceEncryption: TRUE")
    watched.until("alice@example.com", FOUND, SOON)
    # Spelled in its own way, and a whole domain.
    slapd.toggle("carl", "TRUE")
    watched.until("carl@example.com", FOUND, SOON)
    slapd.toggle("domain", "TRUE")
    watched.until("any@secure.test", FOUND, SOON)
    watched.until("other@secure.test", FOUND, SOON)


def test_nothing_else_is_forgotten(watched, slapd):
    keys = [f"user{number}@example.com" for number in range(50)]
    for key in [*keys, "alice@example.com"]:
        watched.ask(key)
    watched.expect("bob@example.com", NOTFOUND)
    before = asked(watched)
    slapd.toggle("bob", "TRUE")
    watched.until("bob@example.com", FOUND, SOON)
    for key in [*keys, "alice@example.com"]:
        watched.ask(key)
    assert asked(watched) == before + 1


def test_a_filter_that_says_less(make_watched, slapd):
    """mail=*%s* finds more than the key itself: any change counts for all."""
    table = make_watched(slapd, query_filter="(&(uid=%u)(objectClass=person))")
    table.daemon.log.wait(LIVE)
    table.expect("bob@example.com", NOTFOUND)
    slapd.toggle("bob", "TRUE")
    table.until("bob@example.com", FOUND, SOON)
    change(slapd, "bob", "changetype: delete")
    table.until("bob@example.com", NOTFOUND, SOON)


def test_addresses_that_are_found_but_not_shown(make_watched, make_slapd):
    """The server finds by them, and nobody may read them: whose facts a change
    is about isn't known."""
    slapd = make_slapd(syncprov=True, access=f"""
access to attrs=mail,mailAlias by dn.exact="{READER}" search by * none
""")
    slapd.load(PEOPLE_IN_IT)
    table = make_watched(slapd.start())
    table.daemon.log.wait(LIVE)
    for value, wanted in (("TRUE", FOUND), ("FALSE", NOTFOUND)):
        slapd.toggle("bob", value)
        table.until("bob@example.com", wanted, SOON)
    table.expect("alice@example.com", FOUND)
    change(slapd, "alice", "changetype: delete")
    table.until("alice@example.com", NOTFOUND, SOON)


def test_restarts_and_what_happened_meanwhile(watched, slapd):
    log = watched.daemon.log
    log.allow(DOWN)
    log.expect(LOST)
    watched.expect("bob@example.com", NOTFOUND)
    watched.expect("alice@example.com", FOUND)
    for value, wanted in (("TRUE", FOUND), ("FALSE", NOTFOUND)):
        since = log.mark()
        slapd.stop()
        log.wait(LOST, since)
        # Off is no longer sure, on still is.
        watched.expect("alice@example.com", FOUND)
        assert TEMP.fullmatch(watched.ask("stranger@example.com"))
        dn = f"uid=bob,{PEOPLE}"
        slapd.run("slapmodify", "slapd", "-f", slapd.folder / "slapd.conf",
                  text=f"dn: {dn}\nchangetype: modify\n"
                       "replace: forceEncryption\n"
                       f"forceEncryption: {value}\n")
        slapd.start()
        log.wait(LIVE, since)
        watched.until("bob@example.com", wanted, SOON)
        slapd.toggle("carl", value)
        watched.until("carl@example.com", wanted, SOON)


def test_a_server_that_cannot_tell(make_watched, make_slapd):
    slapd = make_slapd()
    slapd.load(PEOPLE_IN_IT)
    table = make_watched(slapd.start())
    table.daemon.log.expect("warning: .*no changes are told: .*by their time")
    table.daemon.log.wait("no changes are told")
    table.expect("alice@example.com", FOUND)
    table.expect("bob@example.com", NOTFOUND)
    since = table.daemon.log.mark()
    for number in range(50):
        table.expect(f"user{number}@example.com", NOTFOUND)
    assert not table.daemon.log.find("told", since)
    assert "unavailable" in watch_why(table)


def test_a_server_that_overlooks_the_control(make_watched, slapd):
    """It answers as to any search, and is left alone with it."""
    with OddLdap(OddLdap.entries) as server:
        table = make_watched(slapd, url=server.url)
        table.daemon.log.allow(DOWN)
        table.daemon.log.expect(
            "warning: .*no changes are told: .*RFC 4533.*retry=10m")
        table.daemon.log.wait("no changes are told")
        table.expect("alice@example.com", FOUND)
        table.expect("bob@example.com", FOUND)
        assert server.connections == 2
        assert "RFC 4533" in watch_why(table)


def test_a_server_that_shows_too_few(make_watched, make_slapd):
    slapd = make_slapd(syncprov=True, limits="size=2")
    slapd.load(PEOPLE_IN_IT)
    table = make_watched(slapd.start())
    table.daemon.log.expect("warning: .*no changes are told: .*olcLimits")
    table.daemon.log.wait("olcLimits")
    table.expect("alice@example.com", FOUND)


def test_silence_is_noticed(make_watched, make_proxy, slapd):
    """A watch that has nothing to tell is alive all the same, and one that
    stalls is not."""
    proxy = make_proxy((slapd.address, slapd.ports["ldap"]))
    table = make_watched(
        slapd, url=f"ldap://{proxy.address}:{proxy.port}", timeout="300ms")
    log = table.daemon.log
    log.wait(LIVE)
    log.allow(DOWN)
    log.expect(LOST + ".*no sign of life within 300ms")
    since = log.mark()
    proxy.stall()
    log.wait(LOST, since)
    proxy.resume()
    log.wait(LIVE, since)
    slapd.toggle("bob", "TRUE")
    table.until("bob@example.com", FOUND)
