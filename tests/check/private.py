#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Nothing of the machine where a file was written stays in it: no path of a
developer's, no leftover of an editor or a merge, no note to come back."""

import re

import tree

TEXTS = (".c", ".h", ".py", ".sh", ".am", ".ac", ".md", ".cf", ".sql",
         ".pcre", ".forceenc", ".service.in", ".conf",
         ".socket", ".timer", ".1", ".5", ".8")

# In pieces, or this file would have them.
HOMES = re.compile(
    r"(?<![\w.@-])/(?:" + "ho" + r"me/\w|Us" + r"ers/\w|ro" + r"ot/|"
    r"wo" + r"rk/|tmp/fe" + r"-)")
NOTES = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + r"XX)\b")
MERGE = re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)")


def check_line(line, path):
    if HOMES.search(line):
        yield "a path of somebody's own machine"
    if NOTES.search(line):
        yield "a note to come back later"
    if MERGE.match(line):
        yield "a merge left open"
    if line != line.rstrip():
        yield "white space at its end"
    if path.endswith(".py") and "\t" in line:
        yield "a tab"
    # A block comment's " *" and a wrapped line's four blanks are no indent.
    if path.endswith((".c", ".h")) and re.match(r"\t* {8}", line):
        yield "blanks where tabs belong"


def check(sources):
    problems = []
    for path in sources.files(*TEXTS):
        text = sources.text(path)
        for number, line in enumerate(text.split("\n"), 1):
            problems += [f"{path}:{number}: {what}"
                         for what in check_line(line, path)]
        if text and not text.endswith("\n"):
            problems.append(f"{path}: ends without a newline")
    return problems


EXAMPLES = [
    ({"src/base/a.c": "\tx(1,\n\t    2);\n/*\n * at home/work\n */\n",
      "docs/a.md": "see https://example.com/home/x and build/root\n",
      "etc/x.cf": "dbpath = /var/lib/forceenc/policy.db\n"}, []),
    ({"src/base/a.c": "/* see /ho" + "me/joe/x.c */\n        x();\n"
                      "<<<<<<< HEAD\n",
      "docs/a.md": "TO" + "DO: all\nblank \n",
      "tests/a.py": "if x:\n\tpass\n",
      "src/base/b.h": "int x;"}, [
          r"a\.c:1: a path of somebody",
          r"a\.c:2: blanks where tabs",
          r"a\.c:3: a merge left open",
          r"a\.md:1: a note to come back",
          r"a\.md:2: white space",
          r"a\.py:2: a tab",
          r"b\.h: ends without a newline"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
