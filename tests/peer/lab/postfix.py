# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A private instance of the real Postfix."""

import dataclasses
import itertools
import os
import pathlib
import re
import signal
import smtplib
import subprocess

import pytest

from . import TIMEOUT, net, programs
from .log import FileLog

FRAGMENTS = programs.TOP / "etc" / "postfix"
COMPLAINT = r"\b(warning|error|fatal|panic): "

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = relay.lab.test
mydomain = lab.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
recipient_delimiter = +
# There is no DNS. A transport table of next hops alone leaves the choice of
# the transport to the sender's map, and the last line lets no mail out.
smtp_dns_support_level = disabled
smtp_bind_address = 127.0.0.1
transport_maps = texthash:{folder}/transport
smtp_tls_security_level = may
smtp_tls_CAfile = {ca}
# Nobody waits for a real queue run.
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 3s
transport_retry_time = 2s
"""

MASTER = """
{address}:{port} inet n      -       n       -       -       smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       {jail}       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def fragment(name, **substitutions):
    """A file of etc/postfix as it is shipped, with nothing but ports and
    paths exchanged; what is exchanged must be there."""
    text = (FRAGMENTS / name).read_text()
    for old, new in substitutions.values():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


def floor_fragments(folder, listen):
    """The main.cf and master.cf of a site whose forced transport asks the
    map "floor" of the forceencd at listen."""
    dsn_filter = folder / "dsn_filter.pcre"
    dsn_filter.write_text(fragment("dsn_filter.pcre"))
    return {
        "main": fragment("main.cf.forceenc", table=(
            "\tsocketmap:inet:127.0.0.1:9999:forceenc\n",
            f"\tsocketmap:{listen}:forceenc\n"))
        # A process keeps the policies it has learned.
        + "max_use = 1\n",
        "master": fragment(
            "master.cf.forceenc",
            path=("/etc/postfix/dsn_filter.pcre", str(dsn_filter)),
            off=("  -o smtp_tls_policy_maps=\n",
                 "#  -o smtp_tls_policy_maps=\n"),
            on=("# -o smtp_tls_policy_maps="
                "socketmap:inet:127.0.0.1:9999:floor\n",
                f"  -o smtp_tls_policy_maps=socketmap:{listen}:floor\n"))}


@dataclasses.dataclass
class Mail:
    """A message on its way."""
    postfix: "Postfix"
    token: str
    sender: str
    recipients: list
    since: int

    def queue_id(self):
        return self.postfix.log.wait(
            rf"cleanup\[\d+\]: (\w+): message-id=<{self.token}@lab\.test>",
            self.since).group(1)

    def status(self, state=r"\w+", recipient=r"[^>]*", timeout=TIMEOUT):
        """The first status line that has the state: groups program, relay,
        dsn, state, text."""
        return self.postfix.log.wait(
            rf" (?P<program>[\w/-]+)\[\d+\]: {self.queue_id()}: "
            rf"to=<{recipient}>, .*?relay=(?P<relay>[^,]+), .*"
            rf"dsn=(?P<dsn>[\d.]+), status=(?P<state>{state}) "
            r"\((?P<text>.*)\)$", self.since, timeout)


