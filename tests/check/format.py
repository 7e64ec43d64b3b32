#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The C files are as clang-format 14 leaves them; another version would
quarrel about trifles."""

import os
import pathlib
import re
import shutil
import subprocess

import tree

VERSION = r"version 14\."


def program():
    for name in ("clang-format-14", "clang-format"):
        path = shutil.which(name)
        if path is not None:
            said = subprocess.run(
                [path, "--version"], capture_output=True, text=True,
                check=True).stdout
            if re.search(VERSION, said):
                return path
    raise tree.Skip("clang-format 14 is not installed")


def check(sources):
    # An example's tree has no style of its own: it's the one of ours.
    top = os.environ.get(
        "abs_top_srcdir", pathlib.Path(__file__).resolve().parents[2])
    style = pathlib.Path(top, ".clang-format")
    if not style.exists():
        raise tree.Skip(f"{style} is missing")
    paths = sources.files(".c", ".h", under=["src", "include", "tests"])
    if not paths:
        return []
    done = subprocess.run(
        [program(), "--dry-run", "-Werror", "--ferror-limit=1",
         f"--style=file:{style}", *paths],
        cwd=sources.root, capture_output=True, text=True, check=False)
    found = re.findall(r"^(\S+?:\d+):\d+: error: (.*)$", done.stderr, re.M)
    problems = [f"{where}: {what}" for where, what in found]
    if done.returncode != 0 and not problems:
        problems.append(done.stderr)
    return problems


EXAMPLES = [
    ({"src/base/a.c": "int\nx(void)\n{\n\treturn 0;\n}\n"}, []),
    ({"src/base/a.c": "int x(void) {\n  return 0;\n}\n"}, [r"a\.c:1: "]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
