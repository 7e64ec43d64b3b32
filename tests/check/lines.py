#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Operators find each line that a daemon logs in docs/operations.md, and no
line there that isn't logged."""

import re

import tree

TEXT = "docs/operations.md"
LOGS = ["src/base", "src/forceencd", "src/forceenc-watch"]
SECTION = re.compile(r"^## Lines of the log$(.*?)^### Postfix$", re.M | re.S)
STRING = r'"(?:[^"\\]|\\.)*"'
FORMAT = re.compile(
    r"\blog_(?:error|warn|info|put_lost)\(\s*(%s(?:\s*(?:%s|PRI\w+))*)"
    % (STRING, STRING))
# What printf() puts in its place; ends of phrases.
GAP = re.compile(r"%[0-9l]*z?[a-z]|[():;,=]")
# What the text has for that.
GUESS = re.compile(r"\.\.\.|\b[A-Z]+\b|\b\d+\b|[()\":;,=]")


def joined(text):
    """Literals of C that stand side by side as one."""
    return re.sub(r'"\s*(?:PRI\w+\s*)?"', "", text.replace('" PRI', '"d" PRI'))


def phrases(gap, text):
    found = (phrase.strip() for phrase in gap.split(text))
    return [phrase for phrase in found if len(phrase) > 3]


def logged(sources):
    """(place, phrases) of each line."""
    for path in sources.files(".c", under=LOGS):
        text = sources.text(path)
        for call in FORMAT.finditer(text):
            found = phrases(GAP, joined(call.group(1)).strip('"'))
            line = text.count("\n", 0, call.start()) + 1
            if found:
                yield f"{path}:{line}", found


def explained(text):
    """The first column: what stands in between stands for something."""
    for section in SECTION.findall(text):
        for cell in re.findall(r"^\| (.*?) \|", section, re.M):
            yield from re.findall(r"`([^`]+)`", cell)


def check(sources):
    lines = list(logged(sources))
    told = list(explained(sources.text(TEXT)))
    said = "".join(joined(sources.text(path))
                   for path in sources.files(".c", under=["src"]))
    problems = [] if lines else ["no line was found"]
    words = {phrase for text in told for phrase in phrases(GUESS, text)}
    problems += [f"{where}: {TEXT} has no \"{found[0]}\""
                 for where, found in lines
                 if not any(phrase in words or
                            " " in phrase and any(phrase in w for w in words)
                            for phrase in found)]
    problems += [f"{TEXT}: nobody logs \"{phrase}\""
                 for text in told for phrase in phrases(GUESS, text)
                 if phrase not in said]
    return problems


def page(cell):
    return f"## Lines of the log\n\n| {cell} | |\n\n### Postfix\n"


DOWN = 'log_warn("%s: can\'t be asked: %s (flaps=%" PRIu64 ")", a, b, c);'

EXAMPLES = [
    ({"src/base/a.c": DOWN, TEXT: page("TABLE`: can't be asked: `WHY")}, []),
    ({"src/base/a.c": DOWN + 'log_info("ended");',
      TEXT: page("TABLE`: can't be asked: `WHY, `was asked ...`")},
     ['has no "ended"', 'nobody logs "was asked"']),
    ({TEXT: ""}, ["no line was found"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
