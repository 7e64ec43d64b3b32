# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""What the checks of the source tree share: walking it, and being sure that
a check can fail before it's believed.

A check is a function of a Tree that returns problems, each "FILE[:LINE]:
what". run() tries it on examples first: small trees of {path: text} with the
patterns of the problems that have to be found in them, one each.
"""

import os
import pathlib
import re
import sys
import tempfile

SKIP = 77

# Made by the autotools or Python, or not ours.
NOT_OURS = {"autom4te.cache", "build-aux", "__pycache__"}


class Skip(Exception):
    """The check needs something that isn't here."""


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    def _ours(self, folder, name):
        path = pathlib.Path(folder, name)
        if name.startswith(".") or name in NOT_OURS:
            return False
        if (path / "config.status").exists():
            return False
        return not re.match(r"forceenc-\d", name)

    def _is_made(self, path):
        """By a rule of ours: there if this is the build folder, too."""
        with open(path, "rb") as file:
            return file.readline().startswith(b"/* Made from ")

    def files(self, *suffixes, under=("",)):
        """Relative paths with one of the suffixes, below these folders."""
        found = set()
        for start in under:
            for folder, folders, names in os.walk(self.root / start):
                folders[:] = [n for n in folders if self._ours(folder, n)]
                found.update(
                    os.path.relpath(os.path.join(folder, name), self.root)
                    for name in names if name.endswith(suffixes)
                    and not self._is_made(os.path.join(folder, name)))
        return sorted(found)

    def text(self, path):
        return (self.root / path).read_bytes().decode("utf-8", "replace")

    def lines(self, path):
        return self.text(path).splitlines()


def _try_example(check, files, expected):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        problems = check(Tree(root))
    wanted = list(expected)
    for problem in problems:
        match = [p for p in wanted if re.search(p, problem)]
        if not match:
            return f"finds {problem!r} in an example that hasn't got it"
        wanted.remove(match[0])
    if wanted:
        return f"doesn't find {wanted} in an example: {problems}"
    return None


def run(check, examples):
    """Ends the program: 0, 1 with the problems, or 77."""
    top = os.environ.get(
        "abs_top_srcdir", pathlib.Path(__file__).resolve().parents[2])
    try:
        for files, expected in examples:
            failure = _try_example(check, files, expected)
            if failure is not None:
                sys.exit(f"{sys.argv[0]}: the check itself {failure}")
        problems = check(Tree(top))
    except Skip as why:
        print(f"{sys.argv[0]}: skipped: {why}")
        sys.exit(SKIP)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
