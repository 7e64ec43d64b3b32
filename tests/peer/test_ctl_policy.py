# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl keeps the policy of ours."""

import contextlib
import sqlite3

import pytest

from lab.clients import Socketmap
from lab.ctl import CONFIG, NOTFOUND, TEMPFAIL, USAGE
from lab.ctl import make_site, site  # pylint: disable=unused-import
from lab.until import until


def test_set_and_unset(make_site):
    site = make_site(forceenc_answers="forceenc: slow:[relay.test]:25")
    said = site.ctl("set", "Alice@EXAMPLE.com", "on")
    assert said.out == ("alice@example.com: set to on (is new)\n"
                        "in effect: forceenc:, by alice@example.com "
                        "(full address)\n")
    said = site.ctl("set", "alice@example.com", "slow:[relay.test]:25")
    assert "(was on)" in said.out
    said = site.ctl("set", "alice+TAG@example.com", "TRUE")
    assert "alice+tag@example.com: set to on" in said.out
    site.ctl("set", "alice@example.com", "no")
    site.ctl("set", "bob@example.com", "dunno")
    site.ctl("set", "@Exämple.COM", "on")
    site.ctl("set", "<>", " forceenc: ")
    site.ctl("set", '"a b"@example.com', "on")
    site.ctl("set", "--", "-x@example.com", "on")
    assert site.rows() == {
        "alice@example.com": "off", "alice+tag@example.com": "on",
        "bob@example.com": "DUNNO", "@xn--exmple-cua.com": "on",
        "<>": "forceenc:", '"a b"@example.com': "on",
        "-x@example.com": "on"}
    said = site.ctl("unset", "alice+tag@example.com")
    assert said.out == ("alice+tag@example.com: removed (was on)\n"
                        "in effect: off, by alice@example.com "
                        "(without extension)\n")
    said = site.ctl("unset", "alice+tag@example.com", status=NOTFOUND)
    assert "wasn't set" in said.out
    for address in ("ALICE@example.com", "bob@example.com", "@EXÄMPLE.com",
                    "<>", "a b@example.com"):
        site.ctl("unset", address)
    said = site.ctl("unset", "--", "-x@example.com")
    assert "in effect: nothing" in said.out
    assert site.rows() == {}


def test_set_in_json(make_site):
    site = make_site()
    site.ctl("set", "@example.com", "on")
    said = site.ctl("set", "a@example.com", "off", "--json")
    table = f"sqlite:{site.table}"
    assert said.json() == {
        "address": "a@example.com", "answer": "off", "before": None,
        "table": table,
        "effect": {"answer": "off", "key": "a@example.com",
                   "level": "full address"}}
    said = site.ctl("unset", "a@example.com", "--json")
    assert said.json() == {
        "address": "a@example.com", "before": "off", "table": table,
        "effect": {"answer": "forceenc:", "key": "@example.com",
                   "level": "domain"}}
    said = site.ctl("unset", "a@example.net", "--json", status=NOTFOUND)
    assert said.json()["effect"] == {"answer": None, "key": None}


def test_unset_removes_what_others_have_spelled(make_site):
    site = make_site()
    site.ctl("set", "x@example.com", "on")
    for address in ("joe@exämple.com", "joe@xn--exmple-cua.com",
                    "JOE@Exämple.com", "@exämple.com"):
        site.sql("INSERT INTO policy VALUES (?, 'on', 1)", address)
    site.ctl("unset", "JOE@Exämple.com")
    assert site.rows() == {"x@example.com": "on", "@exämple.com": "on"}


def test_set_is_in_force_without_a_reload(site):
    with Socketmap(site.endpoint) as client:
        assert client.ask("a@example.net") == client.NOTFOUND
        site.ctl("set", "@example.net", "on")
        until(lambda: client.ask("a@example.net"), client.FOUND)
        site.ctl("set", "a@example.net", "off")
        until(lambda: client.ask("a@example.net"), client.NOTFOUND)
        site.ctl("unset", "a@example.net")
        until(lambda: client.ask("a@example.net"), client.FOUND)


WRONG_SET = [
    ("", "on", "'<>'"),
    ("@", "on", "'<>'"),
    ('""@.', "on", "'<>'"),
    ("example.com", "on", "@DOMAIN"),
    ("joe", "on", "NAME@DOMAIN"),
    ("a@example.com", "", "write on, off"),
    ("a@example.com", " ", "write on, off"),
    ("a@example.com", "smtp:", "write on, off, DUNNO, forceenc:"),
    ("a@example.com", "FORCEENC:", "write on, off"),
    ("a@example.com", "forceenc", "write on, off"),
    ("a@example.com", "maybe", "write on, off"),
    ("a\nb@example.com", "on", "control byte"),
    ("x" * 3000 + "@example.com", "on", "too long"),
]


@pytest.mark.parametrize("address,answer,way_out", WRONG_SET)
def test_what_must_not_be_set(make_site, address, answer, way_out):
    site = make_site()
    said = site.ctl("set", address, answer, status=USAGE)
    assert way_out in said.err
    assert not site.database.exists()


def test_not_utf8(make_site):
    site = make_site()
    said = site.ctl("set", b"\xff@example.com", "on", status=USAGE)
    assert "\\xff@example.com: malformed UTF-8" in said.err


