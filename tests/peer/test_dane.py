# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""DANE for real: a signed zone, a resolver that validates, and a Postfix that
asks it. What the floor makes of an upstream that says dane holds where there
are TLSA records, and where there are none; and the watcher counts it."""

import types

import pytest

from lab import net
from lab.ctl import Ctl
from lab.daemon import Daemon, Policy
from lab.dnssec import PLAIN, SIGNED, Dnssec, key_hash
from lab.policies import Policies
from lab.postfix import Postfix, floor_fragments
from lab.until import until
from lab.watcher import Watcher

SENDER = "alice@forced.test"
OTHER = "0123456789abcdef" * 4


def records(known):
    """A domain each for what there may be to find. known is the hash of the
    key that all servers have."""
    tlsa = "_%d._tcp.%%s IN TLSA 3 1 1 %s" % (net.SMTP_PORT, known)
    named = [("fits", 22, tlsa % "mx.fits"),
             ("misfit", 23, tlsa.replace(known, OTHER) % "mx.misfit"),
             ("bare", 24, ""), ("plain", 21, ""),
             ("unusable", 22, tlsa.replace("3 1 1", "0 0 1")
              % "mx.unusable"),
             ("bogus", 22, tlsa.replace(known, "fedcba98" * 8)
              % "mx.bogus" + " ; BOGUS")]
    found = {SIGNED: [], PLAIN: [
        "@ IN MX 10 mx", f"mx IN A {net.host(22)}", tlsa % "mx",
        # Its MX host is signed.
        f"half IN MX 10 mx.fits.{SIGNED}."]}
    for name, number, line in named:
        found[SIGNED] += [f"{name} IN MX 10 mx.{name}",
                          f"mx.{name} IN A {net.host(number)}"]
        found[SIGNED] += [line] if line else []
    return found


def nexthop(domain):
    return f"{domain}:{net.SMTP_PORT}"


class Site:
    def __init__(self, make_folder, make_sink, certificate, authority):
        folder = make_folder()
        zones = records(key_hash(certificate[0]))
        self.dns = Dnssec(make_folder(), zones)
        self.plain = make_sink(21, tls="none")
        self.sinks = [self.plain, make_sink(22, tls="good"),
                      make_sink(23, tls="good"), make_sink(24, tls="good")]
        self.home = make_sink(25, tls="good")
        self.policies = Policies(32)
        self.listen = f"inet:{net.host(1)}:9999"
        self.daemon = Daemon(
            folder, maps="forceenc, floor",
            forceenc_tables=Policy(folder, senders={SENDER: "forceenc:"}).spec,
            socketmap_listen=self.listen, floor_upstream=self.policies.spec,
            floor_upstream_ttl="0", floor_on_failure="tempfail")
        self.postfix = self._postfix(make_folder(), authority)
        self.watcher = Watcher(
            make_folder(), log=f"file:{self.postfix.folder}/mail.log")

    def _postfix(self, folder, authority):
        routes = {domain: types.SimpleNamespace(nexthop=nexthop(domain))
                  for domain in [f"{name}.{SIGNED}" for name in (
                      "fits", "misfit", "bare", "plain", "unusable",
                      "bogus")] + [PLAIN, f"half.{PLAIN}"]}
        made = Postfix(
            folder, {**routes, "forced.test": self.home}, ca=authority.path,
            **floor_fragments(folder, self.listen))
        made.run("postconf", "-e", "smtp_dns_support_level = dnssec",
                 "smtp_host_lookup = dns", "smtp_tls_loglevel = 1",
                 # There is no root here to ask whether DNSSEC is there.
                 f"dnssec_probe = ns:{SIGNED}")
        return made

    def start(self):
        self.daemon.start()
        self.postfix.start(around=self.dns.around)
        self.watcher.start()

    def close(self):
        try:
            self.watcher.close()
            self.daemon.close()
        finally:
            self.postfix.close()
            self.policies.close()
            self.dns.close()

    def mail(self, domain, says):
        self.policies.says = {nexthop(domain): says}
        return self.postfix.send(SENDER, f"bob@{domain}")

    def counted(self):
        """{(destination, outcome, level, reason): recipients}"""
        names = ("destination", "outcome", "level", "reason")
        rows = Ctl(self.watcher.path)(
            "stats", "--json", "--since", "all", "--by",
            ",".join(names + ("service",))).json()
        return {tuple(row[name] for name in names): row["count"]
                for row in rows if row["service"] == "forceenc"}


@pytest.fixture(scope="module")
def made_site(make_folder, make_sink, certificate, authority):
    made = Site(make_folder, make_sink, certificate, authority)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture
def site(made_site):
    yield made_site
    made_site.postfix.empty()
    made_site.daemon.check()
    made_site.postfix.log.check()


def deliver(site, domain, says, outcome, level=None, reason=None):
    """Sends, and waits until it's counted as said; the status line."""
    row = (domain, outcome, level, reason)
    before = site.counted().get(row, 0)
    mail = site.mail(domain, says)
    status = mail.status()
    until(lambda: b"yes" if site.counted().get(row, 0) > before else
          repr(site.counted()).encode(), b"yes", 20.0)
    if outcome == "delivered":
        assert status["state"] == "sent" and level != "none"
    else:
        assert not any(sink.has(mail.token) for sink in site.sinks)
    return status


