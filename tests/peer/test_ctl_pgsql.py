# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl set, unset and list in PostgreSQL."""

import pytest

from lab.ctl import CONFIG, NOTFOUND, TEMPFAIL, USAGE, Ctl
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, NOBODY, at, certificates, make_served, make_server, proxy,
    server, table_path, the_server)
from lab.until import until

DATAERR = 65
NOPERM = 77


@pytest.fixture
def admin(server):
    """A role for those who may change everything."""
    server.sql("DROP ROLE IF EXISTS hostmaster; CREATE ROLE hostmaster LOGIN "
               "PASSWORD 'rather secret' IN ROLE forceenc_admin")
    return "hostmaster"


@pytest.fixture
def make_table(make_served, server, table_path, folder):
    """A table whose daemon isn't running."""
    (folder / "admin.pw").write_text("rather secret\n")

    def make(**parameters):
        served = make_served(server.table(table_path, **parameters))
        served.daemon.write()
        served.ctl = Ctl(served.daemon.path)
        return served

    return make


def rows(server, where="true"):
    return dict(line.split("|") for line in server.sql(
        f"SELECT address, answer FROM policy WHERE {where}").splitlines())


def test_our_own_schema(make_table, server, admin, table_path):
    ctl = make_table(admin_user=admin).ctl
    said = ctl("set", "New@Example.COM", "on")
    assert said.out == (
        "new@example.com: set to on (is new)\n"
        f"written:   pgsql:{table_path}\n"
        "in effect: forceenc:, by new@example.com (full address)\n")
    said = ctl("set", "new@example.com", "off", "--json")
    assert said.json() == {
        "address": "new@example.com", "answer": "off", "before": "on",
        "table": f"pgsql:{table_path}",
        "effect": {"answer": "off", "key": "new@example.com",
                   "level": "full address"}}
    ctl("set", "o'hara@example.com", "on")
    ctl("set", "@Exämple.com", "forceenc:")
    assert rows(server, "answer <> 'x' AND address ~ 'hara|new|xn'") == {
        "new@example.com": "off", "o'hara@example.com": "on",
        "@xn--exmple-cua.com": "forceenc:"}
    said = ctl("unset", "new@example.com")
    assert "removed (was off)" in said.out and "nothing" in said.out
    ctl("unset", "new@example.com", status=NOTFOUND)
    ctl("set", "new@example.com", "smtp:", status=USAGE)


def test_list(make_table, server, admin):
    ctl = make_table(admin_user=admin).ctl
    listed = ctl("list", "--json").json()
    assert {row["address"]: row["answer"] for row in listed} == rows(server)
    assert all(row["changed"] is None for row in listed)
    on = ctl("list", "--on", "--json").json()
    assert "off@forced.test" not in {row["address"] for row in on}
    server.sql("INSERT INTO policy SELECT 'u' || i || '@x.test', 'on' "
               "FROM generate_series(1, 2500) AS i")
    assert len(ctl("list", "*@x.test", "--json").json()) == 2500
    assert len(ctl("list", "*@x.test", "--json", "-n", "7").json()) == 7


def test_the_daemons_account_may_not(make_table, server):
    ctl = make_table().ctl
    said = ctl("set", NOBODY, "on", status=NOPERM)
    assert "permission denied for table policy" in said.err
    assert "admin_user" in said.err
    ctl("unset", ALICE, status=NOPERM)
    assert rows(server, f"address = '{NOBODY}'") == {}
    assert ALICE in ctl("list").out


