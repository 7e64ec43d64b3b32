# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl where something is wrong: no daemon, no configuration, no room
for its output."""

import os
import pathlib
import re
import subprocess

import pytest

from lab import TIMEOUT, net, programs
from lab.ctl import CONFIG, IOERR, NOTFOUND, UNREACHABLE, USAGE, Ctl
from lab.ctl import make_site, site  # pylint: disable=unused-import

# When it can't be asked.

ASKING = [
    ["lookup", "a@example.com"],
    ["lookup", "a@example.com", "--explain"],
    ["status"],
    ["cache", "stats"],
    ["cache", "dump"],
    ["cache", "drop", "a@example.com"],
    ["cache", "flush"],
]

KEEPING = [
    ["set", "a@example.com", "on"],
    ["unset", "a@example.com"],
    ["list"],
    ["config", "show"],
]


@pytest.mark.parametrize("words", ASKING)
def test_a_stopped_daemon(make_site, words):
    site = make_site()
    for form in ([], ["--json"]):
        said = site.ctl(*words, *form, status=UNREACHABLE)
        assert said.out == ""
        assert f"unix:{site.folder}/" in said.err
        assert "is forceencd running" in said.err
        assert len(said.err.splitlines()) == 1


def test_a_daemon_that_was_stopped(site):
    site.daemon.stop()
    for words in ASKING:
        site.ctl(*words, status=UNREACHABLE)
    site.ctl("set", "a@example.com", "off")
    site.daemon.start()
    site.ctl("lookup", "a@example.com", status=NOTFOUND)


def test_a_socket_that_is_not_for_us(site):
    if os.geteuid() == 0:
        pytest.skip("root may connect to every socket")
    os.chmod(site.folder / "control", 0)
    said = site.ctl("status", status=UNREACHABLE)
    assert "Permission denied" in said.err and "may you connect" in said.err


def test_no_sockets_at_all(make_site):
    site = make_site(socketmap_listen="", control_socket="")
    said = site.ctl("lookup", "a@example.com", status=CONFIG)
    assert "socketmap_listen is empty" in said.err
    said = site.ctl("status", status=CONFIG)
    assert "control_socket is empty" in said.err


def test_only_tcp_tables_are_asked_elsewhere(make_site):
    site = make_site(
        socketmap_listen="",
        tcp_table_listen=f"forceenc=inet:{net.host(1)}:9998")
    site.ctl("set", "a@example.com", "on")
    site.start()
    site.ctl("lookup", "a@example.com", status=CONFIG)
    said = site.ctl("lookup", "a@example.com", "--explain")
    assert "answer: forceenc:" in said.out


# The configuration.

@pytest.mark.parametrize("words", ASKING + KEEPING + [["config", "check"]])
def test_a_configuration_that_is_wrong(make_site, words):
    site = make_site()
    site.daemon.write("forceenc_tabels = sqlite:x\nanswer_deadline = never\n")
    said = site.ctl(*words, status=CONFIG)
    assert said.out == ""
    path = site.daemon.path
    assert f"{path}:1: forceenc_tabels: " in said.err
    assert f"{path}:2: answer_deadline: " in said.err
    if words != ["config", "check"]:
        assert all(line.startswith("forceencctl: ")
                   for line in said.err.splitlines())
    os.unlink(path)
    said = site.ctl(*words, status=CONFIG)
    assert said.out == "" and "No such file" in said.err


def test_a_configuration_that_cannot_be_read(make_site):
    site = make_site()
    ctl = Ctl(site.folder)
    assert str(site.folder) in ctl("list", status=CONFIG).err
    if os.geteuid() != 0:
        os.chmod(site.daemon.path, 0)
        assert "Permission denied" in site.ctl("list", status=CONFIG).err


def test_config_check(make_site):
    site = make_site()
    site.ctl("set", "a@example.com", "on")
    for words in (["config", "check"], ["-t"]):
        said = site.ctl(*words)
        assert said.out == f"{site.daemon.path}: no problems\n"
        assert said.err == ""
    site.daemon.options["idle_time_limit"] = "5s"
    site.daemon.write()
    said = site.ctl("config", "check")
    assert said.err.startswith(
        f"{site.daemon.path}: warning: idle_time_limit = 5s")
    checked = site.ctl("config", "check", "--json").json()
    assert checked["problems"] == [] and len(checked["warnings"]) == 1
    site.daemon.write("nosuch = 1\n")
    said = site.ctl("config", "check", "--json", status=CONFIG)
    assert any("nosuch" in line for line in said.json()["problems"])
    # The daemon finds the same.
    done = subprocess.run(
        [programs.ours("forceencd"), "-c", str(site.daemon.path), "-t"],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == CONFIG
    assert done.stderr.splitlines() == said.json()["problems"]
    assert site.ctl("config", "check", status=CONFIG).err == done.stderr


def test_config_show(make_site):
    site = make_site(answer_deadline="3s")
    lines = site.ctl("config", "show").out.splitlines()
    assert "answer_deadline = 3s" in lines
    assert f"sqlite:{site.table} dbpath = {site.database}" in lines
    assert not any(line.startswith("maps = ") for line in lines)
    lines = site.ctl("config", "show", "--defaults").out.splitlines()
    assert "maps = forceenc" in lines and "answer_deadline = 3s" in lines
    out = site.ctl("config", "show", "answer_deadline").out
    assert out.startswith("answer_deadline = 3s\n")
    assert "default: 2s" in out and str(site.daemon.path) in out
    shown = site.ctl("config", "show", "--json", "--defaults").json()
    options = {option["name"]: option for option in shown}
    assert options["answer_deadline"]["value"] == "3s"
    assert options["answer_deadline"]["default"] == "2s"
    assert options["answer_deadline"]["file"] == str(site.daemon.path)
    assert options["maps"]["file"] is None and options["maps"]["help"]
    shown = site.ctl("config", "show", "dbpath", "--json").json()
    assert [option["value"] for option in shown] == [str(site.database)]
    said = site.ctl("config", "show", "nosuch", status=NOTFOUND)
    assert "no option of this name" in said.err


# Usage, and what a shell has open.

WRONG_USAGE = [
    [], ["nosuch"], ["lookup"], ["lookup", "a", "b"], ["set", "a@b"],
    ["cache"], ["cache", "nosuch"], ["config"], ["status", "x"],
    ["lookup", "a", "--nosuch"], ["lookup", "a", "--map"],
    ["set", "--explain", "a@b", "on"], ["lookup", "a", "--socket", "nosuch"],
    ["lookup", ""], ["status", "--socket", "inet:example.com:1"],
    ["set", "-a@example.com", "on"],
]


@pytest.mark.parametrize("words", WRONG_USAGE)
def test_wrong_usage(make_site, words):
    said = make_site().ctl(*words, status=USAGE)
    assert said.out == "" and len(said.err.splitlines()) == 1


def test_help_and_version(make_site):
    ctl = make_site().ctl
    assert "cache flush" in ctl("help").out
    assert ctl("--help").out == ctl("help").out
    assert ctl("help", "set").out == ctl("set", "-h").out
    assert ctl("-V").out.startswith("forceencctl ")


def test_the_manual_knows_what_help_knows(make_site):
    ctl = make_site().ctl
    page = (programs.TOP / "docs/man/forceencctl.1").read_text()
    text = subprocess.run(
        [programs.peer("mandoc", "mandoc"), "-T", "ascii", "-O", "width=999"],
        input=page, capture_output=True, text=True, check=True).stdout
    text = re.sub(".\x08", "", text)
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", ctl("help").out, re.M)
    assert len(commands) == 20
    for command in commands:
        assert re.search(rf"^     (forceencctl )?{command}\b", text, re.M), (
            command)
        shown = ctl("help", *command.split()).out if command != "help" else ""
        for option in re.findall(r"^  (?:-., )?(--[a-z]+|-[a-z])", shown,
                                 re.M):
            assert option in text, (command, option)


def test_an_answer_that_cannot_be_written(site):
    full = pathlib.Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    with full.open("wb") as out:
        done = subprocess.run(
            site.ctl.argv("lookup", "a@example.com"), stdout=out,
            stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == IOERR
    assert "No space left" in done.stderr
