# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A watcher whose PostgreSQL isn't as it should be when it starts: it waits
for what comes by itself, and ends where somebody must change something."""

import re
import subprocess

import pytest

from lab import TIMEOUT, programs
from lab.scrape import Pages
from lab.stats_pgsql import (  # noqa: F401 (fixtures)
    AWAY, PASSWORD, database, make_counter, server, tables_are_equal,
    wait_total)

WAITS = AWAY + ".*; the log waits until a server can be had: .*hosts"
READY = r"\bready \(log="


@pytest.fixture
def make_waiting(make_counter, folder):
    """A counter with pages, whose server isn't there."""
    def make(path, why):
        counter = make_counter("one", path,
                               watch_http_listen=f"unix:{folder}/http")
        counter.pages = Pages(f"unix:{folder}/http")
        counter.log.expect(WAITS)
        counter.start()
        assert re.search(why, counter.log.wait(WAITS).string)
        return counter
    return make


def runs_into(counter, *words):
    counter.write()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(counter.path), *words],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71, done.stderr
    assert PASSWORD not in done.stderr
    return done.stderr


@pytest.mark.parametrize("parameters, said", [
    ({"hosts": "inet:127.0.0.1:1"}, "127.0.0.1.*Connection refused"),
    ({"hosts": "nowhere.invalid"}, "nowhere.invalid.*name not found"),
    ({"hosts": "unix:/nowhere unix:/neither"}, "nowhere.*neither"),
    # One of them may come back and be fine.
    ({"hosts": "{address} inet:127.0.0.1:1", "password": "wrong"},
     "password authentication failed.*Connection refused"),
])
def test_waits_for_what_is_away(make_waiting, database, parameters, said):
    address = f"{database.server.address}:{database.server.port}"
    path = database.write("away.cf", sslmode="disable", **{
        name: value.format(address=address)
        for name, value in parameters.items()})
    counter = make_waiting(path, said)
    assert "away.cf" in counter.log.wait(WAITS).string
    counter.manager.said.wait("^STATUS=the log waits")
    text = counter.pages.until_status("/readyz", 503)
    assert re.search("the store can't be written: .*" + said, text)
    assert counter.pages.get("/healthz").status == 200
    assert counter.pages.figures().get("forceenc_watch_store_up") == 0
    assert not counter.log.find(READY)
    assert counter.stop() == 0


def test_goes_on_when_the_server_comes(make_waiting, database, folder):
    server = database.server
    server.stop()
    counter = make_waiting(database.path, "No such file or directory")
    counter.deliver(level="Trusted")
    server.start()
    counter.log.wait(READY)
    wait_total(database, counter)
    counter.pages.until_status("/readyz", 200)
    counter.deliver(level="Verified")
    wait_total(database, counter)
    assert len(counter.log.find(r" error: ")) == 1
    assert not counter.log.find("opened anew")
    counter.stop()
    tables_are_equal(folder, counter)


def test_a_pipe_waits(make_counter, database):
    """For a server at the start, and in the middle: there is no other copy of
    it. An archive can be read again."""
    counter = make_counter("one")
    counter.deliver(level="Trusted")
    server = database.server
    server.stop()
    heard = runs_into(counter, "--import", str(counter.mail_log))
    assert "No such file or directory" in heard
    process = counter.reads_a_pipe()
    line = process.stderr.readline()
    assert re.search(WAITS, line), line
    server.start()
    assert "is written again" in process.stderr.readline()
    # Even when it goes again at once.
    server.stop("immediate")
    process.stdin.write(counter.mail_log.read_text())
    process.stdin.close()
    while not re.search(AWAY, line := process.stderr.readline()):
        assert line
    server.start()
    said = process.stderr.read()
    assert process.wait(TIMEOUT) == 0, said
    process.stderr.close()
    assert "is written again" in said
    assert database.count("one") == 1


def test_a_server_that_is_full(make_waiting, database):
    database.server.sql("ALTER ROLE counter CONNECTION LIMIT 0", "postgres")
    try:
        counter = make_waiting(database.path, "too many connections for role")
    finally:
        database.server.sql("ALTER ROLE counter CONNECTION LIMIT -1",
                            "postgres")
    counter.log.wait(READY)
    counter.deliver(level="Trusted")
    wait_total(database, counter)


def test_a_server_that_starts_and_refuses(make_waiting, database):
    """The second line tells that waiting is of no use any more."""
    server = database.server
    server.stop()
    path = database.write(
        "wrong.cf", password="wrong", sslmode="disable",
        hosts=f"{server.address}:{server.port}")
    counter = make_waiting(path, "Connection refused")
    counter.log.expect(AWAY + ".*password authentication failed")
    server.start()
    counter.log.wait("password authentication failed")
    counter.deliver(level="Trusted")
    server.sql("ALTER ROLE counter PASSWORD 'wrong'", "postgres")
    try:
        counter.log.wait(READY)
        wait_total(database, counter)
    finally:
        server.sql(f"ALTER ROLE counter PASSWORD '{PASSWORD}'", "postgres")
    assert len(counter.log.find(r" error: ")) == 2


