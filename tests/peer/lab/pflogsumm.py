# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Debian's pflogsumm, and what it makes of a log."""

import re
import subprocess

from . import TIMEOUT, programs

NAMES = ("received", "delivered", "forwarded", "deferred", "bounced",
         "rejected", "reject warnings", "held", "discarded",
         "bytes received", "bytes delivered")
TOTAL = re.compile(r"^ +(\d+)([km ]) +(" + "|".join(NAMES) + r")\b(?! from)",
                   re.MULTILINE)
DEFERRALS = re.compile(r"deferred +\((\d+) +deferrals\)")
HOUR = re.compile(r"^ +(\d\d)00-\d{4} +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) *$",
                  re.MULTILINE)
UNITS = {" ": 1, "k": 1024, "m": 1024 * 1024}


def legible(log):
    """Without what version 1.1.5 can't read: the field "tls=" that Postfix
    has since 3.11, and ">" in quoted local parts."""
    log = re.sub(r", tls=[^,\s]*, dsn=", ", dsn=", log)
    return re.sub(r'<"((?:[^"\\]|\\.)*)"@',
                  lambda m: '<"' + m[1].replace(">", "") + '"@', log)


def reads(log):
    """Whether it knows the format: not RFC 5424, nor JSON."""
    return log[:1] not in "<{"


class Pflogsumm:
    """totals: by name (number, unit), where the number was divided by the
    unit and cut off; hours: a row for each that isn't empty."""

    def __init__(self, log, *names):
        argv = [programs.peer("pflogsumm", "pflogsumm"), "--detail=0"]
        if names:
            argv.append("--syslog-name=" + "|".join(names))
        done = subprocess.run(
            argv, input=log.encode("utf-8", "surrogateescape"), check=True,
            timeout=TIMEOUT, capture_output=True)
        self.said = done.stdout.decode("utf-8", "replace")
        self.totals = {name: (int(n), UNITS[unit])
                       for n, unit, name in TOTAL.findall(self.said)}
        assert sorted(self.totals) == sorted(NAMES), self.said
        found = DEFERRALS.search(self.said)
        self.totals["deferrals"] = (int(found[1]) if found else 0, 1)
        rows = [tuple(map(int, row)) for row in HOUR.findall(self.said)]
        assert len(rows) == 24, self.said
        self.hours = {row[0]: row[1:] for row in rows if any(row[1:])}
