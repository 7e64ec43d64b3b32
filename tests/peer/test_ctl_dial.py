# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl config check --dial: each server by itself, none of them for
longer than its table's time limits."""

import time

import pytest

from lab.ctl import CONFIG, UNREACHABLE, Ctl
from lab.pgsql import (  # noqa: F401 (fixtures)
    at, certificates, make_served, make_server, proxy, server, table_path,
    the_server)
from lab.slapd import ROOT

# What others on the machine may take of the time.
SLACK = 3.0


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    slapd = make_slapd_module()
    slapd.load({"alice": "mail: alice@example.com\nforceEncryption: TRUE"})
    return slapd.start()


@pytest.fixture
def make_table(make_ldap_table, slapd):
    def make(transport="ldap", **parameters):
        table = make_ldap_table(slapd, transport, **parameters)
        table.write()
        table.daemon.write()
        table.ctl = Ctl(table.daemon.path)
        return table
    return make


def dial(ctl, status=0, purpose="lookups"):
    """The records, by their servers."""
    said = ctl("config", "check", "--dial", "--json", status=status)
    return {record["server"]: record for record in said.json()["servers"]
            if record["for"] == purpose}


@pytest.mark.parametrize("transport,tls", [
    ("ldap", None), ("ldaps", "TLS"), ("starttls", "TLS"), ("ldapi", None)])
def test_ldap(make_table, slapd, transport, tls):
    table = make_table(transport)
    record, = dial(table.ctl).values()
    assert record["ok"] and record["table"] == f"ldap:{table.path}"
    assert record["server"] == slapd.url(transport)
    assert record["took"] >= 0 and "why" not in record
    assert (record["tls"] or "").startswith(tls or "")
    assert (record["tls"] is None) == (tls is None)
    lines = table.ctl("config", "check", "--dial").out.splitlines()
    assert lines[1].split() == ["TABLE", "SERVER", "FOR", "STATE", "TLS",
                                "TIME"]
    assert " ok " in lines[2]


def test_ldap_with_a_matching_rule(make_table):
    """What stands before it isn't the name of an attribute."""
    table = make_table(query_filter="(mail:caseIgnoreIA5Match:=%s)")
    record, = dial(table.ctl).values()
    assert record["ok"], record


def test_ldap_with_a_certificate_of_somebodys(make_table):
    table = make_table("ldaps", tls_require_cert="no")
    record, = dial(table.ctl).values()
    assert "not verified" in record["tls"]


@pytest.mark.parametrize("parameters,wanted", [
    ({"bind_pw": "wrong"}, "Invalid credentials"),
    ({"search_base": "ou=nowhere,dc=example,dc=com"},
     "search_base = ou=nowhere,dc=example,dc=com isn't there"),
    ({"bind": "no"}, "may not see it"),
    ({"start_tls": "yes"}, "come from tls_ca_cert_file"),
    ({"query_filter": "(|(mial=%s)(MailAdress=%s))"},
     "query_filter: the server's schema has no mial, MailAdress"),
    ({"result_attribute": "forceEncrytion"},
     "result_attribute: the server's schema has no forceEncrytion"),
])
def test_ldap_that_refuses(make_table, parameters, wanted):
    table = make_table(**parameters)
    record, = dial(table.ctl, UNREACHABLE).values()
    assert wanted in record["why"]
    said = table.ctl("config", "check", "--dial", status=UNREACHABLE)
    assert wanted in said.out and "FAILED" in said.out
    table.ctl("config", "check")


def test_each_server_by_itself(make_table, make_proxy, slapd):
    """One that works, one that refuses, one that never answers, one that
    stalls in the handshake, and a name that there isn't."""
    target = (slapd.address, slapd.ports["ldap"])
    gone, mute = make_proxy(target, 8), make_proxy(target, 10)
    half = make_proxy((slapd.address, slapd.ports["ldaps"]), 11)
    gone.refuse()
    mute.mute = True
    half.limit = 200
    servers = {
        slapd.url("ldap"): None,
        f"ldap://{gone.address}:{gone.port}": "refused",
        f"ldap://{mute.address}:{mute.port}": "silent since",
        f"ldaps://{half.address}:{half.port}": "silent since",
        "ldap://nowhere.invalid:389": "name",
    }
    table = make_table(server_host=" ".join(servers), timeout="500ms",
                       tls_require_cert="no")
    began = time.monotonic()
    records = dial(table.ctl, UNREACHABLE)
    assert time.monotonic() - began < 5 * 0.5 + SLACK
    assert list(records) == list(servers)
    for url, wanted in servers.items():
        assert records[url]["ok"] == (wanted is None)
        assert wanted is None or wanted in records[url]["why"]
    half.limit = None


