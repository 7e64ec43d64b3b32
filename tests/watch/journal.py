#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""The systemd journal: the whole program counts it to the last recipient,
whatever happens to it and to the journal meanwhile."""

import json
import os
import re
import subprocess
import sys
import time

import corpus
import journals
import watched
from journaled import (DELIVERY, KILLS, Watched, be, entries, expect, mails,
                       one_mail, run, trusted)

MESSAGES = 1500


def test_corpus(_):
    good = True
    for folder in corpus.folders():
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not name.endswith(".log"):
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                log = f.read()
            if not journals.LINE.match(log):
                continue
            with open(path.removesuffix(".log") + ".expect.json",
                      encoding="utf-8") as f:
                want = corpus.expected(json.load(f))
            watch = Watched()
            try:
                watch.journal.append(b"".join(entries(watch.journal, log)))
                # Twice is once, and a copy is the same.
                watch.imports(f"journal:{watch.journal.folder}")
                watch.imports(f"journal:{watch.journal.folder}")
                good = expect(f"{name} as a journal", watch.rows(),
                              want) and good
            finally:
                watch.close()
    return good


def test_follow(chance, kills=0):
    """Written in pieces, rotated, while it's killed and comes back."""
    watch = Watched()
    try:
        log, truth = watched.genlog(watch.dir, MESSAGES, "-r",
                                    str(chance.randrange(1000000)))
        parts = entries(watch.journal, log)
        killed = 0
        watch.journal.open()
        watch.start()
        at = 0
        while at < len(parts):
            n = chance.choice([1, 3, 100, 1000])
            watch.journal.write(b"".join(parts[at:at + n]))
            at += n
            if chance.random() < 0.1:
                watch.journal.close()
                watch.journal.rotate()
                watch.journal.open()
            if watch.process is None:
                watch.start()
            elif killed < kills:
                time.sleep(chance.uniform(0, 0.05))
                watch.kill()
                killed += 1
        watch.journal.close()
        if watch.process is None:
            watch.start()
        while killed < kills:
            time.sleep(chance.uniform(0, 0.05))
            watch.kill()
            killed += 1
            watch.start()
        watch.wait_lines(len(parts))
        watch.stop()
        counters = watch.counters()
        return (expect(f"journal, rotated {watch.journal.rotated} times,"
                       f" killed {killed} times", watch.totals(), truth) and
                be("its lines", counters["lines"], len(parts)) and
                be("its gaps", counters["gaps"], 0))
    finally:
        watch.close()


def test_vacuum(_):
    """What was removed before it was read is a gap; what was read is none."""
    watch = Watched()
    try:
        watch.journal.append(one_mail(watch, 1))
        watch.start()
        watch.wait_lines(4)
        old = watch.journal.rotate()
        watch.journal.append(one_mail(watch, 2))
        watch.wait_lines(8)
        os.remove(old)
        watch.journal.append(one_mail(watch, 3))
        watch.wait_lines(12)
        good = be("removed when read", watch.counters()["gaps"], 0)
        watch.stop()
        old = watch.journal.rotate()
        watch.journal.append(one_mail(watch, 4))
        os.remove(old)
        watch.start()
        watch.wait_lines(16)
        watch.stop()
        good = be("removed when not", watch.counters()["gaps"], 1) and good
        good = be("told", watch.stderr().count("isn't there any more"),
                  1) and good
        # Nothing new: the gap was told.
        watch.start()
        watch.journal.append(one_mail(watch, 5))
        watch.wait_lines(20)
        watch.stop()
        good = be("told once", watch.counters()["gaps"], 1) and good
        return be("vacuumed", mails(watch), trusted(1, 2, 3, 4, 5)) and good
    finally:
        watch.close()


def test_half_written(_):
    """An entry is counted by the file before it can be found in it."""
    watch = Watched()
    try:
        watch.journal.append(one_mail(watch, 1))
        watch.start()
        watch.wait_lines(4)
        done = watch.journal.appended(one_mail(watch, 2))
        half = journals.without_last_link(done, b"SYSLOG_FACILITY=2")
        watch.pause()
        watch.journal.change(half)
        watch.go_on()
        watch.wait_lines(7)
        watch.journal.change(done)
        watch.wait_lines(8)
        watch.stop()
        return be("half written", mails(watch), trusted(1, 2))
    finally:
        watch.close()


