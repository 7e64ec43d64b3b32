# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl set, unset and list in a directory, by an administrator's own
log-in: the daemon's is never asked to write."""

import os
import pty
import signal
import subprocess
import termios

import pytest

from lab import TIMEOUT, programs
from lab.ctl import CONFIG, NOTFOUND, TEMPFAIL, USAGE, Ctl
from lab.oddldap import OddLdap
from lab.slapd import PEOPLE, ROOT, TRANSPORTS

DATAERR = 65
NOINPUT = 66
NOPERM = 77
FOUND = b"12:OK forceenc:,"
ABSENT = b"9:NOTFOUND ,"

PEOPLE_IN_IT = {
    "alice": "mail: alice@example.com\nmailAlias: a.smith@example.com",
    "bob": "mail: bob@example.com\ntransportMap: forceenc:",
    "carl": "mail: carl@example.com\nforceEncryption: FALSE",
    "dora1": "mail: dora@example.com",
    "dora2": "mail: dora@example.com",
    "eve1": "mail: eve@example.com",
    "eve2": "mail: eve@example.com\ntransportMap: forceenc:",
    "domain": "mail: @secure.test",
}


@pytest.fixture
def slapd(make_slapd):
    slapd = make_slapd(syncprov=True, administrator=True)
    slapd.load(PEOPLE_IN_IT)
    return slapd.start()


@pytest.fixture
def make_table(make_ldap_table, slapd, folder):
    """A table that may be changed; its daemon isn't running."""
    (folder / "admin.pw").write_text("root\nnot this\n")

    def make(transport="ldap", **parameters):
        table = make_ldap_table(slapd, transport, **{
            "admin_bind": "simple", "admin_bind_dn": ROOT,
            "admin_bind_pw_file": "admin.pw", **parameters})
        table.write()
        table.daemon.write()
        table.ctl = Ctl(table.daemon.path)
        return table

    return make


def values(slapd, uid, *attributes):
    """What the entry has, in the server's own words."""
    text = slapd.run(
        "ldapsearch", "ldap-utils", "-x", "-LLL", "-o", "ldif-wrap=no", "-H",
        slapd.url("ldap"), "-D", ROOT, "-w", "root", "-b",
        f"uid={uid},{PEOPLE}", "-s", "base", *attributes)
    return [line for line in text.splitlines()
            if line and not line.startswith("dn:")]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_set_and_unset(make_table, slapd, transport):
    table = make_table(transport, result_attribute="forceEncryption")
    said = table.ctl("set", "Alice@EXAMPLE.com", "on")
    assert said.out == (
        "alice@example.com: set to on (is new)\n"
        f"written:   uid=alice,{PEOPLE}: forceEncryption = TRUE "
        f"(ldap:{table.path})\n"
        "in effect: forceenc:, by alice@example.com (full address)\n")
    assert values(slapd, "alice", "forceEncryption") == [
        "forceEncryption: TRUE"]
    said = table.ctl("set", "a.smith@example.com", "off")
    assert "set to off (was TRUE)" in said.out
    assert "in effect: off" in said.out
    assert values(slapd, "alice", "forceEncryption") == [
        "forceEncryption: FALSE"]
    said = table.ctl("unset", "alice@example.com")
    assert "removed (was FALSE)" in said.out
    assert "forceEncryption removed" in said.out
    assert values(slapd, "alice", "forceEncryption") == []
    said = table.ctl("unset", "alice@example.com", status=NOTFOUND)
    assert "wasn't set" in said.out


def test_string_attributes(make_table, slapd):
    table = make_table(result_attribute="transportMap")
    table.daemon.options["forceenc_answers"] = "forceenc: slow:[relay.test]"
    table.daemon.write()
    for answer, written, meaning in (
            ("on", "forceenc:", "forceenc:"), ("off", "off", "off"),
            ("DUNNO", "DUNNO", "DUNNO"),
            ("slow:[relay.test]", "slow:[relay.test]", "slow:[relay.test]")):
        said = table.ctl("set", "bob@example.com", answer)
        assert values(slapd, "bob", "transportMap") == [
            f"transportMap: {written}"]
        assert f"in effect: {meaning}, by bob@example.com" in said.out
    table.ctl("set", "bob@example.com", "smtp:", status=USAGE)
    table.ctl("unset", "bob@example.com")
    assert values(slapd, "bob", "transportMap") == []