@pytest.mark.parametrize("sslmode", ["verify-full", "disable"])
def test_who(make_table, server, admin, authority, folder, sslmode):
    parameters = {"hosts": f"{server.address}:{server.port}",
                  "sslmode": sslmode, "sslrootcert": authority.path}
    ctl = make_table(admin_user=admin, admin_password_file="admin.pw",
                     **parameters).ctl
    ctl("set", NOBODY, "on")
    (folder / "wrong.pw").write_text("wrong\n")
    said = ctl("set", NOBODY, "off", "--as", admin, "--password-file",
               str(folder / "wrong.pw"), status=TEMPFAIL)
    assert "password authentication failed" in said.err
    assert "wrong" not in said.err.replace("wrong.pw", "")
    said = ctl("set", NOBODY, "off", "--as", admin, status=TEMPFAIL)
    assert "no password supplied" in said.err
    # The daemon's password is nobody else's.
    said = ctl("set", NOBODY, "off", "--as", "nosuch", "--password-file",
               str(folder / "admin.pw"), status=TEMPFAIL)
    assert rows(server, f"address = '{NOBODY}'") == {NOBODY: "on"}
    ctl = make_table(**parameters).ctl
    ctl("set", NOBODY, "off", "--as", admin, "--password-file",
        str(folder / "admin.pw"))
    assert rows(server, f"address = '{NOBODY}'") == {NOBODY: "off"}


USERS = """
DROP TABLE IF EXISTS users;
CREATE TABLE users (name text, domain text, tls boolean, part int);
INSERT INTO users VALUES ('alice', 'example.com', false, 1),
    ('twice', 'example.com', false, 1), ('twice', 'example.com', false, 2);
GRANT ALL ON users TO forceenc;
"""
THEIRS = {
    "query": "SELECT tls FROM users WHERE name = '%u' AND domain = '%d'",
    "update_query":
        "UPDATE users SET tls = '%v' WHERE name = '%u' AND domain = '%d'",
}


def test_a_schema_of_others(make_table, server):
    server.sql(USERS)
    ctl = make_table(**THEIRS).ctl
    said = ctl("set", ALICE, "on")
    assert "(was f)" in said.out and "in effect: forceenc:" in said.out
    said = ctl("set", ALICE, "off")
    assert "(was t)" in said.out and "in effect: off" in said.out
    said = ctl("set", NOBODY, "on", status=NOTFOUND)
    assert "nobody has this address" in said.err
    said = ctl("set", "@example.com", "on", status=NOTFOUND)
    said = ctl("set", "twice@example.com", "on", status=DATAERR)
    assert "would change 2 rows, so nothing was changed" in said.err
    assert server.sql("SELECT count(*) FROM users WHERE tls").strip() == "0"
    # The server's own words.
    said = ctl("set", ALICE, "DUNNO", status=TEMPFAIL)
    assert "invalid input syntax for type boolean" in said.err
    said = ctl("unset", ALICE, status=CONFIG)
    assert "there is no delete_query" in said.err
    said = ctl("list", status=CONFIG)
    assert "there is no list_query" in said.err


def test_more_queries(make_table, server):
    server.sql(USERS)
    ctl = make_table(
        delete_query="UPDATE users SET tls = NULL WHERE name = '%u'",
        list_query="SELECT name || '@' || domain, tls FROM users "
                   "WHERE part %% 2 = 1", **THEIRS).ctl
    assert [row["address"] for row in ctl("list", "--json").json()] == [
        ALICE, "twice@example.com"]
    ctl("unset", ALICE)
    assert [row["address"] for row in ctl("list", "--json").json()] == [
        "twice@example.com"]
    said = ctl("unset", "twice@example.com", status=DATAERR)
    assert "nothing was changed" in said.err


def test_tables_that_cannot_be_changed(make_table, server):
    server.sql(USERS)
    ctl = make_table(query=THEIRS["query"]).ctl
    for words in (["set", ALICE, "on"], ["unset", ALICE]):
        assert "update_query" in ctl(*words, status=CONFIG).err
    assert "list_query" in ctl("list", status=CONFIG).err


@pytest.mark.parametrize("name,query,wanted", [
    ("update_query", "UPDATE x SET y = '%v'", "concerns every sender"),
    ("update_query", "UPDATE x SET y = 1 WHERE z = '%s'", "has no '%v'"),
    ("update_query", "UPDATE x SET y = '%q' WHERE z = '%s'", "%q"),
    ("delete_query", "DELETE FROM policy", "concerns every sender"),
    ("delete_query", "DELETE FROM x WHERE y = '%v'", "%v"),
    ("list_query", "SELECT a, b FROM x WHERE a = '%s'", "no address to list"),
    ("admin_password_file", "x", "admin_user"),
])
def test_wrong_parameters(make_table, table_path, name, query, wanted):
    said = make_table(**{name: query}).ctl("list", status=CONFIG)
    assert str(table_path) in said.err and wanted in said.err


