# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A signed zone beside one that isn't, and a resolver that validates. Needs
root: name servers have port 53, and whoever asks has a resolv.conf of its
own."""

import base64
import hashlib
import os
import re
import ssl
import subprocess
import threading

import pytest

from . import TIMEOUT, net, programs
from .log import Log

SIGNED = "dane.test"
PLAIN = "insecure.test"

HEAD = """$ORIGIN {zone}.
$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
ns IN A {address}
"""

# One program is both: what it loads it takes for what an upstream server says,
# and validates it.
RESOLVER = """server:
 interface: {address}
 access-control: 127.0.0.0/8 allow
 do-daemonize: no
 username: ""
 chroot: ""
 directory: "{folder}"
 pidfile: ""
 use-syslog: no
 num-threads: 1
 verbosity: 1
 module-config: "validator iterator"
 local-zone: "test." transparent
 trust-anchor-file: "{folder}/anchor"
remote-control:
 control-enable: no
"""

ZONE = """auth-zone:
 name: "{zone}."
 zonefile: "{folder}/{zone}"
 for-downstream: no
 for-upstream: yes
"""


def key_hash(certificate):
    """What a TLSA record "3 1 1" has of a certificate's file: the hash of its
    public key."""
    done = subprocess.run(
        [programs.peer("openssl", "openssl"), "x509", "-in", certificate,
         "-pubkey", "-noout"],
        capture_output=True, check=True, timeout=TIMEOUT)
    return hashlib.sha256(base64.b64decode(
        b"".join(done.stdout.split(b"\n")[1:-2]))).hexdigest()


class Dnssec:
    """records leads zones, SIGNED and PLAIN, to lines of a zone file. A line
    that ends with "; BOGUS" is signed as it is, and another one is served."""

    def __init__(self, folder, records, number=53):
        if os.geteuid() != 0:
            pytest.skip("only root may have port 53 and mounts of its own")
        mounts = programs.own_mounts()
        self.folder = folder
        self.address = net.host(number)
        self._write(records)
        self._sign(records[SIGNED])
        (folder / "unbound.conf").write_text(RESOLVER.format(
            address=self.address, folder=folder) + "".join(
                ZONE.format(zone=zone, folder=folder) for zone in records))
        (folder / "resolv.conf").write_text(
            f"nameserver {self.address}\noptions timeout:5 attempts:2\n")
        # Words before a program that asks this resolver alone.
        self.around = [*mounts, "sh", "-ec",
                       'mount --bind "$0" /etc/resolv.conf; exec "$@"',
                       str(folder / "resolv.conf")]
        self._start()

    def _write(self, records):
        for zone, lines in records.items():
            (self.folder / zone).write_text(HEAD.format(
                zone=zone, address=self.address) + "\n".join(lines) + "\n")

    def _run(self, program, *words):
        return subprocess.run(
            [programs.peer(program, "ldnsutils"), *words], cwd=self.folder,
            capture_output=True, text=True, check=True,
            timeout=TIMEOUT).stdout

    def _sign(self, lines):
        key = self._run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", "-r",
                        "/dev/urandom", SIGNED).strip()
        (self.folder / f"{key}.key").rename(self.folder / "anchor")
        (self.folder / f"{key}.key").symlink_to("anchor")
        self._run("ldns-signzone", "-f", f"{SIGNED}.signed", SIGNED, key)
        text = (self.folder / f"{SIGNED}.signed").read_text()
        for line in lines:
            if line.endswith("; BOGUS"):
                data = re.search(r"[0-9a-f]{64}", line)[0]
                assert data in text
                text = text.replace(data, data[::-1])
        (self.folder / SIGNED).write_text(text)

    def _start(self):
        log = Log("unbound", r"(?i)\b(warning|error|fatal)\b")
        self._process = subprocess.Popen(
            [programs.peer("unbound", "unbound"), "-d", "-p", "-c",
             str(self.folder / "unbound.conf")],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = log.read_from(self._process.stderr, lambda: None)
        log.wait("start of service")

    def close(self):
        self._process.kill()
        self._process.wait()
        self._reader.join(TIMEOUT)
