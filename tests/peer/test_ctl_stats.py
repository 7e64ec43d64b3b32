# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl reports: what a database holds, in every form."""

import json
import sqlite3
import time

import pytest

from lab import programs
from lab.ctl import CONFIG, FOUND, NOTFOUND, TEMPFAIL, USAGE, Ctl

NOW = int(time.time())
HOUR = NOW // 3600

# hour, sender, destination, service, outcome, level, reason, count
ROWS = [
    (HOUR, "alice@example.com", "example.net", "postfix",
     "delivered", "verified", "", 5),
    (HOUR, "alice+tag@example.com", "example.net", "postfix",
     "delivered", "none", "", 2),
    (HOUR - 1, "alice@example.com", "example.org", "forceenc",
     "hard", None, "not-offered", 3),
    (HOUR - 1, "bob@example.com", "example.org", "postfix",
     "delivered", "untrusted", "", 4),
    (HOUR - 24 * 20, "<>", "old.example", "postfix",
     "deferred", None, "", 1),
    (HOUR - 1, "\udcff\t\x1b[31m@example.com", "x", "postfix",
     "soft", None, "dane", 1),
]


class Store:
    """What forceenc-watch would have written."""

    def __init__(self, path):
        self.path = path
        self.db = sqlite3.connect(path)
        self.db.execute("PRAGMA journal_mode = WAL")
        schema = sorted((programs.TOP / "etc" / "sql").glob("stats-[0-9]*.sql"))
        for version in schema:
            self.db.executescript(version.read_text(encoding="utf-8"))
        self.db.execute(f"PRAGMA user_version = {len(schema)}")

    def intern(self, table, **values):
        names = " AND ".join(f"{name} IS ?" for name in values)
        row = self.db.execute(f"SELECT id FROM {table} WHERE {names}",
                              list(values.values())).fetchone()
        if row:
            return row[0]
        marks = ", ".join("?" for _ in values)
        return self.db.execute(
            f"INSERT INTO {table} ({', '.join(values)}, last) "
            f"VALUES ({marks}, 0)", list(values.values())).lastrowid

    def sender(self, name):
        name = name.encode("utf-8", "surrogateescape")
        local, _, domain = name.rpartition(b"@")
        if not local:
            local, domain = name, b""
        row = self.db.execute(
            "SELECT id FROM sender WHERE domain = CAST(? AS TEXT) "
            "AND local = CAST(? AS TEXT)", (domain, local)).fetchone()
        return row[0] if row else self.db.execute(
            "INSERT INTO sender (domain, local, last) "
            "VALUES (CAST(? AS TEXT), CAST(? AS TEXT), 0)",
            (domain, local)).lastrowid

    def kind(self, service, outcome, level, reason):
        return self.intern("kind", host="mail.example.com", service=service,
                           outcome=outcome, level=level, reason=reason)

    def count(self, hour, sender, destination, service, outcome, level,
              reason, n):
        self.db.execute(
            "INSERT INTO delivery_hour VALUES (?, ?, ?, ?, ?)",
            (hour, self.sender(sender), self.intern("name", text=destination),
             self.kind(service, outcome, level, reason), n))

    def sessions(self, destination, level, n):
        tls = self.intern("tls", host="mail.example.com", version="",
                          cipher="", level=level)
        name = self.intern("name", text=destination)
        self.db.execute("INSERT INTO session_hour VALUES (?, ?, ?, ?, ?, ?)",
                        (HOUR, name, name, tls, n, NOW))

    def failure(self, when, sender, text):
        self.db.execute(
            "INSERT INTO failure (time, sender, destination, kind, queue_id, "
            "recipient, relay, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (when, self.sender(sender), self.intern("name", text="d.example"),
             self.kind("forceenc", "hard", None, "not-offered"), "4ABC", "",
             "mx.d.example[192.0.2.1]:25", text))

    def blob(self, host, name, value):
        self.db.execute("INSERT INTO state (host, name, piece, value) "
                        "VALUES (?, ?, 0, ?)", (host, name, value))


@pytest.fixture(name="ctl")
def make_ctl(tmp_path):
    (tmp_path / "policy.cf").write_text(f"dbpath = {tmp_path}/policy.db\n")
    conf = tmp_path / "forceenc.cf"
    conf.write_text(f"forceenc_tables = sqlite:{tmp_path}/policy.cf\n"
                    f"store = sqlite:{tmp_path}/stats.db\n")
    return Ctl(conf)


