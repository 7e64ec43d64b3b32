# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A daemon with three forced senders in an SQLite table, for tests of what
happens to that table."""

from .daemon import Policy
from .endpoints import Endpoints
from .until import is_reply, until

ALICE = "alice@example.com"
BOB = "bob@example.com"
CARL = "carl@example.com"
DOWN = r"error: .*sqlite:.*policy\.cf: can't be asked: "


class Trio:
    """Alice is known before anything happens, Bob and Carl have never been
    asked for; all three are forced."""

    def __init__(self, folder, make_daemon, **options):
        self.folder = folder
        self.endpoints = Endpoints(folder)
        self.policy = Policy(
            folder, senders=dict.fromkeys((ALICE, BOB, CARL), "forceenc:"))
        self.daemon = make_daemon(
            folder, forceenc_tables=self.policy.spec,
            **self.endpoints.options(), **options)
        self.client = None

    def start(self):
        self.daemon.start()
        self.client = self.endpoints.client("socketmap-unix")
        self.expect(ALICE, self.client.FOUND)
        return self

    def ask(self, key):
        return self.client.ask(key)

    def expect(self, key, wanted):
        reply = self.ask(key)
        assert is_reply(reply, wanted), (key, reply)

    def until(self, key, wanted):
        return until(lambda: self.ask(key), wanted)

    def is_in_doubt(self, known=True):
        """What was known is still said, the rest is put off."""
        wanted = self.client.FOUND if known else self.client.TEMP
        for _ in range(3):
            self.expect(ALICE, wanted)
            self.expect(BOB, self.client.TEMP)
            self.expect("nobody@example.com", self.client.TEMP)

    def is_well(self):
        """By itself, and with no help from what was remembered."""
        self.until(CARL, self.client.FOUND)
        self.until("nobody@example.com", self.client.NOTFOUND)
        self.until(BOB, self.client.FOUND)
        self.until(ALICE, self.client.FOUND)
