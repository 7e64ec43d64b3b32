# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""ldap: tables whose servers are gone, silent, slow, somebody else's or come
back: doubt is TEMP or the last known answer, never NOTFOUND, before the
deadline, and ends by itself."""

import json
import os
import re
import signal
import time

import pytest

from lab import clients, net
from lab.daemon import Ctl
from lab.ldap_table import DOWN
from lab.load import Load
from lab.oddldap import OddLdap
from lab.until import until

FORCED = ["alice@example.com", "bob@example.com", "carl@example.com",
          "dora@example.com"]
PEOPLE_IN_IT = {
    address.partition("@")[0]: f"mail: {address}\nforceEncryption: TRUE"
    for address in FORCED}
ALICE, BOB, CARL, DORA = FORCED

FOUND = b"12:OK forceenc:,"
NOTFOUND = b"9:NOTFOUND ,"
TEMP = clients.Socketmap.TEMP
DEADLINE = 0.5
# What a busy machine may add.
GRACE = 1.0
OPTIONS = {"answer_deadline": f"{int(DEADLINE * 1000)}ms",
           "present_ttl": "1ms", "absent_ttl": "1ms"}


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    slapd = make_slapd_module()
    slapd.load(PEOPLE_IN_IT)
    return slapd.start()


@pytest.fixture
def own_slapd(make_slapd):
    """One that may be stopped."""
    slapd = make_slapd()
    slapd.load(PEOPLE_IN_IT)
    return slapd.start()


@pytest.fixture
def proxy(make_proxy, slapd):
    return make_proxy((slapd.address, slapd.ports["ldap"]))


@pytest.fixture
def make_table(make_ldap_table, slapd):
    def make(url, **parameters):
        return make_ldap_table(slapd, url=url, options=OPTIONS, **parameters)
    return make


def url_of(proxy, scheme="ldap"):
    return f"{scheme}://{proxy.address}:{proxy.port}"


def ask_in_time(table, key):
    began = time.monotonic()
    reply = table.ask(key)
    assert time.monotonic() - began < DEADLINE + GRACE
    return reply


def is_in_doubt(table, known=(), unknown=(BOB, CARL)):
    """Never NOTFOUND for whom it's on, nor for anybody else."""
    for _ in range(3):
        for key in known:
            assert ask_in_time(table, key) == FOUND
        for key in (*unknown, "stranger@example.com"):
            reply = ask_in_time(table, key)
            assert TEMP.fullmatch(reply), (key, reply)


def failures_of(table):
    """Of the server that has the fewest."""
    status = json.loads(Ctl(table.daemon)("status", "--json"))
    servers = status["maps"][0]["tables"][0]["servers"]
    return min(server["failures"] for server in servers)


def until_failures(table, more):
    wanted = failures_of(table) + more
    until(lambda: b"more" if failures_of(table) >= wanted else b"", b"more")


def is_well(table):
    for key in FORCED:
        table.until(key, FOUND)
    table.until("nobody@example.com", NOTFOUND)


def test_refused_at_the_start(make_table, proxy):
    proxy.refuse()
    table = make_table(url_of(proxy))
    table.daemon.log.expect(DOWN + ".*Connection refused")
    table.start()
    is_in_doubt(table)
    proxy.open()
    is_well(table)
    table.daemon.log.wait("answers again")


def test_down_is_known_at_once(make_table, proxy):
    """While it's known that nobody answers, nobody waits."""
    proxy.refuse()
    table = make_table(url_of(proxy), retry_interval="1h")
    table.daemon.log.expect(DOWN)
    table.start()
    assert TEMP.fullmatch(table.ask(ALICE))
    table.daemon.log.wait("can't be asked")
    began = time.monotonic()
    for number in range(200):
        assert TEMP.fullmatch(table.ask(f"user{number}@example.com"))
    assert time.monotonic() - began < 200 * DEADLINE / 2


def test_accepts_and_stays_silent(make_table, proxy):
    proxy.mute = True
    table = make_table(url_of(proxy))
    table.daemon.log.expect(DOWN + ".*connected, but silent since")
    table.start()
    is_in_doubt(table)
    table.daemon.log.wait("connected, but silent since")
    proxy.mute = False
    proxy.cut()
    is_well(table)


@pytest.mark.parametrize("scheme", ["ldaps", "starttls"])
def test_stalls_in_the_handshake(make_proxy, make_table, slapd, scheme):
    target = "ldaps" if scheme == "ldaps" else "ldap"
    proxy = make_proxy((slapd.address, slapd.ports[target]))
    # Behind the grant of StartTLS, within the server's first flight.
    proxy.limit = 200
    table = make_table(
        f"{target}://{slapd.address}:{proxy.port}".replace(
            slapd.address, proxy.address),
        start_tls="yes" if scheme == "starttls" else "no",
        tls_ca_cert_file=slapd.authority.path, tls_require_cert="no")
    table.daemon.log.expect(DOWN + ".*connected, but silent since")
    table.start()
    is_in_doubt(table)
    table.daemon.log.wait("connected, but silent since")
    proxy.limit = None
    proxy.cut()
    is_well(table)