def test_a_reload_while_it_waits(make_waiting, database):
    """Mended hosts are taken at once, others that are away as well."""
    path = database.write("first.cf", hosts="inet:127.0.0.1:1")
    counter = make_waiting(path, "Connection refused")
    counter.deliver(level="Trusted")
    database.write("first.cf", hosts="inet:127.0.0.1:2")
    assert counter.reload()
    assert not counter.log.find(READY)
    counter.pages.until_status("/readyz", 503)
    database.write("first.cf")
    assert counter.reload()
    counter.log.wait(READY)
    wait_total(database, counter)
    # What works isn't given up for what doesn't.
    counter.log.expect("error: configuration not reloaded: .*refused")
    database.write("first.cf", hosts="inet:127.0.0.1:1")
    assert not counter.reload()
    counter.deliver(level="Trusted")
    wait_total(database, counter)


@pytest.mark.parametrize("parameters, said", [
    ({"password": "wrong", "hosts": "{address}"},
     "password authentication failed"),
    ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
    ({"user": "nobody-here", "hosts": "{address}"}, "authentication failed"),
    ({"dbname": "latin"}, "encoding is LATIN1; make one with ENCODING"),
    ({"user": "forceenc"}, "permission denied for schema public"),
    ({"sslmode": "require", "hosts": "{address}"},
     "server does not support SSL"),
])
def test_ends_where_it_is_wrong(make_counter, database, parameters, said):
    server = database.server
    if "latin" in parameters.values():
        server.sql("DROP DATABASE IF EXISTS latin", "postgres")
        server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' "
                   "TEMPLATE template0", "postgres")
    address = f"{server.address}:{server.port}"
    path = database.write("wrong.cf", **{"sslmode": "prefer", **{
        name: value.format(address=address)
        for name, value in parameters.items()}})
    heard = runs_into(make_counter("one", path))
    assert re.search(said, heard), heard
    assert "wrong.cf" in heard


def test_ends_at_tables_that_may_not_be_written_to(make_counter, database):
    make_counter("one").imports(
        programs.TOP / "tests/watch/corpus/3.7.11-retry.log")
    database.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO forceenc")
    database.sql("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public "
                 "TO forceenc")
    database.sql("REVOKE INSERT ON delivery_hour FROM forceenc")
    database.sql("REVOKE DELETE ON state FROM forceenc")
    database.write(user="forceenc")
    heard = runs_into(make_counter("two"))
    assert re.search("GRANT SELECT, INSERT, UPDATE, DELETE "
                     "ON delivery_hour, state TO forceenc", heard), heard
    database.sql("GRANT INSERT ON delivery_hour TO forceenc")
    database.sql("GRANT DELETE ON state TO forceenc")
    counter = make_counter("three")
    counter.start()
    counter.deliver(level="Trusted")
    wait_total(database, counter)


def test_ends_at_a_later_schema(make_counter, database):
    make_counter("one").imports(
        programs.TOP / "tests/watch/corpus/3.7.11-retry.log")
    database.sql("UPDATE setting SET value = 99")
    assert "later version of forceenc-watch" in runs_into(make_counter("two"))


def test_second_writer_is_refused(make_counter, database):
    """By name: who has it, since when, and how to get rid of that one."""
    counter = make_counter("one")
    counter.start()
    other = make_counter("one-more", store_host="one")
    heard = runs_into(other)
    pid = database.sql("SELECT pid FROM pg_stat_activity WHERE "
                       "application_name LIKE 'forceenc-watch/%'")
    assert re.search(
        "another forceenc-watch counts for the host one "
        rf"\(from=.*machine pid={pid} name=forceenc-watch/[0-9a-f]* "
        rf"since=.*store_host.*pg_terminate_backend\({pid}\)", heard), heard
    counter.deliver(level="Trusted")
    wait_total(database, counter)
    counter.stop()
    # It has a log of its own, in which the other's place isn't found.
    other.log.expect("warning: .*isn't there any more")
    other.start()
    other.log.wait("isn't there any more")


def test_second_writer_in_a_reload(make_counter, database):
    counter = make_counter("one")
    counter.start()
    other = make_counter("two")
    other.log.expect("not reloaded: .*another forceenc-watch counts")
    other.start()
    other.options["store_host"] = "one"
    assert not other.reload()
    for each in (counter, other):
        each.deliver(level="Trusted")
        wait_total(database, each)