def test_several_attributes(make_table, slapd):
    """The first that can say it is set, and none of the others may say
    something stricter."""
    table = make_table(result_attribute="forceEncryption transportMap")
    said = table.ctl("set", "bob@example.com", "off")
    assert "set to off (was forceenc:)" in said.out
    assert "forceEncryption = FALSE, transportMap removed" in said.out
    assert values(slapd, "bob", "forceEncryption", "transportMap") == [
        "forceEncryption: FALSE"]
    said = table.ctl("set", "bob@example.com", "DUNNO")
    assert values(slapd, "bob", "forceEncryption", "transportMap") == [
        "transportMap: DUNNO"]
    assert "in effect: DUNNO" in said.out
    table.ctl("unset", "bob@example.com")
    assert values(slapd, "bob", "forceEncryption", "transportMap") == []
    # Where only one may be changed, the others are seen to count.
    slapd.modify(f"dn: uid=bob,{PEOPLE}\nchangetype: modify\n"
                 "replace: transportMap\ntransportMap: forceenc:\n")
    table.parameters["update_attribute"] = "FORCEENCRYPTION"
    table.write()
    said = table.ctl("set", "bob@example.com", "off")
    assert "in effect: forceenc:" in said.out
    assert values(slapd, "bob", "transportMap") == ["transportMap: forceenc:"]


def test_booleans_say_on_and_off_only(make_table, slapd):
    table = make_table(result_attribute="forceEncryption")
    said = table.ctl("set", "alice@example.com", "DUNNO", status=CONFIG)
    assert "is TRUE or FALSE in this directory" in said.err
    assert values(slapd, "alice", "forceEncryption") == []


def test_json(make_table):
    table = make_table(result_attribute="forceEncryption")
    said = table.ctl("set", "@secure.test", "on", "--json")
    assert said.json() == {
        "address": "@secure.test", "answer": "on", "before": None,
        "table": f"ldap:{table.path}",
        "written": f"uid=domain,{PEOPLE}: forceEncryption = TRUE",
        "effect": {"answer": "forceenc:", "key": "@secure.test",
                   "level": "domain"}}


def test_nobody(make_table):
    table = make_table()
    said = table.ctl("set", "nobody@example.com", "on", status=NOTFOUND)
    assert "no entry below" in said.err and "(mail=%s)" in said.err
    for hostile in ("*@example.com", ")(uid=*@x.test", "a\\2a@example.com"):
        table.ctl("set", hostile, "on", status=NOTFOUND)
        table.ctl("unset", hostile, status=NOTFOUND)


def test_entries_that_the_filter_hides(make_table, slapd):
    table = make_table(query_filter="(&(mail=%s)(transportMap=*))",
                       result_attribute="transportMap")
    said = table.ctl("set", "alice@example.com", "on", status=NOTFOUND)
    assert "wants transportMap to be there already" in said.err
    assert "update_filter" in said.err
    table.parameters["update_filter"] = "(mail=%s)"
    table.write()
    said = table.ctl("set", "alice@example.com", "on")
    assert "in effect: forceenc:" in said.out
    table.ctl("unset", "alice@example.com")
    table.ctl("unset", "alice@example.com", status=NOTFOUND)


def test_several_entries(make_table, slapd):
    table = make_table()
    said = table.ctl("set", "dora@example.com", "on", status=DATAERR)
    assert "2 entries have this address (uid=dora1" in said.err
    assert "nothing was changed" in said.err
    table.ctl("unset", "dora@example.com", status=NOTFOUND)
    # Of these only one has something to change.
    said = table.ctl("set", "eve@example.com", "off")
    assert f"uid=eve2,{PEOPLE}" in said.out
    said = table.ctl("unset", "eve@example.com")
    assert f"uid=eve2,{PEOPLE}" in said.out


def test_classes(make_table, slapd):
    slapd.modify(f"dn: uid=alice,{PEOPLE}\nchangetype: modify\n"
                 "delete: objectClass\nobjectClass: forceEncryptionPolicy\n")
    table = make_table(result_attribute="forceEncryption")
    said = table.ctl("set", "alice@example.com", "on", status=CONFIG)
    assert "set update_class" in said.err
    table.parameters["update_class"] = "forceEncryptionPolicy"
    table.write()
    said = table.ctl("set", "alice@example.com", "on")
    assert "objectClass += forceEncryptionPolicy" in said.out
    said = table.ctl("set", "alice@example.com", "off")
    assert "objectClass" not in said.out