def test_stops_answering(make_table, proxy):
    """Known senders at full speed meanwhile, the rest by the deadline."""
    table = make_table(url_of(proxy)).start()
    table.daemon.log.allow(DOWN)
    table.expect(ALICE, FOUND)
    proxy.stall()
    is_in_doubt(table, known=[ALICE])
    proxy.resume()
    is_well(table)


def test_stalls_in_the_middle_of_a_reply(make_table, proxy):
    proxy.limit = 60  # the bind, and a part of the first entry
    table = make_table(url_of(proxy))
    table.daemon.log.allow(DOWN)
    table.start()
    is_in_doubt(table, unknown=[ALICE, BOB, CARL])
    proxy.limit = None
    proxy.cut()
    is_well(table)


def test_late_replies_are_nobody_elses(make_table, proxy):
    """A reply that comes after its question was given up answers no other
    one."""
    table = make_table(url_of(proxy), timeout="300ms").start()
    table.daemon.log.allow(DOWN)
    table.expect(ALICE, FOUND)
    for _ in range(3):
        proxy.delay = 0.4
        for key in FORCED:
            assert ask_in_time(table, key) != NOTFOUND
        proxy.delay = 0.0
        for key in FORCED:
            table.until(key, FOUND)
        table.until("nobody@example.com", NOTFOUND)


@pytest.mark.parametrize("end", ["cut", "restart"])
def test_connections_are_lost(make_table, make_proxy, own_slapd, end):
    """With questions on their way, whatever becomes of them."""
    proxy = make_proxy((own_slapd.address, own_slapd.ports["ldap"]))
    table = make_table(url_of(proxy), connections="2").start()
    table.daemon.log.allow(DOWN)
    allowed = {FOUND}

    class Forced(dict):
        def items(self):
            return [(key, Either()) for key in FORCED]

    class Either:
        def __ne__(self, reply):
            return not (reply in allowed or TEMP.fullmatch(reply))

    with Load(lambda: table.endpoints.client("socketmap-unix"),
              Forced()) as load:
        for _ in range(5):
            if end == "cut":
                proxy.cut()
            else:
                own_slapd.stop()
                load.wait_for(50)
                own_slapd.start()
            load.wait_for(200)
    load.check(longest=DEADLINE + GRACE)
    is_well(table)


@pytest.mark.parametrize("bind", ["yes", "none"])
def test_hangs_and_goes_on(make_table, make_slapd, bind):
    """SIGSTOP: the kernel accepts and acknowledges, nobody answers, and a
    connection that is taken is no sign of life."""
    slapd = make_slapd(access="access to * by * read\n")
    slapd.load(PEOPLE_IN_IT)
    slapd.start()
    table = make_table(slapd.url("ldap"), timeout="300ms", bind=bind).start()
    log = table.daemon.log
    log.expect(DOWN)
    table.expect(ALICE, FOUND)
    slapd.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, slapd.process.pid, os.WSTOPPED)
    try:
        is_in_doubt(table, known=[ALICE])
        log.wait("can't be asked: .*(silent|no answer within)")
        down = log.mark()
        until_failures(table, 2)
        is_in_doubt(table, known=[ALICE])
        assert not log.find("answers again", down)
    finally:
        slapd.process.send_signal(signal.SIGCONT)
    is_well(table)


def test_the_next_server_takes_over(make_table, make_proxy, own_slapd):
    proxies = [make_proxy((own_slapd.address, own_slapd.ports["ldap"]), number)
               for number in (7, 8)]
    table = make_table(", ".join(map(url_of, proxies)))
    log = table.daemon.log
    first, second = (re.escape(url_of(proxy)) for proxy in proxies)
    table.start()
    table.expect(ALICE, FOUND)
    assert proxies[1].accepted == 0
    log.expect(f"warning: .*{first} fails")
    proxies[0].refuse()
    is_well(table)
    assert proxies[1].accepted > 0
    log.expect(DOWN, f"warning: .*{second} fails")
    proxies[1].refuse()
    table.until(ALICE, FOUND)
    is_in_doubt(table, known=[ALICE], unknown=[])
    proxies[1].open()
    is_well(table)
    log.wait(f"{second} works again")
    # Back to the better one once it can be reached, which takes a while.
    proxies[0].open()
    log.wait(f"{first} works again", timeout=30)
    is_well(table)


