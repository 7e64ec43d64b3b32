# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Bash completes what this forceencctl knows."""

import os
import pathlib
import pty
import re
import select
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


class Terminal:
    """bash as somebody has it who types."""

    DEADLINE = 20

    def __init__(self, folder):
        self.output, inside = pty.openpty()
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], stdin=inside,
            stdout=inside, stderr=inside, start_new_session=True, cwd=folder,
            env=dict(os.environ, TERM="dumb", HISTFILE="", INPUTRC="/dev/null",
                     PATH=f"{BUILD}:{os.environ['PATH']}"))
        os.close(inside)
        self.type(f"PS1='> '; . '{SCRIPT}'\r", r"\n> $")

    def type(self, keys, wanted):
        """Waits until what is shown since matches."""
        os.write(self.output, keys.encode())
        shown = ""
        while not re.search(wanted, shown):
            ready, _, _ = select.select([self.output], [], [], self.DEADLINE)
            assert ready, (keys, wanted, shown)
            shown += os.read(self.output, 4096).decode()

    def close(self):
        self.shell.kill()
        self.shell.wait()
        os.close(self.output)


@pytest.fixture
def terminal(tmp_path):
    made = Terminal(tmp_path)
    yield made
    made.close()


def test_as_it_is_typed(terminal, tmp_path):
    """With what bash itself does to the words: blanks behind them, and quotes
    in them."""
    folder = tmp_path / "my folder"
    folder.mkdir()
    (folder / "one.cf").write_text("")
    clear = ("\x15", r"> $")
    terminal.type("forceencctl aud\t", r"forceencctl audit $")
    terminal.type("--config-dir m\t", r"my\\ folder/$")
    terminal.type(*clear)
    terminal.type("forceencctl cache \t\t", r"drop +dump +flush +stats")
    terminal.type("du\t--j\t", r"dump --json $")
    terminal.type(*clear)
    terminal.type("forceencctl -c m\to\tloo\t",
                  r"my\\ folder/one\.cf +lookup $")