def test_cut_off(_):
    """A file that is read through a map is made shorter."""
    good = True
    for size in (1 << 20, 0):
        watch = Watched()
        try:
            watch.journal.append(one_mail(watch, 1))
            watch.start()
            watch.wait_lines(4)
            watch.pause()
            watch.journal.append(one_mail(watch, 2))
            os.truncate(watch.journal.path, size)
            watch.go_on()
            watch.wait(lambda: "a file was made shorter" in watch.stderr())
            watch.journal.rotate()
            watch.journal.append(one_mail(watch, 3))
            watch.wait_lines(8)
            watch.stop()
            good = (be(f"cut off at {size}: gaps", watch.counters()["gaps"],
                       1) and
                    be("cut off", mails(watch), trusted(1, 3)) and good)
        finally:
            watch.close()
    return good


def test_deaf(_):
    """Nobody tells it of new files."""
    without = ["unshare", "-Ur", "sh", "-c",
               "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"",
               "sh"]
    if subprocess.run([*without, "true"], check=False,
                      capture_output=True).returncode != 0:
        print("deaf: there are no namespaces here")
        return True
    watch = Watched()
    try:
        watch.around = without
        watch.journal.append(one_mail(watch, 1))
        watch.start()
        watch.wait_lines(4)
        watch.journal.rotate()
        watch.journal.append(one_mail(watch, 2))
        watch.wait_lines(8)
        watch.stop()
        return (be("deaf", mails(watch), trusted(1, 2)) and
                be("deaf: gaps", watch.counters()["gaps"], 0) and
                be("deaf: told", watch.stderr().count("changes aren't told"),
                   1))
    finally:
        watch.close()


def test_denied(_):
    """What may not be read doesn't look like a journal that is empty."""
    watch = Watched()
    try:
        watch.journal.append(one_mail(watch, 1))
        os.chmod(watch.journal.path, 0)
        if not watch.become_nobody():
            print("denied: nobody can't run forceenc-watch here")
            return True
        journal = f"journal:{watch.journal.folder}"
        done = watch.imports(journal, check=False)
        good = (be("denied: import", done.returncode != 0, True) and
                be("denied: the way out",
                   b"in the group systemd-journal" in done.stderr, True))
        watch.start()
        watch.wait(lambda: "; trying again" in watch.stderr())
        watch.wait(lambda: watch.counters().get("commits"))
        good = be("denied: since when isn't known",
                  watch.counters()["seconds_behind"], 0) and good
        os.chmod(watch.journal.path, 0o644)
        watch.wait_lines(4)
        watch.stop()
        good = be("denied, then not", mails(watch), trusted(1)) and good
        second = watch.journal.rotate()
        watch.journal.append(one_mail(watch, 2))
        watch.journal.append(b"")
        os.chmod(watch.journal.path, 0o644)
        os.chmod(second, 0)
        watch.start()
        watch.wait_lines(8)
        watch.stop()
        return be("denied in part", watch.stderr().count(
            "1 of its 2 files can't be read"), 1) and good
    finally:
        watch.close()


def test_emptied(_):
    """All files go, and a journal begins anew."""
    watch = Watched()
    try:
        watch.journal.append(one_mail(watch, 1))
        watch.start()
        watch.wait_lines(4)
        watch.stop()
        os.remove(watch.journal.path)
        watch.start()
        watch.journal.append(one_mail(watch, 2))
        watch.wait_lines(8)
        watch.kill()
        watch.start()
        watch.journal.append(one_mail(watch, 3))
        watch.wait_lines(12)
        watch.stop()
        return (be("emptied: gaps", watch.counters()["gaps"], 1) and
                be("emptied", mails(watch), trusted(1, 2, 3)))
    finally:
        watch.close()


