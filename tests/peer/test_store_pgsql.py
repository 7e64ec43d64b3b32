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

from lab import TIMEOUT, postgres, programs
from lab.postgres import Postgres
from lab.stats_pgsql import Counter, Statistics, Undisturbed
from lab.until import until

LOGS = sorted((programs.TOP / "tests/watch/corpus").glob("*.log"))
SEED = int(os.environ.get("FORCEENC_SEED", str(time.time_ns())))
KILLS = int(os.environ.get("FORCEENC_KILLS", "20"))
AWAY = r"error: .*: can't be written: "
UNTIDY = r"warning: .*: can't be tidied: "
LIMIT = 60.0
IDLE = ("SELECT count(*) FROM pg_stat_activity WHERE usename = 'counter' "
        "AND state = 'idle' AND state_change < now() - interval '0.3 s'")


@pytest.fixture(scope="module")
def server(make_folder):
    postgres.require()
    made = Postgres(make_folder(), number=25)
    yield made
    made.close()


@pytest.fixture
def database(server, folder):
    if not server.running():
        server.start()
    return Statistics(server, folder)


@pytest.fixture
def make_counter(folder, database):
    made = []

    def make(host, path=None, **options):
        made.append(Counter(folder, host, path or database.path, **options))
        return made[-1]

    yield make
    for counter in made:
        counter.close()
        counter.check()


def undisturbed(folder, counter):
    """What the counter's log comes to."""
    return Undisturbed(folder, f"sqlite-{counter.host}").imports(
        counter.mail_log)


def tables_are_equal(folder, counter):
    want = undisturbed(folder, counter)
    assert want.table() == counter.table()
    assert len(want.table()) > 0


def total(counter):
    """Recipients, of a log that has only complete deliveries."""
    return len(re.findall(rb" status=", counter.mail_log.read_bytes()))


def wait_total(database, counter, limit=LIMIT):
    until(lambda: b"%d" % database.count(counter.host),
          b"%d" % total(counter), limit)


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


def test_second_writer_is_refused(make_counter, folder, database):
    counter = make_counter("one")
    counter.start()
    other = make_counter("one-more", store_host="one")
    other.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(other.path)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71
    assert "another forceenc-watch counts for the host one" in done.stderr
    assert "store_host" in done.stderr
    counter.deliver(level="Trusted")
    wait_total(database, counter)


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
    for count in range(0, 320, 16):
        # It tidies once it's connected.
        until(lambda: database.sql(IDLE).encode(), b"1", LIMIT)
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


@pytest.mark.parametrize("parameters, said", [
    ({"password": "wrong", "hosts": "{address}"},
     "password authentication failed"),
    ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
    ({"hosts": "inet:127.0.0.1:1"}, "Connection refused"),
    ({"hosts": "nowhere.invalid"}, "name not found"),
    ({"hosts": "unix:/nowhere unix:/neither"}, "nowhere.*neither"),
    ({"dbname": "latin"}, "encoding is LATIN1; make one with ENCODING"),
    ({"user": "forceenc"}, "permission denied for schema public"),
])
def test_whats_wrong_is_told(make_counter, database, parameters, said):
    server = database.server
    if "latin" in parameters.values():
        server.sql("DROP DATABASE IF EXISTS latin", "postgres")
        server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' "
                   "TEMPLATE template0", "postgres")
    address = f"{server.address}:{server.port}"
    path = database.write("wrong.cf", sslmode="prefer", **{
        name: value.format(address=address)
        for name, value in parameters.items()})
    counter = make_counter("one", path)
    counter.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(counter.path)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71
    assert re.search(said, done.stderr), done.stderr
    assert "wrong.cf" in done.stderr and "count me in" not in done.stderr


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
