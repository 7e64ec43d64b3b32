#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""The tables of options, the samples in etc and the manual page agree.

Each option stands in the sample of its file and in forceenc.cf(5), once, with
the default of the table; the page tells the range, the words and whether a
change takes a restart; neither knows an option that the tables don't.
"""

import os
import re
import subprocess
import sys

SRC = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
DUMP = os.path.join(BUILD, "tests", "check", "option_dump")
PAGE = "docs/man/forceenc.cf.5"
SAMPLES = {"etc/forceenc.cf": ("main", "map", "floor"),
           "etc/policy.cf": ("sqlite",),
           "etc/ldap/people.cf": ("ldap",), "etc/pgsql.cf": ("pgsql",),
           "etc/stats.cf": ("store",)}
# Where the page describes which tables; all other sections the first ones.
SECTIONS = {"SQLite tables": ("sqlite",), "LDAP tables": ("ldap",),
            "PostgreSQL tables": ("pgsql",),
            "A store in PostgreSQL": ("store",)}
OTHERS = ("main", "map", "floor")
MAPS = {"map": "forceenc", "floor": "floor"}  # the samples' maps
RESTART = "Takes a restart."

problems = []


def wrong(where, what):
    problems.append(f"{where}: {what}")


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read()


def options():
    """(table, name) -> dict, from the program that knows the tables."""
    out = subprocess.run([DUMP], check=True, capture_output=True, text=True)
    keys = ("table", "name", "type", "default", "range", "words", "restart")
    rows = [dict(zip(keys, line.split("\t"), strict=True))
            for line in out.stdout.splitlines()]
    return {(row["table"], row["name"]): row for row in rows}


def plain(text):
    """The text that a few mdoc lines show, roughly."""
    text = text.replace(r"\(aq", "'").replace(r"\&", "")
    text = re.sub(r"^\.[A-Z][a-z] ?", "", text, flags=re.M)
    return " ".join(text.split())


def page_items():
    """(tables, name, default, text) of each option's item on the page."""
    page = read(PAGE)
    head = re.compile(r"^\.It (?:Ar map Ns )?Ic (\S+)"
                      r" Pq (?:default: (.*)|(required))$", re.M)
    ends = re.compile(r"^\.It (?:Ar map Ns )?Ic |^\.S[hs] ", re.M)
    sections = list(re.finditer(r"^\.S[hs] (.*)$", page, re.M))
    for match in head.finditer(page):
        section = [s[1] for s in sections if s.start() < match.start()][-1]
        end = ends.search(page, match.end())
        text = page[match.end():end.start() if end else None]
        name, default, required = match.groups()
        if required:
            default = "-"
        elif default == "empty":
            default = ""
        yield SECTIONS.get(section, OTHERS), name, plain(default), plain(text)


def check_page(table):
    seen = set()
    for tables, name, default, text in page_items():
        keys = [(t, name) for t in tables if (t, name) in table]
        if not keys:
            wrong(PAGE, f"{name}: no such option")
            continue
        key = keys[0]
        if key in seen or len(keys) > 1:
            wrong(PAGE, f"{name}: described twice")
        seen.add(key)
        row = table[key]
        if default != row["default"]:
            wrong(PAGE, f"{name}: its default is \"{row['default']}\","
                        f" not \"{default}\"")
        if row["range"] and f"from {row['range']}" not in text:
            wrong(PAGE, f"{name}: the text lacks \"from {row['range']}\"")
        for word in row["words"].split():
            if not re.search(rf"\b{word}\b", text):
                wrong(PAGE, f"{name}: the text lacks \"{word}\"")
        if (RESTART in text) != bool(row["restart"]):
            wrong(PAGE, f"{name}: \"{RESTART}\" must"
                        f"{'' if row['restart'] else ' not'} be there")
    for key in sorted(table.keys() - seen):
        wrong(PAGE, f"{key[1]}: not described as a parameter of {key[0]}")


def sample_name(table, name):
    return MAPS.get(table, "") + name


def check_sample(path, tables, table):
    known = {sample_name(*key): row for key, row in table.items()
             if key[0] in tables}
    seen = {}
    comment = []
    for line in read(path).splitlines():
        match = re.fullmatch(r"(#?)([a-z_-]+) =(?: (.*))?", line)
        if not match:
            comment = comment + [line] if line.startswith("# ") else []
            continue
        off, name, value = match.groups()
        if name not in known:
            wrong(path, f"{name}: no such option")
            continue
        if name in seen:
            wrong(path, f"{name}: stands there twice")
        row = known[name]
        required = row["default"] == "-"
        if required == bool(off):
            wrong(path, f"{name}: must {'not ' if required else ''}be"
                        " commented out")
        if not required and (value or "") != row["default"]:
            wrong(path, f"{name}: its default is \"{row['default']}\","
                        f" not \"{value or ''}\"")
        if not comment:
            wrong(path, f"{name}: no comment above it")
        elif ("(restart)" in " ".join(comment)) != bool(row["restart"]):
            wrong(path, f"{name}: its comment must"
                        f"{'' if row['restart'] else ' not'}"
                        " say \"(restart)\"")
        seen[name] = True
    for name in known.keys() - seen.keys():
        wrong(path, f"{name}: missing")


def main():
    table = options()
    if len(table) < 30:
        wrong(DUMP, "hardly any options")
    check_page(table)
    for path, tables in SAMPLES.items():
        check_sample(path, tables, table)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
