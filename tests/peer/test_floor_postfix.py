# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The floor with the real Postfix: whatever the site's policy map says, forced
mail leaves over TLS, waits, or comes back; and what it demands is kept."""

import pytest

from lab import net
from lab.daemon import Daemon, Policy
from lab.policies import Policies
from lab.postfix import Postfix, floor_fragments
from lab.until import until

SENDER = "alice@forced.test"


class Site:
    """A Postfix whose forced transport asks the floor, which asks policies.
    The sinks' certificates are for sink.lab.test."""

    def __init__(self, folder, make_sink, authority):
        self.plain = make_sink(21, tls="none")
        self.good = make_sink(22, tls="good")
        self.home = make_sink(23, tls="good")
        self.policies = Policies(32)
        self.listen = f"inet:{net.host(1)}:9999"
        policy = Policy(folder, senders={SENDER: "forceenc:"})
        self.daemon = Daemon(
            folder, maps="forceenc, floor", forceenc_tables=policy.spec,
            socketmap_listen=self.listen, floor_upstream=self.policies.spec,
            floor_upstream_ttl="0", floor_upstream_time_limit="1s",
            floor_on_failure="tempfail")
        self.postfix = self._postfix(folder, authority)

    def _postfix(self, folder, authority):
        routes = {"plain.test": self.plain, "good.test": self.good,
                  "forced.test": self.home}
        return Postfix(folder, routes, ca=authority.path,
                       **floor_fragments(folder, self.listen))

    def start(self):
        self.daemon.start()
        self.postfix.start()

    def close(self):
        try:
            self.daemon.close()
        finally:
            self.postfix.close()
            self.policies.close()

    def mail(self, sink, says):
        """A forced message to a sink for which the policy map says that."""
        domain = {self.plain: "plain.test", self.good: "good.test"}[sink]
        self.policies.says = {sink.nexthop: says}
        return self.postfix.send(SENDER, f"bob@{domain}")


@pytest.fixture(scope="module")
def made_site(make_folder, make_sink, authority):
    made = Site(make_folder(), make_sink, authority)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def site(made_site):
    made_site.policies.asked()
    yield made_site
    made_site.postfix.empty()
    made_site.daemon.check()
    made_site.postfix.log.check()


def assert_came_back(site, mail, dsn, text):
    status = mail.status()
    assert (status["state"], status["dsn"]) == ("bounced", dsn), status.group()
    assert text in status["text"]
    assert site.home.wait(mail.token).sender == ""
    assert not site.plain.has(mail.token)
    assert not site.good.has(mail.token)


def assert_waits(site, mail):
    """dsn_filter.pcre doesn't make it a bounce."""
    status = mail.status()
    assert status["state"] == "deferred", status.group()
    assert status["text"] == "client TLS configuration problem"
    assert not site.plain.has(mail.token)
    assert not site.good.has(mail.token)


@pytest.mark.parametrize("says", [
    "OK may", "OK none", "OK MAY ciphers=high", "OK encrypt", "NOTFOUND "])
def test_nothing_leaves_in_plaintext(site, says):
    mail = site.mail(site.plain, says)
    assert_came_back(site, mail, "5.7.4",
                     "TLS is required, but was not offered by host")
    assert site.policies.asked() == [site.plain.nexthop]


@pytest.mark.parametrize("says", [
    "OK may", "OK none", "NOTFOUND ", "OK secure match=sink.lab.test",
    "OK verify match=sink.lab.test ciphers=null protocols=SSLv3"])
def test_what_can_be_encrypted_is_sent(site, says):
    mail = site.mail(site.good, says)
    assert site.good.wait(mail.token).tls
    assert mail.status("sent")["program"] == "forceenc/smtp"
    wanted = "Verified" if "match" in says else "Trusted"
    site.postfix.log.wait(
        rf"forceenc/smtp\[\d+\]: {wanted} TLS connection established",
        mail.since)


def test_a_name_that_does_not_match_comes_back(site):
    mail = site.mail(site.good, "OK secure match=other.lab.test")
    site.postfix.log.allow("certificate verification failed")
    assert_came_back(site, mail, "5.7.5", "Server certificate not verified")


def test_dane_is_not_passed_on(site):
    """There is no DNSSEC here. Postfix takes dane for may then, and says so;
    for dane-only mail waits."""
    site.postfix.log.expect("configured with dnssec lookups disabled")
    site.postfix.log.allow("client TLS configuration problem")
    mail = site.mail(site.plain, "OK dane")
    assert_waits(site, mail)


def test_without_the_floor_it_would_leave_in_plaintext(site):
    """What the test before is worth."""
    site.postfix.log.allow("configured with dnssec lookups disabled")
    site.policies.says = {site.plain.nexthop: "OK dane"}
    service = "forceenc/unix/smtp_tls_policy_maps"
    site.postfix.run("postconf", "-P", f"{service}={site.policies.spec}")
    site.postfix.reload()
    try:
        mail = site.postfix.send(SENDER, "leak@plain.test")
        assert not site.plain.wait(mail.token).tls
    finally:
        site.postfix.run("postconf", "-P",
                         f"{service}=socketmap:{site.listen}:floor")
        site.postfix.reload()


@pytest.mark.parametrize("says", [
    "TEMP later", "PERM never", "OK", "OK secure mtch=a", b"20:OK secure",
    b"", Policies.HANG])
def test_doubt_makes_mail_wait(site, says):
    site.daemon.log.allow("not a policy", "no socketmap reply",
                          "closed the connection", "no reply within 1s")
    site.postfix.log.allow("socketmap server temporary error",
                           "policy table lookup error", "lookup error",
                           "client TLS configuration problem")
    mail = site.mail(site.good, says)
    assert_waits(site, mail)
    site.policies.release()
    # And flows when the doubt is over.
    site.policies.says = {}
    # Flushing leaves out what the queue manager hasn't quite put away.
    until(lambda: site.postfix.flush() or b"%d" % site.good.has(mail.token),
          b"1")
    assert site.good.wait(mail.token).tls


def test_without_the_policy_map_mail_waits_and_then_flows(site):
    site.postfix.log.allow("socketmap server temporary error",
                           "policy table lookup error", "lookup error",
                           "client TLS configuration problem")
    site.daemon.log.expect("can't be asked: connect: Connection refused")
    site.policies.close()
    try:
        mail = site.mail(site.good, "OK may")
        assert_waits(site, mail)
    finally:
        site.policies.open()
    site.postfix.flush()
    assert site.good.wait(mail.token).tls
