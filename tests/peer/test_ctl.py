# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl asks: as Postfix does, and over the control socket."""

import json
import os
import re
import subprocess

import pytest

from lab import TIMEOUT
from lab.clients import Socketmap, netstring
from lab.ctl import (FOUND, NOTFOUND, REFUSED, TEMPFAIL, UNREACHABLE, USAGE,
                     CONFIG, Ctl, end, record, replies, says, trickle,
                     wait_silently)
from lab.ctl import fake, make_site, site  # pylint: disable=unused-import
from lab.until import until

# What Postfix asks, in order, while nothing is found.

ASKED = [
    ("Alice+tag@EXAMPLE.com", [b"Alice+tag@EXAMPLE.com"]),
    ("<>", [b'"<>"', b"<>"]),
    ('"a b"@example.com', [b'"a b"@example.com', b"a b@example.com"]),
    ("a@b@example.com", [b'"a@b"@example.com', b"a@b@example.com"]),
    ('"alice"@example.com', [b"alice@example.com"]),
    ("@example.com", [b'""@example.com', b"@example.com"]),
    ("jörg@exämple.com", ["jörg@exämple.com".encode()]),
]


@pytest.mark.parametrize("address,keys", ASKED)
def test_lookup_asks_what_postfix_asks(site, fake, address, keys):
    server = fake(says(b"NOTFOUND ", b"NOTFOUND "))
    said = site.ctl("lookup", address, "--socket", server.endpoint,
                    status=NOTFOUND)
    assert server.asked == [b"forceenc " + key for key in keys]
    assert said.out == "" and "not found" in said.err


def test_lookup_ends_with_the_first_answer(site, fake):
    server = fake(says(b"OK slow:[h]:25"))
    said = site.ctl("lookup", "<>", "--socket", server.endpoint)
    assert (said.out, said.err) == ("slow:[h]:25\n", "")
    assert server.asked == [b'forceenc "<>"']
    server = fake(says(b"NOTFOUND ", b"OK slow:"))
    said = site.ctl("lookup", "<>", "--socket", server.endpoint, "--json")
    assert said.json() == {
        "map": "forceenc", "address": "<>", "outcome": "answer",
        "answer": "slow:", "asked": ['"<>"', "<>"],
        "endpoint": server.endpoint}
    server = fake(says(b"TEMP wait", b"OK slow:"))
    site.ctl("lookup", "<>", "--socket", server.endpoint, status=TEMPFAIL)
    assert len(server.asked) == 1


REPLIES = [
    (b"OK forceenc:", FOUND, "answer"),
    (b"OK DUNNO", FOUND, "dunno"),
    (b"NOTFOUND ", NOTFOUND, "absent"),
    (b"NOTFOUND", NOTFOUND, "absent"),
    (b"TEMP the \x1b[2Jreason", TEMPFAIL, "unsure"),
    (b"TIMEOUT the reason", TEMPFAIL, "unsure"),
    (b"PERM the reason", REFUSED, "refused"),
]


@pytest.mark.parametrize("reply,status,outcome", REPLIES)
def test_each_reply_has_its_exit_status(site, fake, reply, status, outcome):
    server = fake(says(reply))
    said = site.ctl("lookup", "a@example.com", "--socket", server.endpoint,
                    status=status)
    assert "\x1b" not in said.out + said.err
    if status > NOTFOUND:
        assert said.out == "" and "reason" in said.err
    said = site.ctl("--json", "lookup", "a@example.com", "--socket",
                    server.endpoint, status=status)
    assert said.json()["outcome"] == outcome
    assert (said.json()["answer"] is None) == (status != FOUND)


