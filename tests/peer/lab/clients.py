# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Those who ask: raw clients that send any bytes in any pieces, clients that
behave as Postfix does, and postmap(1)."""

import re
import socket
import subprocess

from . import TIMEOUT, net, programs


class Closed(Exception):
    """The daemon hung up; received is what had come of a reply."""

    def __init__(self, received=b""):
        super().__init__(f"hung up after {received!r}")
        self.received = received


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


def as_bytes(text):
    return text.encode() if isinstance(text, str) else text


class Client:
    """A connection to one endpoint. question() and read_reply() are the
    protocol's."""

    def __init__(self, endpoint, timeout=TIMEOUT):
        self.endpoint = endpoint
        self.timeout = timeout
        self._input = b""
        self.socket = None
        self.connect()

    def connect(self):
        family, address = net.parse(self.endpoint)
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(self.timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        if family != socket.AF_UNIX:
            self.socket.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def finish(self):
        """No more bytes from us; replies can still be read."""
        self.socket.shutdown(socket.SHUT_WR)

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            raise Closed(self._input)
        self._input += data

    def _take(self, length):
        while len(self._input) < length:
            self._fill()
        taken, self._input = self._input[:length], self._input[length:]
        return taken

    def _find(self, byte):
        while byte not in self._input:
            self._fill()
        return self._input.index(byte)

    def read_all(self):
        """Everything until the daemon hangs up."""
        try:
            while True:
                self._fill()
        except Closed:
            return self._take(len(self._input))

    def is_silent(self, seconds):
        """Whether nothing comes, not even an end, for so long."""
        assert not self._input, self._input
        self.socket.settimeout(seconds)
        try:
            self._fill()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(self.timeout)
        return False

    def ask(self, key):
        self.send(self.question(key))
        return self.read_reply()

    def ask_patiently(self, key):
        """As Postfix does: if a connection in use turns out to be closed, one
        more try on a new one. A second close is the caller's to see."""
        try:
            return self.ask(key)
        except (Closed, ConnectionError):
            self.close()
            self.connect()
            return self.ask(key)

    def question(self, key):
        raise NotImplementedError

    def read_reply(self):
        """One reply, exactly its bytes."""
        raise NotImplementedError


class Socketmap(Client):
    FOUND = b"12:OK forceenc:,"
    NOTFOUND = b"9:NOTFOUND ,"
    TEMP = re.compile(rb"\d+:TEMP [^,]*.*,", re.S)
    PERM = re.compile(rb"\d+:PERM [^,]*.*,", re.S)

    def __init__(self, endpoint, table="forceenc", timeout=TIMEOUT):
        self.table = table
        super().__init__(endpoint, timeout)

    def question(self, key):
        return netstring(as_bytes(self.table) + b" " + as_bytes(key))

    def read_reply(self):
        colon = self._find(b":")
        length = self._input[:colon]
        assert re.fullmatch(rb"0|[1-9]\d{0,5}", length), self._input
        reply = self._take(colon + 1 + int(length) + 1)
        assert reply.endswith(b","), reply
        return reply


class Tcp(Client):
    FOUND = b"200 forceenc:\n"
    NOTFOUND = b"500 not found\n"
    TEMP = re.compile(rb"400 [!-~]+\n")
    PERM = TEMP

    def question(self, key):
        return b"get " + tcp_encode(as_bytes(key)) + b"\n"

    def read_reply(self):
        reply = self._take(self._find(b"\n") + 1)
        assert len(reply) <= 4096, reply
        return reply


def tcp_encode(key):
    """tcp_table(5): white space, "%" and what isn't printable."""
    return b"".join(
        bytes([c]) if 0x21 <= c <= 0x7e and c != 0x25 else b"%%%02x" % c
        for c in key)


def postmap(table, key, config="/etc/postfix"):
    """(status, output, complaints) of postmap -q KEY TABLE."""
    done = subprocess.run(
        [programs.peer("postmap", "postfix"), "-c", str(config), "-q", key,
         table],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT, check=False)
    return done.returncode, done.stdout, done.stderr
