# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A socketmap server of TLS policies: the site's own policy map, as a resolver
of MTA-STS or DANE would be."""

import re
import socketserver
import threading

from . import net
from .clients import as_bytes, netstring

PORT = 8461


class Policies:
    """says leads keys to replies such as "OK may" or "TEMP later"; what isn't
    there is NOTFOUND. HANG keeps a question waiting until release() or the
    end of the connection, and a reply in bytes is sent as it is, and the
    connection closed behind it."""

    HANG = object()

    def __init__(self, number=31, name="postfix"):
        self.address = net.host(number)
        self.name = name
        self.says = {}
        self.once = False  # hang up behind each reply
        self.accepted = 0
        self._asked = []
        self._released = threading.Event()
        self._server = None
        self._connections = set()
        self.open()

    @property
    def spec(self):
        return f"socketmap:inet:{self.address}:{PORT}:{self.name}"

    def open(self):
        policies = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                policies.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._released.clear()
        self._server = Server((self.address, PORT), Handler)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05},
            daemon=True).start()

    def refuse(self):
        """No new connections; those that are there stay."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None

    def close(self):
        """No new connections, and an end to those that are there."""
        self._released.set()
        self.refuse()
        self.cut()

    def cut(self):
        for connection in list(self._connections):
            try:
                connection.shutdown(2)
            except OSError:
                pass

    def release(self):
        self._released.set()

    def asked(self):
        """The keys so far; forgotten by the call."""
        asked, self._asked = self._asked, []
        return asked

    def serve(self, handler):
        self.accepted += 1
        self._connections.add(handler.connection)
        try:
            while self._one(handler) and not self.once:
                pass
        except OSError:
            pass
        finally:
            self._connections.discard(handler.connection)

    def _one(self, handler):
        head = b""
        while not head.endswith(b":"):
            byte = handler.rfile.read(1)
            if not byte:
                return False
            head += byte
        payload = handler.rfile.read(int(head[:-1]) + 1)[:-1]
        name, _, key = payload.decode().partition(" ")
        assert name == self.name
        self._asked.append(key)
        says = self.says.get(key, "NOTFOUND ")
        if says is self.HANG:
            self._released.wait()
            return False
        if isinstance(says, bytes):
            handler.wfile.write(says)
            return False
        handler.wfile.write(netstring(as_bytes(says)))
        return True


def policy_of(reply):
    """What a reply of forceencd's says: the policy, or None for TEMP."""
    match = re.fullmatch(rb"\d+:(OK|TEMP) (.*),", reply, re.S)
    assert match, reply
    return match[2].decode() if match[1] == b"OK" else None