NO_REPLIES = [
    (b"", TEMPFAIL),
    (b"12:OK force", TEMPFAIL),
    (b"12:OK forceenc:", TEMPFAIL),
    (b"2:OK,", UNREACHABLE),
    (b"3:OK ,", UNREACHABLE),
    (b"5:MAYBE,", UNREACHABLE),
    (b"0:,", UNREACHABLE),
    (b"220 mail.example.com ESMTP\r\n", UNREACHABLE),
    (b"200 forceenc:\n", UNREACHABLE),
    (b"999999:", UNREACHABLE),
    (b"12:OK forceenc:;", UNREACHABLE),
    (b"12:OK forceenc:,9:NOTFOUND ,", UNREACHABLE),
]


@pytest.mark.parametrize("reply,status", NO_REPLIES)
def test_what_is_no_reply_is_no_answer(site, fake, reply, status):
    def script(self, conn):
        self.read(conn)
        conn.sendall(reply)

    server = fake(script)
    for form in ([], ["--json"]):
        said = site.ctl("lookup", "a@example.com", "--socket",
                        server.endpoint, *form, status=status)
        assert "forceenc:" not in said.out
        assert server.endpoint in said.err + said.out


def test_nobody_is_waited_for_for_ever(make_site, fake):
    """All at once, since each takes its whole time."""
    site = make_site(answer_deadline="10ms")
    cases = []
    for script in (wait_silently, trickle(b"90000:OK ")):
        cases.append(("lookup", "a@b", "--socket", fake(script).endpoint))
    for script in (wait_silently, trickle(b"90000:R")):
        site.daemon.options["control_socket"] = (
            fake(script).endpoint.partition(":")[2])
        site.daemon.path = site.folder / f"other{len(cases)}.cf"
        site.daemon.write()
        cases.append(("-c", str(site.daemon.path), "status"))
    running = [subprocess.Popen(
        site.ctl.argv(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True) for words in cases]
    for words, process in zip(cases, running):
        out, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == TEMPFAIL, (words, err)
        assert out == "" and "no answer within 2" in err, (words, err)


# A real daemon.

def test_lookup(site):
    assert site.ctl("lookup", "Any+x@Example.COM").out == "forceenc:\n"
    site.ctl("lookup", "any@example.net", status=NOTFOUND)
    site.ctl("lookup", "<>", status=NOTFOUND)
    site.ctl("set", "<>", "on")
    until(lambda: site.status("lookup", '"<>"'), b"0")
    said = site.ctl("lookup", "a\tb@example.com", status=REFUSED)
    assert "control byte" in said.err


def test_lookup_needs_no_configuration(site):
    ctl = Ctl("/nonexistent/forceenc.cf")
    ctl("lookup", "a@example.com", status=CONFIG)
    ctl("lookup", "a@example.com", "--map", "forceenc", status=CONFIG)
    words = ["lookup", "a@example.com", "--map", "forceenc"]
    assert ctl(*words, "--socket", site.endpoint).out == "forceenc:\n"
    said = ctl(*words, "--explain", "--socket", f"{site.folder}/control")
    assert "decided by @example.com" in said.out
    assert ctl("status", "--socket", f"unix:{site.folder}/control").out


def test_maps(make_site):
    site = make_site(maps="forceenc inbound",
                     inbound_tables="sqlite:inbound.cf",
                     inbound_answers="inenc: slow:")
    (site.folder / "inbound.cf").write_text("dbpath = inbound.db\n")
    site.ctl("set", "a@example.com", "on")
    site.ctl("set", "--map", "inbound", "b@example.com", "on")
    site.start()
    assert site.rows() == {"a@example.com": "on"}
    assert site.ctl("lookup", "a@example.com").out == "forceenc:\n"
    for more in ([], ["--explain"]):
        site.ctl("lookup", "b@example.com", *more, status=NOTFOUND)
        said = site.ctl("lookup", "b@example.com", "--map", "inbound", *more)
        assert "inenc:" in said.out
    said = site.ctl("set", "b@example.com", "slow:", status=USAGE)
    assert "write on, off, DUNNO, forceenc:, or add it" in said.err
    site.ctl("set", "b@example.com", "slow:", "--map", "inbound")
    for words in (["lookup", "x"], ["list"], ["set", "x@y", "on"],
                  ["unset", "x"]):
        said = site.ctl(*words, "--map", "nosuch", status=USAGE)
        assert "forceenc, inbound" in said.err
    said = site.ctl("lookup", "x", "--map", "nosuch", "--explain",
                    status=REFUSED)
    assert "no map" in said.err
    said = site.ctl("lookup", "x", "--map", "m" * 9000, "--explain",
                    status=USAGE)
    assert "too long" in said.err
    said = site.ctl("lookup", "x", "--map", "nosuch", "--socket",
                    site.endpoint, status=REFUSED)
    assert "no map" in said.err


def test_explain(site):
    said = site.ctl("lookup", "Any+x@Example.COM", "--explain")
    assert "any+x@example.com (full address)" in said.out
    assert "any@example.com (without extension)" in said.out
    assert "@example.com (domain)" in said.out
    assert "answer: forceenc: (Postfix is told: OK forceenc:)" in said.out
    assert f"decided by @example.com in sqlite:{site.table}" in said.out
    said = site.ctl("--json", "lookup", "any@example.com", "--explain")
    steps = said.json()["steps"]
    assert [(s["key"], s["said"]) for s in steps] == [
        ("any@example.com", "absent"), ("@example.com", "forceenc:")]
    assert all(s["cache"] == "fresh" for s in steps)
    said = site.ctl("lookup", "x@example.net", "--explain", status=NOTFOUND)
    assert "no table has any of these keys" in said.out
    site.ctl("set", "x@example.com", "off")
    until(lambda: site.status("lookup", "x@example.com"), b"1")
    said = site.ctl("lookup", "x@example.com", "--explain", status=NOTFOUND)
    assert "an exception" in said.out
    said = site.ctl("lookup", "a\x01b", "--explain", status=REFUSED)
    assert "a\\x01b: control byte" in said.err


def test_explain_trouble(site):
    site.daemon.log.allow("not a permitted answer", "can't be asked")
    site.sql("INSERT INTO policy VALUES ('bad@example.com', 'smtp:', 1)")
    said = site.ctl("lookup", "bad@example.com", "--explain", status=TEMPFAIL)
    assert "Postfix is told: TEMP" in said.out and '"smtp:"' in said.out
    said = site.ctl("lookup", "bad@example.com", status=TEMPFAIL)
    assert said.out == "" and "temporary failure: " in said.err
    site.ctl("lookup", "any@example.com")
    os.rename(site.database, site.folder / "away.db")
    until(lambda: site.ctl("lookup", "any@example.com", "--explain")
          .out.encode(), re.compile(rb".*as last known: forceenc:.*", re.S))
    said = site.ctl("lookup", "any@example.com", "--explain")
    assert "from what was last known" in said.out
    said = site.ctl("status")
    assert "down: " in said.out
    os.rename(site.folder / "away.db", site.database)


# The daemon's state.

def test_status(site):
    for address in ("a@example.com", "b@example.com"):
        site.ctl("lookup", address)
    state = site.ctl("status", "--json").json()
    assert state["pid"] == site.daemon.process.pid
    assert state["maps"][0]["questions"] == 2
    assert state["maps"][0]["answered"] == 2
    assert state["listeners"][0]["endpoint"] == site.endpoint
    out = site.ctl("status").out
    assert f"process {site.daemon.process.pid}" in out
    assert site.endpoint in out and f"sqlite:{site.table}" in out
    lines = dict(line.split("\t", 1) for line in
                 site.ctl("status", "--tsv").out.splitlines())
    assert lines["maps.0.tables.0.state"] == "up"
    assert lines["clients.questions"] == "2"


def test_cache(site):
    assert site.ctl("cache", "dump").out == ""
    assert site.ctl("cache", "dump", "--json").json() == []
    site.ctl("lookup", "a+x@example.com")
    facts = {f["key"]: f["fact"] for f in
             site.ctl("cache", "dump", "--json").json()}
    assert facts == {"a+x@example.com": "absent", "a@example.com": "absent",
                     "@example.com": "forceenc:"}
    assert "a@example.com" in site.ctl("cache", "dump").out
    assert site.ctl("cache", "stats", "--json").json()["facts"] == 3
    assert "3 facts" in site.ctl("cache", "stats").out
    assert site.ctl("cache", "drop", "A@Example.com").out == "dropped: 1\n"
    said = site.ctl("cache", "drop", "a@example.com", "--json",
                    status=NOTFOUND)
    assert said.json() == {"dropped": 0}
    assert site.ctl("cache", "drop", "@example.com").out == "dropped: 1\n"
    assert site.ctl("cache", "flush").out == "dropped: 1\n"
    assert site.ctl("cache", "flush").out == "dropped: 0\n"
    site.ctl("cache", "drop", "", status=USAGE)
    said = site.ctl("cache", "drop", "a\x01b", status=REFUSED)
    assert "control byte" in said.err


def test_a_long_dump_is_whole(site):
    names = [f"user{n}-{'x' * (n % 50)}@example.com" for n in range(4000)]
    with Socketmap(site.endpoint) as client:
        for start in range(0, len(names), 50):
            part = names[start:start + 50]
            client.send(b"".join(client.question(name) for name in part))
            for _ in part:
                assert client.read_reply() == client.FOUND
    facts = site.ctl("cache", "dump", "--json").json()
    assert {f["key"] for f in facts} == {"@example.com", *names}
    rows = site.ctl("cache", "dump", "--tsv").out.splitlines()
    assert len(rows) == len(names) + 1
    # Nothing is left at once, and a walk over nothing ends.
    assert site.ctl("cache", "flush").out == f"dropped: {len(names) + 1}\n"
    assert site.ctl("cache", "dump", "--json").json() == []
    site.ctl("lookup", "a@example.com")
    assert len(site.ctl("cache", "dump", "--json").json()) == 2


FACT = record({"key": "a@example.com", "fact": "absent", "age": 1.5,
               "fresh": True, "table": "t"})

HALF = [
    (FACT, TEMPFAIL),
    (FACT + end(0)[:-1], TEMPFAIL),
    (FACT + FACT[:20], TEMPFAIL),
    (netstring(b"Rno json") + end(0), UNREACHABLE),
    (netstring(b"R[1]") + end(0), UNREACHABLE),
    (netstring(b'R{"a": "\xff"}') + end(0), UNREACHABLE),
    (FACT + b"HTTP/1.1 400 Bad Request\r\n", UNREACHABLE),
    (netstring(b"OK forceenc:"), UNREACHABLE),
    (FACT + netstring(b"E999 "), UNREACHABLE),
    (FACT + end(0) + FACT, UNREACHABLE),
    (FACT + end(64, b"what?"), UNREACHABLE),
]


@pytest.mark.parametrize("reply,status", HALF)
def test_half_an_answer_is_none(site, fake, reply, status):
    def script(self, conn):
        self.read(conn)
        conn.sendall(reply)

    server = fake(script)
    for command in (["cache", "dump"], ["status"]):
        for form in ([], ["--json"], ["--tsv"]):
            said = site.ctl(*command, *form, "--socket", server.endpoint,
                            status=status)
            assert said.out == "" and server.endpoint in said.err


def test_what_a_daemon_says_is_made_printable(site, fake):
    value = {"key": "a\x1b]0;x\x07", "fact": "\u009b2J", "age": 1,
             "fresh": False, "table": "t\n", "version": "\x1b"}
    server = fake(replies(record(value) + end(0, b"\x1b")))
    for command in (["cache", "dump"], ["status"]):
        for form in ([], ["--tsv"]):
            said = site.ctl(*command, *form, "--socket", server.endpoint)
            assert not set(said.out + said.err) & set("\x1b\x07\u009b")
    dumped = site.ctl("cache", "dump", "--json", "--socket", server.endpoint)
    assert dumped.json() == [value]
    assert "\x1b" not in dumped.out
