# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The promise, with the real Postfix and the fragments of etc/postfix: forced
mail leaves over TLS or comes straight back, whatever happens to the daemon.
"""

import smtplib

import pytest

from lab import net
from lab.clients import Socketmap, Tcp, postmap
from lab.daemon import Ctl, Daemon, OwnPolicy, Policy
from lab.postfix import Postfix, fragment
from lab.until import until

SENDERS = {
    "alice@forced.test": "forceenc:",
    "@wholly.test": "forceenc:",
}

REFUSED = r"TLS is required, but was not offered by host \S+"
WAITING = r"address resolver failure"


class Sinks:
    """The other side: one server for each kind of TLS, or of none."""

    def __init__(self, make_sink):
        self.plain = make_sink(21, tls="none")
        self.good = make_sink(22, tls="good")
        self.home = make_sink(23, tls="good")
        self.poor_home = make_sink(24, tls="none")
        self.refusing = make_sink(25, tls="refused")
        self.broken = make_sink(26, tls="broken")
        self.opinion = make_sink(27, tls="good", replies={
            "RCPT": "450 4.7.5 Cannot start TLS: handshake failure"})

    def routes(self):
        return {
            "plain.test": self.plain, "good.test": self.good,
            "forced.test": self.home, "wholly.test": self.home,
            "ordinary.test": self.home, "poor.test": self.poor_home,
            "refusing.test": self.refusing, "broken.test": self.broken,
            "opinion.test": self.opinion,
        }

    def count(self):
        return sum(len(sink.messages()) for sink in vars(self).values())


class Relay:
    """A Postfix with a forceencd that it asks."""

    def __init__(self, folder, sinks, authority, transport):
        self.folder = folder
        self.sinks = sinks
        # Ours, which forceencctl keeps, before an administrator's.
        self.own = OwnPolicy(folder)
        self.policy = Policy(folder, senders=SENDERS)
        options, self.table, jail = self._transport(transport)
        self.daemon = Daemon(
            folder, forceenc_tables=f"{self.own.spec}, {self.policy.spec}",
            **options)
        self.postfix = self._postfix(folder, authority, jail)

    def _transport(self, transport):
        address = net.host(1)
        if transport == "tcp":
            return ({"tcp_table_listen": f"forceenc=inet:{address}:9998"},
                    f"tcp:{address}:9998", False)
        if transport == "unix":
            path = f"unix:{self.folder}/queue/forceenc/lookup"
            return ({"socketmap_listen": path, "socket_group": "postfix",
                     "socket_mode": "0660"},
                    "socketmap:unix:forceenc/lookup:forceenc", True)
        return ({"socketmap_listen": f"inet:{address}:9999"},
                f"socketmap:inet:{address}:9999:forceenc", False)

    def _postfix(self, folder, authority, jail):
        dsn_filter = folder / "dsn_filter.pcre"
        dsn_filter.write_text(fragment("dsn_filter.pcre"))
        return Postfix(
            folder, self.sinks.routes(), ca=authority.path, jail=jail,
            main=fragment("main.cf.forceenc", table=(
                "\tsocketmap:inet:127.0.0.1:9999:forceenc\n",
                f"\t{self.table}\n")),
            master=fragment("master.cf.forceenc", path=(
                "/etc/postfix/dsn_filter.pcre", str(dsn_filter))))

    def switch(self, address, on):
        """Puts an address into the policy or takes it out, and waits until
        forceencd has seen it."""
        if on:
            self.policy.set({address: "forceenc:"})
        else:
            self.policy.unset(address)
        self.wait_until(address, on)

    def wait_until(self, address, on):
        with self.daemon_client() as client:
            until(lambda: client.ask(address),
                  client.FOUND if on else client.NOTFOUND)

    def daemon_client(self):
        if "tcp_table_listen" in self.daemon.options:
            listen = self.daemon.options["tcp_table_listen"]
            return Tcp(listen.partition("=")[2])
        return Socketmap(self.daemon.options["socketmap_listen"])

    def start(self):
        (self.folder / "queue" / "forceenc").mkdir()
        self.daemon.start()
        self.postfix.start()

    def close(self):
        try:
            self.daemon.close()
        finally:
            self.postfix.close()


@pytest.fixture(scope="module")
def sinks(make_sink):
    return Sinks(make_sink)


@pytest.fixture(scope="module", params=["inet", "unix", "tcp"])
def made_relay(request, make_folder, sinks, authority):
    made = Relay(make_folder(), sinks, authority, request.param)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def relay(made_relay):
    yield made_relay
    if not made_relay.daemon.running():
        made_relay.daemon.start()
    made_relay.postfix.empty()
    made_relay.daemon.check()
    made_relay.postfix.log.check()


def assert_bounced(relay, mail, home):
    """It came back at once, with a reason, and reached nobody else."""
    status = mail.status()
    assert status["state"] == "bounced", status.group()
    assert status["program"] == "forceenc/smtp"
    assert status["dsn"] == "5.7.4"
    notice = home.wait(mail.token)
    assert notice.sender == ""
    assert b"TLS is required, but was not offered by host" in notice.body
    assert b"Status: 5.7.4" in notice.body
    assert not relay.sinks.plain.has(mail.token)


def test_forced_mail_to_a_server_without_tls_comes_back(relay):
    mail = relay.postfix.send("alice@forced.test", "bob@plain.test")
    assert_bounced(relay, mail, relay.sinks.home)


def test_forced_mail_to_a_server_with_tls_leaves_over_tls(relay):
    mail = relay.postfix.submit("alice@forced.test", "bob@good.test")
    received = relay.sinks.good.wait(mail.token)
    assert received.tls
    assert received.sender == "alice@forced.test"
    status = mail.status("sent")
    assert status["program"] == "forceenc/smtp"
    relay.postfix.log.wait(
        r"forceenc/smtp\[\d+\]: Trusted TLS connection established to "
        + net.host(22).replace(".", r"\."), mail.since)


def test_one_message_to_both_is_told_apart(relay):
    mail = relay.postfix.submit(
        "alice@forced.test", "bob@good.test", "bob@plain.test")
    assert relay.sinks.good.wait(mail.token).tls
    notice = relay.sinks.home.wait(mail.token)
    assert b"bob@plain.test" in notice.body
    assert b"Final-Recipient: rfc822; bob@good.test" not in notice.body


def test_ordinary_mail_to_a_server_without_tls_leaves(relay):
    mail = relay.postfix.submit("joe@ordinary.test", "bob@plain.test")
    received = relay.sinks.plain.wait(mail.token)
    assert not received.tls
    assert mail.status("sent")["program"] == "postfix/smtp"


@pytest.mark.parametrize("sender", [
    "ALICE@forced.test",
    "Alice@FORCED.Test",
    "alice+tag@forced.test",
    "Alice+Tag@Forced.test",
    '"alice"@forced.test',
    "anybody@wholly.test",
    "Any.Body+x@WHOLLY.test",
    '"any body"@wholly.test',
])
def test_all_spellings_of_a_sender_are_forced(relay, sender):
    mail = relay.postfix.send(sender, "bob@plain.test")
    assert_bounced(relay, mail, relay.sinks.home)


@pytest.mark.parametrize("sender", [
    "alice@ordinary.test", "malice@forced.test", "alice@sub.wholly.test",
    "alice@forced.test.ordinary.test",
])
def test_those_who_only_look_alike_are_not(relay, sender):
    mail = relay.postfix.send(sender, "bob@plain.test")
    assert not relay.sinks.plain.wait(mail.token).tls


def test_a_handshake_that_breaks_comes_back(relay):
    relay.postfix.log.allow("TLS library problem")
    mail = relay.postfix.send("alice@forced.test", "bob@broken.test")
    status = mail.status()
    assert (status["state"], status["dsn"]) == ("bounced", "5.7.5")
    assert status["text"] == "Cannot start TLS: handshake failure"
    assert b"handshake failure" in relay.sinks.home.wait(mail.token).body
    assert not relay.sinks.broken.messages()


@pytest.mark.parametrize("domain,text", [
    ("refusing.test", "refused to start TLS: 454"),
    ("opinion.test", "said: 450 4.7.5 Cannot start TLS"),
])
def test_what_may_pass_is_tried_again(relay, domain, text):
    mail = relay.postfix.send("alice@forced.test", f"bob@{domain}")
    status = mail.status()
    assert status["state"] == "deferred"
    assert text in status["text"]
    assert not relay.sinks.refusing.messages()


def test_a_bounce_is_forced_when_the_null_sender_is(relay):
    """A bounce carries the whole message. Without a policy for the null
    sender it reaches a sender's own server in plaintext; with one it never
    does, even if that means that it's lost."""
    relay.switch("alice@poor.test", True)
    leaked = relay.postfix.send("alice@poor.test", "one@plain.test")
    assert not relay.sinks.poor_home.wait(leaked.token).tls

    relay.switch("<>", True)
    try:
        since = relay.postfix.log.mark()
        mail = relay.postfix.send("alice@poor.test", "two@plain.test")
        relay.postfix.log.wait(
            r"forceenc/smtp\[\d+\]: \w+: to=<alice@poor\.test>, .*"
            r"dsn=5\.7\.4, status=bounced", since)
        assert not relay.sinks.poor_home.has(mail.token)
        # One whose server does TLS gets it, over TLS.
        mail = relay.postfix.send("alice@forced.test", "three@plain.test")
        assert relay.sinks.home.wait(mail.token).tls
    finally:
        relay.switch("<>", False)


