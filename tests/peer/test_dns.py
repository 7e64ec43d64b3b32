# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A name service that hangs, in the middle of everything: the C library
blocks whoever looks a name up, and that is nobody who answers."""

import pytest

from lab import clients
from lab.dns import Dns
from lab.ldap_table import DOWN as LDAP_DOWN
from lab.load import Load
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, CARL, DOWN, LOST, NOBODY, certificates, make_served,
    make_server, server, table_path, the_server)
from lab.until import until

FOUND = b"12:OK forceenc:,"
TEMP = clients.Socketmap.TEMP
OPTIONS = {"answer_deadline": "500ms", "present_ttl": "1h",
           "absent_ttl": "1ms"}


@pytest.fixture
def make_dns(folder):
    made = []

    def make(target):
        dns = Dns(folder, target)
        made.append(dns)
        return dns

    yield make
    for dns in made:
        dns.close()


def check(table, dns, proxy):
    """While the connection is away and the name service hangs."""
    table.expect(ALICE, FOUND)
    assert dns.heard > 0
    heard = dns.heard
    dns.silent = True
    proxy.cut()
    table.expect(BOB, TEMP)
    # It's the name service that is waited for, and not the next attempt.
    until(lambda: b"asked" if table.ask(BOB) and dns.heard > heard else b"",
          b"asked")
    with Load(lambda: table.endpoints.client("socketmap-unix"),
              {ALICE: FOUND}) as load:
        for _ in range(3):
            table.expect(BOB, TEMP)
            table.expect(NOBODY, TEMP)
        load.wait_for(100)
    load.check(longest=0.4)
    dns.silent = False
    table.until(BOB, FOUND)
    table.until(NOBODY, b"9:NOTFOUND ,")


def test_ldap(make_slapd, make_proxy, make_ldap_table, make_dns):
    slapd = make_slapd()
    slapd.load({name: f"mail: {name}@example.com\nforceEncryption: TRUE"
                for name in ("alice", "bob")})
    slapd.start()
    proxy = make_proxy((slapd.address, slapd.ports["ldap"]))
    dns = make_dns(proxy.address)
    table = make_ldap_table(
        slapd, url=f"ldap://directory.lab.test:{proxy.port}",
        options=OPTIONS)
    table.daemon.log.allow(LDAP_DOWN, "warning: .*fails")
    check(table.start(around=dns.around), dns, proxy)


def test_pgsql(make_served, make_proxy, server, table_path, make_dns):
    proxy = make_proxy((server.address, server.port), 21)
    dns = make_dns(proxy.address)
    served = make_served(server.table(
        table_path, hosts=f"directory.lab.test:{proxy.port}",
        sslmode="disable", connect_time_limit="1s"), **OPTIONS)
    served.log.allow(DOWN, LOST)
    check(served.start(around=dns.around), dns, proxy)