def test_servers(make_table, make_proxy, server, admin):
    """The next one when one fails; and none."""
    gone = make_proxy((server.address, server.port), 22)
    gone.refuse()
    here = f"unix:{server.sockets}/.s.PGSQL.{server.port}"
    table = make_table(admin_user=admin, hosts=f"{at(gone)} {here}")
    table.ctl("set", NOBODY, "on")
    table = make_table(admin_user=admin, hosts=at(gone))
    said = table.ctl("set", NOBODY, "on", status=TEMPFAIL)
    assert "refused" in said.err
    gone.open()


def test_silence(make_table, make_proxy, server, admin):
    proxy = make_proxy((server.address, server.port), 22)
    proxy.stall()
    table = make_table(admin_user=admin, hosts=at(proxy),
                       connect_time_limit="300ms")
    said = table.ctl("set", NOBODY, "on", status=TEMPFAIL)
    assert "no connection in time" in said.err
    proxy.resume()


def test_a_server_that_goes_away(make_table, server):
    """In the middle of a change: nothing was changed, and that is said."""
    hangs_up = " AND pg_terminate_backend(pg_backend_pid())"
    ctl = make_table(query=THEIRS["query"],
                     update_query=THEIRS["update_query"] + hangs_up,
                     delete_query="DELETE FROM users WHERE name = '%u'" +
                     hangs_up).ctl
    server.sql(USERS)
    for words in (["set", ALICE, "on"], ["unset", ALICE]):
        said = ctl(*words, status=TEMPFAIL)
        assert "terminating connection" in said.err, said.err
        assert said.out == ""
    assert server.sql("SELECT tls FROM users WHERE name = 'alice'") \
        .strip() == "f"


def test_changed_but_not_looked_at(make_table, server):
    """A change that was made is said to be, whatever happens later."""
    server.sql(USERS)
    ctl = make_table(query=THEIRS["query"] + " AND (NOT tls OR 1/(part-1) = 1)",
                     update_query=THEIRS["update_query"],
                     delete_query="UPDATE users SET tls = NOT tls "
                     "WHERE name = '%u'").ctl
    said = ctl("set", ALICE, "on", status=TEMPFAIL)
    assert "division by zero" in said.err
    assert f"{ALICE}: was set to on all the same" in said.err
    server.sql("UPDATE users SET tls = false")
    said = ctl("unset", ALICE, status=TEMPFAIL)
    assert f"{ALICE}: was removed all the same" in said.err


def test_a_commit_that_is_refused(make_table, server):
    """By a trigger that waits for it: nobody needs to look what holds."""
    server.sql(USERS + """
        CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION 'not today'; END$$;
        CREATE CONSTRAINT TRIGGER no AFTER UPDATE ON users
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no();
        """)
    ctl = make_table(**THEIRS).ctl
    said = ctl("set", ALICE, "on", status=TEMPFAIL)
    assert "not today" in said.err and "isn't known" not in said.err
    assert server.sql("SELECT count(*) FROM users WHERE tls").strip() == "0"


def test_a_switch_is_in_force_at_once(make_served, server, admin, table_path):
    served = make_served(
        server.table(table_path, listen_channel="forceenc", admin_user=admin),
        present_ttl="1h", absent_ttl="1h", watched_ttl="1h").start()
    until(lambda: server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'forceenc' "
        "AND query ~ 'pg_notify'").strip().encode(), b"1")
    ctl = Ctl(served.daemon.path)
    for key in (BOB, NOBODY):
        served.ask(key)
    for _ in range(3):
        ctl("set", BOB, "off")
        served.becomes(BOB, served.client.NOTFOUND)
        ctl("set", NOBODY, "on")
        served.becomes(NOBODY, served.client.FOUND)
        ctl("set", BOB, "on")
        served.becomes(BOB, served.client.FOUND)
        ctl("unset", NOBODY)
        served.becomes(NOBODY, served.client.NOTFOUND)
