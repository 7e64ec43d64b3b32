#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Links of the texts lead to files that are there, and texts that are there
are in the tarball."""

import posixpath
import re

import tree

# [text](target), and "[name]: target" at the start of a line.
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)", re.M)


def check(sources):
    problems = []
    texts = sources.files(".md")
    made = "".join(sources.text(path) for path in sources.files(".am"))
    for path in texts:
        if not re.search(rf"(?<![\w/.-]){re.escape(path)}(?![\w.-])", made):
            problems.append(f"{path}: no Makefile.am or room.am has it")
        for match in LINK.finditer(sources.text(path)):
            target = (match.group(1) or match.group(2)).partition("#")[0]
            if target == "" or "://" in target:
                continue
            file = posixpath.normpath(
                posixpath.join(posixpath.dirname(path), target))
            if not (sources.root / file).exists():
                problems.append(f"{path}: {target} isn't there")
    return problems


EXAMPLES = [
    ({"README.md": "see [a](docs/a.md), [web](https://example.com/x) and\n"
                   "[b][b], [here](#here)\n\n[b]: docs/b.md#x\n",
      "docs/a.md": "[up](../README.md), [b](b.md)\n", "docs/b.md": "b\n",
      "Makefile.am": "dist_doc_DATA = README.md docs/a.md docs/b.md\n"}, []),
    ({"README.md": "see [a](docs/c.md)\n\n[b]: docs/d.md\n",
      "docs/a.md": "[up](README.md)\n",
      "Makefile.am": "dist_doc_DATA = README.md old/docs/a.md\n"}, [
          r"README\.md: docs/c\.md isn't there",
          r"README\.md: docs/d\.md isn't there",
          r"docs/a\.md: README\.md isn't there",
          r"docs/a\.md: no Makefile"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
