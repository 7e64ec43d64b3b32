# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Where the programs under test are, and the peers'."""

import os
import pathlib
import shutil
import subprocess

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


def own_mounts():
    """Words before a program that give it mounts of its own. The test is
    skipped where that can't be: not root, or in a plain chroot, whose root is
    no mount."""
    words = [peer("unshare", "util-linux"), "--mount",
             "--propagation", "private"]
    done = subprocess.run(words + ["true"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(done.stderr.decode().strip())
    return words
