# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl set and unset where the server is a copy that takes no changes:
it says which one it was, and the way out."""

import pytest

from lab.ctl import CONFIG, TEMPFAIL, Ctl
from lab.pgsql import (  # noqa: F401 (fixtures)
    ALICE, certificates, make_served, make_server, table_path)
from lab.slapd import PASSWORD, PEOPLE, READER, ROOT, SUFFIX
from lab.until import until

MAIL = "alice@example.com"


@pytest.fixture
def provider(make_slapd):
    slapd = make_slapd(syncprov=True)
    slapd.load({"alice": f"mail: {MAIL}"})
    return slapd.start()


@pytest.fixture
def consumer(make_slapd, provider):
    slapd = make_slapd(database=f"""
syncrepl rid=1 provider={provider.url("ldap")} type=refreshAndPersist
    searchbase="{SUFFIX}" bindmethod=simple binddn="{ROOT}" credentials=root
    retry="1 +"
updateref {provider.url("ldap")}
""")
    slapd.write()
    slapd.start()
    until(lambda: found(slapd), b"yes", 20.0)
    return slapd


def found(slapd, what="mail"):
    """Whether alice has got there. At first there is nothing at all."""
    try:
        out = slapd.run(
            "ldapsearch", "ldap-utils", "-x", "-LLL", "-H", slapd.url("ldap"),
            "-D", ROOT, "-w", "root", "-b", SUFFIX, "(uid=alice)", what)
    except AssertionError as error:
        return str(error).encode()
    return b"yes" if f"\n{what}: " in out else out.encode()


@pytest.fixture
def make_table(make_ldap_table, consumer, folder):
    (folder / "admin.pw").write_text("root\n")

    def make(**parameters):
        table = make_ldap_table(
            consumer, result_attribute="forceEncryption", admin_bind="simple",
            admin_bind_dn=ROOT, admin_bind_pw_file="admin.pw", **parameters)
        table.write()
        table.daemon.write()
        table.ctl = Ctl(table.daemon.path)
        return table
    return make


def test_a_copy_of_a_directory(make_table, provider, consumer):
    ctl = make_table().ctl
    for words in (("set", MAIL, "on"), ("set", MAIL, "off")):
        said = ctl(*words, status=CONFIG)
        assert f"uid=alice,{PEOPLE}: not changed by {ROOT}" in said.err
        assert consumer.url("ldap") in said.err  # who said so
        assert f"Referral: {provider.url('ldap')}" in said.err
        assert "set admin_server_host to the one that does" in said.err
        assert not said.out
    assert found(provider, "forceEncryption") != b"yes"


def test_its_original_is_named(make_table, provider, consumer):
    ctl = make_table(admin_server_host=provider.url("ldap")).ctl
    said = ctl("set", MAIL, "on")
    assert "forceEncryption = TRUE" in said.out
    until(lambda: found(consumer, "forceEncryption"), b"yes", 20.0)
    said = ctl("set", MAIL, "off")
    assert "(was TRUE)" in said.out
    ctl("unset", MAIL)


def test_a_copy_that_is_read_only(make_ldap_table, make_slapd, folder):
    """One that knows no other one."""
    slapd = make_slapd(database="readonly on\n")
    slapd.load({"alice": f"mail: {MAIL}"})
    slapd.start()
    (folder / "admin.pw").write_text("root\n")
    table = make_ldap_table(
        slapd, result_attribute="forceEncryption", admin_bind="simple",
        admin_bind_dn=ROOT, admin_bind_pw_file="admin.pw")
    table.write()
    table.daemon.write()
    said = Ctl(table.daemon.path)("set", MAIL, "on", status=TEMPFAIL)
    assert slapd.url("ldap") in said.err
    assert "operation restricted" in said.err
    assert "set admin_server_host to one that does" in said.err


def test_a_hot_standby(make_server, make_served, table_path, folder):
    """It isn't asked to write; where it's the only one, it's named."""
    primary = make_server(number=34)
    primary.set({ALICE: "on"})
    primary.sql("CREATE ROLE hostmaster LOGIN PASSWORD 'rather secret' IN "
                "ROLE forceenc_admin")
    standby = make_server(number=35, primary=primary)
    until(lambda: standby.sql("SELECT count(*) FROM pg_roles WHERE rolname = "
                              "'hostmaster'").strip().encode(), b"1", 20.0)
    (folder / "admin.pw").write_text("rather secret\n")
    hosts = [f"unix:{server.sockets}/.s.PGSQL.{server.port}"
             for server in (standby, primary)]
    for these, status in ((hosts[:1], TEMPFAIL), (hosts, 0)):
        served = make_served(primary.table(
            table_path, hosts=" ".join(these), admin_user="hostmaster",
            admin_password_file="admin.pw"))
        served.daemon.write()
        ctl = Ctl(served.daemon.path)
        said = ctl("set", ALICE, "off", status=status)
        assert ("set to off (was on)" in said.out) == (status == 0)
        if status != 0:
            assert str(standby.sockets) in said.err
            assert "read-only" in said.err
            assert "must be among hosts" in said.err