@pytest.mark.parametrize("made_relay", ["inet"], indirect=True)
@pytest.mark.parametrize("parameter,value", [
    ("smtp_tls_policy_maps", "inline:{{{{{nexthop} = none}}}}"),
    ("smtp_tls_per_site", "inline:{{{{{host} = NONE}}}}"),
])
def test_a_policy_of_the_destination_weakens_nothing(
        relay, parameter, value):
    """Each of these would let the message out in plaintext, were it not
    switched off in master.cf.forceenc."""
    plain = relay.sinks.plain
    relay.postfix.set(**{parameter: value.format(
        nexthop=plain.nexthop, host=plain.address)})
    try:
        mail = relay.postfix.send("alice@forced.test", "policy@plain.test")
        assert_bounced(relay, mail, relay.sinks.home)
    finally:
        relay.postfix.set(**{parameter: ""})


def test_a_switch_is_in_force_for_the_next_message(relay):
    sender = "toggled@ordinary.test"
    first = relay.postfix.send(sender, "one@plain.test")
    assert not relay.sinks.plain.wait(first.token).tls
    relay.switch(sender, True)
    second = relay.postfix.send(sender, "two@plain.test")
    assert_bounced(relay, second, relay.sinks.home)
    relay.switch(sender, False)
    third = relay.postfix.send(sender, "three@plain.test")
    assert not relay.sinks.plain.wait(third.token).tls