def test_both_are_down(make_ldap_table, make_proxy, slapd):
    """One refuses, one is silent. While that is known nobody waits: anything
    but "at once" would be twenty seconds each. It's said once, not at each
    attempt."""
    proxies = [make_proxy((slapd.address, slapd.ports["ldap"]), number)
               for number in (7, 8)]
    table = make_ldap_table(
        slapd, url=", ".join(map(url_of, proxies)), timeout="300ms",
        retry_interval="300ms", options={**OPTIONS, "answer_deadline": "20s"})
    log = table.daemon.log
    log.allow("warning: .*fails")
    log.expect(DOWN)
    table.start()
    table.expect(ALICE, FOUND)
    proxies[1].mute = True
    proxies[0].refuse()
    assert TEMP.fullmatch(table.ask(BOB))
    log.wait("can't be asked")
    for number in range(20):
        assert TEMP.fullmatch(table.ask(f"user{number}@example.com"))
        table.expect(ALICE, FOUND)
    until_failures(table, 2)
    known = log.mark()
    until_failures(table, 2)
    assert not log.find("can't be asked", known)
    assert b"refused; " in table.ask(BOB)
    proxies[0].open()
    is_well(table)


@pytest.mark.parametrize("scheme", ["ldaps", "starttls"])
def test_somebody_elses_certificate(make_ldap_table, make_slapd, authority,
                                    scheme):
    slapd = make_slapd(certificate=authority.issue("other.lab.test"))
    slapd.load(PEOPLE_IN_IT)
    slapd.start()
    table = make_ldap_table(slapd, scheme, options=OPTIONS)
    table.daemon.log.expect(DOWN + r".*no TLS: .*tls_ca_cert_file")
    table.start()
    is_in_doubt(table)
    table.parameters["tls_require_cert"] = "no"
    table.write()
    assert table.daemon.reload()
    is_well(table)


def test_an_unknown_authority(make_ldap_table, slapd, make_folder):
    from lab.certs import Authority
    table = make_ldap_table(
        slapd, "ldaps", options=OPTIONS,
        tls_ca_cert_file=Authority(make_folder()).path)
    table.daemon.log.expect(DOWN + r".*no TLS: ")
    table.start()
    is_in_doubt(table)
    table.parameters["tls_ca_cert_file"] = "nowhere.pem"
    table.write()
    table.daemon.log.expect(DOWN + r".*tls_ca_cert_file = .*nowhere\.pem")
    assert table.daemon.reload()
    is_in_doubt(table)


def test_a_wrong_password(make_table, slapd):
    table = make_table(slapd.url("ldap"), bind_pw="wrong")
    table.daemon.log.expect(DOWN + r".*Invalid credentials")
    table.start()
    is_in_doubt(table)
    assert not any("wrong" in line for line in table.daemon.log.lines())


def test_a_base_that_is_not_there(make_table, slapd):
    table = make_table(slapd.url("ldap"), search_base="ou=nobody,dc=other")
    table.daemon.log.expect(DOWN + r".*No such object")
    table.start()
    is_in_doubt(table)
    # One that depends on the key may well not be there.
    table.parameters.update(search_base="ou=%d,dc=example,dc=com")
    table.write()
    assert table.daemon.reload()
    table.until("alice@example.com", NOTFOUND)


@pytest.mark.parametrize("bind, serve", [
    ("none", OddLdap.hang_up), ("yes", OddLdap.hang_up_politely)])
def test_hangs_up_on_everybody(make_table, bind, serve):
    """A proxy that has no directory behind it, or a server that is about to
    end: each connection that it takes is a failure, whether somebody waits for
    it or not."""
    with OddLdap(serve) as server:
        table = make_table(url=server.url, bind=bind)
        table.daemon.log.expect(DOWN)
        table.daemon.log.allow("answers again")
        table.start()
        is_in_doubt(table)
        connections = server.wait(8)
        assert connections <= failures_of(table) + 2
        is_in_doubt(table)


def test_the_deadline_of_those_who_wait(make_table, proxy):
    """Many at once on a stalled server: all are answered in time."""
    table = make_table(url_of(proxy)).start()
    table.daemon.log.allow(DOWN)
    table.expect(ALICE, FOUND)
    proxy.stall()
    began = time.monotonic()
    asked = [table.endpoints.client("socketmap-unix") for _ in range(200)]
    for number, client in enumerate(asked):
        client.send(client.question(f"user{number}@example.com"))
    for client in asked:
        assert TEMP.fullmatch(client.read_reply())
        client.close()
    assert time.monotonic() - began < 2 * DEADLINE + GRACE
    proxy.resume()
    is_well(table)


def test_names_that_are_not_found(make_table):
    table = make_table(f"ldap://nowhere.invalid:{net.SMTP_PORT}")
    table.daemon.log.expect(DOWN + ".*name not found")
    table.start()
    is_in_doubt(table)
