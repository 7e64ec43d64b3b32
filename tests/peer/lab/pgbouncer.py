# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""pgbouncer, a pooler of connections to PostgreSQL."""

import signal
import subprocess

from . import TIMEOUT, net, programs
from .until import until

CONFIG = """
[databases]
{database} = host={sockets} port={port} dbname={database} pool_size=4
[pgbouncer]
listen_addr = {address}
listen_port = 6432
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
logfile = {folder}/log
"""


class Pgbouncer:
    """One in front of a server, for one user and one database."""

    def __init__(self, folder, server, mode, user="forceenc",
                 database="mail", number=32):
        self.address = net.host(number)
        self.folder = folder
        (folder / "users").write_text(f'"{user}" ""\n')
        self.server = server
        self.database = database
        self._configure(mode)
        (folder / "log").touch()
        (folder / "log").chmod(0o666)
        self.process = None
        self.program = programs.peer("pgbouncer", "pgbouncer")
        self.user = server.user
        self.login = ["-U", user, "-d", database]

    def _configure(self, mode):
        (self.folder / "config").write_text(CONFIG.format(
            sockets=self.server.sockets, port=self.server.port, mode=mode,
            database=self.database, address=self.address,
            folder=self.folder))

    def change(self, mode):
        """While it runs, for clients that are connected, too: each from its
        next transaction on."""
        log = self.folder / "log"
        before = log.read_text().count("got SIGHUP")
        self._configure(mode)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: b"%d" % log.read_text().count("got SIGHUP"),
              b"%d" % (before + 1))

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-q", str(self.folder / "config")],
            user=self.user, stdin=subprocess.DEVNULL)
        until(self._answers, b"yes", TIMEOUT)
        return self

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        done = subprocess.run(
            ["psql", "-h", self.address, "-p", "6432", *self.login, "-X",
             "-c", "SELECT 1"], capture_output=True,
            timeout=TIMEOUT, check=False)
        return b"yes" if done.returncode == 0 else done.stderr

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(TIMEOUT)
            self.process = None
