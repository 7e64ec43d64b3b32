# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Directories that do what slapd never does."""

import socket
import threading

from . import TIMEOUT, net

BIND, UNBIND, SEARCH = 0x60, 0x42, 0x63
BIND_DONE, ENTRY, SEARCH_DONE = 0x61, 0x64, 0x65
SUCCESS = b"\x0a\x01\x00\x04\x00\x04\x00"


def ber(tag, content):
    """An element, of less than 128 bytes."""
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def attribute(name, value):
    return ber(0x30, ber(4, name) + ber(0x31, ber(4, value)))


class OddLdap:
    """Takes connections, and has each of them served by a function that is
    given the server and the socket."""

    def __init__(self, serve):
        self.serve = serve
        self.connections = 0
        self._socket = socket.create_server((net.host(8), 0))
        host, port = self._socket.getsockname()
        self.url = f"ldap://{host}:{port}"
        self._open = []
        self._taken = threading.Condition()
        self._threads = [threading.Thread(target=self._run)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        for peer in self._open:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has hung up
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _run(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(peer)
            with self._taken:
                self.connections += 1
                self._taken.notify()
            thread = threading.Thread(target=self._serve, args=[peer])
            self._threads.append(thread)
            thread.start()

    def wait(self, connections):
        """Until so many have been taken; returns how many they are."""
        with self._taken:
            assert self._taken.wait_for(
                lambda: self.connections >= connections, TIMEOUT)
            return self.connections

    def _serve(self, peer):
        with peer:
            try:
                self.serve(peer)
            except OSError:
                pass  # it has hung up

    @staticmethod
    def hang_up(_peer):
        """The same as a proxy with nothing behind it."""

    @staticmethod
    def hang_up_politely(peer):
        """Whoever has logged in is hung up on."""
        peer.recv(4096)
        peer.sendall(ber(0x30, ber(2, b"\x01") + ber(BIND_DONE, SUCCESS)))

    @staticmethod
    def entries(peer, found=attribute(b"transportMap", b"forceenc:")):
        """Everybody may log in, and each search finds the same entry,
        whatever else is asked for with it."""
        file = peer.makefile("rb")
        while head := file.read(2):
            length = head[1]
            if length >= 0x80:
                length = int.from_bytes(file.read(length - 0x80), "big")
            body = file.read(length)
            number, operation = body[:2 + body[1]], body[2 + body[1]]
            if operation == UNBIND:
                return
            if operation == BIND:
                peer.sendall(ber(0x30, number + ber(BIND_DONE, SUCCESS)))
            if operation == SEARCH:
                entry = ber(4, b"cn=x") + ber(0x30, found)
                peer.sendall(ber(0x30, number + ber(ENTRY, entry)) + ber(
                    0x30, number + ber(SEARCH_DONE, SUCCESS)))

    @staticmethod
    def spoilt_entries(peer):
        """The same, but for an attribute that ends behind its entry."""
        good = attribute(b"transportMap", b"forceenc:")
        OddLdap.entries(peer, good[:1] + b"\x7f" + good[2:])
