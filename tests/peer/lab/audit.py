# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Postfix configurations to look at, and what forceencctl says of them."""

import json
import pathlib
import subprocess

import pytest

from . import TIMEOUT, programs
from .postfix import FRAGMENTS

NOTHING, FOUND, LEAK = 0, 1, 2

SHARE = pathlib.Path("/usr/share/postfix")

# What Debian's installation adds to main.cf.debian and main.cf.tls.
DEBIAN = """
myhostname = mx.example.com
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
mydestination = $myhostname, localhost
relayhost =
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = ipv4
"""

# The way that is found everywhere.
SEED_MAIN = "sender_dependent_default_transport_maps = {table}\n"
SEED_MASTER = """
forceenc unix - - y - - smtp
  -o smtp_tls_loglevel=1
  -o smtp_tls_security_level=encrypt
  -o syslog_name=forceenc
  -o smtp_delivery_status_filter=pcre:{filter}
"""
SEED_FILTER = r"""
/^4(\.\d+\.\d+ TLS is required, but host \S+ refused to start TLS: .+)/ 5$1
/^4(\.\d+\.\d+ TLS is required, but was not offered by host .+)/ 5$1
/^4.7.5(.*)/ 5.7.5$1
"""


class Audited:
    """A configuration of Postfix's in a folder, and forceencctl for it."""

    def __init__(self, folder, site=None):
        self.folder = folder / "postfix"
        self.folder.mkdir()
        self.site = site
        self.write("main.cf", self._debian_main() + DEBIAN)
        self.write("master.cf", (SHARE / "master.cf.dist").read_text())

    @staticmethod
    def _debian_main():
        for name in ("main.cf.debian", "main.cf.tls", "master.cf.dist"):
            if not (SHARE / name).exists():
                pytest.skip(f"{SHARE / name} is missing (Debian: postfix)")
        tls = (SHARE / "main.cf.tls").read_text()
        return ((SHARE / "main.cf.debian").read_text()
                + tls.replace("${data_directory}", "/var/lib/postfix"))

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def append(self, name, text):
        with open(self.folder / name, "a", encoding="utf-8") as file:
            file.write("\n" + text)

    def postconf(self, *words):
        return subprocess.run(
            [programs.peer("postconf", "postfix"), "-c", str(self.folder),
             *words],
            capture_output=True, text=True, timeout=TIMEOUT,
            check=True).stdout

    def apply_seed(self, table):
        self.write("filter", SEED_FILTER)
        self.append("main.cf", SEED_MAIN.format(table=table))
        self.append("master.cf",
                    SEED_MASTER.format(filter=self.folder / "filter"))

    def apply_ours(self, endpoint):
        """The fragments as they are, but for the paths."""
        main = (FRAGMENTS / "main.cf.forceenc").read_text()
        master = (FRAGMENTS / "master.cf.forceenc").read_text()
        self.append("main.cf", main.replace(
            "socketmap:inet:127.0.0.1:9999:", f"socketmap:{endpoint}:"))
        self.append("master.cf", master.replace(
            "/etc/postfix/dsn_filter.pcre",
            str(FRAGMENTS / "dsn_filter.pcre")))

    def save(self, folder):
        for flag in "ndMP":
            (folder / f"postconf-{flag}").write_text(self.postconf(f"-{flag}"))

    def audit(self, *words, status):
        return audit(self.site, "--config-dir", str(self.folder), *words,
                     status=status)


def audit(site, *words, status):
    """{rule: [finding]} of forceencctl audit --json."""
    done = subprocess.run(
        [programs.ours("forceencctl"), "-c", str(site), "audit", "--json",
         *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT, check=False)
    assert done.returncode == status, (done.returncode, done.stdout,
                                       done.stderr)
    found = {}
    for finding in json.loads(done.stdout) if done.stdout else []:
        found.setdefault(finding["rule"], []).append(finding)
    return found


def rules(found, severity):
    return {rule for rule, all_of in found.items()
            if all_of[0]["severity"] == severity}