def test_pgsql(make_served, make_proxy, server, table_path, authority):
    gone = make_proxy((server.address, server.port), 22)
    mute = make_proxy((server.address, server.port), 23)
    gone.refuse()
    mute.mute = True
    socket = f"{server.sockets}:{server.port}"
    hosts = {socket: (None, None),
             f"{server.address}:{server.port}": (None, "TLS"),
             at(gone): ("refused", None),
             at(mute): ("no connection in time", None)}
    served = make_served(server.table(
        table_path, sslmode="auto", sslrootcert=authority.path,
        connect_time_limit="400ms", hosts=" ".join(
            [f"unix:{server.sockets}/.s.PGSQL.{server.port}",
             *list(hosts)[1:]])))
    served.daemon.write()
    ctl = Ctl(served.daemon.path)
    began = time.monotonic()
    records = dial(ctl, UNREACHABLE)
    assert time.monotonic() - began < 4 * 0.4 + SLACK
    assert list(records) == list(hosts)
    for host, (why, tls) in hosts.items():
        assert records[host]["ok"] == (why is None), records[host]
        assert why is None or why in records[host]["why"]
        assert tls is None or records[host]["tls"].startswith(tls)


@pytest.mark.parametrize("parameters,wanted", [
    ({"dbname": "nosuch"}, 'database "nosuch" does not exist'),
    ({"query": "SELECT x FROM nosuch WHERE y = '%s'"},
     'relation "nosuch" does not exist'),
    ({"user": "nosuch"}, 'role "nosuch" does not exist'),
    ({"query": "SELECT pg_sleep(60) WHERE '%s' <> ''",
      "query_time_limit": "50ms"}, "no answer in time"),
])
def test_pgsql_that_refuses(make_served, server, table_path, parameters,
                            wanted):
    served = make_served(server.table(table_path, **parameters))
    served.daemon.write()
    record, = dial(Ctl(served.daemon.path), UNREACHABLE).values()
    assert wanted in record["why"]


def test_pgsql_that_shows_nothing(make_served, server, table_path):
    """To a role that no policy is for, the table is empty, which is no error;
    a view of it isn't, since its owner reads it."""
    server.sql("DROP ROLE IF EXISTS other; CREATE ROLE other LOGIN; "
               "GRANT SELECT ON policy, policy_alias TO other")
    served = make_served(server.table(table_path, user="other"))
    served.daemon.write()
    ctl = Ctl(served.daemon.path)
    record, = dial(ctl, UNREACHABLE).values()
    assert "shows other no row of policy, " in record["why"]
    server.table(table_path, user="other", query="SELECT answer FROM "
                 "policy_alias WHERE address = '%s'")
    dial(ctl)
    server.sql("CREATE POLICY other ON policy FOR SELECT TO other USING (true)")
    server.table(table_path, user="other")
    dial(ctl)
    server.sql("DROP POLICY other ON policy; DROP OWNED BY other; "
               "DROP ROLE other")


def test_pgsql_with_the_wrong_password(make_served, server, table_path,
                                       authority):
    served = make_served(server.table(
        table_path, hosts=f"{server.address}:{server.port}",
        sslrootcert=authority.path, password="wrong"))
    served.daemon.write()
    record, = dial(Ctl(served.daemon.path), UNREACHABLE).values()
    assert "password authentication failed" in record["why"]


def test_sqlite(folder, make_daemon):
    (folder / "policy.cf").write_text("dbpath = policy.db\n")
    (folder / "theirs.cf").write_text(
        "dbpath = policy.db\nquery = SELECT x FROM nosuch WHERE y = '%s'\n")
    daemon = make_daemon(folder, forceenc_tables="sqlite:policy.cf")
    daemon.write()
    ctl = Ctl(daemon.path)
    record, = dial(ctl, UNREACHABLE).values()
    assert "No such file" in record["why"]
    ctl("set", "a@example.com", "on")
    record, = dial(ctl).values()
    assert record["ok"] and record["server"] == str(folder / "policy.db")
    # Two maps, three tables, one of which is the same and one fails.
    daemon.options.update(
        maps="forceenc other", other_tables="sqlite:policy.cf "
        "sqlite:theirs.cf", forceenc_tables="sqlite:policy.cf")
    daemon.write()
    said = ctl("config", "check", "--dial", "--json", status=UNREACHABLE)
    records = said.json()["servers"]
    assert [record["ok"] for record in records] == [True, False]
    assert "no such table" in records[1]["why"]


