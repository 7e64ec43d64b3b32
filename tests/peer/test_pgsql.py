# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""PostgreSQL tables against a real server: every way to connect, every kind
of value, hostile keys, owners who switch their own row."""

import pytest

from lab.daemon import Ctl
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, BOB, DOWN, NOBODY, at, certificates, make_served,
    make_server, proxy, server, table_path, the_server)
from lab.postgres import PASSWORD
from lab.until import is_reply, until

REPLIES = {
    ALICE: "FOUND", "ALICE+news@Example.COM": "FOUND", BOB: "FOUND",
    NOBODY: "NOTFOUND", "any@forced.test": "FOUND", "<>": "FOUND",
    "off@forced.test": "NOTFOUND",
    "any@sub.forced.test": "NOTFOUND", "x" * 3000 + "@example.com": "PERM",
}


def ways(server, authority):
    tls = {"sslmode": "verify-full", "sslrootcert": authority.path}
    at = f"{server.address}:{server.port}"
    password = PASSWORD.replace(" ", "%20")
    return {
        "unix": {},
        "unix-folder": {"hosts": "postgresql:///mail?host="
                        f"{server.sockets}&port={server.port}"},
        "inet": {"hosts": f"inet:{at}"},
        "bare": {"hosts": at, "sslmode": "disable"},
        "tls": {"hosts": at, **tls},
        "tls-uri": {"hosts": f"postgresql://forceenc:{password}@{at}/mail"
                    f"?sslmode=verify-full&sslrootcert={authority.path}",
                    "user": "nobody", "password": "wrong", "dbname": "none"},
        "unprepared": {"prepared_statements": "no"},
        "primary": {"hosts": at, "target_session_attrs": "primary"},
    }


@pytest.mark.parametrize("way", ways(
    type("None", (), {"address": "", "port": "", "sockets": ""}),
    type("None", (), {"path": ""})))
def test_every_way_to_connect(make_served, server, table_path, authority, way):
    table = server.table(table_path, **ways(server, authority)[way])
    served = make_served(table).start()
    for key, reply in REPLIES.items():
        served.expect(key, getattr(served.client, reply))
    sessions = server.sql(
        "SELECT coalesce(ssl, false) FROM pg_stat_activity JOIN pg_stat_ssl "
        "USING (pid) WHERE usename = 'forceenc'").split()
    assert sessions == ["t" if way in ("tls", "tls-uri", "inet", "primary")
                        else "f"]


def test_every_endpoint(make_served, server, table_path):
    served = make_served(server.table(table_path)).start()
    for name in served.endpoints.at:
        with served.endpoints.client(name) as client:
            assert client.ask(ALICE) == client.FOUND
            assert client.ask(NOBODY) == client.NOTFOUND


def test_a_name_is_looked_up(make_served, server, make_proxy, table_path):
    """By the helper thread: /etc/hosts knows this one."""
    proxy = make_proxy(
        (server.address, server.port), address="127.0.0.1")
    served = make_served(server.table(
        table_path, hosts=f"localhost:{proxy.port}")).start()
    served.is_well()


HOSTILE = [
    "'", "''", "' OR 'a' = 'a", "'; DROP TABLE policy; --", "\\", "\\'",
    "$1", "$$", "%s", "%", "*", ")(uid=*", "?", "\"", "a'b@example.com",
    "alice@example.com'--", "alice@example.com\\", "alice@example.com ",
    " alice@example.com", "alice@example.com\u00a0", "álice@example.com",
    "alice@exampl\u0435.com", "\U0001f600@example.com",
    "'||(SELECT answer FROM policy LIMIT 1)||'", "x" * 1900,
    "@".join(["alice"] * 50),
]


@pytest.mark.parametrize("prepared", ["yes", "no"])
def test_hostile_keys_change_nothing(
        make_served, server, table_path, prepared):
    table = server.table(
        table_path, prepared_statements=prepared,
        query="SELECT answer FROM policy WHERE address = '%s' "
              "OR address = '%u@%d'")
    served = make_served(table).start()
    refused = [b"alice@example.com\x00", b"\xff\xfe@example.com",
               b"a\nb@example.com", b"a" * 9000]
    for key in HOSTILE + refused:
        reply = served.ask(key)
        assert is_reply(reply, served.client.NOTFOUND) or is_reply(
            reply, served.client.PERM), (key, reply)
    # Too long for any question: it's the connection's last one.
    with served.endpoints.client("socketmap-unix") as client:
        assert is_reply(client.ask(b"a" * 10000), client.PERM)
    served.is_well()
    assert server.sql("SELECT count(*) FROM policy").strip() == "7"


@pytest.mark.parametrize("encoding, wanted", [
    ("UTF8", "FOUND"), ("SQL_ASCII", "FOUND"), ("LATIN1", "TEMP")])
def test_keys_are_utf8(
        make_served, server, table_path, encoding, wanted):
    """Taken for another character set it would be another key."""
    server.sql("INSERT INTO policy VALUES ('jörg@example.com', 'on') "
               "ON CONFLICT DO NOTHING")
    served = make_served(server.table(table_path, encoding=encoding)).start()
    if wanted == "TEMP":
        served.log.expect("warning: .*query failed: .*write encoding = UTF8")
    served.expect("jörg@example.com", getattr(served.client, wanted))
    served.is_well()
    server.sql("DELETE FROM policy WHERE address = 'jörg@example.com'")


def test_values_are_as_with_any_other_table(make_served, server, table_path):
    server.sql("""
        CREATE TABLE IF NOT EXISTS more (address text, answer text);
        TRUNCATE more; GRANT SELECT ON more TO PUBLIC;
        INSERT INTO more VALUES ('two@x', 'forceenc:[gate]:26'),
            ('two@x', 'strict:'), ('off@x', 'no'), ('off@x', 'strict:'),
            ('null@x', NULL), ('empty@x', '  '), ('bad@x', 'smtp:[evil]'),
            ('three@x', 'on'), ('three@x', 'on'), ('three@x', 'on')""")
    served = make_served(
        server.table(table_path, expansion_limit="2", query="SELECT answer "
                     "FROM more WHERE address = '%s'"),
        forceenc_answers="strict:, forceenc:[gate]:26").start()
    served.log.expect(r"warning: .*: bad@x: \"smtp:\[evil\]\"")
    strict = b"10:OK strict:,"
    served.expect("two@x", strict)
    served.expect("off@x", strict)
    served.expect("null@x", served.client.NOTFOUND)
    served.expect("empty@x", served.client.NOTFOUND)
    served.expect("bad@x", served.client.TEMP)
    served.expect("three@x", served.client.TEMP)
    assert b"expansion_limit" in served.ask("three@x")


def test_only_these_domains_are_asked_for(make_served, server, table_path):
    served = make_served(server.table(
        table_path, domain="example.com")).start()
    served.expect(ALICE, served.client.FOUND)
    served.expect("any@forced.test", served.client.NOTFOUND)
    served.expect("<>", served.client.NOTFOUND)


def test_idle_connections_are_closed(make_served, server, table_path):
    served = make_served(server.table(
        table_path, idle_interval="100ms")).start()
    served.is_well()

    def sessions():
        return server.sql("SELECT count(*) FROM pg_stat_activity WHERE "
                          "usename = 'forceenc'").strip().encode()

    until(sessions, b"0")
    served.expect("new@forced.test", served.client.FOUND)


def test_wrong_passwords(make_served, server, table_path):
    served = make_served(server.table(
        table_path, hosts=f"{server.address}:{server.port}",
        password="hard to guess")).start()
    served.log.expect(DOWN + ".*password authentication failed")
    served.is_in_doubt()
    assert "hard to guess" not in served.log.tail()
    secret = table_path.with_name("secret")
    secret.write_text(PASSWORD + "\n")
    server.table(table_path, hosts=f"{server.address}:{server.port}",
                 password="", password_file="secret")
    assert served.daemon.reload()
    served.is_well()


def test_secrets_are_not_shown(make_served, server, table_path):
    served = make_served(server.table(
        table_path, hosts="postgresql://forceenc:open%20sesame@"
        f"{server.address}:{server.port}/mail")).start()
    shown = Ctl(served.daemon)("config", "show")
    assert "sesame" not in shown
    assert f"forceenc:(hidden)@{server.address}" in shown


def test_many_questions_at_once(make_served, server, table_path):
    """Some hundred clients with keys of their own: each gets its answer."""
    served = make_served(server.table(table_path)).start()
    wanted = {f"k{i}@forced.test" if i % 2 else f"k{i}@example.com":
              served.client.FOUND if i % 2 else served.client.NOTFOUND
              for i in range(500)}
    clients = [served.endpoints.client("socketmap-unix") for _ in wanted]
    for client, key in zip(clients, wanted):
        client.send(client.question(key))
    for client, (key, reply) in zip(clients, wanted.items()):
        assert client.read_reply() == reply, key
        client.close()


def test_an_owner_switches_their_own_row_only(
        make_served, server, table_path):
    served = make_served(server.table(table_path), present_ttl="0s",
                         absent_ttl="0s").start()
    server.sql("DROP ROLE IF EXISTS alice; CREATE ROLE alice LOGIN IN ROLE "
               "mailbox; UPDATE policy SET owner = 'alice' WHERE address = "
               f"'{ALICE}'")
    served.expect(ALICE, served.client.FOUND)
    off = "UPDATE policy SET answer = 'off' WHERE address = '{}' RETURNING 1"
    assert server.sql(off.format(ALICE), user="alice").strip() == "1"
    served.until(ALICE, served.client.NOTFOUND)
    assert server.sql(off.format(BOB), user="alice").strip() == ""
    for statement in ("UPDATE policy SET owner = 'x'",
                      "DELETE FROM policy",
                      "INSERT INTO policy VALUES ('m@x', 'on', 'alice')",
                      "UPDATE policy SET address = 'm@x'"):
        assert "permission denied" in server.sql(
            statement, user="alice", status=1)
    served.expect(BOB, served.client.FOUND)


def test_tables_in_either_order(make_served, server, table_path):
    """Two maps name the same tables, each the other way around: none of the
    two waits for more than its answers."""
    aliases = table_path.with_name("aliases.cf")
    both = [server.table(table_path),
            server.table(aliases, query="SELECT answer FROM policy_alias "
                         "WHERE address = '%s'")]
    served = make_served(", ".join(both), maps="forceenc, reverse",
                         reverse_tables=", ".join(both[::-1]),
                         reverse_answers="forceenc:",
                         present_ttl="0s", absent_ttl="0s").start()
    server.sql(f"INSERT INTO alias VALUES ('a@example.com', '{ALICE}')")
    served.client.table = "reverse"
    for _ in range(3):
        served.expect(NOBODY, served.client.NOTFOUND)
        served.expect("a@example.com", served.client.FOUND)
        served.expect(BOB, served.client.FOUND)
        served.client.table = "forceenc"
        served.expect(NOBODY, served.client.NOTFOUND)
        served.expect("a@example.com", served.client.FOUND)
        served.client.table = "reverse"


def test_the_view_for_aliases(make_served, server, table_path):
    served = make_served(server.table(
        table_path, query="SELECT answer FROM policy_alias "
        "WHERE address = '%s'")).start()
    server.sql(f"INSERT INTO alias VALUES ('a@example.com', '{ALICE}')")
    served.expect("a@example.com", served.client.FOUND)
    served.expect(ALICE, served.client.FOUND)
    served.expect(NOBODY, served.client.NOTFOUND)
