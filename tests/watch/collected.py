#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""Journals of several machines that are collected in one folder: each is
counted to the last recipient, however late it comes."""

import collections
import contextlib
import hashlib
import re
import sqlite3
import sys

import journals
import watched
from journaled import (KILLS, Watched, be, entries, expect, mails, one_mail,
                       run, trusted)

MESSAGES = 100


def another(watch, letter):
    """A machine whose journal is collected in the same folder."""
    return journals.Journal(watch.journal.folder, machine=letter * 32,
                            file=f"remote-{letter}.journal")


def mail_of(journal, watch, number, **fields):
    """one_mail() of that machine."""
    return one_mail(watch, number, journal, _MACHINE_ID=journal.machine,
                    _HOSTNAME=journal.machine[0], **fields)


def counted_once(name, watch, *numbers):
    return (be(name, mails(watch), trusted(*numbers)) and
            be(f"{name}: lines", watch.counters()["lines"],
               4 * len(numbers)) and
            be(f"{name}: gaps", watch.counters()["gaps"], 0))


def test_late(_):
    """A machine's entries come when those of others were read up to a later
    time; and a machine comes that nobody knew."""
    watch = Watched()
    try:
        late, new = another(watch, "a"), another(watch, "b")
        watch.journal.append(one_mail(watch, 5))
        late.append(mail_of(late, watch, 1))
        watch.start()
        watch.wait_lines(8)
        late.append(mail_of(late, watch, 2))
        watch.journal.append(one_mail(watch, 6))
        watch.wait_lines(16)
        watch.kill()
        late.append(mail_of(late, watch, 3))
        late.rotate()
        late.append(mail_of(late, watch, 4))
        new.append(mail_of(new, watch, 0))
        watch.start()
        watch.wait_lines(28)
        another(watch, "c").append(mail_of(another(watch, "c"), watch, 7))
        watch.stop()
        watch.start()
        new.append(mail_of(new, watch, 8))
        watch.wait_lines(36)
        watch.stop()
        # By an import, it's what was read before.
        watch.imports(f"journal:{watch.journal.folder}")
        return counted_once("late", watch, *range(9))
    finally:
        watch.close()


def test_one_file(_):
    """Into which entries of several machines were put as they came."""
    watch = Watched()
    try:
        other = another(watch, "a")
        watch.journal.append(one_mail(watch, 2))
        watch.start()
        watch.wait_lines(4)
        watch.journal.append(mail_of(other, watch, 1) + one_mail(watch, 3))
        watch.journal.rotate()
        watch.journal.append(mail_of(other, watch, 0) + one_mail(watch, 4))
        watch.wait_lines(20)
        watch.stop()
        return counted_once("one file", watch, *range(5))
    finally:
        watch.close()


def as_before(watch):
    """Makes the places those of a version that had one for all machines:
    of the last entry, kept by the machine of the first one."""
    def blob(version, text):
        data = version + len(text).to_bytes(8, "little") + text
        return data + hashlib.blake2b(data, digest_size=16).digest()

    with contextlib.closing(sqlite3.connect(watch.db)) as db, db:
        cursors = [value[16:-16] for value, in db.execute(
            "SELECT value FROM state WHERE name GLOB 'journal/*'")]
        last = max(cursors, key=lambda text: int(
            re.search(rb";t=([0-9a-f]+)", text)[1], 16))
        machine = watch.journal.machine
        db.execute("DELETE FROM state WHERE name GLOB 'journal/*'"
                   " AND name != ?", (f"journal/{machine}",))
        db.execute("UPDATE state SET value = ? WHERE name = ?",
                   (blob(b"fe-wcur1", last), f"journal/{machine}"))
        db.execute("UPDATE state SET value = ?"
                   " WHERE name = 'follow/position'",
                   (blob(b"fe-wcur1", machine.encode()),))


def test_place_of_all(_):
    """What a version wrote that took a folder's machines for one."""
    watch = Watched()
    try:
        other = another(watch, "a")
        watch.journal.append(one_mail(watch, 1))
        other.append(mail_of(other, watch, 2))
        watch.start()
        watch.wait_lines(8)
        watch.stop()
        as_before(watch)
        watch.journal.append(one_mail(watch, 4))
        other.append(mail_of(other, watch, 3))
        watch.start()
        watch.wait_lines(16)
        # From now on it has a place of its own, and so has a new one.
        new = another(watch, "b")
        new.append(mail_of(new, watch, 0))
        other.append(mail_of(other, watch, 5))
        watch.kill()
        watch.start()
        watch.wait_lines(24)
        watch.stop()
        return counted_once("place of all", watch, *range(6))
    finally:
        watch.close()


def test_collected(chance, kills):
    """Several machines, each some way behind or before the others."""
    watch = Watched()
    try:
        truth, queues = collections.Counter(), []
        for letter in "abc":
            log, its_truth = watched.genlog(watch.dir, MESSAGES, "-r",
                                            str(chance.randrange(1000000)))
            truth += its_truth
            journal = another(watch, letter)
            queues.append((journal, entries(journal, log, letter.encode())))
        lines = sum(len(parts) for _, parts in queues)
        watch.start()
        while queues:
            journal, parts = chance.choice(queues)
            n = chance.choice([30, 100, 1000])
            journal.append(b"".join(parts[:n]))
            del parts[:n]
            if not parts:
                queues.remove((journal, parts))
            if chance.random() < 0.1:
                journal.rotate()
            if kills > 0 and chance.random() < 0.3:
                watch.kill()
                watch.start()
                kills -= 1
        watch.wait_lines(lines)
        watch.stop()
        return (expect("collected", watch.totals(), truth) and
                be("collected: lines", watch.counters()["lines"], lines) and
                be("collected: gaps", watch.counters()["gaps"], 0))
    finally:
        watch.close()


if __name__ == "__main__":
    sys.exit(run([test_late, test_one_file, test_place_of_all,
                  lambda chance: test_collected(chance, KILLS // 4)]))
