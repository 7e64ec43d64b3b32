# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A PostgreSQL server of our own with the schema of ours, reached over a unix
socket, and over TCP with and without TLS."""

import atexit
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from . import TIMEOUT, net, programs

SETTINGS = """
listen_addresses = '{address}'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777
fsync = off
max_connections = 40
log_min_messages = warning
"""

TLS_SETTINGS = """
ssl = on
ssl_cert_file = '{certificate}'
ssl_key_file = '{key}'
"""

ACCESS = """
local all all trust
local replication all trust
host all all all scram-sha-256
"""

PORT = 5433
PASSWORD = "open sesame"


def server_program(name):
    """Debian keeps the server's programs out of everybody's PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found:
        return str(found[-1])
    return programs.peer(name, "postgresql")


def run(program, *words, folder, user):
    done = subprocess.run(
        [server_program(program), *map(str, words)], cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, user=user, timeout=TIMEOUT,
        check=False)
    if done.returncode != 0:
        raise AssertionError(f"{program}: {done.stdout}")


@functools.cache
def new_cluster(user):
    """What initdb makes, to be copied: it takes far longer to make one."""
    folder = tempfile.mkdtemp(prefix="forceenc-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if user:
        shutil.chown(folder, user)
    run("initdb", "-D", folder, "-A", "trust", "-U", "postgres", "--no-sync",
        "-E", "UTF8", "--locale=C.UTF-8", folder=folder, user=user)
    return folder


class Postgres:
    """One server in a folder of its own, with the database "mail" in it; or
    a hot standby of another one."""

    def __init__(self, folder, number=20, certificate=None, primary=None):
        self.folder = pathlib.Path(folder)
        self.address = net.host(number)
        self.port = PORT
        self.sockets = self.folder / "sockets"
        self.data = self.folder / "data"
        self.user = "postgres" if os.geteuid() == 0 else None
        for path in (self.sockets, self.data):
            path.mkdir(exist_ok=True)
            if self.user:
                shutil.chown(path, self.user)
        self.data.chmod(0o700)
        self.primary = primary
        if primary is not None:
            self._copy(certificate)
        else:
            self._make(certificate)

    def _copy(self, certificate):
        self._run("pg_basebackup", "-h", self.primary.sockets, "-p",
                  self.primary.port, "-U", "postgres", "-D", self.data, "-R",
                  "-c", "fast", "--no-sync")
        self.configure(certificate)
        self.start()

    def _make(self, certificate):
        subprocess.run(["cp", "-a", f"{new_cluster(self.user)}/.", self.data],
                       check=True)
        self.configure(certificate)
        self.start()
        self.sql("CREATE DATABASE mail", "postgres")
        self.sql((programs.TOP / "etc/sql/postgresql.sql").read_text())
        self.sql(f"ALTER ROLE forceenc PASSWORD '{PASSWORD}'")

    def _run(self, program, *words):
        run(program, *words, folder=self.folder, user=self.user)

    def configure(self, certificate=None):
        """Takes effect at the next start."""
        text = SETTINGS.format(address=self.address, port=self.port,
                               sockets=self.sockets)
        if certificate is not None:
            key = self.data / "server.key"
            shutil.copy(certificate[1], key)
            key.chmod(0o600)
            if self.user:
                shutil.chown(key, self.user)
            text += TLS_SETTINGS.format(certificate=certificate[0], key=key)
        if self.primary is not None:
            text += (f"primary_conninfo = 'host={self.primary.sockets} "
                     f"port={self.primary.port} user=postgres'\n"
                     "wal_retrieve_retry_interval = 200ms\n")
        (self.data / "postgresql.auto.conf").write_text(text)
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def start(self):
        # Its output goes to a file, since pg_ctl's pipe would stay open.
        self._run("pg_ctl", "-D", self.data, "-w", "-l",
                  self.data / "log", "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def promote(self):
        """A standby takes over."""
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def running(self):
        return (self.data / "postmaster.pid").exists()

    def sql(self, text, database="mail", user="postgres", status=0):
        """Runs statements as psql does; returns the rows' text."""
        done = subprocess.run(
            [server_program("psql"), "-h",
             str(self.sockets), "-p", str(self.port), "-U", user, "-d",
             database, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            input=text, capture_output=True, text=True, timeout=TIMEOUT,
            check=False)
        assert (done.returncode == 0) == (status == 0), done.stderr
        return done.stdout + (done.stderr if status else "")

    def table(self, path, **parameters):
        """Writes a .cf file; returns the table's name. Without hosts it's
        the unix socket."""
        lines = {"hosts": f"unix:{self.sockets}/.s.PGSQL.{self.port}",
                 "user": "forceenc", "password": PASSWORD, "dbname": "mail",
                 "retry_interval": "500ms"}
        lines.update(parameters)
        path.write_text("".join(
            f"{name} = {value}\n" for name, value in lines.items()))
        return f"pgsql:{path}"

    def set(self, senders, owner=None):
        owner = f"'{owner}'" if owner else "NULL"
        self.sql("".join(
            f"INSERT INTO policy VALUES ('{address}', '{answer}', {owner}) "
            "ON CONFLICT (address) DO UPDATE SET answer = excluded.answer;"
            for address, answer in senders.items()))

    def close(self):
        if self.running():
            self.stop("immediate")


def require():
    """The tests are skipped where the server isn't installed."""
    if not sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        if shutil.which("initdb", path=programs.PATH) is None:
            pytest.skip("initdb is missing (Debian: postgresql)")
