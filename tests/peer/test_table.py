# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""An SQLite table that is missing, locked, broken, replaced or slow while
the daemon runs: doubt is TEMP or the last known answer, never NOTFOUND, and
ends by itself. And a switch is in force at once."""

import os
import re
import shutil
import signal

import pytest

from lab.daemon import Policy
from lab.endpoints import Endpoints
from lab.load import Load
from lab.until import is_reply, until

ALICE = "alice@example.com"
BOB = "bob@example.com"
CARL = "carl@example.com"
DOWN = r"error: .*sqlite:.*policy\.cf: can't be asked: "


class Served:
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


@pytest.fixture
def make_served(folder, make_daemon):
    made = []

    def make(**options):
        served = Served(folder, make_daemon, **options)
        made.append(served)
        return served

    yield make
    for served in made:
        if served.client is not None:
            served.client.close()


def test_missing_at_the_start(make_served):
    served = make_served()
    served.daemon.log.expect(DOWN + ".*policy\\.db")
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.daemon.start()
    served.client = served.endpoints.client("socketmap-unix")
    served.is_in_doubt(known=False)
    os.rename(moved, served.policy.database)
    served.is_well()
    served.daemon.log.wait("answers again")


def test_missing_while_running(make_served):
    served = make_served().start()
    served.daemon.log.expect(DOWN + ".*policy\\.db")
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    os.rename(moved, served.policy.database)
    served.is_well()
    served.daemon.log.wait("answers again")


def test_replaced_while_running(make_served):
    """A new file under the old name, as many tools write: the new one
    counts, without anybody's doing."""
    served = make_served().start()
    fresh = Policy(served.folder, "fresh", {BOB: "forceenc:"})
    os.rename(fresh.database, served.policy.database)
    served.until(ALICE, served.client.NOTFOUND)
    served.expect(BOB, served.client.FOUND)
    served.policy.set({ALICE: "forceenc:"})
    served.until(ALICE, served.client.FOUND)


def test_written_over_in_place(make_served):
    """Copied over by cp(1), which keeps the file and changes all of it."""
    served = make_served().start()
    served.daemon.log.allow(DOWN)
    fresh = Policy(served.folder, "fresh", {BOB: "forceenc:"})
    shutil.copyfile(fresh.database, served.policy.database)
    served.until(ALICE, served.client.NOTFOUND)
    served.until(BOB, served.client.FOUND)


@pytest.mark.parametrize("damage", [
    b"", b"\x00" * 8192, b"this is no database\n" * 1000],
    ids=["empty", "zeroes", "text"])
def test_corrupt_while_running(make_served, damage):
    served = make_served().start()
    served.daemon.log.expect(DOWN)
    whole = served.policy.database.read_bytes()
    served.policy.database.write_bytes(damage)
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.write_bytes(whole)
    served.is_well()


def test_half_of_its_pages_are_gone(make_served):
    served = make_served().start()
    served.daemon.log.expect(DOWN)
    whole = served.policy.database.read_bytes()
    served.policy.database.write_bytes(whole[:4096])
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.write_bytes(whole)
    served.is_well()


def test_the_table_is_dropped(make_served):
    served = make_served().start()
    served.daemon.log.expect(DOWN + ".*no such table")
    db = served.policy.connect()
    db.execute("ALTER TABLE sender RENAME TO hidden")
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    db.execute("ALTER TABLE hidden RENAME TO sender")
    db.close()
    served.is_well()


def test_not_readable(make_served):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    served = make_served().start()
    served.daemon.log.expect(DOWN)
    served.policy.database.chmod(0)
    served.policy.database.touch()
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.chmod(0o644)
    served.is_well()


def test_locked_for_long(make_served):
    served = make_served().start()
    served.daemon.log.expect(DOWN + ".*locked")
    db = served.policy.connect()
    db.execute("BEGIN EXCLUSIVE")
    with Load(lambda: served.endpoints.client("tcp-inet"),
              {ALICE: b"200 forceenc:\n"}) as load:
        served.expect(BOB, served.client.TEMP)
        served.is_in_doubt()
    load.check()
    db.execute("COMMIT")
    db.close()
    served.is_well()


