# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Where the programs under test are, and the peers'."""

import os
import pathlib
import shutil

import pytest

TOP = pathlib.Path(__file__).resolve().parents[3]

# Administrators' programs are not in everybody's PATH.
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def ours(name):
    """A program of this project, from FORCEENC_BUILDDIR, build/ or the top
    of the source tree."""
    if "FORCEENC_BUILDDIR" in os.environ:
        folders = [pathlib.Path(os.environ["FORCEENC_BUILDDIR"]).resolve()]
    else:
        folders = [TOP / "build", TOP]
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    raise AssertionError(f"{name} is not built in any of {folders}")


def peer(name, package):
    """A program of somebody else; the test is skipped without it."""
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"{name} is missing (Debian: {package})")
    return found
