# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The units with a real systemd, what "make install" installs, the journal,
and Postfix's sendmail."""

import re
import time

import pytest

from lab import clients, programs
from lab.booted import Booted, installed
from lab.load import Load
from lab.until import until

ALICE = "alice@example.com"
BOB = "bob@example.com"
SOCKET = "/var/spool/postfix/forceenc/lookup"
LISTEN = f"socketmap_listen = inet:127.0.0.1:9999, unix:{SOCKET}\n"
DAEMON = "forceencd.service"
WATCH = "forceenc-watch.service"

# Enough for sendmail(1), which only puts mail down.
MAIN = """compatibility_level = 3.6
myhostname = booted.lab.test
mydestination =
inet_interfaces = loopback-only
"""
# Leaks are looked for by ptrace(2), which the restrictions deny.
DROP_IN = "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n%s"


class Site:
    def __init__(self, folder):
        files = folder / "files"
        files.mkdir()
        self.conf = installed(files) + "/forceenc/forceenc.cf"
        self._copy_samples(files)
        (files / "etc/postfix").mkdir()
        (files / "etc/postfix/main.cf").write_text(MAIN)
        (files / "etc/postfix/master.cf").write_text("")
        self.system = Booted(folder, files)
        self.system.run("systemd-tmpfiles", "--create",
                        "/usr/lib/tmpfiles.d/forceenc.conf")

    def _copy_samples(self, files):
        for path in (files / self.conf[1:], files / "etc/forceenc/policy.cf"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((programs.TOP / "etc" / path.name).read_text())
        with open(files / self.conf[1:], "a", encoding="utf-8") as conf:
            conf.write("log = journal:\n")

    def change(self, old, new):
        conf = self.system.path(self.conf)
        text = conf.read_text()
        assert old in text
        conf.write_text(text.replace(old, new) if old else text + new)

    def ctl(self, *words):
        return self.system.run(*self._as("forceenc"), *words)

    def _as(self, user):
        program = re.sub(r"sbin/\w+$", "bin/forceencctl",
                         self.system.show(DAEMON, "ExecStart").split()[1]
                         .removeprefix("path="))
        return ["runuser", "-u", user, "--", "env",
                "ASAN_OPTIONS=detect_leaks=0", program]

    def drop_in(self, unit, lines=""):
        folder = self.system.path(f"/etc/systemd/system/{unit}.d")
        folder.mkdir(exist_ok=True)
        (folder / "lab.conf").write_text(DROP_IN % lines)
        self.system.run("systemctl", "daemon-reload")

    def client(self):
        return clients.Socketmap(
            f"unix:{self.system.path(SOCKET)}", timeout=60)

    def main_pid(self):
        return int(self.system.show(DAEMON, "MainPID"))

    def close(self):
        self.system.close()


@pytest.fixture(scope="module")
def site(make_folder):
    programs.peer("postfix", "postfix")
    made = Site(make_folder())
    try:
        for unit in (DAEMON, WATCH, "forceenc-report.service"):
            made.drop_in(unit)
        made.system.run("systemctl", "enable", "forceencd.socket", DAEMON,
                        WATCH)
        made.system.run("systemctl", "start", "forceencd.socket", DAEMON,
                        WATCH)
        yield made
    finally:
        made.close()


@pytest.fixture
def asked(site):
    """Alice is on, and asked for over the socket in Postfix's chroot."""
    if not site.system.path(SOCKET).exists():
        site.ctl("set", ALICE, "on")
        site.change("", LISTEN)
        site.system.run("systemctl", "enable", "forceencd-postfix.socket")
        site.system.run("systemctl", "restart", DAEMON)
    return site


def test_as_it_is_installed(site):
    """forceenc.cf is the sample: the socket in the chroot isn't there."""
    active = site.system.run("systemctl", "is-active", DAEMON, WATCH,
                             "forceencd.socket")
    assert active.split() == ["active"] * 3
    assert site.system.show("forceencd-postfix.socket",
                            "ActiveState") == "inactive"
    site.ctl("set", ALICE, "on")
    assert site.ctl("lookup", ALICE).strip() == "forceenc:"


def test_the_socket_in_the_chroot(asked):
    with asked.client() as client:
        assert client.ask(ALICE) == client.FOUND
        assert client.ask(BOB) == client.NOTFOUND
    assert asked.system.path(SOCKET).stat().st_mode & 0o777 == 0o660


def test_restarts_under_load(asked):
    """Nobody is refused, and nobody's question is lost."""
    answers = {ALICE: clients.Socketmap.FOUND, BOB: clients.Socketmap.NOTFOUND}
    asked.change("", "snapshot_file = /var/lib/forceenc/facts\n")
    with Load(asked.client, answers, patient=True) as load:
        asked.system.run("systemctl", "reload", DAEMON)
        for _ in range(3):
            before = asked.main_pid()
            asked.system.run("systemctl", "restart", DAEMON)
            assert asked.main_pid() != before
            load.wait_for(100)
    load.check(longest=30.0)
    assert "remembered (facts=" in asked.system.journal("-u", DAEMON)


def test_a_daemon_that_hangs_is_ended(asked):
    asked.drop_in(DAEMON, "WatchdogSec=2s\n")
    try:
        asked.system.run("systemctl", "restart", DAEMON)
        before = asked.main_pid()
        asked.system.run("kill", "-STOP", str(before))
        with asked.client() as client:
            # It waits in the socket's queue.
            assert client.ask_patiently(ALICE) == client.FOUND
        assert asked.main_pid() != before
    finally:
        asked.drop_in(DAEMON)
        asked.system.run("systemctl", "restart", DAEMON)


def test_a_configuration_that_is_wrong(asked):
    """Reloaded, it changes nothing; restarted with it, the daemon comes back
    as soon as it's mended, and answers those who have waited."""
    asked.change("", "nonsense = 1\n")
    asked.system.run("systemctl", "reload", DAEMON, status=1)
    with asked.client() as client:
        assert client.ask(ALICE) == client.FOUND
    asked.system.run("systemctl", "restart", DAEMON, status=1)
    # More often than systemd would by itself.
    until(lambda: b"many" if int(asked.system.show(DAEMON, "NRestarts")) > 6
          else time.sleep(0.2), b"many", 60.0)
    with asked.client() as client:
        client.send(client.question(ALICE))
        asked.change("nonsense = 1\n", "")
        assert client.read_reply() == client.FOUND
    assert "nonsense: no such option" in asked.system.journal("-u", DAEMON)


class Mail:
    """What Postfix would log, by syslog(3)."""

    def __init__(self, system):
        self.system = system
        self.count = 0

    def _log(self, program, text):
        self.system.run("logger", "-p", "mail.info", "--id=20", "-t",
                        program, text)

    def deliver(self, n):
        for _ in range(n):
            self.count += 1
            queue_id = f"3FAD3AA{self.count:04X}"
            self._log("postfix/qmgr", f"{queue_id}: from=<{ALICE}>, size=3, "
                      "nrcpt=1 (queue active)")
            self._log("forceenc/smtp", "Trusted TLS connection established "
                      "to mx.d.example[192.0.2.1]:25: TLSv1.3 with cipher "
                      "TLS_AES_256_GCM_SHA384 (256/256 bits)")
            self._log("forceenc/smtp", f"{queue_id}: to=<r@d.example>, "
                      "relay=mx.d.example[192.0.2.1]:25, delay=2, "
                      "delays=0/0/1/1, dsn=2.0.0, status=sent (250 ok)")
            self._log("postfix/qmgr", f"{queue_id}: removed")


def test_the_journal_is_counted_once(site):
    """Rotated, cleaned up, restarted; and the watcher restarted and killed."""
    system = site.system
    mail = Mail(system)
    for trouble in (
            ["journalctl", "--rotate"],
            ["systemctl", "restart", "systemd-journald"],
            ["systemctl", "restart", WATCH],
            ["systemctl", "kill", "-s", "KILL", WATCH],
            ["journalctl", "--rotate"]):
        mail.deliver(2)
        system.run(*trouble)
        mail.deliver(2)

    def counted():
        return " ".join(site.ctl("stats", "--since", "all", "--tsv", "--by",
                                 "sender,outcome,level").split())
    wanted = f"{ALICE} delivered trusted {mail.count}"
    until(lambda: counted()[-len(wanted):].encode(), wanted.encode(), 60.0)
    # What was counted may go.
    system.run("journalctl", "--rotate")
    system.run("journalctl", "--vacuum-time=1s", "--quiet")
    mail.deliver(1)
    wanted = f"{ALICE} delivered trusted {mail.count}"
    until(lambda: counted()[-len(wanted):].encode(), wanted.encode(), 60.0)
    assert re.search(r"\tgaps\t0$", site.ctl("watch", "status", "--tsv"), re.M)


def test_the_report_is_sent(site):
    """By Postfix's own sendmail(1), under the unit's restrictions. Nobody is
    there to pick it up."""
    site.system.run("systemctl", "start", "forceenc-report.service")
    mails = list(site.system.path("/var/spool/postfix/maildrop").iterdir())
    assert len(mails) == 1
    assert b"Subject: forceenc: " in mails[0].read_bytes()


def test_stopped_it_ends_well(asked):
    system = asked.system
    for unit in (DAEMON, WATCH):
        system.run("systemctl", "stop", "forceencd.socket",
                   "forceencd-postfix.socket", unit)
        assert system.show(unit, "Result") == "success"
        assert system.show(unit, "ExecMainStatus") == "0"
    assert not system.path(SOCKET).exists()
    said = system.run("systemctl", "--failed", "--no-legend")
    assert "forceenc" not in said