def test_locked_in_passing(make_served):
    """A writer that is done soon costs a short wait, not an answer."""
    served = make_served().start()
    # Soon is 250 ms, which a busy machine may not let the test keep.
    served.daemon.log.allow(DOWN + ".*locked")
    db = served.policy.connect()
    for at in range(5):
        served.policy.set({f"new{at}@example.com": "forceenc:"})
        db.execute("BEGIN EXCLUSIVE")
        served.client.send(served.client.question(f"new{at}@example.com"))
        assert served.client.is_silent(0.02)
        db.execute("COMMIT")
        reply = served.client.read_reply()
        if reply == served.client.FOUND:
            break
        assert b"locked" in reply
    else:
        pytest.fail("it never waited for the writer")
    db.close()


def test_wal_mode_is_read_while_it_is_written(make_served):
    served = make_served().start()
    db = served.policy.connect()
    db.execute("PRAGMA journal_mode = WAL")
    served.is_well()
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM sender")
    served.expect(BOB, served.client.FOUND)
    db.execute("COMMIT")
    db.close()
    served.until(BOB, served.client.NOTFOUND)


def test_a_slow_query_is_cut_off(make_served):
    served = make_served()
    text = served.policy.path.read_text()
    slow = ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n "
            "WHERE x < 100000000 AND '%s' LIKE 'slow%%') "
            "SELECT (SELECT answer FROM sender WHERE address = '%s') "
            "FROM (SELECT max(x) AS most FROM n) WHERE most > 0")
    served.policy.path.write_text(
        re.sub(r"(?m)^query = .*$", "query = " + slow, text)
        + "query_time_limit = 20ms\n")
    served.start()
    served.daemon.log.expect("warning: .*query_time_limit")
    with Load(lambda: served.endpoints.client("tcp-inet"),
              {ALICE: b"200 forceenc:\n"}) as load:
        for at in range(5):
            served.expect(f"slow{at}@example.com", served.client.TEMP)
    load.check()
    served.expect(BOB, served.client.FOUND)


@pytest.mark.parametrize("policy,reply", [
    ("tempfail", re.compile(rb"\d+:TEMP .*,")),
    ("forceenc:", b"12:OK forceenc:,"),
], ids=["tempfail", "answer"])
def test_what_to_do_on_failure_is_ours_to_say(make_served, policy, reply):
    served = make_served(forceenc_on_failure=policy).start()
    served.daemon.log.expect(DOWN)
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    for key in (ALICE, BOB, "nobody@example.com"):
        served.until(key, reply)
    for key in (ALICE, BOB, "nobody@example.com"):
        served.expect(key, reply)
    os.rename(moved, served.policy.database)
    served.is_well()


def test_stale_answers_have_an_end(make_served):
    served = make_served(stale_max="300ms").start()
    served.daemon.log.expect(DOWN)
    os.rename(served.policy.database, served.folder / "moved.db")
    served.until(BOB, served.client.TEMP)
    served.until(ALICE, served.client.TEMP)
    os.rename(served.folder / "moved.db", served.policy.database)
    served.is_well()


def test_an_absence_from_before_a_failure_is_no_proof(make_served):
    """Dave wasn't there when last asked for; while the table is away he may
    have been added, but nobody can know: what was known is said, until it's
    known better."""
    served = make_served().start()
    served.daemon.log.expect(DOWN)
    served.expect("dave@example.com", served.client.NOTFOUND)
    served.policy.set({"dave@example.com": "forceenc:"})
    os.rename(served.policy.database, served.folder / "moved.db")
    served.until(BOB, served.client.TEMP)
    os.rename(served.folder / "moved.db", served.policy.database)
    served.until("dave@example.com", served.client.FOUND)