def test_forceencctl_switches_a_sender(relay):
    ctl = Ctl(relay.daemon)
    sender = "switched@ordinary.test"
    first = relay.postfix.send(sender, "four@plain.test")
    assert not relay.sinks.plain.wait(first.token).tls
    ctl("set", sender, "on")
    relay.wait_until(sender, True)
    second = relay.postfix.send("Switched+x@ordinary.test", "five@plain.test")
    assert_bounced(relay, second, relay.sinks.home)
    ctl("unset", sender)
    relay.wait_until(sender, False)
    third = relay.postfix.send(sender, "six@plain.test")
    assert not relay.sinks.plain.wait(third.token).tls


def test_without_the_daemon_mail_waits_and_then_flows(relay):
    """Nobody's mail leaves while nobody can be asked, and nobody has to do
    anything afterwards."""
    relay.postfix.log.allow("Connection refused", "lookup error",
                            "lookup failure", "No such file or directory",
                            "unexpected EOF")
    assert relay.daemon.stop() == 0
    before = relay.sinks.count()
    forced = relay.postfix.send("alice@forced.test", "later@good.test")
    doomed = relay.postfix.send("alice@forced.test", "later@plain.test")
    ordinary = relay.postfix.send("joe@ordinary.test", "later@plain.test")
    waiting = (forced, doomed, ordinary)
    for mail in waiting:
        status = mail.status(timeout=60)
        assert status["state"] == "deferred", status.group()
        assert status["text"] == WAITING
    assert set(relay.postfix.queued()) >= {m.queue_id() for m in waiting}
    assert relay.sinks.count() == before

    relay.daemon.start()
    assert relay.sinks.good.wait(forced.token).tls
    assert relay.sinks.home.wait(doomed.token)
    assert not relay.sinks.plain.wait(ordinary.token).tls
    assert not relay.sinks.plain.has(doomed.token)
    assert not relay.sinks.plain.has(forced.token)


def test_without_the_daemon_clients_are_told_to_come_back(relay):
    relay.postfix.log.allow("Connection refused", "lookup error",
                            "lookup failure", "No such file or directory",
                            "unexpected EOF")
    assert relay.daemon.stop() == 0
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        # smtpd(8) remembers its last answer: somebody new.
        relay.postfix.submit("joe@ordinary.test", "new@plain.test")
    code, text = refused.value.recipients["new@plain.test"]
    assert code == 451
    assert b"Temporary lookup failure" in text


def test_postmap_asks_the_same(relay):
    table = relay.table.replace(
        "unix:", f"unix:{relay.postfix.queue}/")
    config = relay.postfix.config
    assert postmap(table, "alice@forced.test", config) == (
        0, "forceenc:\n", "")
    assert postmap(table, "Alice+x@FORCED.test", config)[1] == "forceenc:\n"
    assert postmap(table, "joe@ordinary.test", config) == (1, "", "")