def test_who(make_table, slapd, folder):
    """Each way to log in, and each way to fail."""
    table = make_table(result_attribute="forceEncryption")
    (folder / "alice.pw").write_text("alice\n")
    (folder / "wrong.pw").write_text("wrong\n")
    alice = f"uid=alice,{PEOPLE}"
    as_alice = ["--as", alice, "--password-file", str(folder / "alice.pw")]
    slapd.modify(f"dn: {alice}\nchangetype: modify\n"
                 "replace: forceEncryption\nforceEncryption: FALSE\n")
    # Owners change their entry by its name; they may not search for it.
    said = table.ctl("set", "bob@example.com", "on", *as_alice,
                     status=TEMPFAIL)
    assert "this account may not see it" in said.err
    for words, status, wanted in (
            (["--as", ROOT, "--password-file", str(folder / "wrong.pw")],
             TEMPFAIL, "Invalid credentials"),
            (["--as", "no DN", "--password-file", str(folder / "wrong.pw")],
             TEMPFAIL, "not logged in"),
            (["--as", ROOT], USAGE, "--password-file"),
            (["--as", ""], USAGE, "who?"),
            (["--as", ROOT, "--password-file", str(folder / "none.pw")],
             NOINPUT, "No such file"),
            (["--as", ROOT, "--password-file", "-"], NOINPUT,
             "standard input"),
            (["--as", "external"], TEMPFAIL, "EXTERNAL")):
        said = table.ctl("set", "alice@example.com", "on", *words,
                         status=status)
        assert wanted in said.err
        assert values(slapd, "alice", "forceEncryption") == [
            "forceEncryption: FALSE"]
    # Without anybody named, the daemon's account isn't asked to.
    for name in ("admin_bind", "admin_bind_dn", "admin_bind_pw_file"):
        del table.parameters[name]
    table.write()
    said = table.ctl("set", "alice@example.com", "on", status=CONFIG)
    assert "the daemon only reads" in said.err and "--as" in said.err
    said = table.ctl("set", "alice@example.com", "on",
                     "--password-file", str(folder / "admin.pw"),
                     status=CONFIG)
    assert table.ctl("list", "carl", "--json").json()[0]["answer"] == "FALSE"
    table.ctl("set", "alice@example.com", "on", "--as", ROOT,
              "--password-file", str(folder / "admin.pw"))
    # By the user that we are.
    table.parameters.update(admin_bind="sasl",
                            admin_server_host=slapd.url("ldapi"))
    table.write()
    table.ctl("set", "alice@example.com", "off")
    assert values(slapd, "alice", "forceEncryption") == [
        "forceEncryption: FALSE"]


def test_who_may_not(make_table, slapd, folder):
    """The daemon's own account, whoever names it."""
    table = make_table(result_attribute="forceEncryption")
    (folder / "reader.pw").write_text(table.parameters["bind_pw"] + "\n")
    said = table.ctl(
        "set", "alice@example.com", "on", "--as", table.parameters["bind_dn"],
        "--password-file", str(folder / "reader.pw"), status=NOPERM)
    assert "Insufficient access" in said.err
    assert "cn=forceenc" in said.err and "give it the right" in said.err
    assert values(slapd, "alice", "forceEncryption") == []


