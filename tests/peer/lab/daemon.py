# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencd as a test runs it."""

import contextlib
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

from . import TIMEOUT, programs
from .log import Log

# Whatever is no line of the program's own (a sanitizer's, say) is a complaint
# as well.
COMPLAINT = r"^(?!%s\[\d+\]: )|^\S+ (warning|error|fatal|panic): "

TABLE = """
dbpath = {database}
query = SELECT answer FROM sender WHERE address = '%s'
"""


class Policy:
    """An SQLite database with a table of senders, and the .cf file in which
    forceencd finds it. An administrator's own schema, so to say: tests that
    are about the one of ours use forceencctl."""

    def __init__(self, folder, name="policy", senders=(), extra=""):
        self.database = pathlib.Path(folder) / f"{name}.db"
        self.path = pathlib.Path(folder) / f"{name}.cf"
        self.path.write_text(TABLE.format(database=self.database) + extra)
        self.create()
        self.set(dict(senders))

    @property
    def spec(self):
        return f"sqlite:{self.path}"

    def connect(self):
        """The caller closes it."""
        return sqlite3.connect(
            self.database, isolation_level=None, timeout=TIMEOUT)

    def create(self):
        """Makes the database with an empty table, or leaves it as it is."""
        self._run([("CREATE TABLE IF NOT EXISTS "
                    "sender (address TEXT, answer TEXT)", ())])

    def _run(self, statements):
        with contextlib.closing(self.connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                db.execute(statement, values)
            db.execute("COMMIT")

    def add(self, address, answer):
        """One more answer for an address that may have some."""
        self._run([("INSERT INTO sender VALUES (?, ?)", (address, answer))])

    def set(self, senders):
        """The one answer of each address."""
        statements = []
        for address, answer in senders.items():
            statements += [
                ("DELETE FROM sender WHERE address = ?", (address,)),
                ("INSERT INTO sender VALUES (?, ?)", (address, answer))]
        self._run(statements)

    def unset(self, address):
        self._run([("DELETE FROM sender WHERE address = ?", (address,))])


class OwnPolicy:
    """The policy database of ours, as forceencctl makes and keeps it."""

    def __init__(self, folder, name="own"):
        self.database = pathlib.Path(folder) / f"{name}.db"
        self.path = pathlib.Path(folder) / f"{name}.cf"
        self.path.write_text(f"dbpath = {self.database}\n")
        schema = programs.TOP / "etc" / "sql" / "sqlite.sql"
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            db.executescript(schema.read_text())

    @property
    def spec(self):
        return f"sqlite:{self.path}"


class Daemon:
    """One forceencd, with its configuration in folder/forceenc.cf.

    options are lines of forceenc.cf. The configuration is written anew at
    each start() and reload(), so that a test may change self.options.
    """

    program = "forceencd"

    def __init__(self, folder, **options):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "forceenc.cf"
        self.options = {"control_socket": f"{self.folder}/control",
                        "socketmap_listen": ""}
        self.options.update(options)
        self.log = Log(self.program, COMPLAINT % self.program)
        self.process = None
        self._reader = None
        self.manager = None

    def write(self, text=None):
        if text is None:
            text = "".join(f"{name} = {value}\n"
                           for name, value in self.options.items())
        self.path.write_text(text)

    def start(self, listeners=(), nofile=None, around=(), environ=None,
              ready=True):
        """Starts forceencd and returns when it says that it's ready.
        listeners are sockets to hand over, nofile is its limit of open
        files, around are words that run it, environ is added to its
        environment. Without ready nobody waits until it is."""
        self.write()
        argv = [*around, programs.ours(self.program), "-c", str(self.path)]
        if listeners:
            fds = ",".join(str(s.fileno()) for s in listeners)
            helper = str(pathlib.Path(__file__).with_name("inherit.py"))
            argv = [sys.executable, helper, fds] + argv
        if nofile is not None:
            argv = ["prlimit", f"--nofile={nofile}:{nofile}"] + argv
        self.manager = Manager(self.folder / "notify")
        env = dict(os.environ, NOTIFY_SOCKET=self.manager.path,
                   **(environ or {}))
        env.pop("JOURNAL_STREAM", None)
        known = pathlib.Path(__file__).with_name("lsan.supp")
        env.setdefault(
            "LSAN_OPTIONS", f"suppressions={known}:print_suppressions=0")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=env, cwd=self.folder,
            pass_fds=[s.fileno() for s in listeners])
        self._reader = self.log.read_from(
            self.process.stderr, self.manager.said.end)
        try:
            if ready:
                self.manager.said.wait("^READY=1$")
        except AssertionError:
            raise AssertionError(
                f"{self.program} never got ready:\n{self.log.tail()}")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, text=None):
        """SIGHUP after the configuration is written: self.options, or text
        as it stands. Waits until it's done, and returns whether the new one
        is in force."""
        self.write(text)
        since = self.log.mark()
        told = self.manager.said.mark()
        self.signal(signal.SIGHUP)
        self.manager.said.wait("^READY=1$", told)
        return bool(self.log.wait(r"\b(not )?reloaded\b", since)[1] is None)

    @contextlib.contextmanager
    def stopped(self):
        """What is done meanwhile happens at once, as it sees it."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)
        yield
        self.signal(signal.SIGCONT)

    def wait(self, timeout=TIMEOUT):
        """The exit status, once it ended by itself."""
        status = self.process.wait(timeout)
        self._reader.join(TIMEOUT)
        self.manager.close()
        return status

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def check(self):
        """At the end of a test: it had nothing undeclared to say."""
        self.log.check()

    def close(self):
        """Ends it whatever its state, and says whether that went well."""
        status = None
        if self.running():
            try:
                status = self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(
                    f"SIGTERM didn't end {self.program}:\n{self.log.tail()}")
        assert status in (None, 0), (
            f"{self.program} ended with {status}:\n{self.log.tail()}")


class Manager:
    """The service manager's end of sd_notify(3). It's read all the time, as
    systemd does: the socket's queue is short."""

    def __init__(self, path):
        self.path = str(path)
        pathlib.Path(path).unlink(missing_ok=True)
        self.said = Log("sd_notify", "a^")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while data := self._socket.recv(4096):
            for line in data.decode().splitlines():
                self.said.add(line)
        self.said.end()

    def close(self):
        """Ends the thread by an empty datagram, which forceencd never
        sends."""
        if self._thread.is_alive():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", self.path)
            self._thread.join(TIMEOUT)
            self._socket.close()


class Ctl:
    """forceencctl with a daemon's configuration."""

    def __init__(self, daemon):
        self.program = programs.ours("forceencctl")
        self.path = str(daemon.path)

    def __call__(self, *words, status=0):
        """Runs a command and returns its standard output."""
        done = subprocess.run(
            [self.program, "-c", self.path, *words],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
            text=True, check=False)
        assert done.returncode == status, (
            f"forceencctl {words} ended with {done.returncode}: "
            f"{done.stdout}{done.stderr}")
        return done.stdout