def test_what_is_wrong_is_not_dialed(folder, make_daemon):
    daemon = make_daemon(folder, forceenc_tables="sqlite:policy.cf")
    daemon.write()
    said = Ctl(daemon.path)("config", "check", "--dial", "--json",
                            status=CONFIG)
    assert "servers" not in said.json()



ADMIN = {"admin_bind": "simple", "admin_bind_dn": ROOT,
         "admin_bind_pw_file": "admin.pw"}


def test_a_directorys_administrator(make_table, slapd, folder):
    (folder / "admin.pw").write_text("root\n")
    ctl = make_table(**ADMIN).ctl
    record, = dial(ctl, purpose="changes").values()
    assert record["ok"] and record["server"] == slapd.url("ldap")
    lines = [line.split() for line in
             ctl("config", "check", "--dial").out.splitlines()]
    assert [line[2] for line in lines[2:]] == ["lookups", "changes"]
    (folder / "admin.pw").write_text("wrong\n")
    record, = dial(ctl, UNREACHABLE, "changes").values()
    assert f"not logged in as {ROOT}: Invalid credentials" in record["why"]
    record, = dial(ctl, UNREACHABLE).values()
    assert record["ok"]
    (folder / "admin.pw").unlink()
    record, = dial(ctl, UNREACHABLE, "changes").values()
    assert f"the password for {ROOT}: " in record["why"]
    # Nobody is asked for a password.
    (folder / "people.cf").write_text("".join(
        f"{name} = {value}\n" for name, value in
        make_table(**ADMIN).parameters.items()
        if name != "admin_bind_pw_file"))
    assert not dial(ctl, purpose="changes")


def test_a_directorys_original(make_table, make_proxy, slapd, folder):
    """Changes go to a server of their own, the first that can be had."""
    (folder / "admin.pw").write_text("root\n")
    gone = make_proxy((slapd.address, slapd.ports["ldap"]), 12)
    gone.refuse()
    url = f"ldap://{gone.address}:{gone.port}"
    ctl = make_table(**ADMIN, admin_server_host=f"{url} "
                     f"{slapd.url('ldapi')}").ctl
    record, = dial(ctl, purpose="changes").values()
    assert record["ok"] and record["server"] == slapd.url("ldapi")
    ctl = make_table(**ADMIN, admin_server_host=url).ctl
    record, = dial(ctl, UNREACHABLE, "changes").values()
    assert "refused" in record["why"]


def test_a_databases_administrator(make_served, server, table_path, folder):
    server.sql("DROP ROLE IF EXISTS chief; CREATE ROLE chief LOGIN PASSWORD "
               "'rather secret' IN ROLE forceenc_admin; DROP ROLE IF EXISTS "
               "nobody; CREATE ROLE nobody LOGIN PASSWORD 'rather secret'")
    (folder / "admin.pw").write_text("rather secret\n")
    served = make_served(server.table(table_path, admin_user="chief"))
    served.daemon.write()
    ctl = Ctl(served.daemon.path)
    record, = dial(ctl, purpose="changes").values()
    assert record["ok"]
    server.table(table_path, admin_user="nobody")
    record, = dial(ctl, UNREACHABLE, "changes").values()
    assert "permission denied" in record["why"]


def test_statistics(folder, make_daemon, server):
    daemon = make_daemon(folder, forceenc_tables="sqlite:policy.cf",
                         store=f"sqlite:{folder}/stats.db")
    (folder / "policy.cf").write_text("dbpath = policy.db\n")
    daemon.write()
    ctl = Ctl(daemon.path)
    ctl("set", "a@example.com", "on")
    # Nobody has counted anything yet.
    assert not dial(ctl, purpose="statistics")
    (folder / "stats.db").write_text("none of ours")
    record, = dial(ctl, UNREACHABLE, "statistics").values()
    assert record["table"] == f"sqlite:{folder}/stats.db"
    assert "stats.db" in record["why"]
    (folder / "stats.cf").write_text(
        f"hosts = {server.address}:1\nuser = x\ndbname = x\n")
    daemon.options["store"] = f"pgsql:{folder}/stats.cf"
    daemon.write()
    record, = dial(ctl, UNREACHABLE, "statistics").values()
    assert record["server"] == f"{server.address}:1"
    assert "refused" in record["why"]