def test_a_switch_is_in_force_at_once(make_served):
    served = make_served().start()
    for turn in range(10):
        for address in ("eve@example.com", "@domain.test", "<>"):
            asked = {"@domain.test": "any@domain.test",
                     "<>": '"<>"'}.get(address, address)
            served.expect(asked, served.client.NOTFOUND)
            served.policy.set({address: "yes" if turn % 2 else "forceenc:"})
            served.until(asked, served.client.FOUND)
            served.policy.unset(address)
            served.until(asked, served.client.NOTFOUND)


def test_the_null_sender_has_one_key(make_served):
    served = make_served().start()
    for key in ('"<>"', "<>", ""):
        served.expect(key, served.client.NOTFOUND)
    served.policy.set({"<>": "forceenc:"})
    served.until('"<>"', served.client.FOUND)
    for key in ('"<>"', "<>"):
        served.expect(key, served.client.FOUND)


def test_the_strictest_of_several_answers_wins(make_served):
    served = make_served(forceenc_answers="strict:, forceenc:[gate]:26")
    served.policy.set({ALICE: "forceenc:[gate]:26", BOB: "strict:"})
    served.daemon.start()
    served.client = served.endpoints.client("socketmap-unix")
    served.expect(ALICE, b"21:OK forceenc:[gate]:26,")
    served.policy.add(ALICE, "strict:")
    served.until(ALICE, b"10:OK strict:,")
    served.policy.add(BOB, "forceenc:[gate]:26")
    served.policy.add(BOB, "DUNNO")
    served.policy.add(BOB, "no")
    served.policy.set({CARL: "strict:"})
    served.until(CARL, b"10:OK strict:,")
    served.expect(BOB, b"10:OK strict:,")


def test_a_value_that_is_not_permitted_is_said_once(make_served):
    served = make_served().start()
    served.daemon.log.expect(
        r"warning: .*policy\.cf: mallory@example\.com: .*smtp:")
    served.policy.set({"mallory@example.com": "smtp:[evil.test]"})
    served.until("mallory@example.com", served.client.TEMP)
    for _ in range(20):
        served.expect("mallory@example.com", served.client.TEMP)
        served.expect("Mallory+x@example.com", served.client.TEMP)
    # A change elsewhere in the database is no news of this one.
    served.policy.set({"eve@example.com": "forceenc:"})
    served.until("eve@example.com", served.client.FOUND)
    served.expect("mallory@example.com", served.client.TEMP)
    warnings = served.daemon.log.find("warning: .*mallory")
    assert len(warnings) == 1, warnings
    served.policy.set({"mallory@example.com": "no"})
    served.until("mallory@example.com", served.client.NOTFOUND)


def test_a_bad_value_is_not_hidden_by_a_good_one(make_served):
    served = make_served().start()
    served.daemon.log.expect("warning: .*smtp:")
    served.policy.add(ALICE, "smtp:")
    served.until(ALICE, served.client.TEMP)


def test_foreign_bytes_are_printable_in_the_log(make_served):
    served = make_served().start()
    served.daemon.log.expect("warning: .*not a permitted answer")
    served.policy.set(
        {"eve@example.com": "x\n<3>forceencd[1]: error: forged\x1b[31m"})
    served.until("eve@example.com", served.client.TEMP)
    for line in served.daemon.log.lines():
        assert "\x1b" not in line
        assert not line.startswith("<3>")


@pytest.mark.parametrize("value", ["", None, "  "])
def test_an_empty_value_is_none(make_served, value):
    served = make_served().start()
    served.policy.set({"@void.test": "forceenc:", "eve@void.test": value})
    served.until("eve@void.test", served.client.FOUND)
    served.policy.unset("@void.test")
    served.until("eve@void.test", served.client.NOTFOUND)


@pytest.mark.parametrize("value", [
    "forceenc:\x00", b"forceenc:\x00smtp:", b"\xff", 7, 1.5,
    "forceenc", "FORCEENC:", "forceenc:[gate]",
    pytest.param("x" * 100000, id="long")])
def test_a_value_that_only_looks_alike_is_doubt(make_served, value):
    served = make_served().start()
    served.daemon.log.expect("warning: .*not a permitted answer")
    served.policy.set({"eve@example.com": value})
    served.until("eve@example.com", served.client.TEMP)


