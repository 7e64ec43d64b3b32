# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Every way in which a PostgreSQL server or a query can fail. Doubt is TEMP
or the last known answer, never NOTFOUND, never late, and ends by itself."""

import threading
import time

import pytest

from lab import net
from lab.load import Load
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, CARL, DOWN, LOST, NOBODY, SLACK, at, certificates,
    make_served, make_server, proxy, server, table_path, the_server)
from lab.until import is_reply


def test_a_restart_of_the_server(make_served, server, table_path):
    served = make_served(server.table(table_path)).start()
    served.log.expect(DOWN)
    served.log.allow(LOST)
    served.expect(ALICE, served.client.FOUND)
    with Load(lambda: served.endpoints.client("tcp-inet"),
              {ALICE: b"200 forceenc:\n"}) as load:
        server.stop()
        served.until(BOB, served.client.TEMP)
        served.is_in_doubt(known=[ALICE])
        server.start()
        served.is_well()
        load.wait_for(100)
    load.check(longest=1.0)
    served.log.wait("answers again")


def test_away_at_the_start(make_served, server, table_path):
    server.stop()
    served = make_served(server.table(table_path)).start()
    served.log.expect(DOWN)
    served.is_in_doubt()
    server.start()
    served.is_well()


def test_a_server_that_is_down_is_not_waited_for(
        make_served, server, proxy, table_path):
    """While every server is known to be down the answer is there at once."""
    proxy.stall()
    served = make_served(server.table(
        table_path, hosts=at(proxy), retry_interval="1m",
        connect_time_limit="300ms")).start()
    served.log.expect(DOWN + ".*no connection in time")
    served.expect(ALICE, served.client.TEMP)
    for _ in range(20):
        began = time.monotonic()
        served.expect(BOB, served.client.TEMP)
        assert time.monotonic() - began < SLACK


def test_a_server_that_accepts_and_is_silent(
        make_served, server, proxy, table_path):
    proxy.stall()
    served = make_served(server.table(
        table_path, hosts=at(proxy),
        connect_time_limit="1s")).start()
    served.log.expect(DOWN)
    served.is_in_doubt()
    proxy.resume()
    proxy.cut()
    served.is_well()


@pytest.mark.parametrize("count", [1, 60, 700])
def test_a_server_that_stops_while_connecting(
        make_served, server, proxy, table_path, authority, count):
    """In the TLS handshake, for one."""
    proxy.eat(count)
    served = make_served(server.table(
        table_path, hosts=at(proxy), sslmode="verify-full",
        sslrootcert=authority.path, connect_time_limit="1s")).start()
    served.log.expect(DOWN)
    served.is_in_doubt()
    proxy.resume()
    proxy.cut()
    served.is_well()


def test_a_server_that_stops_answering(
        make_served, server, proxy, table_path):
    served = make_served(server.table(
        table_path, hosts=at(proxy),
        connect_time_limit="500ms")).start()
    served.log.expect(DOWN, LOST + ".*silent")
    served.expect(ALICE, served.client.FOUND)
    proxy.stall()
    with Load(lambda: served.endpoints.client("tcp-inet"),
              {ALICE: b"200 forceenc:\n"}) as load:
        for key in (BOB, CARL, NOBODY) * 2:
            served.expect(key, served.client.TEMP)
        proxy.resume()
        proxy.cut()
        served.is_well()
    load.check(longest=1.0)


def test_a_server_that_stops_in_the_middle_of_a_result(
        make_served, server, proxy, table_path):
    served = make_served(server.table(
        table_path, hosts=at(proxy),
        connect_time_limit="500ms")).start()
    served.log.expect(DOWN, LOST)
    served.expect(ALICE, served.client.FOUND)
    proxy.eat(20)
    served.expect(BOB, served.client.TEMP)
    proxy.resume()
    proxy.cut()
    served.is_well()


def test_connections_that_are_reset_cost_no_answer(
        make_served, server, proxy, table_path):
    """What was on its way is asked once more."""
    served = make_served(server.table(
        table_path, hosts=at(proxy))).start()
    served.log.allow(LOST)
    for turn in range(10):
        served.expect(f"any{turn}@forced.test", served.client.FOUND)
        proxy.cut()
    served.is_well()


def test_backends_that_are_ended_cost_no_answer(
        make_served, server, table_path):
    served = make_served(server.table(table_path)).start()
    served.log.allow(LOST)
    for turn in range(3):
        served.expect(f"any{turn}@forced.test", served.client.FOUND)
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE usename = 'forceenc'")
    served.is_well()


def test_the_next_server_is_asked(
        make_served, server, make_proxy, table_path):
    """One host refuses, one is silent, one works: whatever the order, nobody
    is told that there is no answer, and soon everybody has theirs."""
    proxy = make_proxy((server.address, server.port), 21)
    silent = make_proxy((server.address, server.port), 22)
    silent.stall()
    served = make_served(server.table(
        table_path, connect_time_limit="700ms", hosts=", ".join([
            f"{net.host(23)}:{server.port}", at(silent),
            at(proxy)]))).start()
    served.log.allow(LOST)
    for turn in range(5):
        served.expect(f"a{turn}@forced.test", served.client.FOUND)
        proxy.cut()
    assert proxy.accepted >= 5


def test_a_missing_table_is_said_once(make_served, server, table_path):
    served = make_served(server.table(
        table_path, query="SELECT answer FROM later WHERE address = '%s'"))
    server.sql("DROP TABLE IF EXISTS later")
    served.start()
    served.log.expect(DOWN + '.*relation "later" does not exist')
    for _ in range(3):
        served.is_in_doubt()
    served.log.wait(DOWN)
    assert len(served.log.find(DOWN)) == 1
    server.sql("CREATE TABLE later AS SELECT * FROM policy; "
               "GRANT SELECT ON later TO forceenc")
    served.is_well()
    server.sql("DROP TABLE later")
    served.until("new@example.com", served.client.TEMP)
    server.sql("CREATE TABLE later AS SELECT * FROM policy; "
               "GRANT SELECT ON later TO forceenc")
    served.until("new@example.com", served.client.NOTFOUND)
    server.sql("DROP TABLE later")


@pytest.mark.parametrize("prepared", ["yes", "no"])
def test_a_table_that_changes_its_shape(
        make_served, server, table_path, prepared):
    """A prepared statement may not outlive it."""
    server.sql("DROP TABLE IF EXISTS shape; CREATE TABLE shape AS "
               "SELECT address, answer FROM policy; "
               "GRANT SELECT ON shape TO forceenc")
    served = make_served(server.table(
        table_path, prepared_statements=prepared,
        query="SELECT answer FROM shape WHERE address = '%s'")).start()
    served.log.allow(LOST, DOWN)
    served.expect(ALICE, served.client.FOUND)
    server.sql("ALTER TABLE shape ALTER answer TYPE varchar(40)")
    served.until(BOB, served.client.FOUND)
    server.sql("DROP TABLE shape")


def test_no_permission(make_served, server, table_path):
    server.sql("REVOKE SELECT ON policy FROM forceenc")
    served = make_served(server.table(table_path)).start()
    served.log.expect(DOWN + ".*permission denied")
    served.is_in_doubt()
    server.sql("GRANT SELECT ON policy TO forceenc")
    served.is_well()


def test_a_query_that_fails_harms_no_other(make_served, server, table_path):
    served = make_served(server.table(
        table_path, query="SELECT answer FROM policy WHERE address = '%s' "
        "AND 1 / (CASE '%u' WHEN 'zero' THEN 0 ELSE 1 END) = 1")).start()
    served.log.expect("warning: .*zero@example.com: query failed: .*division")
    server.set({f"a{i}@example.com": "on" for i in range(40)})
    results = {}

    def ask(key):
        with served.endpoints.client("socketmap-inet") as client:
            results[key] = client.ask(key)

    keys = [f"a{i}@example.com" for i in range(40)]
    keys[5:5] = ["zero@example.com"]
    threads = [threading.Thread(target=ask, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for key in keys:
        wanted = (served.client.TEMP if "zero" in key
                  else served.client.FOUND)
        assert is_reply(results[key], wanted), (key, results[key])


def test_a_slow_query_is_stopped(make_served, server, table_path):
    server.sql("""CREATE OR REPLACE FUNCTION slow(key text) RETURNS bool
        LANGUAGE plpgsql AS $$ BEGIN IF key LIKE 'slow%' THEN
        PERFORM pg_sleep(60); END IF; RETURN true; END $$""")
    served = make_served(server.table(
        table_path, query="SELECT answer FROM policy WHERE slow(address) "
        "AND address = '%s'", query_time_limit="300ms")).start()
    served.log.expect("warning: .*slow@example.com: query failed: .*"
                      "canceling statement due to statement timeout")
    server.set({"slow@example.com": "on"})
    served.expect(ALICE, served.client.FOUND)
    with Load(lambda: served.endpoints.client("tcp-inet"),
              {ALICE: b"200 forceenc:\n"}) as load:
        served.expect("slow@example.com", served.client.TEMP)
        served.expect(BOB, served.client.FOUND)
    load.check(longest=1.0)
    served.is_well()


@pytest.mark.parametrize("case,words", [
    ("name", "elsewhere.lab.test"), ("authority", "certificate verify failed"),
    ("plain", "does not support SSL")])
def test_a_server_that_cannot_prove_itself(
        make_served, server, table_path, authority, certificates, case, words):
    certificate = None if case == "plain" else certificates["other"]
    server.stop()
    server.configure(certificate)
    server.start()
    parameters = {"hosts": f"{server.address}:{server.port}",
                  "sslmode": "verify-full"}
    if case == "name":
        parameters["sslrootcert"] = authority.path
    served = make_served(server.table(table_path, **parameters)).start()
    served.log.expect(DOWN + ".*" + words)
    try:
        served.is_in_doubt()
    finally:
        server.stop()
        server.configure(certificates["good"])
        server.start()
    served.log.allow(DOWN)
    if case == "name":
        served.is_well()


def test_the_table_is_replaced_at_reload(
        make_served, server, proxy, table_path):
    served = make_served(server.table(
        table_path, hosts=at(proxy))).start()
    served.is_well()
    proxy.stall()
    served.client.send(served.client.question("any@forced.test"))
    server.table(table_path)
    assert served.daemon.reload()
    proxy.resume()
    served.client.read_reply()
    served.is_well()
    table_path.write_text("hosts = postgresql://a:b@[c/d\n")
    served.log.expect("error: .*policy.cf:1: hosts: ", "error: .*not reloaded")
    assert not served.daemon.reload()
    served.is_well()
