#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Every function wears its file's name; functions stay below 60 lines and
five levels, files below 500 lines without their tables; each file says whose
it is."""

import os
import re

import tree

FUNCTION_LINES = 60
FILE_LINES = 500
NESTING = 4

# Functions whose name isn't ours to choose.
GIVEN = {"main", "LLVMFuzzerTestOneInput"}

# Files that stand for another word than their own, and why.
EXCEPTIONS = {
    # journal.h where there is no libsystemd.
    "src/forceenc-watch/journal_none.c": ["journal"],
    # One of those that it serves.
    "src/forceencd/control_server.c": ["control_client"],
    # What keeps a configuration as long as a table of it is in use.
    "src/forceencd/tables.c": ["conf_hold"],
    # The part of template.h that several files need.
    "src/wire/expansion.c": ["template_key"],
}

SPDX = "SPDX-License-Identifier: ISC"
OWNER = "Copyright (c) 2026 The forceenc authors"

NAME = re.compile(r"^(\w+)\(")


class Function:
    def __init__(self, name, first):
        self.name = name
        self.first = first
        self.last = first
        self.nesting = 0


def functions(lines):
    """The definitions: in our format a name stands in the first column, and
    so do the braces around its body."""
    found = []
    candidate = None
    inside = None
    depth = 0
    for number, line in enumerate(blank(lines), 1):
        if inside is not None:
            # Blocks, as our format has them; not the braces of a value.
            depth -= line.lstrip().startswith("}")
            depth += line.endswith("{")
            inside.nesting = max(inside.nesting, depth)
            if line.startswith("}"):
                inside.last = number
                found.append(inside)
                inside = candidate = None
        elif line.startswith("{") and candidate is not None:
            inside = candidate
            depth = 0
        elif NAME.match(line):
            candidate = Function(NAME.match(line).group(1), number)
        elif line.endswith(";") and not line[:1].isspace():
            candidate = None
    return found


def blank(lines):
    """The same lines without comments and what is between quotes."""
    text = re.sub(
        r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
        lambda match: "\n" * match.group().count("\n"),
        "\n".join(lines), flags=re.S)
    return text.split("\n")


def count(lines):
    """How many lines a file has, tables excepted."""
    counted = 0
    table = False
    for line in lines:
        if not table:
            counted += 1
        if not line[:1].isspace():
            table = line.endswith("= {") or table and not line.startswith("}")
    return counted


def prefixes(path):
    """clients.c may also speak of one client_, answer.c of answers_."""
    stem = os.path.splitext(os.path.basename(path))[0].replace("-", "_")
    other = stem[:-1] if stem.endswith("s") else stem + "s"
    return [stem, other] + EXCEPTIONS.get(path, [])


def check_functions(path, lines):
    for function in functions(lines):
        where = f"{path}:{function.first}: {function.name}()"
        wanted = prefixes(path)
        if path.startswith("src/") and function.name not in GIVEN and not any(
                function.name == word or function.name.startswith(word + "_")
                for word in wanted):
            yield f"{where} doesn't begin with {wanted[0]}_"
        length = function.last - function.first + 1
        if length >= FUNCTION_LINES:
            yield f"{where} has {length} lines"
        if function.nesting > NESTING:
            yield f"{where} is {function.nesting} levels deep"


def check_head(path, lines):
    head = lines[1:4] if lines and lines[0].startswith("#!") else lines[:3]
    if not any(SPDX in line for line in head[:1]):
        yield f"{path}:1: has no {SPDX}"
    if not any(OWNER in line for line in head[1:2]):
        yield f"{path}:2: has no {OWNER}"


def check(sources):
    problems = []
    for path in sources.files(
            ".c", ".h", ".py", ".sh",
            under=["src", "include", "tests"]):
        lines = sources.lines(path)
        problems += check_head(path, lines)
        if count(lines) >= FILE_LINES:
            problems.append(f"{path}: has {count(lines)} lines")
        if path.endswith((".c", ".h")):
            problems += check_functions(path, lines)
    return problems


HEAD = f"/* {SPDX} */\n/* {OWNER} */\n"
GOOD = HEAD + """
static int
cache_find(const char *key,
    int len)
{
\tif (len > 0) { /* } */
\t\treturn key[0] == '}';
\t}
\treturn 0;
}

static const int table[] = {
\t1,
};

int
main(void)
{
\tstatic const struct pair pairs[] = {{{{{1, 2}}}}};

\tif (pairs) {
\t} else {
\t}
\treturn cache_find("{", 1);
}
"""
LENGTHY = "int\ncache_long(void)\n{\n" + "\tf();\n" * 60 + "}\n"
DEEP = ("int\ncache_deep(void)\n{\n" + "\tfor (;;) {\n" * 5 + "\t}\n" * 5
        + "}\n")

EXAMPLES = [
    ({"src/forceencd/cache.c": GOOD,
      "tests/unit/test_cache.c": HEAD + "int\nanything(void)\n{\n}\n",
      "tests/check/x.py": f"#!/x\n# {SPDX}\n# {OWNER}\n"}, []),
    ({"src/base/table.c": HEAD + "const int table[] = {\n"
                          + "\t1,\n" * 600 + "};\n"}, []),
    ({"src/forceencd/caches.c": GOOD}, []),
    ({"src/db/schema.c": "/* Made from etc/sql/a.sql. */\nint a;\n"}, []),
    ({"src/forceencd/lookup.c": GOOD}, [
        r"lookup\.c:5: cache_find\(\) doesn't begin with lookup_"]),
    ({"src/forceencd/cache.c": HEAD + LENGTHY + DEEP,
      "src/forceencd/caches.c": HEAD + "int\ncached(void)\n{\n}\n",
      "src/base/head.c": "/* nothing */\n",
      "src/base/long.h": HEAD + "\n" * 498}, [
          r"cache\.c:4: cache_long\(\) has 6\d lines",
          r"cache\.c:\d+: cache_deep\(\) is 5 levels deep",
          r"caches\.c:4: cached\(\) doesn't begin",
          r"head\.c:1: has no SPDX",
          r"head\.c:2: has no Copyright",
          r"long\.h: has 500 lines"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
