#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""The whole program counts a long log to the last recipient, whatever happens
to it and to the log meanwhile."""

import bz2
import gzip
import lzma
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import watched

MESSAGES = 3000
# How often it is killed; more takes longer.
KILLS = int(os.environ.get("FORCEENC_KILLS", "40"))
SEED = int(os.environ.get("FORCEENC_SEED", str(time.time_ns())))


def cut(log, parts):
    """At line ends."""
    places = [0]
    for i in range(1, parts):
        places.append(log.index(b"\n", len(log) * i // parts) + 1)
    places.append(len(log))
    return [log[a:b] for a, b in zip(places, places[1:])]


def write(path, data, how=open):
    with how(path, "wb") as f:
        f.write(data)


def expect(name, have, want):
    wrong = watched.differences(have, want)
    if sum(want.values()) < 1000:
        wrong.append("hardly anything is expected")
    for line in wrong:
        print(f"{name}: {line}")
    print(f"{name}: {'wrong' if wrong else 'right'}")
    return not wrong


def test_import(watch, log, truth, _):
    write(watch.log, log)
    watch.imports(watch.log)
    first = expect("import", watch.totals(), truth)
    write(watch.path("again.gz"), log, gzip.open)
    watch.imports(watch.log, watch.path("again.gz"))
    return first and expect("imported again", watch.totals(), truth)


def test_import_site(watch, _, __, chance):
    """The log that is measured by make bench, in both formats."""
    good = True
    for options in ("-u",), ("-i", "-l"):
        log, truth = watched.genlog(
            watch.dir, 4 * MESSAGES, "-z", *options, "-s", "2000", "-r",
            str(chance.randrange(1000000)))
        other = watched.Watched()
        try:
            write(other.log, log)
            other.imports(other.log)
            good = expect("a site's log " + " ".join(options),
                          other.totals(), truth) and good
        finally:
            other.close()
    return good


def test_archives(watch, log, truth, _):
    parts = cut(log, 5)
    write(watch.path("a"), parts[3])
    write(watch.path("b.gz"), parts[0], gzip.open)
    write(watch.path("c.xz"), parts[2], lzma.open)
    write(watch.path("d.bz2"), parts[1], bz2.open)
    write(watch.path("e"), parts[4])
    with open(watch.path("e"), "rb") as f:
        watch.imports(*map(watch.path, ("a", "b.gz", "c.xz", "d.bz2")), "-",
                      stdin=f)
    return expect("archives", watch.totals(), truth)


def test_import_then_follow(watch, log, truth, _):
    parts = cut(log, 3)
    write(watch.path("mail.log.1"), parts[0])
    write(watch.log, parts[1])
    watch.imports(watch.path("mail.log.1"), watch.log)
    watch.start()
    with open(watch.log, "ab") as f:
        f.write(parts[2])
    watch.wait_bytes(len(log))
    watch.stop()
    watch.imports(watch.log, watch.path("mail.log.1"))
    return expect("imported, then followed", watch.totals(), truth)


def short_log():
    """Six deliveries over TLS, and where the lines end."""
    log = b""
    for number in range(6):
        front = b"2026-11-25T00:00:%02d.000000+00:00 mx postfix/" % number
        log += (b"%sqmgr[3]: 4F0%dAB12: from=<a@x.example>, size=9, nrcpt=1"
                b" (queue active)\n"
                b"%ssmtp[7]: Trusted TLS connection established to"
                b" mx.y.example[192.0.2.1]:25: TLSv1.3 with cipher X"
                b" (256/256 bits)\n"
                b"%ssmtp[7]: 4F0%dAB12: to=<r@y.example>,"
                b" relay=mx.y.example[192.0.2.1]:25, delay=1,"
                b" delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n" % (
                    front, number, front, front, number))
    return log, [i + 1 for i, byte in enumerate(log) if byte == 10]


def test_short(watch, *_):
    """A log that is imported while it's hardly there, and followed, and
    imported again, is the same log all the time."""
    log, ends = short_log()
    assert len(log) < 4096
    whole = watched.Watched()
    try:
        write(whole.log, log)
        whole.imports(whole.log)
        truth = whole.totals()
    finally:
        whole.close()
    at = 0

    def append(end):
        nonlocal at
        with open(watch.log, "ab") as f:
            f.write(log[at:end])
        at = end

    for end in ends[2], ends[4] + 40, ends[8]:
        append(end)
        watch.imports(watch.log)
        watch.imports(watch.log)
    watch.start()
    append(ends[11])
    watch.wait_bytes(at)
    watch.stop()
    watch.imports(watch.log)
    watch.start()
    append(len(log))
    watch.wait_bytes(at)
    watch.stop()
    write(watch.path("again.gz"), log, gzip.open)
    watch.imports(watch.log, watch.path("again.gz"))
    wrong = watched.differences(watch.totals(), truth)
    if not truth:
        wrong.append("nothing is expected")
    print("a short log:", "; ".join(wrong) or "right")
    return not wrong


def test_piped(watch, log, truth, _):
    """Through a pipe that stays open: what has come is counted though no more
    does, but for half a line when a signal comes. Then the rest of the log,
    compressed, through one that ends."""
    watch.configure(log="-")
    first = log.index(b"\n", len(log) // 2) + 1
    watch.start(stdin=subprocess.PIPE)
    pipe = watch.process.stdin
    pipe.write(log[:first + 30])
    pipe.flush()
    watch.wait_bytes(first, "import")
    watch.process.send_signal(signal.SIGHUP)
    watch.wait(lambda: "isn't read again" in watch.stderr())
    watch.stop()
    pipe.close()
    watch.start(stdin=subprocess.PIPE)
    watch.process.communicate(gzip.compress(log[first:]), watched.DEADLINE)
    return expect("through pipes", watch.totals(),
                  truth) and watch.process.returncode == 0


def test_damaged_archive(watch, *_):
    """What can't be read of it is a gap; the logs behind it are counted."""
    log, ends = short_log()
    cut = ends[8]
    random_tail = b"\n".join(os.urandom(50).hex().encode()
                             for _ in range(20000))
    write(watch.log, log[:cut])
    watch.start()
    watch.wait_bytes(cut)
    watch.stop()
    whole = gzip.compress(log[:cut] + random_tail)
    write(watch.path("mail.log.1.gz"), whole[:len(whole) // 2])
    os.remove(watch.log)
    write(watch.log, log[cut:])
    watch.start()
    watch.wait(lambda: watch.totals()["sender", "a@x.example",
                                      "delivered/trusted"] == 6)
    watch.stop()
    gaps = watch.counters()["gaps"]
    told = watch.stderr().count("going on behind it")
    print(f"a damaged archive: gaps={gaps} told={told}")
    return gaps == 1 and told == 1


def test_import_killed(watch, log, truth, chance):
    # In small steps, and at the same files again each time.
    names = [watch.path(f"part.{i}") for i in range(20)]
    for name, part in zip(names, cut(log, len(names))):
        write(name, part)
    for _ in range(KILLS):
        process = watch.popen("--import", *names)
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        process.wait()
    watch.imports(*names)
    return expect(f"import, killed {KILLS} times", watch.totals(), truth)


class Writer:
    """Writes the log in pieces of any size, and rotates it meanwhile."""

    def __init__(self, watch, chance):
        self.watch = watch
        self.chance = chance
        self.file = open(watch.log, "ab", buffering=0)
        self.rotated = 0

    def write(self, data):
        self.file.write(data)

    def shift(self):
        """mail.log.1 becomes mail.log.2.gz, and so on."""
        for i in range(self.rotated, 1, -1):
            os.rename(self.watch.path(f"mail.log.{i}.gz"),
                      self.watch.path(f"mail.log.{i + 1}.gz"))
        if self.rotated > 0:
            plain = self.watch.path("mail.log.1")
            with open(plain, "rb") as f:
                write(self.watch.path("gzip.tmp"), f.read(), gzip.open)
            os.rename(self.watch.path("gzip.tmp"),
                      self.watch.path("mail.log.2.gz"))
            os.remove(plain)
        self.rotated += 1

    def rename(self, more):
        """The writer goes on in the old file for a while."""
        self.shift()
        os.rename(self.watch.log, self.watch.path("mail.log.1"))
        new = open(self.watch.log, "ab", buffering=0)
        self.file.write(more)
        self.file.close()
        self.file = new

    def copytruncate(self, more):
        self.file.write(more)
        self.shift()
        shutil.copyfile(self.watch.log, self.watch.path("mail.log.1"))
        self.file.truncate(0)

    def pieces(self, log, mean):
        at = 0
        while at < len(log):
            size = int(self.chance.expovariate(1 / mean)) + 1
            yield log[at:at + size]
            at += size


def test_follow(watch, log, truth, chance, kills=0, rotate=True):
    writer = Writer(watch, chance)
    killed = 0
    written = log.index(b"\n") + 1
    writer.write(log[:written])
    watch.start()
    # From now on it knows which log is its first.
    watch.wait_bytes(written)
    # So many pieces that it can be killed as often as is wanted.
    mean = min(12000, len(log) / (6 * kills + 1))
    for piece in writer.pieces(log[written:], mean):
        # A rotation comes between lines, whoever makes it.
        end = piece.rfind(b"\n") + 1
        if rotate and end > 0 and chance.random() < 0.06:
            chance.choice([writer.rename, writer.copytruncate])(piece[:end])
            writer.write(piece[end:])
        else:
            writer.write(piece)
        written += len(piece)
        if (watch.process is not None and killed < kills
                and chance.random() < 0.3):
            time.sleep(chance.uniform(0, 0.05))
            watch.kill()
            killed += 1
            if chance.random() < 0.8:
                watch.start()
        elif chance.random() < 0.1:
            time.sleep(chance.uniform(0, 0.3))
        if watch.process is None and chance.random() < 0.3:
            watch.start()
    if watch.process is None:
        watch.start()
    watch.wait_bytes(len(log))
    watch.stop()
    if watch.counters()["gaps"] > 0:
        print(watch.stderr())
    if killed < kills:
        print(f"killed {killed} times only, not {kills}")
    return expect(f"followed, rotated {writer.rotated} times, killed"
                  f" {killed} times", watch.totals(), truth)


def main():
    print(f"FORCEENC_SEED={SEED}")
    chance = random.Random(SEED)
    tests = [test_import, test_import_site, test_archives,
             test_import_then_follow, test_short, test_piped,
             test_damaged_archive, test_import_killed, test_follow,
             lambda *all: test_follow(*all, kills=KILLS)]
    good = True
    for test in tests:
        watch = watched.Watched()
        try:
            log, truth = watched.genlog(watch.dir, MESSAGES, "-r",
                                        str(chance.randrange(1000000)))
            good = test(watch, log, truth, chance) and good
        finally:
            watch.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
