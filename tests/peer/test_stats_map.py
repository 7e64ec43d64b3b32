# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The map that tells what was counted of a sender."""

import pytest

from lab import net, postgres
from lab.clients import Socketmap, netstring
from lab.postgres import Postgres
from lab.stats_pgsql import Counter, Statistics, Undisturbed
from lab.until import until

LISTEN = f"inet:{net.host(1)}:9999"
DOWN = r"warning: .*: statistics can't be asked: "
NOT_OFFERED = ("bounced (TLS is required, but was not offered by host "
               "mx.d.example[192.0.2.1])")
LINE = netstring(
    b"OK delivered=3 none=1 anonymous=0 untrusted=0 trusted=2 verified=0 "
    b"local=0 unknown=0 soft=0 hard=1 deferred=0 bounced=0 expired=0")
TEMP = Socketmap.TEMP
ABSENT = Socketmap.NOTFOUND


@pytest.fixture(params=["sqlite", "pgsql"])
def counter(request, folder, make_folder):
    if request.param == "sqlite":
        yield Undisturbed(folder, "one")
        return
    postgres.require()
    server = Postgres(make_folder(), number=28)
    counter = Counter(folder, "one", Statistics(server, folder).path)
    counter.server = server
    yield counter
    server.close()


@pytest.fixture
def daemon(counter, folder, make_daemon):
    return make_daemon(folder, maps="stats", socketmap_listen=LISTEN,
                       answer_deadline="20s", store=counter.options["store"])


@pytest.fixture
def ask(daemon):
    made = []

    def asking(key):
        if not made:
            made.append(Socketmap(LISTEN, "stats"))
        return made[0].ask(key)

    yield asking
    for client in made:
        client.close()


def fill(counter):
    counter.deliver(level="Trusted")
    counter.deliver(level="Trusted")
    counter.deliver()
    counter.deliver(service="forceenc", status=NOT_OFFERED)
    counter.imports(counter.mail_log)


def test_counters_of_a_sender(counter, daemon, ask):
    fill(counter)
    daemon.start()
    for key in ("a@s.example", "A@S.Example", "@s.example", "a@s.example"):
        assert ask(key) == LINE, key
    for key in ("b@s.example", "a+x@s.example", "@d.example", "<>", "a"):
        assert ask(key) == ABSENT, key
    for key in ("", "x" * 600 + "@s.example", "a\n@s.example"):
        assert TEMP.fullmatch(ask(key)), key


def test_no_store_yet(counter, daemon, ask):
    daemon.log.expect(DOWN)
    daemon.start()
    assert TEMP.fullmatch(ask("a@s.example"))
    assert TEMP.fullmatch(ask("nobody@s.example"))
    fill(counter)
    until(lambda: ask("a@s.example"), LINE)
    daemon.log.wait("statistics can be asked again")
    assert ask("nobody@s.example") == ABSENT


def test_many_ask_at_once(counter, daemon):
    fill(counter)
    daemon.start()
    clients = [Socketmap(LISTEN, "stats") for _ in range(50)]
    for client in clients:
        client.send(client.question("a@s.example"))
    for client in clients:
        assert client.read_reply() == LINE
        client.close()


def test_another_store_after_a_reload(counter, daemon, ask, folder):
    fill(counter)
    daemon.start()
    assert ask("a@s.example") == LINE
    other = Undisturbed(folder, "other")
    other.deliver(level="Verified")
    other.imports(other.mail_log)
    daemon.options["store"] = other.options["store"]
    assert daemon.reload()
    assert b":OK delivered=1 " in ask("a@s.example")


def test_server_goes_and_comes(counter, daemon, ask):
    if not hasattr(counter, "server"):
        pytest.skip("about servers")
    fill(counter)
    daemon.log.expect(DOWN)
    daemon.start()
    assert ask("a@s.example") == LINE
    counter.server.stop("immediate")
    # What is known stays so for a while; what isn't is in doubt.
    assert ask("a@s.example") == LINE
    assert TEMP.fullmatch(ask("b@s.example"))
    counter.server.start()
    until(lambda: ask("c@s.example"), ABSENT)


def test_reloads_while_it_is_asked(counter, daemon, ask, make_proxy, folder):
    """What a question began with lasts until it has its answer."""
    if not hasattr(counter, "server"):
        pytest.skip("about servers")
    fill(counter)
    server = counter.server
    proxy = make_proxy((server.address, server.port), 29)
    slow = counter.folder / "slow.cf"
    slow.write_text((counter.folder.parent / "stats.cf").read_text().replace(
        f"unix:{server.sockets}/.s.PGSQL.{server.port}",
        f"{proxy.address}:{proxy.port}") + "sslmode = disable\n")
    fast = daemon.options["store"]
    daemon.log.allow(DOWN)
    daemon.start()
    for number in range(5):
        daemon.options["store"] = f"pgsql:{slow}"
        assert daemon.reload()
        client = Socketmap(LISTEN, "stats")
        if number % 2:
            client.ask("first@s.example")
        proxy.stall()
        before = proxy.accepted
        client.send(client.question("a@s.example"))
        if number % 2 == 0:
            until(lambda: b"%d" % (proxy.accepted > before), b"1")
        daemon.options["store"] = fast
        daemon.options["recipient_delimiter"] = "+-"[number % 2]
        assert daemon.reload()
        assert ask("a@s.example") == LINE
        proxy.resume()
        reply = client.read_reply()
        assert reply == LINE or TEMP.fullmatch(reply)
        client.close()


def test_a_reload_with_another_delimiter(counter, daemon, ask):
    """The store stays, and how senders are read doesn't."""
    counter.deliver(level="Trusted")
    counter.imports(counter.mail_log)
    daemon.options["recipient_delimiter"] = "+"
    daemon.start()
    assert b":OK delivered=1 " in ask("a@s.example")
    assert b":OK delivered=1 " in ask("A@s.example")
    daemon.options["fold_local_part"] = "no"
    assert daemon.reload()
    assert ask("A@s.example") == ABSENT
