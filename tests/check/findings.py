#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Operators find each rule of the audit in docs/operations.md, and no rule
there that doesn't exist."""

import re

import tree

RULES = "src/forceencctl/audit_rules.c"
TEXT = "docs/operations.md"
RULE = re.compile(r'\{"([a-z-]+)", AUDIT_')
NAMED = re.compile(
    r"`((?:map|transport|route|sender|dsn|crypto|site)-[a-z-]+)`")


def check(sources):
    rules = RULE.findall(sources.text(RULES))
    text = sources.text(TEXT)
    problems = [] if rules else [f"{RULES}: no rule was found"]
    problems += [f"{TEXT}: {rule} is missing"
                 for rule in rules if f"`{rule}`" not in text]
    problems += [f"{TEXT}: {name} is no rule"
                 for name in NAMED.findall(text) if name not in rules]
    return problems


EXAMPLES = [
    ({RULES: '    {"map-missing", AUDIT_LEAK, "x"\n', TEXT: "`map-missing`\n"},
     []),
    ({RULES: '    {"map-missing", AUDIT_LEAK, "x"\n', TEXT: "`dsn-old`\n"},
     ["map-missing is missing", "dsn-old is no rule"]),
    ({RULES: "", TEXT: ""}, ["no rule was found"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
