# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A directory that says of a part of its tree: ask that other server. Nobody
does, as with Postfix, whose own client is asked beside."""

import os
import subprocess

import pytest

from lab import TIMEOUT, clients, programs
from lab.ldap_table import DOWN
from lab.slapd import PEOPLE
from lab.until import is_reply

FOUND = b"12:OK forceenc:,"
NOTFOUND = b"9:NOTFOUND ,"
TEMP = clients.Socketmap.TEMP
ALICE = "alice@example.com"
NOBODY = "nobody@example.com"
OTHER = "ldap://other.lab.test/ou=people,dc=example,dc=com"
BRANCH = f"ou=branch,{PEOPLE}"
# ou=branch lies on another server.
REFERRAL = f"""dn: {BRANCH}
objectClass: referral
objectClass: extensibleObject
ou: branch
ref: {OTHER}

"""


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    slapd = make_slapd_module(syncprov=True)
    slapd.load({"alice": f"mail: {ALICE}\nforceEncryption: TRUE"}, REFERRAL)
    return slapd.start()


@pytest.fixture
def postmap(tmp_path):
    """What Postfix's own client makes of a table: (exit status, output)."""
    os.chmod(tmp_path, 0o755)
    (tmp_path / "main.cf").write_text("")

    def ask(table, key):
        done = subprocess.run(
            [programs.peer("postmap", "postfix"), "-c", str(tmp_path), "-q",
             key, f"ldap:{table.path}"], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=TIMEOUT, check=False)
        return done.returncode, done.stdout.decode().strip(), \
            done.stderr.decode()
    return ask


@pytest.mark.parametrize("base", [BRANCH, f"ou=below,{BRANCH}"])
def test_the_base_lies_elsewhere(make_ldap_table, slapd, postmap, base):
    """Nobody there is absent: mail waits, and the log says for what."""
    table = make_ldap_table(slapd, search_base=base, timeout="2")
    table.daemon.log.expect(DOWN + ".*Referral: ldap://other.lab.test/")
    table.start()
    for key in (ALICE, NOBODY):
        table.expect(key, TEMP)
        status, said, why = postmap(table, key)
        assert status == 1 and not said and "eferral" in why
    table.expect(ALICE, TEMP)


def test_a_base_of_the_key_lies_elsewhere(make_ldap_table, slapd):
    """That's of those keys alone."""
    table = make_ldap_table(slapd, search_base=f"ou=%u,{PEOPLE}",
                            query_filter="(mail=%s)")
    table.daemon.log.allow(DOWN + ".*Referral")
    table.start()
    table.expect("branch@example.com", TEMP)
    table.expect(NOBODY, NOTFOUND)
    table.expect("branch@example.com", TEMP)


def test_a_part_below_the_base_lies_elsewhere(make_ldap_table, slapd,
                                              postmap):
    """What this server holds is the table; it's told once that there's
    more."""
    table = make_ldap_table(slapd, timeout="2")
    table.daemon.log.expect(
        r"warning: .*a part of the tree lies elsewhere and isn't asked.*"
        r"first=ldap://other.lab.test/")
    table.start()
    table.expect(ALICE, FOUND)
    for key in (NOBODY, "somebody@example.com"):
        table.expect(key, NOTFOUND)
        assert postmap(table, key)[:2] == (1, "")
    assert postmap(table, ALICE)[:2] == (0, "TRUE")
    assert sum("lies elsewhere" in line
               for line in table.daemon.log.lines()) == 1


def test_changes_are_told_of_what_it_holds(make_ldap_table, slapd):
    table = make_ldap_table(slapd, watch="yes")
    table.daemon.log.allow("warning: .*lies elsewhere")
    table.start()
    table.daemon.log.wait("changes are told from now on")
    table.expect(ALICE, FOUND)
    slapd.toggle("alice", "FALSE")
    table.until(ALICE, NOTFOUND)
    slapd.toggle("alice", "TRUE")
    table.until(ALICE, FOUND)
    assert is_reply(table.ask(NOBODY), NOTFOUND)