def test_a_password_that_is_typed(make_table, slapd):
    table = make_table(result_attribute="forceEncryption")
    argv = table.ctl.argv("set", "alice@example.com", "on", "--as", ROOT,
                          "--password-file", "-")
    done = subprocess.run(argv, input=b"root\n", capture_output=True,
                          timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, stdin=theirs, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        prompt = process.stderr.read(10)
        os.write(ours, b"root\n")
        out, err = process.communicate(timeout=TIMEOUT)
    assert prompt == b"Password: " and process.returncode == 0, err
    # Nothing of it is shown, but for the end of the line.
    os.set_blocking(ours, False)
    try:
        shown = os.read(ours, 100)
    except BlockingIOError:
        shown = b""
    assert b"root" not in shown and b"set to on" in out
    os.close(ours)
    os.close(theirs)


def test_a_password_that_isnt_typed_after_all(make_table, slapd):
    """The terminal shows again what is typed."""
    argv = make_table().ctl.argv("set", "alice@example.com", "on", "--as",
                                 ROOT, "--password-file", "-")
    ours, theirs = pty.openpty()
    for signo in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(argv, stdin=theirs, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            assert process.stderr.read(10) == b"Password: "
            assert not termios.tcgetattr(theirs)[3] & termios.ECHO
            process.send_signal(signo)
            process.communicate(timeout=TIMEOUT)
        assert process.returncode == -signo
        assert termios.tcgetattr(theirs)[3] & termios.ECHO
    os.close(ours)
    os.close(theirs)
    assert values(slapd, "alice", "forceEncryption") == []


def test_list(make_table, slapd):
    table = make_table(result_attribute="forceEncryption transportMap")
    table.ctl("set", "alice@example.com", "on")
    rows = table.ctl("list", "--json").json()
    assert sorted((r["address"], r["answer"], r["meaning"]) for r in rows) == [
        ("a.smith@example.com", "TRUE", "forceenc:"),
        ("alice@example.com", "TRUE", "forceenc:"),
        ("bob@example.com", "forceenc:", "forceenc:"),
        ("carl@example.com", "FALSE", "off"),
        ("eve@example.com", "forceenc:", "forceenc:")]
    assert {r["entry"] for r in rows if "alice" in r["address"]} == {
        f"uid=alice,{PEOPLE}"}
    assert "carl" not in table.ctl("list", "--on").out
    assert "TRUE = forceenc:" in table.ctl("list", "alice@").out
    table.ctl("list", "nobody", status=NOTFOUND)
    assert len(table.ctl("list", "--limit", "2", "--json").json()) == 2


def test_a_long_list(make_slapd, make_ldap_table, folder):
    """In pages: the server gives no more than 500 at a time, as it does to
    those without a limit of their own."""
    slapd = make_slapd(administrator=True, limits="size.soft=500 "
                       "size.hard=500 size.prtotal=unlimited")
    slapd.load({f"u{i}": f"mail: u{i}@example.com\nforceEncryption: TRUE"
                for i in range(1700)})
    slapd.start()
    table = make_ldap_table(slapd)
    table.write()
    table.daemon.write()
    ctl = Ctl(table.daemon.path)
    rows = ctl("list", "--json").json()
    assert {row["address"] for row in rows} == {
        f"u{i}@example.com" for i in range(1700)}


def test_a_list_that_may_not_be_seen(make_slapd, make_ldap_table):
    """A limit of all pages together: what's left out is no end of the
    list."""
    slapd = make_slapd(limits="size.soft=500 size.hard=500 size.prtotal=hard")
    slapd.load({f"u{i}": f"mail: u{i}@example.com\nforceEncryption: TRUE"
                for i in range(700)})
    slapd.start()
    table = make_ldap_table(slapd)
    table.write()
    table.daemon.write()
    ctl = Ctl(table.daemon.path)
    said = ctl("list", "--json", status=TEMPFAIL)
    assert "Size limit exceeded" in said.err and "prtotal" in said.err
    assert not said.out
    assert len(ctl("list", "--json", "--limit", "40").json()) == 40


def test_a_list_that_makes_no_sense(make_table):
    """An entry that can't be read is no entry without values."""
    with OddLdap(OddLdap.spoilt_entries) as server:
        table = make_table(url=server.url)
        said = table.ctl("list", status=TEMPFAIL)
        assert f"{server.url}: entry: Decoding error" in said.err
        assert not said.out


def test_servers(make_table, make_proxy, slapd):
    """The next one when one fails; and none."""
    proxy = make_proxy((slapd.address, slapd.ports["ldap"]))
    proxy.refuse()
    gone = f"ldap://{proxy.address}:{proxy.port}"
    table = make_table(server_host=f"{gone}, {slapd.url('ldap')}")
    table.ctl("set", "alice@example.com", "on")
    table.parameters["server_host"] = gone
    table.write()
    said = table.ctl("unset", "alice@example.com", status=TEMPFAIL)
    assert gone in said.err and "refused" in said.err
    table.parameters["admin_server_host"] = slapd.url("ldap")
    table.write()
    table.ctl("unset", "alice@example.com")


@pytest.mark.parametrize("limit", [0, 40])
def test_silence(make_table, make_proxy, slapd, limit):
    """Before, and behind the log-in: no change is reported that isn't known
    to be one."""
    proxy = make_proxy((slapd.address, slapd.ports["ldap"]))
    proxy.limit = limit
    table = make_table(url=f"ldap://{proxy.address}:{proxy.port}",
                       timeout="500ms")
    said = table.ctl("set", "alice@example.com", "on", status=TEMPFAIL)
    assert "in time" in said.err or "silent since" in said.err
    assert said.out == ""
    proxy.limit = None


@pytest.mark.parametrize("poison", [
    b"subschemaSubentry", b"attributeTypes", b"transportMap\x31"])
def test_a_server_that_goes_away(make_table, make_proxy, slapd, poison):
    """Between the steps of a change: as it's asked for its schema, and as it
    gets the change."""
    proxy = make_proxy((slapd.address, slapd.ports["ldap"]))
    proxy.poison = poison
    table = make_table(url=f"ldap://{proxy.address}:{proxy.port}",
                       result_attribute="transportMap")
    said = table.ctl("set", "alice@example.com", "on", status=TEMPFAIL)
    assert "isn't known: look with 'forceencctl list'" in said.err
    assert values(slapd, "alice", "transportMap") == []


def test_more_values_than_are_shown(make_table, slapd):
    """What isn't shown is taken away as well: it may be something stricter."""
    slapd.modify(
        f"dn: uid=alice,{PEOPLE}\nchangetype: modify\nadd: mailAlias\n" +
        "".join(f"mailAlias: a{i}@example.com\n" for i in range(70)) +
        "-\nadd: transportMap\ntransportMap: forceenc:\n")
    table = make_table(result_attribute="mailAlias transportMap")
    table.ctl("unset", "alice@example.com")
    assert values(slapd, "alice", "mailAlias", "transportMap") == []


def test_tables_of_a_map(make_table, slapd, folder):
    """The first that can be changed, or the one that's named."""
    table = make_table()
    (folder / "policy.cf").write_text("dbpath = policy.db\n")
    sqlite, ldap = f"sqlite:{folder}/policy.cf", f"ldap:{table.path}"
    table.daemon.options["forceenc_tables"] = f"{ldap} {sqlite}"
    table.daemon.write()
    said = table.ctl("set", "alice@example.com", "on")
    assert f"({ldap})" in said.out and "has other tables" in said.out
    said = table.ctl("set", "x@example.com", "on", "--table", sqlite)
    assert f"written:   {sqlite}" in said.out
    said = table.ctl("set", "x@example.com", "on", "--table", "ldap:x",
                     status=CONFIG)
    assert ldap in said.err and sqlite in said.err
    said = table.ctl("set", "x@example.com", "on", "--table", sqlite,
                     "--as", ROOT, status=CONFIG)
    assert "leave --as out" in said.err
    table.parameters["admin_bind"] = "none"
    for name in ("admin_bind_dn", "admin_bind_pw_file"):
        del table.parameters[name]
    table.write()
    said = table.ctl("set", "y@example.com", "on")
    assert f"written:   {sqlite}" in said.out
    said = table.ctl("list", "--json").json()
    assert {row["address"] for row in said} == {
        "x@example.com", "y@example.com"}


def test_a_switch_is_in_force_at_once(make_table, slapd):
    """While forceencd is told of changes."""
    table = make_table(watch="yes", result_attribute="forceEncryption")
    table.daemon.options.update(
        present_ttl="1h", absent_ttl="1h", watched_ttl="1h")
    table.start()
    table.daemon.log.wait("changes are told from now on")
    for _ in range(3):
        table.until("alice@example.com", ABSENT, 1.0)
        table.ctl("set", "alice@example.com", "on")
        table.until("alice@example.com", FOUND, 1.0)
        table.until("a.smith@example.com", FOUND, 1.0)
        table.ctl("set", "alice@example.com", "off")
        table.until("alice@example.com", ABSENT, 1.0)
        table.ctl("set", "alice@example.com", "on")
        table.until("alice@example.com", FOUND, 1.0)
        table.ctl("unset", "alice@example.com")


def test_schemas_that_nobody_may_read(make_slapd, make_ldap_table, folder):
    """What is there tells what can be written."""
    slapd = make_slapd(extra='access to dn.base="cn=Subschema" by * none')
    slapd.load(PEOPLE_IN_IT)
    slapd.start()
    (folder / "admin.pw").write_text("root\n")
    table = make_ldap_table(
        slapd, result_attribute="mailEnabled", admin_bind="yes",
        query_filter="(mail=%s)", admin_bind_dn=ROOT,
        admin_bind_pw_file="admin.pw")
    table.write()
    table.daemon.write()
    ctl = Ctl(table.daemon.path)
    ctl("set", "carl@example.com", "off")
    assert values(slapd, "carl", "mailEnabled") == ["mailEnabled: FALSE"]
    table.parameters["result_attribute"] = "forceEncryption"
    table.write()
    ctl("set", "alice@example.com", "on")
    assert values(slapd, "alice", "forceEncryption") == [
        "forceEncryption: TRUE"]
