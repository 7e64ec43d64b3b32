#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""forceencctl(1) has each command with the options that it takes, and none
that it doesn't; the daemons' pages have the options of their usage."""

import os
import re
import subprocess
import sys

SRC = os.environ["abs_top_srcdir"]
BUILD = os.environ["abs_top_builddir"]
CTL = os.path.join(BUILD, "forceencctl")

problems = []


def page(name):
    with open(os.path.join(SRC, "docs", "man", name), encoding="utf-8") as f:
        return f.read()


def said(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def items(text):
    """{command: its options} of the heads of a page's items; one that has
    several heads takes the options of all."""
    found = {}
    for item in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head = item.split("\n.Xc")[0] if item.startswith("Xo") \
            else item.split("\n")[0]
        command = re.match(r"(?:Xo\s+\.)?Cm ([a-z]+(?: [a-z]+)?)\b", head)
        if command:
            found.setdefault(command[1], set()).update(
                re.findall(r"\bFl -([a-z-]+)", head))
    return found


def compare(where, told, taken):
    for name in sorted(told - taken):
        problems.append(f"{where}: {name}: no such thing")
    for name in sorted(taken - told):
        problems.append(f"{where}: {name}: missing")


def check_commands():
    text = said(CTL, "help")
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", text, re.M)
    commands.remove("help")
    if len(commands) < 15:
        problems.append(f"{CTL}: hardly any commands")
    told = items(page("forceencctl.1"))
    for command in commands:
        usage = said(CTL, "help", *command.split()).splitlines()[0]
        compare(f"forceencctl.1: {command}", told.get(command, set()),
                set(re.findall(r"\[--([a-z-]+)", usage)))
    # Words of a list, such as "on" and "verified", are items as well.
    compare("forceencctl.1", {name for name in told if told[name]},
            {name for name in commands if told.get(name)})
    for name in commands:
        if name not in told:
            problems.append(f"forceencctl.1: {name}: missing")
    general = page("forceencctl.1").split(".Ss Asking")[0]
    # From the program: "  -h, --help         show help".
    for names in re.findall(r"^  (-.*?)  ", text, re.M):
        for name in re.findall(r"-(-?[a-zA-Z-]+)", names):
            if not re.search(rf"^\.It Fl (?:.* , Fl )?{name}\b", general,
                             re.M):
                problems.append(f"forceencctl.1: -{name}: missing")


def check_daemon(name):
    """From "usage: forceencd [-tV] [-c file]"."""
    usage = said(os.path.join(BUILD, name), "-?")
    taken = set()
    for letters in re.findall(r"\[-([a-zA-Z]+)", usage):
        taken.update(letters)
    taken.update("-" + word for word in re.findall(r" --([a-z]+)", usage))
    text = page(f"{name}.8")
    told = set(re.findall(r"^\.It Fl (-?[a-zA-Z]+)", text, re.M))
    compare(f"{name}.8", told, taken)


def main():
    check_commands()
    check_daemon("forceencd")
    check_daemon("forceenc-watch")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