class Postfix:
    """folder must be one that everybody may enter. routes leads domains to
    sinks. main and master are text behind the lab's own main.cf and
    master.cf."""

    counter = itertools.count(1)

    def __init__(self, folder, routes, main="", master="", ca="", jail=False):
        self._require()
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "config"
        self.queue = self.folder / "queue"
        self.address = net.host(1)
        self.port = net.SMTP_PORT
        self._process = None
        self.log = None
        self._make(routes, main, master, ca, "y" if jail else "n")

    @staticmethod
    def _require():
        programs.peer("postfix", "postfix")
        if os.geteuid() != 0:
            pytest.skip("a private Postfix instance has to be started by root")

    def _make(self, routes, main, master, ca, jail):
        for path in (self.config, self.queue, self.folder / "data"):
            path.mkdir()
        subprocess.run(["chown", "postfix", str(self.folder / "data")],
                       check=True)
        (self.config / "main.cf").write_text(MAIN.format(
            folder=self.folder, address=self.address, ca=ca) + main)
        (self.config / "master.cf").write_text(MASTER.format(
            address=self.address, port=self.port, jail=jail) + master)
        lines = [f"{domain} :{sink.nexthop}\n"
                 for domain, sink in routes.items()]
        lines.append("* error:5.1.2 no such domain in the lab\n")
        (self.folder / "transport").write_text("".join(lines))

    def run(self, program, *words, **options):
        """A command of Postfix's with this instance's configuration."""
        flag = "-C" if program == "sendmail" else "-c"
        return subprocess.run(
            [programs.peer(program, "postfix"), flag, str(self.config),
             *words],
            capture_output=True, timeout=TIMEOUT, check=True, **options)

    def start(self, around=()):
        """around: words before the command."""
        (self.folder / "mail.log").touch()
        self.log = FileLog("postfix", self.folder / "mail.log", COMPLAINT)
        # empty() may come in between; qmgr(8) says so and copes.
        self.log.ignore(r"qmgr\[\d+\]: warning: \w+: remove \w+ from active: "
                        "No such file or directory")
        # A machine that is paused for a moment has two clocks.
        self.log.ignore("warning: (file system clock is|resetting file time)")
        # In the foreground, so that its end can be waited for.
        with open(self.folder / "start.out", "wb") as output:
            self._process = subprocess.Popen(
                [*around, programs.peer("postfix", "postfix"), "-c",
                 str(self.config), "start-fg"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            self.log.wait(r"postfix/master\[\d+\]: daemon started")
        except AssertionError as failure:
            said = (self.folder / "start.out").read_text()
            raise AssertionError(f"{failure}\n{said}")
        return self

    def close(self):
        """Ends it, whatever its state."""
        try:
            if self._process is not None and self._process.poll() is None:
                self._stop()
        finally:
            if self.log is not None:
                self.log.close()

    def _stop(self):
        master = int((self.queue / "pid" / "master.pid").read_text())
        os.kill(master, signal.SIGTERM)
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(master, signal.SIGKILL)
            self._process.wait(TIMEOUT)

    def flush(self):
        self.run("postqueue", "-f")

    def reload(self):
        since = self.log.mark()
        self.run("postfix", "reload")
        self.log.wait(r"master\[\d+\]: reload ", since)

    def set(self, **parameters):
        """Changes main.cf and reloads."""
        self.run("postconf", "-e",
                 *(f"{name}={value}" for name, value in parameters.items()))
        self.reload()

    def queued(self):
        """The ids of all messages in the queue."""
        listing = self.run("postqueue", "-j").stdout.decode()
        return re.findall(r'"queue_id": "(\w+)"', listing)

    def empty(self):
        """Deletes what a test left to be tried again."""
        self.run("postsuper", "-d", "ALL", "deferred")

    def _text(self, sender, recipients):
        token = f"lab-{os.getpid()}-{next(self.counter)}"
        text = (f"From: <{sender}>\nTo: <{recipients[0]}>\n"
                f"Subject: {token}\nMessage-Id: <{token}@lab.test>\n"
                f"\nbody of {token}\n")
        return token, text

    def send(self, sender, *recipients):
        """By the sendmail command: the map isn't asked before the queue
        manager does."""
        since = self.log.mark()
        token, text = self._text(sender, recipients)
        self.run("sendmail", "-f", sender or "<>", "--", *recipients,
                 input=text.encode())
        return Mail(self, token, sender, list(recipients), since)

    def submit(self, sender, *recipients):
        """By SMTP: smtpd(8) asks the map too. Raises smtplib's errors."""
        since = self.log.mark()
        token, text = self._text(sender, recipients)
        with smtplib.SMTP(self.address, self.port, timeout=TIMEOUT) as smtp:
            smtp.sendmail(sender, recipients, text)
        return Mail(self, token, sender, list(recipients), since)
