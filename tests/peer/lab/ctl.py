# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl, a site that it works on, and daemons that aren't one."""

import contextlib
import json
import socket
import sqlite3
import subprocess
import threading

import pytest

from . import TIMEOUT, net, programs
from .clients import netstring

FOUND = 0
NOTFOUND = 1
USAGE = 64
REFUSED = 65
UNREACHABLE = 69
IOERR = 74
TEMPFAIL = 75
CONFIG = 78


class Said:
    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def json(self):
        return json.loads(self.out)


class Ctl:
    """forceencctl with one configuration. Each call names the exit status
    that it expects."""

    def __init__(self, path):
        self.path = path

    def argv(self, *words):
        return [programs.ours("forceencctl"), "-c", str(self.path), *words]

    def __call__(self, *words, status=FOUND):
        done = subprocess.run(
            self.argv(*words), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=TIMEOUT, check=False)
        said = Said(done.returncode, done.stdout.decode(),
                    done.stderr.decode())
        assert said.status == status, (words, said.status, said.out, said.err)
        # Nothing fails without a word.
        assert status <= NOTFOUND or said.err or said.out, words
        return said


class Site:
    """A configuration with a policy of ours, and a daemon for it."""

    def __init__(self, folder, make_daemon, **options):
        self.folder = folder
        self.table = folder / "policy.cf"
        self.database = folder / "policy.db"
        self.table.write_text(f"dbpath = {self.database}\n")
        self.endpoint = f"unix:{folder}/lookup"
        settings = {"socketmap_listen": self.endpoint,
                    "forceenc_tables": f"sqlite:{self.table}"}
        settings.update(options)
        self.daemon = make_daemon(folder, **settings)
        self.daemon.write()
        self.ctl = Ctl(self.daemon.path)

    def start(self):
        self.daemon.start()
        return self

    def status(self, *words):
        """The exit status, for until()."""
        done = subprocess.run(
            self.ctl.argv(*words), stdin=subprocess.DEVNULL,
            capture_output=True, timeout=TIMEOUT, check=False)
        return b"%d" % done.returncode

    def sql(self, statement, *values):
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            rows = db.execute(statement, values).fetchall()
            db.commit()
        return rows

    def rows(self):
        return dict(self.sql("SELECT address, answer FROM policy"))


@pytest.fixture
def make_site(folder, make_daemon):
    return lambda **options: Site(folder, make_daemon, **options)


@pytest.fixture
def site(make_site):
    made = make_site()
    made.ctl("set", "@example.com", "on")
    return made.start()


class Fake:
    """Somebody else on a socket: answers each connection with a script, a
    function of the connection."""

    def __init__(self, path, script):
        self.endpoint = f"unix:{path}"
        self.asked = []
        self._script = script
        self._listener = net.listen(self.endpoint)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            with conn:
                conn.settimeout(TIMEOUT)
                with contextlib.suppress(OSError):
                    self._script(self, conn)

    def read(self, conn):
        """A netstring's payload, None at the end."""
        data = b""
        while not data.endswith(b":"):
            byte = conn.recv(1)
            if not byte:
                return None
            data += byte
        payload = b""
        while len(payload) <= int(data[:-1]):
            payload += conn.recv(int(data[:-1]) + 1 - len(payload))
        self.asked.append(payload[:-1])
        return payload[:-1]

    def close(self):
        # shutdown(2), and not only close(2), ends an accept(2) under way.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)


@pytest.fixture
def fake(folder):
    made = []

    def make(script):
        made.append(Fake(folder / f"fake{len(made)}", script))
        return made[-1]

    yield make
    for one in made:
        one.close()


def replies(*payloads):
    """A script: these bytes for the questions, one after the other."""
    def script(self, conn):
        for payload in payloads:
            self.read(conn)
            conn.sendall(payload)
        while self.read(conn) is not None:
            pass
    return script


def says(*words):
    return replies(*(netstring(word) for word in words))


def record(value):
    return netstring(b"R" + json.dumps(value).encode())


def end(status, text=b""):
    return netstring(b"E%d %s" % (status, text))


def wait_silently(_, conn):
    """Answers nothing until the client has gone."""
    while conn.recv(4096):
        pass


def trickle(start):
    """A byte now and then, for ever: whenever the client has been silent for
    a moment."""
    def script(_, conn):
        conn.sendall(start)
        conn.settimeout(0.2)
        while True:
            try:
                if not conn.recv(4096):
                    return
            except TimeoutError:
                conn.sendall(b"x")
    return script
