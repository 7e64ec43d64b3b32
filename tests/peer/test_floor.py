# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The floor in front of the site's policy map: what a client hears."""

import re

import pytest

from lab import net
from lab.clients import Socketmap
from lab.daemon import Ctl, Policy
from lab.policies import Policies, policy_of
from lab.until import until

LISTEN = f"inet:{net.host(1)}:9999"


@pytest.fixture
def policies():
    made = Policies()
    yield made
    made.close()


@pytest.fixture
def make_floor(folder, make_daemon, policies):
    """Makes the daemon: make_floor(floor_dane=...)."""
    policy = Policy(folder)

    def make(**options):
        daemon = make_daemon(
            folder, maps="forceenc, floor", forceenc_tables=policy.spec,
            socketmap_listen=LISTEN,
            **{"floor_upstream": policies.spec, "floor_upstream_ttl": "0",
               **options})
        return daemon.start()

    return make


@pytest.fixture
def client():
    made = []

    def connect():
        made.append(Socketmap(LISTEN, "floor"))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.mark.parametrize("says,answer", [
    ("OK none", "encrypt"),
    ("OK may", "encrypt"),
    ("OK encrypt", "encrypt"),
    ("OK dane", "dane-only"),
    ("OK dane-only", "dane-only"),
    ("OK verify", "verify"),
    ("OK secure match=.example.com servername=hostname",
     "secure match=.example.com servername=hostname"),
    ("OK fingerprint match=aa:bb", "fingerprint match=aa:bb"),
    ("OK secure ciphers=null protocols=SSLv3 match=a", "secure match=a"),
    ("OK may policy_type=sts {policy_string = mode: testing}",
     "encrypt policy_type=sts {policy_string = mode: testing}"),
    ("NOTFOUND ", "encrypt"),
    ("TEMP later", None),
    ("PERM never", None),
    ("TIMEOUT too late", None),
    ("what", None),
    ("OK ", None),
    ("OK", None),
    ("OK secure mtch=a", None),
    ("OK roof", None),
    (b"9:NOTFOUND", None),
    (b"no netstring", None),
    (b"20:OK secure mat", None),
    (b"", None),
    (b"9:NOTFOUND ,9:NOTFOUND ,", None),
    (b"999999:OK ", None),
])
def test_what_is_answered(make_floor, policies, client, says, answer):
    daemon = make_floor()
    daemon.log.allow("not a policy", "no socketmap reply",
                     "closed the connection")
    policies.says["[mx.example.com]:25"] = says
    with client() as asking:
        assert policy_of(asking.ask("[mx.example.com]:25")) == answer
        # And on it goes, on the same connection.
        assert policy_of(asking.ask("[other]")) == "encrypt"


def test_dane_as_chosen(make_floor, policies, client):
    make_floor(floor_dane="encrypt")
    policies.says["example.com"] = "OK dane ciphers=high"
    assert policy_of(client().ask("example.com")) == "encrypt ciphers=high"


def test_a_long_policy(make_floor, policies, client):
    make_floor()
    policy = "secure match=" + ":".join(["mx.example.com"] * 500)
    policies.says["example.com"] = "OK " + policy
    assert policy_of(client().ask("example.com")) == policy


def test_without_an_upstream(make_floor, client):
    make_floor(floor_upstream="")
    for key in ("example.com", "[host]:587", ".com", "x" * 9000):
        assert policy_of(client().ask(key)) == "encrypt"


def test_parents_are_asked_in_turn(make_floor, policies, client):
    make_floor(floor_on_failure="tempfail")
    asking = client()
    policies.says[".example.com"] = "OK secure"
    assert policy_of(asking.ask("mx.sub.example.com")) == "secure"
    assert policies.asked() == [
        "mx.sub.example.com", ".sub.example.com", ".example.com"]
    assert policy_of(asking.ask("example.com")) == "encrypt"
    assert policies.asked() == ["example.com", ".com"]
    assert policy_of(asking.ask("[mx.sub.example.com]")) == "encrypt"
    assert policies.asked() == ["[mx.sub.example.com]"]
    policies.says[".sub.example.com"] = "TEMP later"
    assert policy_of(asking.ask("mx.sub.example.com")) is None


def test_policies_are_remembered_for_a_while(make_floor, policies, client):
    make_floor(floor_upstream_ttl="1h")
    asking = client()
    policies.says["example.com"] = "OK secure"
    for _ in range(3):
        assert policy_of(asking.ask("example.com")) == "secure"
        assert policy_of(asking.ask("other.example")) == "encrypt"
    assert policies.asked() == ["example.com", "other.example", ".example"]


