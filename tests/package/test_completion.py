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
              "COMP_LINE=\"$*\" COMP_POINT=${#COMP_LINE};"
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
    (["top", "--by", ""], {"hard", "sent"}, {"sender", "--limit"}),
    (["stats", "--by", "se"], {"sender", "service"}, {"sent"}),
    (["stats", "--by", "hour,le"], {"hour,level"}, {"level"}),
    (["stats", "--by=ho"], {"hour", "host"}, {"day"}),
    (["whatif", "--level", "v"], {"verify"}, {"encrypt"}),
    (["whatif", "a"], {"all"}, set()),
    (["report", "--day", ""], {"yesterday", "today"}, set()),
    (["report", "--limit", ""], set(), {"yesterday"}),
    (["set", "a@example.com", ""], {"on", "off", "DUNNO"}, set()),
    (["set", "--map", "x", "a@example.com", "o"], {"on", "off"}, set()),
    (["set", "o"], set(), {"on"}),
    (["list", "--as", "e"], {"external"}, set()),
    (["lookup", "--socket", "/et"], {"/etc"}, set()),
])
def test_words(words, offered, not_offered):
    found = complete(*words)
    assert offered <= found
    assert not not_offered & found


def test_what_the_configuration_has(tmp_path):
    (tmp_path / "policy.cf").write_text(f"dbpath = {tmp_path}/policy.db\n")
    conf = tmp_path / "my forceenc.cf"
    table = f"sqlite:{tmp_path}/policy.cf"
    conf.write_text(f"maps = forceenc, floor\nforceenc_tables = {table}\n")
    at = ("-c", str(conf).replace(" ", "\\ "))
    assert complete(*at, "lookup", "--map", "f") == {"forceenc", "floor"}
    assert complete(*at, "set", "--table", "") == {table}
    assert complete(*at, "config", "show", "forceenc_t") == {"forceenc_tables"}
    assert "store" in complete(*at, "config", "show", "")


def test_options_with_a_value_are_known():
    """Or the value would be taken for a word of the command."""
    ctl = f"{BUILD}/forceencctl"
    text = subprocess.run([ctl, "help"], check=True, capture_output=True,
                          text=True).stdout
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", text, re.M)
    commands.remove("help")
    for command in commands:
        text += subprocess.run([ctl, "help", *command.split()], check=True,
                               capture_output=True, text=True).stdout
    options = dict(re.findall(r"^  (-[-a-z]+)( [A-Z]+)?  +\S", text, re.M))
    assert len([value for value in options.values() if value]) > 10
    script = f". {SCRIPT}; " + "".join(
        f"_forceencctl_has_value {option}; echo {option} $?;"
        for option in options)
    said = subprocess.run(["bash", "-c", script], check=True, text=True,
                          capture_output=True).stdout
    assert dict(line.split() for line in said.splitlines()) == {
        option: "0" if value else "1" for option, value in options.items()}


def test_values_are_those_that_are_taken(tmp_path):
    (tmp_path / "policy.cf").write_text(f"dbpath = {tmp_path}/policy.db\n")
    conf = tmp_path / "forceenc.cf"
    conf.write_text(f"forceenc_tables = sqlite:{tmp_path}/policy.cf\n"
                    f"store = sqlite:{tmp_path}/stats.db\n")
    for words in (["top", "--by"], ["stats", "--by"], ["report", "--day"],
                  ["whatif", "all", "--level"], ["stats", "--since"]):
        offered = complete(*words, "")
        assert len(offered) > 1
        for value in offered:
            done = subprocess.run(
                [f"{BUILD}/forceencctl", "-c", conf, *words, value],
                capture_output=True, text=True, check=False)
            # There are no statistics; that is a later trouble.
            assert done.returncode == 75, (words, value, done.stderr)


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
    terminal.type(*clear)
    terminal.type("forceencctl top --by plain\t", r"--by plaintext $")
    terminal.type(*clear)
    terminal.type("forceencctl set a@example.com of\t--m\t", r"off --map $")
    terminal.type(*clear)
    terminal.type("forceencctl stats --by=hour,ser\t", r"--by=hour,service $")
    terminal.type(*clear)
    (tmp_path / "policy.cf").write_text("dbpath = x.db\n")
    (folder / "one.cf").write_text(
        f"forceenc_tables = sqlite:{tmp_path}/policy.cf\n")
    terminal.type("forceencctl -c m\to\tset --table sqlite:\t",
                  r"--table sqlite:\s*\S*policy\.cf ")