def test_list(make_site):
    site = make_site()
    said = site.ctl("list", status=TEMPFAIL)
    assert "'forceencctl set' makes it" in said.err
    site.ctl("unset", "a@example.com", status=TEMPFAIL)
    assert not site.database.exists()
    for address, answer in [("b@example.com", "on"), ("@example.com", "off"),
                            ("a@example.net", "forceenc:")]:
        site.ctl("set", address, answer)
    site.sql("INSERT INTO policy VALUES (?, 'smtp:', 0)", "x\x1b[2J@z")
    lines = site.ctl("list").out.splitlines()
    assert lines[0].split() == ["ADDRESS", "SET", "TO", "SINCE"]
    assert [line.split()[0] for line in lines[1:]] == [
        "@example.com", "a@example.net", "b@example.com", "x\\x1b[2J@z"]
    assert "on = forceenc:" in lines[3]
    assert "smtp: (not permitted)" in lines[4]
    rows = site.ctl("list", "--json").json()
    assert [(r["address"], r["answer"], r["meaning"]) for r in rows] == [
        ("@example.com", "off", "off"),
        ("a@example.net", "forceenc:", "forceenc:"),
        ("b@example.com", "on", "forceenc:"),
        ("x\x1b[2J@z", "smtp:", "(not permitted)")]
    assert all(isinstance(r["changed"], int) for r in rows)
    rows = site.ctl("list", "--tsv", "x").out.split("\n")
    assert "x\\x1b[2J@z\tsmtp:\t(not permitted)\t1970-01-01T00:00:00Z" in rows

    def found(pattern):
        return [r["address"] for r in
                site.ctl("list", pattern, "--json").json()]

    assert found("EXAMPLE.com") == ["@example.com", "b@example.com"]
    assert found("*@example.com") == ["@example.com", "b@example.com"]
    assert found("?@example.*") == ["a@example.net", "b@example.com"]
    assert site.ctl("list", "*.com", "--json").json() == (
        site.ctl("list", "@example.com", "--json").json())
    for form in ([], ["--tsv"]):
        assert site.ctl("list", "nosuch", *form, status=NOTFOUND).out == ""
    assert site.ctl("list", "nosuch", "--json", status=NOTFOUND).json() == []


def test_databases_that_fail(make_site):
    site = make_site()
    site.database.write_text("no database, but long enough for a header" * 99)
    for words in (["set", "a@example.com", "on"], ["unset", "a@example.com"],
                  ["list"]):
        said = site.ctl(*words, status=TEMPFAIL)
        assert said.out == "" and str(site.database) in said.err
    site.database.unlink()
    site.sql("CREATE TABLE others (a)")
    said = site.ctl("set", "a@example.com", "on", status=TEMPFAIL)
    assert "not a database that forceencctl made" in said.err
    site.database.unlink()
    site.ctl("set", "a@example.com", "on")
    with contextlib.closing(sqlite3.connect(site.database)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert "lock" in site.ctl("list", status=TEMPFAIL).err
        db.rollback()
    site.ctl("list")


def test_tables_with_a_query_of_their_own(make_site):
    site = make_site(forceenc_tables="sqlite:people.cf")
    (site.folder / "people.cf").write_text(
        "dbpath = people.db\nquery = SELECT a FROM b WHERE c = '%s'\n")
    for words in (["set", "a@example.com", "on"], ["unset", "a@example.com"],
                  ["list"]):
        said = site.ctl(*words, status=CONFIG)
        assert "query of its own" in said.err
        assert "forceenc_tables" in said.err
    assert not (site.folder / "people.db").exists()
    site.daemon.options["forceenc_tables"] = "sqlite:people.cf sqlite:policy.cf"
    site.daemon.write()
    said = site.ctl("set", "a@example.com", "on")
    assert "as far as sqlite:policy.cf goes" in said.out
    assert site.rows() == {"a@example.com": "on"}


def test_tables_for_some_domains(make_site):
    site = make_site()
    site.table.write_text(f"dbpath = {site.database}\ndomain = example.com\n")
    site.ctl("set", "a@Example.COM", "on")
    for address in ("a@example.net", "@example.com", "<>"):
        said = site.ctl("set", address, "on", status=CONFIG)
        assert str(site.table) in said.err
    site.start()
    assert site.ctl("lookup", "a@example.com").out == "forceenc:\n"


def test_tables_with_a_result_format(make_site):
    site = make_site(forceenc_answers="forceenc: forceenc:[mx.test]")
    site.table.write_text(
        f"dbpath = {site.database}\nresult_format = forceenc:%s\n")
    said = site.ctl("set", "a@example.com", "on", status=USAGE)
    assert "result_format makes forceenc:on of it" in said.err
    said = site.ctl("set", "a@example.com", "[mx.test]")
    assert "in effect: forceenc:[mx.test], by a@example.com" in said.out
    assert site.rows() == {"a@example.com": "[mx.test]"}
    site.start()
    assert site.ctl("lookup", "a@example.com").out == "forceenc:[mx.test]\n"
    # A value without the part that is asked for means nothing, to both.
    site.table.write_text(
        f"dbpath = {site.database}\nresult_format = forceenc:%d\n")
    said = site.ctl("set", "b@example.com", "on", status=USAGE)
    assert "result_format makes nothing of it" in said.err
    site.sql("INSERT INTO policy VALUES ('b@example.com', 'on', 1)")
    rows = site.ctl("list", "b@", "--json").json()
    assert [row["meaning"] for row in rows] == ["(nothing)"]
    said = site.ctl("unset", "b+x@example.com", status=NOTFOUND)
    assert "in effect: nothing" in said.out
    site.daemon.reload()
    site.daemon.log.wait("reloaded")
    site.ctl("lookup", "b+x@example.com", status=NOTFOUND)