def test_the_last_policy_serves_while_upstream_is_down(
        make_floor, policies, client):
    daemon = make_floor()
    asking = client()
    policies.says["example.com"] = "OK secure"
    assert policy_of(asking.ask("example.com")) == "secure"
    policies.close()
    daemon.log.expect("can't be asked: connect: Connection refused")
    assert policy_of(asking.ask("example.com")) == "secure"
    assert policy_of(asking.ask("other.example")) is None
    policies.open()
    policies.says["example.com"] = "OK verify"
    until(lambda: asking.ask("example.com"), b"9:OK verify,")
    assert policy_of(asking.ask("other.example")) == "encrypt"


def test_or_nothing_does(make_floor, policies, client):
    daemon = make_floor(floor_on_failure="tempfail")
    asking = client()
    policies.says["example.com"] = "OK secure"
    assert policy_of(asking.ask("example.com")) == "secure"
    policies.close()
    daemon.log.expect("can't be asked: connect: Connection refused")
    assert policy_of(asking.ask("example.com")) is None


def test_an_upstream_that_hangs(make_floor, policies, client):
    daemon = make_floor(floor_upstream_time_limit="200ms")
    daemon.log.allow("no reply within 200ms")
    policies.says["slow.example"] = Policies.HANG
    slow, quick = client(), client()
    slow.send(slow.question("slow.example"))
    # Others don't wait for it.
    assert policy_of(quick.ask("quick.example")) == "encrypt"
    assert policy_of(slow.read_reply()) is None


def test_one_that_hangs_up_behind_each_reply(make_floor, policies, client):
    make_floor()
    policies.once = True
    asking = client()
    for number in range(20):
        assert policy_of(asking.ask(f"[{number}]")) == "encrypt"


def test_connections_that_were_cut_are_made_anew(
        make_floor, policies, client):
    make_floor()
    asking = client()
    for number in range(10):
        assert policy_of(asking.ask(f"[{number}]")) == "encrypt"
        policies.cut()


def test_one_that_takes_no_more_connections(make_floor, policies, client):
    """Those that it has do, then: one question behind the other."""
    make_floor()
    asking = client()
    assert policy_of(asking.ask("[first]")) == "encrypt"
    policies.refuse()
    keys = [f"[{number}]" for number in range(40)]
    asking.send(b"".join(map(asking.question, keys)))
    for _ in keys:
        assert policy_of(asking.read_reply()) == "encrypt"
    assert sorted(policies.asked()) == sorted(["[first]", *keys])
    assert policies.accepted == 1
    policies.open()
    asking.send(b"".join(map(asking.question, keys)))
    for _ in keys:
        assert policy_of(asking.read_reply()) == "encrypt"


def test_many_wait_for_one_question(make_floor, policies, client):
    daemon = make_floor()
    policies.says["slow.example"] = Policies.HANG
    waiting = [client() for _ in range(10)]
    for one in waiting:
        one.send(one.question("slow.example"))
    ctl = Ctl(daemon)
    until(lambda: ctl("status").encode(),
          re.compile(rb".*waiting        10 questions.*", re.S))
    until(lambda: " ".join(policies.asked()).encode(), b"slow.example")
    daemon.log.allow("closed the connection without a reply")
    # One goes, and nobody minds.
    waiting.pop(4).close()
    policies.release()
    for one in waiting:
        assert policy_of(one.read_reply()) is None


def test_a_reload_answers_what_is_on_its_way(make_floor, policies, client):
    daemon = make_floor(floor_upstream_time_limit="1m")
    policies.says["slow.example"] = Policies.HANG
    asking = client()
    asking.send(asking.question("slow.example"))
    other = client()
    assert policy_of(other.ask("[other]")) == "encrypt"
    daemon.log.allow("closed the connection without a reply")
    daemon.options["floor_upstream"] = ""
    assert daemon.reload()
    assert policy_of(other.ask("[other]")) == "encrypt"
    policies.release()
    assert policy_of(asking.read_reply()) is None


def test_forceencctl_explains(make_floor, policies):
    daemon = make_floor(floor_upstream_ttl="1h")
    policies.says[".example.com"] = "OK may"
    ctl = Ctl(daemon)
    assert ctl("lookup", "--map", "floor", "mx.example.com") == "encrypt\n"
    said = ctl("lookup", "--map", "floor", "--explain", "mx.example.com")
    assert "parent domain" in said
    assert policies.spec in said
    status = ctl("status")
    assert policies.spec in status