@pytest.fixture(name="store")
def make_store(tmp_path):
    store = Store(tmp_path / "stats.db")
    for row in ROWS:
        store.count(*row)
    store.db.commit()
    return store


def test_stats_has_the_named_dimensions(ctl, store):
    by = ("sender", "destination", "service", "outcome", "level", "reason")
    said = ctl("stats", "--json", "--by", ",".join(by), "--since", "all")
    rows = said.json()
    assert all(list(row) == [*by, "count"] for row in rows)
    got = {tuple(row.values()) for row in rows}
    want = {(*(row[1:6]), row[6] or None, row[7]) for row in ROWS[:5]}
    assert want < got and len(got) == len(ROWS)
    assert "NaN" not in said.out and store


def test_stats_of_a_sender(ctl, store):
    assert store
    for sender, count in [("alice@example.com", 10), ("ALICE@Example.COM", 10),
                          ("alice+tag@example.com", 2), ("@example.com", 15),
                          ("<>", 1), ("carol@example.com", 0)]:
        rows = ctl("stats", sender, "--json", "--since", "all").json()
        assert sum(row["count"] for row in rows) == count, sender
        for row in rows:
            assert list(row) == ["outcome", "level", "reason", "count"]


def test_stats_since_and_until(ctl, store):
    assert store

    def total(*words):
        return sum(row["count"] for row in
                   ctl("stats", "--json", "--by", "day", *words).json())
    assert total() == 15
    assert total("--since", "30d") == 16
    assert total("--since", "all", "--until", "10d") == 1
    assert total("--since", "2001-01-01", "--until", "2002-01-01") == 0
    for words in [("--since", "x"), ("--until", "2026-02-30"),
                  ("--by", "colour"), ("--by", "day,day"), ("--by", ""),
                  ("--by", "day,")]:
        assert ctl("stats", *words, status=USAGE).out == ""
    ctl("stats", "", status=USAGE)
    # The first is 7 days ago if nothing is said.
    for words in [("--until", "10d"),
                  ("--since", "2026-06-21", "--until", "2026-06-21")]:
        assert "later than" in ctl("stats", *words, status=USAGE).err


def test_stats_hours(ctl, store):
    assert store
    hour = time.strftime("%Y-%m-%dT%H:00Z", time.gmtime((HOUR - 1) * 3600))
    rows = ctl("stats", "--json", "--by", "hour").json()
    assert rows[0] == {"hour": hour, "count": 8}
    store.db.execute("INSERT INTO delivery_day VALUES (20000, 1, 1, 1, 9)")
    store.db.commit()
    rows = ctl("stats", "--json", "--by", "hour,host", "--since", "all").json()
    assert rows[0] == {"hour": "2024-10-04", "host": "mail.example.com",
                       "count": 9}


def test_stats_for_people_and_lines(ctl, store):
    assert store
    out = ctl("stats", "--by", "sender,outcome").out
    assert "\x1b" not in out and "\\x1b[31m" in out
    assert out.startswith("SENDER") and max(map(len, out.splitlines())) <= 80
    out = ctl("stats", "--tsv", "--by", "sender,level").out
    assert "bob@example.com\tuntrusted\t4\n" in out
    assert "alice@example.com\t\t3\n" in out
    assert all(line.count("\t") == 2 for line in out.splitlines())


def test_top(ctl, store):
    assert store
    rows = ctl("top", "--json").json()
    assert rows == [{"sender": "alice@example.com", "sent": 5, "plaintext": 0,
                     "untrusted": 0, "soft": 0, "hard": 3}]
    rows = ctl("top", "--json", "--by", "sent", "-n", "2").json()
    assert [row["sender"] for row in rows] == ["alice@example.com",
                                               "bob@example.com"]
    assert ctl("top", "--by", "plaintext", "--tsv").out == \
        "alice+tag@example.com\t2\t2\t0\t0\t0\n"
    ctl("top", "--by", "level", status=USAGE)
    for n in ("0", "-1", "x", ""):
        ctl("top", "-n", n, status=USAGE)


