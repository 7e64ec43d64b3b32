# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Directories whose certificate was good, and isn't any more: nobody is
believed, what is known serves, and a good certificate ends it."""

import pytest

from lab import clients, net
from lab.certs import Authority
from lab.ldap_table import DOWN as LDAP_DOWN
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, CARL, DOWN, LOST, NOBODY, certificates, make_served,
    make_server, server, table_path, the_server)
from lab.until import is_reply, until

FOUND = b"12:OK forceenc:,"
NOTFOUND = b"9:NOTFOUND ,"
TEMP = clients.Socketmap.TEMP
OPTIONS = {"answer_deadline": "500ms", "present_ttl": "1ms",
           "absent_ttl": "1ms"}
CASES = ["expired", "name", "authority"]


@pytest.fixture
def make_bad(authority, make_folder):
    """Certificates with one thing wrong, of a host at an address."""
    def make(case, address):
        names = [] if case == "name" else [f"IP:{address}"]
        issuer = authority
        if case == "authority":
            issuer = Authority(make_folder())
        return issuer.issue(f"{case}.lab.test", *names,
                            days=-1 if case == "expired" else 2)
    return make


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("transport", ["ldaps", "starttls"])
def test_ldap(make_slapd, make_ldap_table, make_bad, transport, case):
    slapd = make_slapd()
    good = slapd.certificate
    slapd.load({name: f"mail: {name}@example.com\nforceEncryption: TRUE"
                for name in ("alice", "bob")})
    slapd.start()
    table = make_ldap_table(slapd, transport, options=OPTIONS)
    log = table.daemon.log
    log.allow(LDAP_DOWN)
    table.start()
    table.expect(ALICE, FOUND)

    def restart(certificate):
        slapd.stop()
        slapd.certificate = certificate
        slapd.start()

    def forced(key):
        reply = table.ask(key)
        assert reply == FOUND or is_reply(reply, TEMP), (key, reply)
        return reply

    restart(make_bad(case, slapd.address))
    since = log.mark()
    until(lambda: forced(BOB), TEMP)
    for _ in range(3):
        table.expect(ALICE, FOUND)  # as it was known
        table.expect(BOB, TEMP)
        table.expect(NOBODY, TEMP)
    until_told(table, BOB, b"must not have expired")
    restart(good)
    until(lambda: forced(BOB), FOUND)
    table.until(NOBODY, NOTFOUND)
    log.wait("answers again", since)


def until_told(table, key, words):
    """Whoever waits is told why, in the server's or library's words."""
    def ask():
        reply = table.ask(key)
        return b"told" if words in reply else reply
    until(ask, b"told")


@pytest.mark.parametrize("case", CASES)
def test_pgsql(make_served, server, table_path, authority, certificates,
               make_bad, case):
    served = make_served(server.table(
        table_path, hosts=f"{server.address}:{server.port}",
        sslmode="verify-full", sslrootcert=authority.path), **OPTIONS).start()
    served.log.expect(DOWN)
    served.log.allow(LOST)
    served.expect(ALICE, FOUND)

    def restart(certificate):
        server.stop()
        server.configure(certificate)
        server.start()

    words = b"name.lab.test" if case == "name" else b"verify failed"
    restart(make_bad(case, server.address))
    try:
        served.until(BOB, TEMP)
        until_told(served, BOB, words)
        for _ in range(3):
            served.expect(ALICE, FOUND)
            served.expect(BOB, TEMP)
            served.expect(NOBODY, TEMP)
    finally:
        restart(certificates["good"])
    served.is_well()


def test_other_servers_are_tried(make_slapd, make_ldap_table, make_bad,
                                 authority):
    """One with a bad certificate in front of one with a good one."""
    bad = make_slapd(certificate=make_bad("expired", net.host(7)),
                     address=net.host(7))
    good = make_slapd(certificate=authority.issue(
        "good.lab.test", f"IP:{net.host(8)}"), address=net.host(8))
    for slapd, answer in ((bad, "FALSE"), (good, "TRUE")):
        slapd.load({"alice": f"mail: {ALICE}\nforceEncryption: {answer}"})
        slapd.start()
    table = make_ldap_table(
        good, url=f"{bad.url('ldaps')} {good.url('ldaps')}",
        tls_ca_cert_file=authority.path)
    table.daemon.log.expect("warning: .*fails.*no TLS")
    table.start()
    for _ in range(3):
        table.expect(ALICE, FOUND)
        table.expect(NOBODY, NOTFOUND)
