#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The manual pages are good mdoc(7)."""

import re
import shutil
import subprocess

import tree


def check(sources):
    if shutil.which("mandoc") is None:
        raise tree.Skip("mandoc is not installed")
    pages = sources.files(".1", ".5", ".8")
    if not pages:
        raise tree.Skip("there is no manual page")
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", *pages],
        cwd=sources.root, capture_output=True, text=True, check=False)
    return re.sub(r"(?m)^mandoc: ", "", done.stdout).splitlines()


GOOD = """.Dd January 1, 2026
.Dt EXAMPLE 8
.Os
.Sh NAME
.Nm example
.Nd shows a page
.Sh DESCRIPTION
Text.
"""

EXAMPLES = [
    ({"docs/good.8": GOOD}, []),
    ({"docs/bad.8": GOOD + ".Xx what\n"}, [r"bad\.8:9:.*unknown macro"]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
