# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A primary and its hot standby: which of them is asked, and what happens
when the standby takes over."""

import pytest

from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, CARL, DOWN, LOST, NOBODY, certificates, make_served,
    make_server, table_path)
from lab.until import until

SHORT = {"answer_deadline": "500ms", "present_ttl": "1ms",
         "absent_ttl": "1ms"}


@pytest.fixture
def primary(make_server):
    """One that may be stopped."""
    primary = make_server(number=30)
    primary.set({ALICE: "on", BOB: "on", CARL: "on"})
    yield primary
    primary.close()


@pytest.fixture
def standby(make_server, primary):
    standby = make_server(number=31, primary=primary)
    yield standby
    standby.close()


@pytest.fixture(scope="module")
def both(make_server):
    """They stay as they are."""
    primary = make_server(number=32)
    primary.set({ALICE: "on", BOB: "on", CARL: "on"})
    return primary, make_server(number=33, primary=primary)


def table(primary, standby, path, **parameters):
    """The standby stands first."""
    return primary.table(
        path, hosts=f"unix:{standby.sockets}/.s.PGSQL.{standby.port} "
        f"unix:{primary.sockets}/.s.PGSQL.{primary.port}", **parameters)


def sessions(server):
    return int(server.sql("SELECT count(*) FROM pg_stat_activity WHERE "
                          "usename = 'forceenc'"))


@pytest.mark.parametrize("wanted,asked", [
    ("any", None), ("standby", "standby"), ("read-only", "standby"),
    ("primary", "primary"), ("read-write", "primary")])
def test_who_is_asked(both, make_served, table_path, wanted, asked):
    primary, standby = both
    primary.sql(f"DELETE FROM policy WHERE address = '{NOBODY}'")
    served = make_served(table(primary, standby, table_path,
                               target_session_attrs=wanted), **SHORT)
    served.log.allow("warning: .*")
    served.start()
    for key in (ALICE, BOB, CARL):
        served.until(key, served.client.FOUND)
    served.becomes(NOBODY, served.client.NOTFOUND)
    have = {"primary": sessions(primary), "standby": sessions(standby)}
    assert have.pop(asked, 0) + sum(have.values()) == 1
    assert asked is None or not any(have.values())
    # The standby has it a moment later.
    primary.set({NOBODY: "on"})
    served.becomes(NOBODY, served.client.FOUND)


def test_the_standby_takes_over(primary, standby, make_served, table_path):
    """In between nobody can be asked: there is no primary."""
    served = make_served(table(primary, standby, table_path,
                               target_session_attrs="primary"), **SHORT)
    served.log.allow(LOST, "warning: .*")
    served.log.expect(DOWN)
    served.start()
    served.is_well()
    primary.sql("INSERT INTO policy VALUES ('last@example.com', 'on')")
    until(lambda: standby.sql("SELECT count(*) FROM policy WHERE address = "
                              "'last@example.com'").strip().encode(), b"1",
          10.0)
    primary.stop()
    served.until("last@example.com", served.client.TEMP)
    for key in (ALICE, BOB, CARL):
        served.expect(key, served.client.FOUND)
    served.expect("stranger@example.com", served.client.TEMP)
    standby.promote()
    served.until("last@example.com", served.client.FOUND)
    served.is_well()
    standby.set({NOBODY: "on"})
    served.becomes(NOBODY, served.client.FOUND)


def test_notices_after_a_take_over(primary, standby, make_served,
                                   table_path):
    """What the new primary tells is heard."""
    served = make_served(
        table(primary, standby, table_path, listen_channel="forceenc"),
        answer_deadline="500ms", present_ttl="1h", absent_ttl="1h",
        watched_ttl="1h")
    served.log.allow(LOST, DOWN, "warning: .*")
    served.start()
    served.becomes(ALICE, served.client.FOUND)
    primary.stop()
    served.log.wait("changes aren't noticed")
    served.expect(ALICE, served.client.FOUND)
    standby.promote()
    served.log.wait("changes are noticed again")
    served.becomes(NOBODY, served.client.NOTFOUND)
    standby.sql(f"UPDATE policy SET answer = 'off' WHERE address = '{ALICE}'")
    served.becomes(ALICE, served.client.NOTFOUND)
    standby.set({NOBODY: "on"})
    served.becomes(NOBODY, served.client.FOUND)


def test_both_are_down(primary, standby, make_served, table_path):
    """TEMP at once, as long as that is known; then everything again."""
    served = make_served(table(primary, standby, table_path,
                               retry_interval="1s"), answer_deadline="20s")
    served.log.allow(LOST, "warning: .*")
    served.log.expect(DOWN)
    served.start()
    served.is_well()
    standby.stop("immediate")
    primary.stop("immediate")
    served.ask("first@example.com")
    # Anything but "at once" would be twenty seconds each.
    for number in range(20):
        served.expect(f"u{number}@example.com", served.client.TEMP)
    served.expect(ALICE, served.client.FOUND)
    primary.start()
    served.until("new@example.com", served.client.NOTFOUND)
    primary.set({"new2@example.com": "on"})
    served.expect("new2@example.com", served.client.FOUND)