def test_failures(ctl, store):
    for i in range(30):
        store.failure(NOW - i, "alice@example.com", f"said {i} \x1b[0m")
    store.failure(NOW - 100, "bob@example.com", "no")
    store.db.commit()
    rows = ctl("failures", "--json").json()
    assert [row["time"] for row in rows] == [NOW - i for i in range(20)]
    assert rows[0]["text"] == "said 0 \x1b[0m"
    assert rows[0]["reason"] == "not-offered" and rows[0]["recipient"] is None
    assert len(ctl("failures", "--json", "-n", "99").json()) == 31
    rows = ctl("failures", "BOB+x@example.com", "--json").json()
    assert rows == []
    rows = ctl("failures", "bob@EXAMPLE.com", "--json").json()
    assert [row["sender"] for row in rows] == ["bob@example.com"]
    out = ctl("failures", "-n", "1").out
    assert "\x1b" not in out
    assert "alice@example.com -> d.example  not-offered\n    4ABC " \
        "mx.d.example[192.0.2.1]:25: said 0 \\x1b[0m\n" in out


def test_whatif(ctl, store):
    store.sessions("example.net", "none", 3)
    store.sessions("example.org", "untrusted", 30)
    store.db.commit()
    rows = ctl("whatif", "all", "--json").json()
    assert {row["destination"]: (row["verdict"], row["pass"], row["fail"],
                                 row["handful"]) for row in rows} == {
        "example.net": ("mixed", 5, 2, True),
        "example.org": ("passes", 4, 0, False)}
    rows = ctl("whatif", "bob@example.com", "--level", "verify",
               "--json").json()
    assert [(row["verdict"], row["fail"], row["sessions"]) for row in rows] \
        == [("fails", 4, 30)]
    out = ctl("whatif", "alice@example.com").out
    assert "of 7 recipients 5 would have passed, 2 failed" in out
    assert "fewer than 10 sessions" in out
    assert "nothing was delivered" in ctl("whatif", "carol@example.com").out
    ctl("whatif", status=USAGE)
    ctl("whatif", "all", "--level", "may", status=USAGE)


def test_watch_status(ctl, store):
    said = ctl("watch", "status", "--json", status=NOTFOUND)
    assert said.json() == []
    store.blob("mail.example.com", "follow/state", b"\x00\xff")
    store.blob("mail.example.com", "follow/counters",
               f"time {NOW}\nlines 12\nrubbish\nunparsed x\n"
               f"bytes_behind 7".encode())
    store.db.commit()
    assert ctl("watch", "status", "--json").json() == [
        {"host": "mail.example.com", "run": "follow", "time": NOW,
         "lines": 12, "bytes_behind": 7}]
    assert "mail.example.com\tfollow\tlines\t12\n" in \
        ctl("watch", "status", "--tsv").out
    assert " ago\n" in ctl("watch", "status").out


@pytest.mark.parametrize("words, said", [
    (("stats", "carol@example.com"), "nothing was counted\n"),
    (("top", "--by", "plaintext", "--until", "6d"), "no sender has any\n"),
    (("failures",), "nothing has failed\n")])
def test_a_person_is_told_of_nothing(ctl, store, words, said):
    assert store and ctl(*words).out == said
    assert ctl(*words, "--tsv").out == ""
    assert ctl(*words, "--json").json() == []


@pytest.mark.parametrize("words", [
    ("stats",), ("top",), ("failures",), ("whatif", "all"),
    ("watch", "status")])
def test_no_store(ctl, tmp_path, words):
    said = ctl(*words, status=TEMPFAIL).err
    assert f"{tmp_path}/stats.db: No such file or directory: " in said
    assert "forceenc-watch makes them when it is started" in said
    assert f"\"store\" in {tmp_path}/forceenc.cf" in said
    (tmp_path / "stats.db").write_text("not a database, but a text\n" * 99)
    assert "not a database" in ctl(*words, status=TEMPFAIL).err
    (tmp_path / "stats.db").unlink()
    Store(tmp_path / "stats.db").db.commit()
    said = ctl(*words, "--json",
               status=NOTFOUND if words[0] == "watch" else FOUND)
    assert json.loads(said.out) == []
    conf = tmp_path / "forceenc.cf"
    conf.write_text(conf.read_text().replace("sqlite:/", "mysql:/", 2)
                    .replace("forceenc_tables = mysql",
                             "forceenc_tables = sqlite"))
    assert "write sqlite: or pgsql:" in ctl(*words, status=CONFIG).err