def test_more_values_than_the_limit_are_doubt(make_served):
    served = make_served()
    with open(served.policy.path, "a", encoding="ascii") as table:
        table.write("expansion_limit = 1\n")
    served.start()
    served.daemon.log.allow("expansion_limit")
    served.policy.add(BOB, "forceenc:")
    served.until(BOB, served.client.TEMP)
    served.expect(CARL, served.client.FOUND)


def test_other_domains_are_not_looked_up(make_served):
    served = make_served()
    with open(served.policy.path, "a", encoding="ascii") as table:
        table.write("domain = example.com, Wholly.test\n")
    served.policy.set({"eve@other.test": "forceenc:",
                       "eve@wholly.test": "forceenc:"})
    served.start()
    served.expect("eve@other.test", served.client.NOTFOUND)
    served.expect("eve@WHOLLY.test", served.client.FOUND)


def test_the_second_table_is_no_way_around_the_first(make_served):
    """What the first one would have said, nobody knows."""
    served = make_served()
    second = Policy(served.folder, "second", {"eve@example.com": "forceenc:"})
    served.daemon.options["forceenc_tables"] = (
        f"{served.policy.spec}, {second.spec}")
    served.daemon.log.expect(DOWN)
    served.start()
    served.expect("nobody@example.com", served.client.NOTFOUND)
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.until(BOB, served.client.TEMP)
    served.expect("eve@example.com", served.client.TEMP)
    os.rename(moved, served.policy.database)
    served.until("eve@example.com", served.client.FOUND)
    served.is_well()


def test_a_more_specific_no_is_an_exception(make_served):
    served = make_served().start()
    served.policy.set({"@domain.test": "forceenc:", "eve@domain.test": "no"})
    served.until("any@domain.test", served.client.FOUND)
    served.expect("eve@domain.test", served.client.NOTFOUND)
    served.expect("Eve+x@domain.test", served.client.NOTFOUND)


@pytest.fixture
def locked(make_served):
    """A daemon with two questions, of which the first waits for a lock."""
    served = make_served(answer_deadline="10s").start()
    served.daemon.log.allow(DOWN + ".*locked")
    db = served.policy.connect()
    db.execute("BEGIN EXCLUSIVE")
    served.client.send(served.client.question(BOB)
                       + served.client.question(ALICE))
    assert served.client.is_silent(0.02)
    yield served, db
    db.close()


def assert_both_answered(client):
    """The first one found, or, where the machine was too busy to end the lock
    in 250 ms, put off; the second was known."""
    reply = client.read_reply()
    assert reply == client.FOUND or b"locked" in reply, reply
    assert client.read_reply() == client.FOUND


def test_a_question_that_waits_is_answered_at_the_end(locked):
    served, db = locked
    served.daemon.signal(signal.SIGTERM)
    served.daemon.log.wait("ending")
    db.execute("COMMIT")
    assert_both_answered(served.client)
    assert served.client.read_all() == b""
    assert served.daemon.wait() == 0


def test_a_question_that_waits_survives_a_reload(locked):
    served, db = locked
    other = Policy(served.folder, "other")
    served.daemon.options["forceenc_tables"] = other.spec
    assert served.daemon.reload()
    db.execute("COMMIT")
    assert_both_answered(served.client)
    served.expect(BOB, served.client.NOTFOUND)


def test_a_question_that_waits_and_a_client_that_goes(locked):
    served, db = locked
    served.client.close()
    db.execute("COMMIT")
    with served.endpoints.client() as client:
        until(lambda: client.ask(BOB), client.FOUND)


def test_the_deadline_is_kept(make_served):
    """Whatever waits: the answer is in time, and the next question isn't
    the worse for it."""
    served = make_served(answer_deadline="50ms").start()
    served.daemon.log.allow(DOWN)
    db = served.policy.connect()
    db.execute("BEGIN EXCLUSIVE")
    served.expect(BOB, re.compile(rb"\d+:TEMP .*deadline.*,"))
    served.expect(ALICE, served.client.FOUND)
    db.execute("COMMIT")
    db.close()
    served.is_well()
