# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""A forceenc-watch that follows journals, and mail for them."""

import collections
import os
import random
import time

import journals
import watched

KILLS = int(os.environ.get("FORCEENC_KILLS", "20"))
SEED = int(os.environ.get("FORCEENC_SEED", str(time.time_ns())))

DELIVERY = (b"%s: to=<r@%s>, relay=mx.%s[192.0.2.1]:25, delay=1,"
            b" delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)")


class Watched(watched.Watched):
    """One that follows the journal in a folder of its own."""

    def __init__(self, words="", **options):
        super().__init__(**options)
        self.journal = journals.Journal(self.path("journal"))
        self.configure(log=f"journal:{self.journal.folder}{words}")

    def close(self):
        try:
            self.journal.close()
        finally:
            super().close()

    def wait_lines(self, n):
        self.wait(lambda: self.counters().get("lines", -1) >= n)

    def rows(self):
        """As corpus.py expects them."""
        counts = collections.Counter()
        for *key, n in self.query(
                "SELECT sender, destination, outcome, level, sum(count)"
                " FROM delivery WHERE outcome != 'expired'"
                " GROUP BY 1, 2, 3, 4"):
            counts[*key[:3], key[3] or "-"] += n
        return counts


def expect(name, have, want):
    wrong = watched.differences(have, want)
    if not want:
        wrong.append("nothing is expected")
    for line in wrong:
        print(f"{name}: {line}")
    print(f"{name}: {'wrong' if wrong else 'right'}")
    return not wrong


def be(name, have, want):
    right = have == want
    print(f"{name}: {'right' if right else f'{have}, not {want}'}")
    return right


def entries(journal, log, host=None):
    """Of all lines that have the common form."""
    return [journal.line(line, host) for line in log.split(b"\n")
            if journals.LINE.fullmatch(line)]


def one_mail(watch, number, journal=None, **fields):
    """The entries of a message, of a sender and a queue id of its own."""
    journal = journal or watch.journal
    queue_id = b"4F%04dAB12" % number
    domain = b"d%d.example" % number
    qmgr = {"SYSLOG_IDENTIFIER": "postfix/qmgr", "_PID": "10", **fields}
    smtp = {"SYSLOG_IDENTIFIER": "postfix/smtp", "_PID": "20", **fields}
    start = 1795308484000000 + number * 60000000
    return b"".join([
        journal.entry(b"%s: from=<s%d@x.example>, size=1, nrcpt=1"
                      b" (queue active)" % (queue_id, number), start, **qmgr),
        journal.entry(b"Trusted TLS connection established to"
                      b" mx.%s[192.0.2.1]:25: TLSv1.3 with cipher X"
                      b" (256/256 bits)" % domain, start, **smtp),
        journal.entry(DELIVERY % (queue_id, domain, domain), start, **smtp),
        journal.entry(b"%s: removed" % queue_id, start, **qmgr)])


def mails(watch):
    """Which messages of one_mail() were counted."""
    return sorted((row[0], row[1]) for row in watch.query(
        "SELECT destination, level FROM delivery"))


def trusted(*numbers):
    return [(f"d{n}.example", "trusted") for n in numbers]


def run(tests):
    """The exit status."""
    if journals.REMOTE is None:
        print("systemd-journal-remote isn't installed")
        return 77
    with open(os.path.join(watched.BUILD, "config.h"), encoding="utf-8") as f:
        if "#define HAVE_SYSTEMD 1" not in f.read():
            print("built without libsystemd")
            return 77
    print(f"FORCEENC_SEED={SEED}")
    chance = random.Random(SEED)
    results = [test(chance) for test in tests]
    return 0 if all(results) else 1
