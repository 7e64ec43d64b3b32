# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceenc-watch beside a real Postfix: what the servers at the other end saw
is what is counted, at every level and for every way to fail."""

import collections

import pytest

from lab import certs
from lab.ctl import Ctl
from lab.postfix import Postfix, fragment
from lab.until import until
from lab.watcher import Watcher

MAIN = """
smtp_tls_loglevel = 1
smtp_tls_policy_maps = inline:{{ {{ {verified} = secure match=sink.lab.test }} }}
sender_dependent_default_transport_maps = inline:{{
 {{ alice@forced.test = forceenc: }}, {{ bank@strict.test = strict: }} }}
"""

# A site that wants to know whom it speaks to.
STRICT = """
strict    unix  -       -       n       -       -       smtp
  -o syslog_name=postfix/strict
  -o smtp_tls_security_level=secure
  -o smtp_tls_secure_cert_match=sink.lab.test
  -o smtp_tls_policy_maps=
  -o smtp_tls_loglevel=1
  -o smtp_delivery_status_filter=pcre:{filter}
"""


class Sinks:
    """A server for each level, and for each way to have none."""

    def __init__(self, make_sink, make_folder):
        stranger = certs.Authority(make_folder()).issue("stranger.lab.test")
        self.none = make_sink(31, tls="none")
        self.anonymous = make_sink(32, tls="anonymous")
        self.untrusted = make_sink(33, tls="good", certificate=stranger)
        self.trusted = make_sink(34, tls="good")
        self.verified = make_sink(35, tls="good")
        self.broken = make_sink(36, tls="broken")
        self.refused = make_sink(37, tls="refused")
        self.home = make_sink(38, tls="good")

    def routes(self):
        return {**{f"{name}.test": sink for name, sink in vars(self).items()},
                "ordinary.test": self.home, "forced.test": self.home,
                "strict.test": self.home}


@pytest.fixture(scope="module")
def sinks(make_sink, make_folder):
    return Sinks(make_sink, make_folder)


@pytest.fixture(scope="module")
def postfix(make_folder, sinks, authority):
    folder = make_folder()
    dsn_filter = folder / "dsn_filter.pcre"
    dsn_filter.write_text(fragment("dsn_filter.pcre"))
    made = Postfix(
        folder, sinks.routes(), ca=authority.path,
        main=MAIN.format(verified=sinks.verified.nexthop),
        master=fragment("master.cf.forceenc", path=(
            "/etc/postfix/dsn_filter.pcre", str(dsn_filter))) +
        STRICT.format(filter=dsn_filter))
    made.start()
    yield made
    made.close()


@pytest.fixture
def watcher(folder, postfix):
    made = Watcher(folder, log=f"file:{postfix.folder}/mail.log")
    yield made
    made.close()
    made.check()


def stats(ctl):
    """{(sender, destination, service, outcome, level, reason): recipients}"""
    names = ("sender", "destination", "service", "outcome", "level", "reason")
    said = ctl("stats", "--json", "--since", "all", "--by", ",".join(names))
    return {tuple(row[name] for name in names): row["count"]
            for row in said.json()}


def delivered(sender, level, service="postfix"):
    return (sender, f"{level}.test", service, "delivered", level, None)


LEVELS = ("none", "anonymous", "untrusted", "trusted", "verified")


def test_levels_and_failures(postfix, sinks, watcher):
    postfix.log.allow("TLS library problem")
    watcher.start()
    ctl = Ctl(watcher.path)
    want = collections.Counter()
    mails = []
    # Different numbers, or one could stand for the other.
    for i, level in enumerate(LEVELS, 1):
        for _ in range(i):
            mails.append(postfix.send("joe@ordinary.test",
                                      f"bob@{level}.test"))
            want[delivered("joe@ordinary.test", level)] += 1
    mails.append(postfix.submit("Jane@Ordinary.test", "bob@trusted.test",
                                "eve@trusted.test", "bob@none.test"))
    want[delivered("jane@ordinary.test", "trusted")] += 2
    want[delivered("jane@ordinary.test", "none")] += 1

    for domain, outcome, reason in (("none", "hard", "not-offered"),
                                    ("broken", "hard", "handshake")):
        mails.append(postfix.send("alice@forced.test", f"bob@{domain}.test"))
        want["alice@forced.test", f"{domain}.test", "forceenc", outcome, None,
             reason] += 1
    mails.append(postfix.send("alice@forced.test", "bob@untrusted.test"))
    want[delivered("alice@forced.test", "untrusted", "forceenc")] += 1
    mails.append(postfix.send("bank@strict.test", "bob@untrusted.test"))
    want["bank@strict.test", "untrusted.test", "postfix/strict", "hard", None,
         "certificate"] += 1
    mails.append(postfix.send("bank@strict.test", "bob@home.test"))
    want["bank@strict.test", "home.test", "postfix/strict", "delivered",
         "verified", None] += 1
    for mail in mails:
        mail.status()
    # Three bounces came home.
    for mail in [m for m in mails if m.sender != "joe@ordinary.test"]:
        if mail.status()["state"] == "bounced":
            sinks.home.wait(mail.token)
            want["<>", mail.sender.partition("@")[2], "postfix", "delivered",
                 "trusted", None] += 1

    # What is tried again is counted each time.
    again = postfix.send("alice@forced.test", "bob@refused.test")
    again.status("deferred")
    postfix.empty()
    refused = ("alice@forced.test", "refused.test", "forceenc", "soft", None,
               "refused")
    want[refused] = len(postfix.log.find(
        rf"{again.queue_id()}: to=.*status=deferred"))

    until(lambda: repr(sorted(stats(ctl).items(), key=str)).encode(),
          repr(sorted(want.items(), key=str)).encode())
    assert len(sinks.none.messages()) == want[delivered(
        "joe@ordinary.test", "none")] + 1
    status, = [run for run in ctl("watch", "status", "--json").json()
               if run["run"] == "follow"]
    assert status["unparsed"] == 0
    assert status["senders_unknown"] == 0
    failures = ctl("failures", "bank@strict.test", "--json").json()
    assert [f["reason"] for f in failures] == ["certificate"]
    assert "not verified" in failures[0]["text"]


def test_a_watcher_that_comes_late_and_again_counts_the_same(
        postfix, watcher):
    """Killed in the middle, with the log rotated as Postfix does it."""
    watcher.start()
    watcher.kill()
    first = postfix.send("late@ordinary.test", "bob@trusted.test")
    first.status("sent")
    watcher.start()
    ctl = Ctl(watcher.path)
    key = delivered("late@ordinary.test", "trusted")
    until(lambda: b"%d" % stats(ctl).get(key, 0), b"1")
    watcher.kill()
    second = postfix.send("late@ordinary.test", "bob@trusted.test")
    second.status("sent")
    postfix.run("postfix", "logrotate")
    third = postfix.send("late@ordinary.test", "bob@trusted.test")
    third.status("sent")
    watcher.start()
    until(lambda: b"%d" % stats(ctl).get(key, 0), b"3")
    assert watcher.stop() == 0
    assert ctl("watch", "status", "--json").json()[0]["gaps"] == 0
