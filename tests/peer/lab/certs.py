# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A certificate authority of our own, by the openssl command."""

import subprocess

from . import TIMEOUT, programs

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "ca.pem"
        self._run("req", "-x509", *KEY, "-keyout", folder / "ca.key",
                  "-out", self.path, "-days", "2", "-subj", "/CN=Lab CA")

    def _run(self, *words):
        subprocess.run(
            [programs.peer("openssl", "openssl"), *map(str, words)],
            cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=TIMEOUT)

    def issue(self, name, *alternatives, days=2):
        """(certificate, key) for a host; alternatives are further names such
        as "IP:127.0.0.1". With -1 day it has expired."""
        base = self.folder / name
        names = ",".join((f"DNS:{name}",) + alternatives)
        base.with_suffix(".ext").write_text(f"subjectAltName={names}\n")
        self._run("req", *KEY, "-keyout", f"{base}.key", "-out",
                  f"{base}.csr", "-subj", f"/CN={name}")
        self._run("x509", "-req", "-in", f"{base}.csr", "-CA", self.path,
                  "-CAkey", "ca.key", "-CAcreateserial", "-days", days,
                  "-extfile", base.with_suffix(".ext"), "-out", f"{base}.pem")
        return f"{base}.pem", f"{base}.key"
