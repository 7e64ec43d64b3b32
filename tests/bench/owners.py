# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Owners who switch, over a connection that stays: starting ldapmodify or
psql takes longer than what is measured."""

import socket
import subprocess


def tlv(tag, *parts):
    """A BER value. Ours are short."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


class LdapOwner:
    """Bound as themselves; switches forceEncryption in the own entry."""

    def __init__(self, address, dn, password):
        self.dn = dn.encode()
        self.number = 0
        self.socket = socket.create_connection(address, 20)
        self.stream = self.socket.makefile("rb")
        self._ask(tlv(0x60, tlv(0x02, b"\x03"), tlv(0x04, self.dn),
                      tlv(0x80, password.encode())))

    def _ask(self, operation):
        self.number += 1
        number = self.number.to_bytes(4, "big")
        self.socket.sendall(tlv(0x30, tlv(0x02, number), operation))
        reply = self._read()
        # The message's number, then the operation, whose first value is
        # the result.
        operation = reply[2 + reply[1]:]
        result = operation[4 if operation[1] < 0x80 else 6]
        if result != 0:
            raise RuntimeError(f"the directory says {result}")

    def _read(self):
        _, size = self.stream.read(2)
        if size >= 0x80:
            size = int.from_bytes(self.stream.read(size - 0x80), "big")
        return self.stream.read(size)

    def switch(self, on):
        """Returns when the directory has confirmed it."""
        value = tlv(0x04, b"TRUE" if on else b"FALSE")
        change = tlv(0x30, tlv(0x04, b"forceEncryption"), tlv(0x31, value))
        self._ask(tlv(0x66, tlv(0x04, self.dn),
                      tlv(0x30, tlv(0x30, tlv(0x0a, b"\x02"), change))))

    def close(self):
        self.stream.close()
        self.socket.close()


class PgsqlOwner:
    """Logged in as a role of their own; sees and updates the own row."""

    def __init__(self, server, role):
        self.psql = subprocess.Popen(
            ["stdbuf", "-oL", "psql", "-h", str(server.sockets), "-p",
             str(server.port), "-U", role, "-d", "mail", "-X", "-q", "-A",
             "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def switch(self, on):
        self.psql.stdin.write(f"UPDATE policy SET answer = "
                              f"'{'on' if on else 'off'}' RETURNING 1;\n")
        self.psql.stdin.flush()
        if self.psql.stdout.readline() != "1\n":
            raise RuntimeError("the owner's row wasn't changed")

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()
