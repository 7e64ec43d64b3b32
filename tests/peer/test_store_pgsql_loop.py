# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A PostgreSQL that is silent holds up nothing but the counting: pages,
signals and the service manager are served while the watcher waits for it."""

import signal

import pytest

from lab import TIMEOUT
from lab.scrape import Pages
from lab.stats_pgsql import (  # noqa: F401 (fixtures)
    AWAY, LIMIT, UNTIDY, Session, database, make_counter, server,
    tables_are_equal, total, wait_total)
from lab.until import until

# Nothing of what is tested here ends by these.
LONG = {"sslmode": "disable", "connect_time_limit": "1m",
        "query_time_limit": "1h"}
WATCHDOG = {"WATCHDOG_USEC": "200000"}


@pytest.fixture
def proxy(make_proxy, database):
    return make_proxy((database.server.address, database.server.port), 26)


@pytest.fixture
def silent(make_counter, folder, database, proxy):
    """A counter whose server may fall silent."""
    path = database.write("proxy.cf", hosts=f"{proxy.address}:{proxy.port}",
                          **LONG)
    counter = make_counter("one", path,
                           watch_http_listen=f"unix:{folder}/http")
    counter.pages = Pages(f"unix:{folder}/http")
    return counter


def begins_to_commit(counter, database, proxy):
    """The server is silent in the middle of a batch."""
    counter.start(environ=WATCHDOG)
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    database.until_idle()
    proxy.eat(0)
    counter.deliver(level="Trusted")
    until(lambda: database.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
        "'forceenc-watch/%' AND xact_start IS NOT NULL").encode(), b"1",
        LIMIT)


def begins_to_connect(counter, proxy):
    """It takes the connection, and never says a word."""
    proxy.mute = True
    before = proxy.accepted
    counter.start(environ=WATCHDOG, ready=False)
    until(lambda: b"%d" % (proxy.accepted > before), b"1", LIMIT)


def lives(counter):
    """Pages are answered, and the manager hears, again and again."""
    for _ in range(3):
        since = counter.manager.said.mark()
        assert counter.pages.get("/healthz").status == 200
        assert counter.pages.figures().get("forceenc_watch_ready") in (0, 1)
        counter.manager.said.wait("^WATCHDOG=1$", since)


def test_silent_in_a_commit(silent, database, proxy, folder):
    begins_to_commit(silent, database, proxy)
    lives(silent)
    proxy.resume()
    wait_total(database, silent)
    silent.stop()
    tables_are_equal(folder, silent)


def test_reload_in_a_silent_commit(silent, database, proxy, folder):
    silent.log.allow(AWAY, UNTIDY)
    begins_to_commit(silent, database, proxy)
    database.write("proxy.cf")
    assert silent.reload()
    wait_total(database, silent)
    silent.stop()
    tables_are_equal(folder, silent)


# COMMIT waits until somebody else lets go of a table.
GATE = """
CREATE TABLE gate ();
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN LOCK TABLE gate; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER pass AFTER INSERT OR UPDATE ON delivery_hour
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pass();
"""


def test_reload_in_a_commit_that_is_done(silent, database, proxy, folder):
    """The server has it, and the watcher gives up before it hears so: what it
    reads again is what comes behind it."""
    silent.log.allow(AWAY, UNTIDY)
    silent.start(environ=WATCHDOG)
    silent.deliver(level="Trusted")
    wait_total(database, silent)
    database.until_idle()
    database.sql(GATE)
    other = Session(database.server)
    other.say("BEGIN; LOCK TABLE gate")
    database.until_locked("gate", True)
    silent.deliver(level="Trusted")
    database.until_locked("gate", False)
    proxy.stall()
    other.end()
    wait_total(database, silent)
    silent.deliver(level="Verified")
    database.write("proxy.cf")
    assert silent.reload()
    wait_total(database, silent)
    silent.stop()
    tables_are_equal(folder, silent)


def test_a_pipe_whose_commit_was_done(silent, database, proxy):
    """Nobody heard so: its lines can't be had again, but they needn't be."""
    silent.deliver(level="Trusted")
    process = silent.reads_a_pipe()
    for line in process.stderr:
        if ": ready (log=- " in line:
            break
    database.sql(GATE)
    other = Session(database.server)
    other.say("BEGIN; LOCK TABLE gate")
    database.until_locked("gate", True)
    process.stdin.write(silent.mail_log.read_text())
    process.stdin.close()
    database.until_locked("gate", False)
    proxy.stall()
    other.end()
    wait_total(database, silent)
    proxy.cut()
    proxy.resume()
    said = process.stderr.read()
    assert process.wait(TIMEOUT) == 0, said
    process.stderr.close()
    assert "can't be written" in said and "is written again" in said
    assert database.count("one") == total(silent) == 1


def test_silent_in_a_commit_at_the_end(silent, database, proxy):
    silent.log.allow(AWAY, UNTIDY)
    begins_to_commit(silent, database, proxy)
    assert silent.stop() == 0


def test_silent_from_the_start(silent, proxy):
    begins_to_connect(silent, proxy)
    lives(silent)
    assert silent.stop() == 0


def test_reload_leaves_a_silent_server(silent, database, proxy):
    """The one that is waited for needn't be any more."""
    silent.start(environ=WATCHDOG)
    silent.deliver(level="Trusted")
    wait_total(database, silent)
    silent.log.allow(AWAY, UNTIDY)
    before = proxy.accepted
    proxy.mute = True
    proxy.cut()
    until(lambda: b"%d" % (proxy.accepted > before), b"1", LIMIT)
    lives(silent)
    silent.deliver(level="Trusted")
    before = proxy.accepted
    silent.signal(signal.SIGHUP)
    silent.manager.said.wait("^RELOADING=1$")
    until(lambda: b"%d" % (proxy.accepted > before), b"1", LIMIT)
    database.write("proxy.cf")
    assert silent.reload()
    wait_total(database, silent)


def test_a_session_that_was_lost_is_ended(silent, database, proxy):
    """The server still has it, and its lock; it's not another one's."""
    silent.log.allow(AWAY, UNTIDY)
    begins_to_commit(silent, database, proxy)
    old = database.sql("SELECT pid FROM pg_stat_activity WHERE "
                       "application_name LIKE 'forceenc-watch/%'")
    proxy.forget()
    wait_total(database, silent)
    assert not silent.log.find("another forceenc-watch")
    assert database.sql("SELECT count(*) FROM pg_stat_activity WHERE "
                        f"pid = {old}") == "0"