@pytest.mark.parametrize("says", ["OK dane", "OK dane-only"])
def test_a_record_that_fits_verifies(site, says):
    status = deliver(site, f"fits.{SIGNED}", says, "delivered", "verified")
    assert status["relay"].startswith(f"mx.fits.{SIGNED}[")


@pytest.mark.parametrize("says", ["OK dane", "OK dane-only"])
def test_a_record_that_does_not_fit_stops_the_mail(site, says):
    site.postfix.log.allow("certificate verification failed")
    status = deliver(site, f"misfit.{SIGNED}", says, "hard",
                     reason="certificate")
    assert (status["state"], status["dsn"]) == ("bounced", "5.7.5")


@pytest.mark.parametrize("domain, text", [
    (f"bare.{SIGNED}", "no TLSA records found"),
    (f"plain.{SIGNED}", "no TLSA records found"),
    (PLAIN, "non DNSSEC destination"),
    (f"half.{PLAIN}", "non DNSSEC destination")])
def test_without_a_record_it_comes_back(site, domain, text):
    """Postfix's own dane would deliver, to plain in plaintext."""
    site.postfix.log.allow("TLS policy lookup for ")
    status = deliver(site, domain, "OK dane", "hard", reason="dane")
    assert (status["state"], status["text"]) == ("bounced", text)


def test_a_record_that_is_no_use_stops_the_mail(site):
    """RFC 7672 leaves out the usages that need a public authority."""
    site.postfix.log.expect("unsupported TLSA certificate usage: 0 0 1",
                            "TLSA records unusable")
    status = deliver(site, f"unusable.{SIGNED}", "OK dane", "hard",
                     reason="dane")
    assert (status["state"], status["dsn"]) == ("bounced", "5.7.5")


def test_a_record_that_is_forged_makes_it_wait(site):
    # It may be tried once more while it's removed.
    site.postfix.log.ignore(rf"warning: .*\bmx\.bogus\.{SIGNED}")
    status = deliver(site, f"bogus.{SIGNED}", "OK dane", "soft",
                     reason="dane")
    assert status["state"] == "deferred"
    assert status["text"].startswith("TLSA lookup error for ")


def test_encryption_is_all_that_the_others_get(site):
    """No policy of the upstream's: the records aren't asked for."""
    deliver(site, f"misfit.{SIGNED}", "NOTFOUND ", "delivered", "trusted")
    deliver(site, f"plain.{SIGNED}", "OK may", "hard", reason="not-offered")


def test_floor_dane_encrypt(site):
    """For a site that would rather deliver unauthenticated."""
    site.daemon.options["floor_dane"] = "encrypt"
    assert site.daemon.reload()
    try:
        deliver(site, f"half.{PLAIN}", "OK dane", "delivered", "trusted")
        deliver(site, f"plain.{SIGNED}", "OK dane", "hard",
                reason="not-offered")
    finally:
        del site.daemon.options["floor_dane"]
        assert site.daemon.reload()
