# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Bash completes what this forceencctl knows."""

import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["FORCEENC_BUILDDIR"]
SCRIPT = TOP / "packaging" / "bash" / "forceencctl"


def complete(*words):
    """What bash would offer for the last word."""
    script = (f". {SCRIPT}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));"
              "_forceencctl; printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(
        ["bash", "-uc", script, "bash", "forceencctl", *words], check=True,
        capture_output=True, text=True,
        env=dict(os.environ, PATH=f"{BUILD}:{os.environ['PATH']}"))
    assert done.stderr == ""
    return set(done.stdout.splitlines())


@pytest.mark.parametrize("words, offered, not_offered", [
    (["st"], {"status", "stats"}, {"set"}),
    ([""], {"lookup", "set", "cache", "help", "audit"}, {"show", "ADDRESS"}),
    (["cache", ""], {"dump", "drop", "flush", "stats"}, {"check", "cache"}),
    (["cache", "d"], {"dump", "drop"}, {"flush"}),
    (["-c", "/etc/forceenc.cf", "config", ""], {"check", "show"}, {"dump"}),
    (["lookup", "--e"], {"--explain"}, {"--map"}),
    (["audit", "--"], {"--from", "--config-dir", "--json"}, {"--explain"}),
    (["set", "alice@example.com", "--"], {"--map"}, {"--from"}),
    (["config", "show", "--d"], {"--defaults"}, set()),
    (["--j"], {"--json"}, set()),
    (["help", "wh"], {"whatif"}, set()),
    (["audit", "--config-dir", "/et"], {"/etc"}, set()),
    (["lookup", ""], set(), {"dump", "--map"}),
])
def test_words(words, offered, not_offered):
    found = complete(*words)
    assert offered <= found
    assert not not_offered & found


def test_a_file_whose_name_has_a_blank(tmp_path):
    (tmp_path / "my forceenc.cf").write_text("")
    assert complete("-c", f"{tmp_path}/my") == {f"{tmp_path}/my forceenc.cf"}
