# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A name server of our own, which may fall silent, and a process that asks
nobody else. Needs root."""

import os
import socket
import threading

import pytest

from . import net, programs


class Dns:
    """Every name has the one address. While it's silent it hears questions,
    and doesn't answer."""

    def __init__(self, folder, target):
        if os.geteuid() != 0:
            pytest.skip("only root may have port 53 and mounts of its own")
        mounts = programs.own_mounts()
        self.target = socket.inet_aton(target)
        self.silent = False
        self.heard = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((net.host(53), 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        resolv = folder / "resolv.conf"
        resolv.write_text(f"nameserver {net.host(53)}\n"
                          "options timeout:2 attempts:1\n")
        nsswitch = folder / "nsswitch.conf"
        nsswitch.write_text("hosts: files dns\n")
        # For Daemon.start().
        self.around = [
            *mounts, "sh", "-ec",
            'mount --bind "$0" /etc/resolv.conf; '
            'mount --bind "$1" /etc/nsswitch.conf; shift; exec "$@"',
            str(resolv), str(nsswitch)]

    def _serve(self):
        while True:
            question, who = self._socket.recvfrom(512)
            if not question:
                return
            self.heard += 1
            if not self.silent:
                self._socket.sendto(self._answer(question), who)

    def _answer(self, question):
        """To the one question that stands at byte 12: its name, type and
        class, each of two bytes."""
        end = question.index(b"\x00", 12) + 5
        is_address = question[end - 4:end - 2] == b"\x00\x01"
        answer = (b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04"
                  + self.target) if is_address else b""
        return (question[:2] + b"\x81\x80\x00\x01"
                + (b"\x00\x01" if is_address else b"\x00\x00")
                + b"\x00\x00\x00\x00" + question[12:end] + answer)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", (net.host(53), 53))
        self._thread.join()
        self._socket.close()