def test_selection(_):
    """Units, identifiers, fields."""
    good = True
    for words, want in [
            ("", (1, 2, 3)),
            (", postfix@-.service", (1, 4)),
            (", postfix", (1, 2, 4)),
            (", other.service, postfix@-.service", (1, 3, 4)),
            (", postfix, other.service", (1, 2, 3, 4)),
            (", postfix, _SYSTEMD_UNIT=x.service", (2,)),
            (", _SYSTEMD_UNIT=other.service", (3,))]:
        watch = Watched(words)
        try:
            watch.journal.append(
                one_mail(watch, 1) +
                one_mail(watch, 2, _SYSTEMD_UNIT="x.service") +
                re.sub(rb"=postfix/", b"=relay/", one_mail(
                    watch, 3, _SYSTEMD_UNIT="other.service")) +
                one_mail(watch, 4, SYSLOG_FACILITY="16"))
            watch.imports(f"journal:{watch.journal.folder}{words}")
            good = be(f"selected by \"{words}\"", mails(watch),
                      trusted(*want)) and good
        finally:
            watch.close()
    return good


def test_odd_entries(_):
    watch = Watched()
    try:
        watch.journal.append(
            one_mail(watch, 1) +
            watch.journal.entry(None, SYSLOG_IDENTIFIER="postfix/smtp") +
            watch.journal.entry(b"no identifier") +
            watch.journal.entry(b"", SYSLOG_IDENTIFIER="postfix/smtp") +
            watch.journal.entry(b"\0\xff\n" + bytes(range(256)) * 700,
                                SYSLOG_IDENTIFIER="postfix/qmgr", _PID="x") +
            watch.journal.entry(b"x", SYSLOG_IDENTIFIER=b"\xff\n\0/smtp") +
            # Others' entries were thrown away, then ours.
            watch.journal.entry(
                b"Suppressed 12 messages from web.service",
                SYSLOG_IDENTIFIER="systemd-journald", SYSLOG_FACILITY="5",
                MESSAGE_ID="a596d6fe7bfa4994828e72309e95d61e") +
            one_mail(watch, 2))
        watch.imports(f"journal:{watch.journal.folder}")
        counters = watch.counters("import")
        good = (be("odd: other", counters["other"], 2) and
                be("odd: cut", counters["cut"], 1) and
                be("odd entries", mails(watch), trusted(1, 2)))
        watch.journal.append(
            watch.journal.entry(
                b"Suppressed 12 messages from postfix@-.service",
                SYSLOG_IDENTIFIER="systemd-journald", SYSLOG_FACILITY="5",
                MESSAGE_ID="a596d6fe7bfa4994828e72309e95d61e") +
            watch.journal.entry(DELIVERY % (b"4F0009AB12", b"d3.example",
                                            b"d3.example"),
                                SYSLOG_IDENTIFIER="postfix/smtp", _PID="20"))
        watch.imports(f"journal:{watch.journal.folder}")
        return be("thrown away", mails(watch),
                  trusted(1, 2) + [("d3.example", "unknown")]) and good
    finally:
        watch.close()


def as_lines(data):
    """A log with what entries say."""
    lines = []
    for entry in data.rstrip(b"\n").split(b"\n\n"):
        fields = dict(line.split(b"=", 1) for line in entry.split(b"\n"))
        stamp = time.strftime("%b %e %H:%M:%S", time.gmtime(
            int(fields[b"__REALTIME_TIMESTAMP"]) // 1000000)).encode()
        lines.append(b"%s out %s[%s]: %s\n" % (
            stamp, fields[b"SYSLOG_IDENTIFIER"], fields[b"_PID"],
            fields[b"MESSAGE"]))
    return b"".join(lines)


def test_switch(_):
    """From a file to the journal and back, with everything in both."""
    watch = Watched()
    file, journal = "file:" + watch.log, f"journal:{watch.journal.folder}"
    try:
        lines = 0
        for number, log in enumerate([file, journal, file, journal], 1):
            watch.configure(log=log)
            watch.start()
            watch.wait(lambda: watch.stderr().count("ready") == number)
            mail = one_mail(watch, number)
            watch.journal.append(mail)
            with open(watch.log, "ab") as f:
                f.write(as_lines(mail))
            domain = f"d{number}.example"
            watch.wait(lambda: domain in dict(mails(watch)))
            watch.stop()
            lines += 4
        return be("switched", mails(watch), trusted(1, 2, 3, 4))
    finally:
        watch.close()


if __name__ == "__main__":
    sys.exit(run([
        test_corpus, test_selection, test_odd_entries, test_vacuum,
        test_half_written, test_cut_off, test_deaf, test_denied, test_emptied,
        test_switch, test_follow,
        lambda chance: test_follow(chance, KILLS)]))
