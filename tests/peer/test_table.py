# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""An SQLite table that is missing, locked, broken, replaced or slow while
the daemon runs: doubt is TEMP or the last known answer, never NOTFOUND, and
ends by itself."""

import os
import re
import shutil
import signal

import pytest

from lab.daemon import Policy
from lab.load import Load
from lab.trio import ALICE, BOB, CARL, DOWN
from lab.until import until


def test_missing_at_the_start(make_trio):
    served = make_trio()
    served.daemon.log.expect(DOWN + ".*policy\\.db")
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.daemon.start()
    served.client = served.endpoints.client("socketmap-unix")
    served.is_in_doubt(known=False)
    os.rename(moved, served.policy.database)
    served.is_well()
    served.daemon.log.wait("answers again")


def test_missing_while_running(make_trio):
    served = make_trio().start()
    served.daemon.log.expect(DOWN + ".*policy\\.db")
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    os.rename(moved, served.policy.database)
    served.is_well()
    served.daemon.log.wait("answers again")


def test_replaced_while_running(make_trio):
    """A new file under the old name, as many tools write: the new one
    counts, without anybody's doing."""
    served = make_trio().start()
    fresh = Policy(served.folder, "fresh", {BOB: "forceenc:"})
    os.rename(fresh.database, served.policy.database)
    served.until(ALICE, served.client.NOTFOUND)
    served.expect(BOB, served.client.FOUND)
    served.policy.set({ALICE: "forceenc:"})
    served.until(ALICE, served.client.FOUND)


def test_written_over_in_place(make_trio):
    """Copied over by cp(1), which keeps the file and changes all of it."""
    served = make_trio().start()
    served.daemon.log.allow(DOWN)
    fresh = Policy(served.folder, "fresh", {BOB: "forceenc:"})
    shutil.copyfile(fresh.database, served.policy.database)
    served.until(ALICE, served.client.NOTFOUND)
    served.until(BOB, served.client.FOUND)


@pytest.mark.parametrize("damage", [
    b"", b"\x00" * 8192, b"this is no database\n" * 1000],
    ids=["empty", "zeroes", "text"])
def test_corrupt_while_running(make_trio, damage):
    served = make_trio().start()
    served.daemon.log.expect(DOWN)
    whole = served.policy.database.read_bytes()
    served.policy.database.write_bytes(damage)
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.write_bytes(whole)
    served.is_well()


def test_half_of_its_pages_are_gone(make_trio):
    served = make_trio().start()
    served.daemon.log.expect(DOWN)
    whole = served.policy.database.read_bytes()
    served.policy.database.write_bytes(whole[:4096])
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.write_bytes(whole)
    served.is_well()


def test_the_table_is_dropped(make_trio):
    served = make_trio().start()
    served.daemon.log.expect(DOWN + ".*no such table")
    db = served.policy.connect()
    db.execute("ALTER TABLE sender RENAME TO hidden")
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    db.execute("ALTER TABLE hidden RENAME TO sender")
    db.close()
    served.is_well()


def test_not_readable(make_trio):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    served = make_trio().start()
    served.daemon.log.expect(DOWN)
    served.policy.database.chmod(0)
    served.policy.database.touch()
    served.until(BOB, served.client.TEMP)
    served.is_in_doubt()
    served.policy.database.chmod(0o644)
    served.is_well()


def test_locked_for_long(make_trio):
    served = make_trio().start()
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


def test_locked_in_passing(make_trio):
    """A writer that is done soon costs a short wait, not an answer."""
    served = make_trio().start()
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


def test_a_change_is_not_hidden_by_the_next_one(make_trio):
    """Dave was switched on a while ago, but when he's asked for another
    writer is at it, so that nobody can see whether anything has changed."""
    served = make_trio().start()
    served.daemon.log.allow(DOWN + ".*locked")
    served.expect("dave@example.com", served.client.NOTFOUND)
    assert served.client.is_silent(0.2)
    served.policy.set({"dave@example.com": "forceenc:"})
    db = served.policy.connect()
    db.execute("BEGIN EXCLUSIVE")
    served.client.send(served.client.question("dave@example.com"))
    assert served.client.is_silent(0.02)
    db.execute("COMMIT")
    db.close()
    reply = served.client.read_reply()
    assert reply == served.client.FOUND or b"locked" in reply, reply


def test_wal_mode_is_read_while_it_is_written(make_trio):
    served = make_trio().start()
    db = served.policy.connect()
    db.execute("PRAGMA journal_mode = WAL")
    served.is_well()
    db.execute("BEGIN IMMEDIATE")
    db.execute("DELETE FROM sender")
    served.expect(BOB, served.client.FOUND)
    db.execute("COMMIT")
    db.close()
    served.until(BOB, served.client.NOTFOUND)


def test_a_slow_query_is_cut_off(make_trio):
    served = make_trio()
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
def test_what_to_do_on_failure_is_ours_to_say(make_trio, policy, reply):
    served = make_trio(forceenc_on_failure=policy).start()
    served.daemon.log.expect(DOWN)
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    for key in (ALICE, BOB, "nobody@example.com"):
        served.until(key, reply)
    for key in (ALICE, BOB, "nobody@example.com"):
        served.expect(key, reply)
    os.rename(moved, served.policy.database)
    served.is_well()


def test_stale_answers_have_an_end(make_trio):
    served = make_trio(stale_max="300ms").start()
    served.daemon.log.expect(DOWN)
    os.rename(served.policy.database, served.folder / "moved.db")
    served.until(BOB, served.client.TEMP)
    served.until(ALICE, served.client.TEMP)
    os.rename(served.folder / "moved.db", served.policy.database)
    served.is_well()


def test_an_absence_from_before_a_change_is_no_absence(make_trio):
    """Dave wasn't there when last asked for. Then the table changed, and went
    away: he may have been added, so that what was known of him is doubt. What
    is known of Alice can only be too strict."""
    served = make_trio().start()
    served.daemon.log.expect(DOWN)
    served.expect("dave@example.com", served.client.NOTFOUND)
    # The change is one that forceencd has seen.
    served.expect(CARL, served.client.FOUND)
    served.policy.unset(CARL)
    served.until(CARL, served.client.NOTFOUND)
    moved = served.folder / "moved.db"
    os.rename(served.policy.database, moved)
    served.until(BOB, served.client.TEMP)
    served.expect("dave@example.com", served.client.TEMP)
    served.expect(ALICE, served.client.FOUND)
    os.rename(moved, served.policy.database)
    served.until("dave@example.com", served.client.NOTFOUND)


def test_the_second_table_is_no_way_around_the_first(make_trio):
    """What the first one would have said, nobody knows."""
    served = make_trio()
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


@pytest.fixture
def locked(make_trio):
    """A daemon with two questions, of which the first waits for a lock."""
    served = make_trio(answer_deadline="10s").start()
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


def test_the_deadline_is_kept(make_trio):
    """Whatever waits: the answer is in time, and the next question isn't
    the worse for it."""
    served = make_trio(answer_deadline="50ms").start()
    served.daemon.log.allow(DOWN)
    db = served.policy.connect()
    db.execute("BEGIN EXCLUSIVE")
    served.expect(BOB, re.compile(rb"\d+:TEMP .*deadline.*,"))
    served.expect(ALICE, served.client.FOUND)
    db.execute("COMMIT")
    db.close()
    served.is_well()
