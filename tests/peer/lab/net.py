# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Loopback addresses and ports of our own.

Two runs on one machine must not meet, and fixed port numbers make logs easy
to read. So each process takes a network 127.A.B.0/24 by its process id, and
the well-known port numbers of the lab within it.
"""

import os
import socket

SMTP_PORT = 2525


def host(number):
    """Address number (1 to 254) of this process's own network."""
    pid = os.getpid()
    return f"127.{16 + (pid >> 8) % 200}.{pid % 256}.{number}"


def free_port(address):
    """A port nobody listens on at the moment."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def has_inet6():
    """Whether ::1 can be listened on; containers may lack it."""
    try:
        free_port("::1")
    except OSError:
        return False
    return True


def parse(endpoint):
    """(family, address) of "inet:HOST:PORT" or "unix:/path"."""
    kind, _, rest = endpoint.partition(":")
    if kind == "unix":
        return socket.AF_UNIX, rest
    address, _, port = rest.rpartition(":")
    if address.startswith("["):
        return socket.AF_INET6, (address.strip("[]"), int(port))
    return socket.AF_INET, (address, int(port))


def listen(endpoint, backlog=4096):
    """A listening socket, as systemd would make it."""
    family, address = parse(endpoint)
    listener = socket.socket(family, socket.SOCK_STREAM)
    if family != socket.AF_UNIX:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(backlog)
    return listener
