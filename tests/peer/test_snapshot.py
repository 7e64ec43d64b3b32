# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""What forceencd remembers survives its restart, and never makes an answer
worse than having forgotten it."""

import os
import signal

import pytest

from lab.daemon import Policy
from lab.endpoints import Endpoints
from lab.until import is_reply, until

ALICE = "alice@example.com"
BOB = "bob@example.com"
DAVE = "dave@example.com"
DOWN = r"error: .*sqlite:.*policy\.cf: can't be asked: "


class Served:
    """Alice is forced and was asked for, Bob is forced and never was, Dave
    was asked for when he wasn't forced."""

    def __init__(self, folder, make_daemon):
        self.endpoints = Endpoints(folder)
        self.policy = Policy(
            folder, senders=dict.fromkeys((ALICE, BOB), "forceenc:"))
        self.moved = folder / "moved.db"
        self.snapshot = folder / "facts"
        self.daemon = make_daemon(
            folder, forceenc_tables=self.policy.spec,
            snapshot_file=self.snapshot, **self.endpoints.options())
        self.daemon.start()
        with self.endpoints.client() as client:
            assert client.ask(ALICE) == client.FOUND
            assert client.ask(DAVE) == client.NOTFOUND

    def restart_without_table(self):
        os.rename(self.policy.database, self.moved)
        self.daemon.log.expect(DOWN)
        self.daemon.start()

    def expect(self, **wanted):
        with self.endpoints.client() as client:
            for name, word in wanted.items():
                reply = client.ask(f"{name}@example.com")
                assert is_reply(reply, getattr(client, word)), (name, reply)

    def is_well(self):
        os.rename(self.moved, self.policy.database)
        with self.endpoints.client() as client:
            for key, wanted in ((BOB, client.FOUND), (ALICE, client.FOUND),
                                ("nobody@example.com", client.NOTFOUND)):
                until(lambda key=key: client.ask(key), wanted)


@pytest.fixture
def served(folder, make_daemon):
    return Served(folder, make_daemon)


def test_what_was_known_is_known_after_a_restart(served):
    assert served.daemon.stop() == 0
    served.restart_without_table()
    served.expect(alice="FOUND", bob="TEMP", nobody="TEMP")
    served.is_well()


def test_it_is_not_believed_where_the_table_says_otherwise(served):
    assert served.daemon.stop() == 0
    served.policy.unset(ALICE)
    served.policy.set({DAVE: "forceenc:"})
    served.daemon.start()
    served.expect(alice="NOTFOUND", dave="FOUND", bob="FOUND")


def test_who_was_switched_on_meanwhile_is_forced_again(served):
    """At the latest when the table can be asked again, with no time to live
    in between."""
    assert served.daemon.stop() == 0
    served.policy.set({DAVE: "forceenc:"})
    served.restart_without_table()
    served.expect(alice="FOUND")
    served.is_well()
    served.expect(dave="FOUND")


def test_another_table_of_the_same_place_is_another_one(served):
    """The file is about tables, each by name, permitted answers and
    settings."""
    assert served.daemon.stop() == 0
    served.daemon.options["forceenc_answers"] = "strict:, forceenc:"
    served.restart_without_table()
    served.expect(alice="TEMP")


def test_what_another_query_found_is_forgotten(served):
    """Dave wasn't there for the query of before."""
    assert served.daemon.stop() == 0
    with open(served.policy.path, "a", encoding="ascii") as table:
        table.write("result_format = %s\n")
    served.restart_without_table()
    served.expect(alice="TEMP", dave="TEMP")
    served.is_well()


@pytest.mark.parametrize("damage", [
    lambda text: text[:-1],
    lambda text: text[:len(text) // 2],
    lambda text: text[:40] + bytes([text[40] ^ 1]) + text[41:],
    lambda text: text + b"\x00",
    lambda text: b"",
    lambda text: os.urandom(4096),
    lambda text: text.replace(b"forceenc:", b"forceend:"),
], ids=["last-byte", "half", "bit", "more", "empty", "random", "answer"])
def test_a_damaged_file_is_as_none(served, damage):
    assert served.daemon.stop() == 0
    served.snapshot.write_bytes(damage(served.snapshot.read_bytes()))
    served.daemon.log.expect("warning: snapshot: .*facts")
    served.restart_without_table()
    served.expect(alice="TEMP", bob="TEMP")
    served.is_well()


def test_one_that_cannot_be_written_costs_a_warning(served):
    assert served.daemon.stop() == 0
    served.daemon.log.expect("warning: snapshot: .*nosuch")
    served.daemon.options["snapshot_file"] = served.snapshot / "nosuch/facts"
    served.snapshot.unlink()
    served.daemon.start()
    served.expect(alice="FOUND", bob="FOUND")
    assert served.daemon.stop() == 0


def test_killed_it_has_the_facts_of_before_or_none(served):
    assert served.daemon.stop() == 0
    served.daemon.start()
    served.expect(bob="FOUND")
    served.daemon.kill()
    served.restart_without_table()
    served.expect(alice="FOUND", bob="TEMP")


def test_a_shorter_interval_counts_at_once(served):
    served.daemon.options["snapshot_interval"] = "1s"
    assert not served.snapshot.exists()
    assert served.daemon.reload()
    until(lambda: b"%d" % served.snapshot.exists(), b"1")


def test_a_snapshot_is_for_its_owner_only(served):
    """It tells who is forced."""
    assert served.daemon.stop() == 0
    assert served.snapshot.stat().st_mode & 0o077 == 0


def test_a_disk_that_hangs_keeps_nobody(served):
    """A pipe that nobody reads, in place of the file that's written."""
    assert served.daemon.stop() == 0
    os.mkfifo(f"{served.snapshot}.new")
    reader = os.open(f"{served.snapshot}.new", os.O_RDONLY | os.O_NONBLOCK)
    served.daemon.options["snapshot_interval"] = "1s"
    served.daemon.start()
    with served.endpoints.client() as client:
        for number in range(3000):
            client.ask(f"sender{number:060}@example.com")
        # More than the pipe takes: the next piece never gets through.
        until(lambda: b"%d" % threads(served.daemon), b"2")
    served.expect(alice="FOUND", bob="FOUND", dave="NOTFOUND")
    mark = served.daemon.log.mark()
    served.daemon.process.send_signal(signal.SIGHUP)
    served.daemon.log.wait("reloaded", mark)
    served.expect(alice="FOUND", bob="FOUND", dave="NOTFOUND")
    # It goes on.
    os.set_blocking(reader, True)
    while os.read(reader, 65536):
        pass
    os.close(reader)
    assert served.daemon.stop() == 0
    served.restart_without_table()
    served.expect(alice="FOUND", bob="FOUND")


def threads(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/task"))
