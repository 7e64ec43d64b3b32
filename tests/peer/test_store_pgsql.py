# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Statistics in PostgreSQL: they are those of SQLite, whatever happens to the
watchers, the server and the connection between them."""

import os
import pathlib
import random
import re
import subprocess
import time

import pytest

from lab import TIMEOUT, programs
from lab.scrape import Pages
from lab.stats_pgsql import (  # noqa: F401 (fixtures)
    AWAY, LIMIT, UNTIDY, Session, Undisturbed, database, make_counter, server,
    tables_are_equal, total, wait_total)
from lab.until import until

LOGS = sorted((programs.TOP / "tests/watch/corpus").glob("*.log"))
SEED = int(os.environ.get("FORCEENC_SEED", str(time.time_ns())))
KILLS = int(os.environ.get("FORCEENC_KILLS", "8"))


@pytest.mark.parametrize("name", [
    "store", "stats", "stats_rows", "stats_totals", "store_tidy",
    "store_crash"])
def test_unit(database, name):
    """The tests of the store, which know nothing of the kind."""
    build = pathlib.Path(programs.ours("forceenc-watch")).parent
    program = build / "tests" / "unit" / f"test_{name}"
    if not program.exists():
        pytest.skip(f"{program.name} isn't built (make check builds it)")
    database.server.sql("ALTER ROLE counter SET search_path = stats",
                        "postgres")
    try:
        done = subprocess.run(
            [str(program)], capture_output=True, text=True, check=False,
            env=dict(os.environ, FORCEENC_TEST_STORE=str(database.path)))
    finally:
        database.server.sql("ALTER ROLE counter RESET search_path",
                            "postgres")
    assert done.returncode == 0, done.stdout + done.stderr


def test_reports_are_the_same(make_counter, folder):
    counter = make_counter("one").imports(*LOGS)
    other = Undisturbed(folder, "two").imports(*LOGS)
    counted = 0
    for words in [
            ("stats", "--by", "sender,destination,service,outcome,level,"
             "reason"), ("stats", "--by", "hour,level"),
            ("stats", "--by", "day"), ("stats", "@example.org"), ("stats",),
            ("stats", "<>", "--by", "reason"),
            *(("top", "--by", by) for by in
              ("hard", "soft", "plaintext", "untrusted", "sent")),
            ("failures", "-n", "1000"), ("whatif", "all"),
            ("whatif", "all", "--level", "verify")]:
        rows = counter.says(*words, "--since", "all")
        want = other.says(*words, "--since", "all")
        for row in rows + want:
            row.pop("host", None)
        assert rows == want, words
        counted += len(rows)
    assert counted > 100
    assert {row["host"] for row in counter.says("watch", "status")} == {"one"}


def test_two_hosts_at_once(make_counter, folder, database):
    counters = [make_counter("one"), make_counter("two")]
    for counter in counters:
        counter.start()
    for log in LOGS:
        for counter, data in zip(counters, (log.read_bytes(),
                                            LOGS[0].read_bytes())):
            counter.write_bytes(data)
    for counter in counters:
        size = counter.mail_log.stat().st_size
        until(lambda c=counter: b"%d" % next(
            (row["bytes"] for row in c.says("watch", "status")
             if row["host"] == c.host), -1), b"%d" % size, LIMIT)
        counter.stop()
        tables_are_equal(folder, counter)
    assert database.sql("SELECT string_agg(DISTINCT host, ' ') "
                        "FROM delivery") == "one two"


def deliver_some(counter, chance):
    for _ in range(chance.randrange(30)):
        counter.deliver(level=chance.choice([None, "Trusted"]))
        time.sleep(chance.uniform(0, 0.05))


def test_killed_again_and_again(make_counter, folder, database):
    chance = random.Random(SEED)
    print(f"FORCEENC_SEED={SEED}")
    counter = make_counter("one")
    other = make_counter("two")
    other.start()
    for _ in range(KILLS):
        counter.start()
        for _ in range(chance.randrange(30)):
            counter.deliver(level=chance.choice([None, "Trusted"]))
            other.deliver(level="Verified")
            time.sleep(chance.uniform(0, 0.05))
        counter.kill()
    counter.start()
    for one in (counter, other):
        wait_total(database, one)
        one.stop()
        tables_are_equal(folder, one)


def test_killed_and_restarted(make_counter, folder, database):
    """The watcher by kill -9, the server by its immediate shutdown, or both:
    each comes back when it does."""
    chance = random.Random(SEED)
    print(f"FORCEENC_SEED={SEED}")
    counter = make_counter("one")
    counter.log.allow(AWAY, UNTIDY)
    counter.start()
    for _ in range(max(3, KILLS // 4)):
        deliver_some(counter, chance)
        victims = chance.choice(["watcher", "server", "both"])
        if victims != "server":
            counter.kill()
        if victims != "watcher":
            database.server.stop("immediate")
            deliver_some(counter, chance)
        # One that is started first has to wait.
        if not counter.running() and chance.choice([True, False]):
            counter.start()
        if not database.server.running():
            database.server.start()
        if not counter.running():
            counter.start()
    wait_total(database, counter)
    counter.stop()
    tables_are_equal(folder, counter)


def test_away_and_back(make_counter, folder, database):
    counter = make_counter("one")
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    counter.start()
    for _ in range(3):
        counter.deliver(level="Trusted")
        wait_total(database, counter)
        since = counter.log.mark()
        database.server.stop("immediate")
        counter.deliver(level="Verified")
        counter.log.wait(AWAY, since)
        counter.deliver(status="deferred (no route)")
        database.server.start()
        wait_total(database, counter)
        counter.log.wait("is opened anew", since)
    counter.stop()
    tables_are_equal(folder, counter)


def test_ends_while_the_server_is_away(make_counter, database):
    counter = make_counter("one")
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    counter.start()
    database.server.stop("immediate")
    counter.deliver(level="Trusted")
    counter.log.wait(AWAY)
    assert counter.stop() == 0


def test_connection_lost_at_any_byte(make_counter, make_proxy, folder,
                                     database):
    """In COMMIT as well, whose answer nobody hears then."""
    server = database.server
    proxy = make_proxy((server.address, server.port), 26)
    path = database.write("proxy.cf", hosts=f"{proxy.address}:{proxy.port}",
                          sslmode="disable")
    counter = make_counter("one", path)
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    for count in range(0, 320, 40):
        database.until_idle()
        proxy.eat(count)
        counter.deliver(level="Trusted")
        # Whether it's enough for the batch isn't known.
        end = time.monotonic() + 1.5
        while (database.count("one") < total(counter)
               and time.monotonic() < end):
            time.sleep(0.05)
        proxy.cut()
        proxy.resume()
        wait_total(database, counter)
    counter.stop()
    tables_are_equal(folder, counter)


def deadlock(database, counter):
    """The watcher's batch is the one that is undone: it's the last to wait in
    a circle, and the first to look for one."""
    holder, other = Session(database.server), Session(database.server)
    holder.say("BEGIN; LOCK TABLE name")
    other.say("BEGIN; LOCK TABLE delivery_hour")
    for table in ("name", "delivery_hour"):
        database.until_locked(table, True)
    counter.deliver(level="Trusted")
    database.until_locked("name", False)
    other.say("LOCK TABLE sender")
    database.until_locked("sender", False)
    holder.end()
    other.end()


def test_a_deadlock_costs_no_second(make_counter, folder, database):
    """Nobody hears of it but those who read the figures."""
    counter = make_counter("one", watch_http_listen=f"unix:{folder}/http")
    pages = Pages(f"unix:{folder}/http")
    database.server.sql("ALTER ROLE counter SET deadlock_timeout = '10ms'",
                        "postgres")
    try:
        counter.start()
        database.until_idle()
        deadlock(database, counter)
    finally:
        database.server.sql("ALTER ROLE counter RESET deadlock_timeout",
                            "postgres")
    wait_total(database, counter)
    figures = pages.figures()
    assert figures.get("forceenc_watch_store_conflicts_total") == 1
    assert figures.get("forceenc_watch_commit_failures_total") == 0
    counter.stop()
    tables_are_equal(folder, counter)


# Undoes the first so many transactions, as SERIALIZABLE ones are undone.
UNDO = """
CREATE SEQUENCE undone;
CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
IF nextval('undone') <= {times} THEN
RAISE 'could not serialize access' USING ERRCODE = '40001';
END IF; RETURN NEW; END $$;
CREATE TRIGGER undo BEFORE INSERT ON delivery_hour
FOR EACH STATEMENT EXECUTE FUNCTION undo();
"""


@pytest.mark.parametrize("times, failures", [(5, 0), (6, 1)])
def test_it_is_tried_again_five_times(make_counter, folder, database,
                                      times, failures):
    """And then as if there were no server."""
    counter = make_counter("one", watch_http_listen=f"unix:{folder}/http")
    pages = Pages(f"unix:{folder}/http")
    counter.log.allow(UNTIDY)
    counter.start()
    database.until_idle()
    database.sql(UNDO.format(times=times))
    if failures:
        counter.log.expect(AWAY + ".*could not serialize access")
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    figures = pages.figures()
    assert figures.get("forceenc_watch_store_conflicts_total") == 5
    assert figures.get("forceenc_watch_commit_failures_total") == failures


def test_silent_server_is_left(make_counter, make_proxy, database):
    server = database.server
    proxy = make_proxy((server.address, server.port), 27)
    path = database.write("proxy.cf", hosts=f"{proxy.address}:{proxy.port}",
                          sslmode="disable", query_time_limit="1s",
                          connect_time_limit="1s")
    counter = make_counter("one", path)
    counter.log.expect(AWAY)
    counter.log.allow(UNTIDY)
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    proxy.stall()
    counter.deliver(level="Trusted")
    counter.log.wait("no (answer|connection) in time")
    proxy.resume()
    proxy.cut()
    wait_total(database, counter)
    proxy.stall()
    counter.deliver(level="Trusted")
    assert counter.stop() == 0


def test_later_schema_is_refused(make_counter, database):
    counter = make_counter("one").imports(LOGS[0])
    database.sql("UPDATE setting SET value = 99")
    assert "later version of forceenc-watch" in counter.ctl(
        "stats", status=75).err
    database.sql("UPDATE setting SET value = 1")
    assert "earlier forceenc-watch" in counter.ctl("stats", status=75).err
    database.sql("DROP TABLE setting")
    assert "no statistics in it" in counter.ctl("stats", status=75).err


def test_tables_are_made_once(make_counter, database):
    counters = [make_counter(f"host{i}") for i in range(4)]
    started = [subprocess.Popen(
        [programs.ours("forceenc-watch"), "-c", str(c.path), "--import",
         str(LOGS[0])], stderr=subprocess.PIPE)
        for c in counters if c.write() is None]
    for process in started:
        _, said = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, said
    assert database.sql("SELECT count(DISTINCT n), count(*) FROM "
                        "(SELECT sum(count) AS n FROM delivery "
                        "GROUP BY host) AS t") == "1|4"


def test_reader_needs_no_more_than_select(make_counter, database):
    counter = make_counter("one").imports(LOGS[0])
    want = counter.says("top", "--by", "sent", "--since", "all")
    database.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO forceenc")
    database.write(user="forceenc")
    assert counter.says("top", "--by", "sent", "--since", "all") == want
    assert counter.says("stats", "@example.org", "--since", "all") is not None
