# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl setup: shows what Postfix lacks, makes it so, and leaves
everything as it was where that doesn't work."""

import json
import os
import subprocess

import pytest

from lab import TIMEOUT, net, programs
from lab.audit import SEED_FILTER, SEED_MASTER, Audited, audit, rules
from lab.ctl import CONFIG, Ctl, make_site  # pylint: disable=unused-import
from lab.postfix import Postfix

MISSING = 1
UNAVAILABLE = 69
FAILED = 71
ALICE = "alice@forced.test"


@pytest.fixture
def endpoint():
    return f"inet:{net.host(9)}:9999"


@pytest.fixture
def served(make_site, endpoint):
    made = make_site(socketmap_listen=endpoint)
    made.ctl("set", ALICE, "on")
    return made.start()


@pytest.fixture(scope="module")
def sinks(make_sink):
    return {"plain.test": make_sink(21, tls="none"),
            "good.test": make_sink(22, tls="good"),
            "forced.test": make_sink(23, tls="good")}


@pytest.fixture
def make_postfix(make_folder, sinks, authority):
    """Makes a Postfix that knows nothing of forceenc, and starts it."""
    made = []

    def make(main="", master="", start=True):
        postfix = Postfix(make_folder(), sinks, ca=authority.path, main=main,
                          master=master)
        made.append(postfix)
        return postfix.start() if start else postfix

    yield make
    for postfix in made:
        postfix.close()


def run_setup(ctl, postfix, *words, status=0, env=None):
    done = subprocess.run(
        ctl.argv("setup", "--config-dir", str(postfix.config), *words),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT, check=False, env=env)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def files(postfix):
    return {path.name: path.read_text()
            for path in postfix.config.iterdir() if path.is_file()}


def sends_over_tls_or_not_at_all(postfix, sinks):
    mail = postfix.send(ALICE, "r@plain.test")
    status = mail.status()
    assert status["state"] == "bounced", status.group()
    assert status["dsn"] == "5.7.4"
    sinks["forced.test"].wait(mail.token)
    mail = postfix.send(ALICE, "r@good.test")
    status = mail.status()
    assert status["state"] == "sent" and "forceenc" in status["program"]
    mail = postfix.send("bob@ordinary.test", "r@plain.test")
    assert mail.status()["state"] == "sent"


def test_a_running_postfix_is_set_up(served, make_postfix, sinks):
    postfix = make_postfix()
    before = files(postfix)
    shown = run_setup(served.ctl, postfix, status=MISSING).stdout
    assert f"postconf -c {postfix.config} " \
        "-P 'forceenc/unix/smtp_tls_security_level=encrypt'" in shown
    assert files(postfix) == before
    said = run_setup(served.ctl, postfix, "--apply").stdout
    sends_over_tls_or_not_at_all(postfix, sinks)
    # Nothing is left to do, and nothing is done twice.
    again = files(postfix)
    assert "nothing is missing" in run_setup(served.ctl, postfix).stdout
    run_setup(served.ctl, postfix, "--apply")
    assert files(postfix) == again
    found = audit(served.daemon.path, "--config-dir", str(postfix.config),
                  status=1)
    assert rules(found, "leak") == set()
    # The way back is the one that was said.
    undo = said.splitlines()[-1].removeprefix("To undo it: ")
    subprocess.run(["sh", "-c", undo], check=True, timeout=TIMEOUT,
                   stderr=subprocess.DEVNULL,
                   env=dict(os.environ, PATH=programs.PATH))
    assert {name: files(postfix)[name] for name in before} == before


def test_the_commands_shown_do_the_same(served, make_postfix):
    """Typed by hand, they leave nothing to do but the filter's file."""
    # A long list, with what a shell and a terminal may take amiss.
    maps = ", ".join(f"hash:/nowhere/it's\\{i}" for i in range(20))
    postfix = make_postfix(start=False, main=(
        f"sender_dependent_default_transport_maps = {maps}\n"))
    shown = run_setup(served.ctl, postfix, status=MISSING).stdout
    commands = [line for line in shown.splitlines()
                if line.startswith("postconf ")]
    for command in commands:
        subprocess.run(["sh", "-c", command], check=True, timeout=TIMEOUT,
                       stderr=subprocess.DEVNULL,
                       env=dict(os.environ, PATH=programs.PATH))
    value = postfix.run(
        "postconf", "-h", "sender_dependent_default_transport_maps")
    assert value.stdout.decode().strip().endswith(f", {maps}")
    rows = json.loads(run_setup(
        served.ctl, postfix, "--json", status=MISSING).stdout)
    assert [row["change"].split()[0] for row in rows] == ["write"]


def test_the_hand_made_way_is_brought_in_line(
        served, make_postfix, sinks, folder):
    """The same table, asked by Postfix itself, with the filter that bounces
    what may pass."""
    table = folder / "policy.cf"
    (folder / "seed").write_text(SEED_FILTER)
    postfix = make_postfix(
        main=f"sender_dependent_default_transport_maps = sqlite:{table}\n",
        master=SEED_MASTER.format(filter=folder / "seed").replace(
            "y - - smtp", "n - - smtp"), start=False)
    shown = run_setup(served.ctl, postfix, status=MISSING).stdout
    assert f"now: sender_dependent_default_transport_maps = sqlite:{table}" \
        in shown
    run_setup(served.ctl, postfix, "--apply")
    value = postfix.run(
        "postconf", "-h", "sender_dependent_default_transport_maps")
    assert value.stdout.decode().strip() == \
        f"socketmap:{served.daemon.options['socketmap_listen']}:forceenc"
    postfix.start()
    sends_over_tls_or_not_at_all(postfix, sinks)


def test_without_forceencd_nothing_is_touched(make_site, endpoint,
                                              make_postfix):
    site = make_site(socketmap_listen=endpoint)
    postfix = make_postfix(start=False)
    before = files(postfix)
    done = run_setup(site.ctl, postfix, "--apply", status=UNAVAILABLE)
    assert "start forceencd first" in done.stderr
    assert files(postfix) == before
    assert not list(postfix.config.glob("forceenc-backup-*"))


def test_a_broken_postfix_is_left_alone(served, make_postfix):
    postfix = make_postfix(start=False)
    with open(postfix.config / "main.cf", "a", encoding="utf-8") as f:
        f.write("mail_owner = nobody-of-this-name\n")
    before = files(postfix)
    done = run_setup(served.ctl, postfix, "--apply", status=UNAVAILABLE)
    assert "nothing was changed" in done.stderr
    assert files(postfix) == before


@pytest.mark.parametrize("flag", ["-M", "-P", "-e"])
def test_what_fails_half_way_is_undone(served, make_postfix, folder, flag):
    """postconf that fails at one kind of change."""
    postfix = make_postfix(start=False)
    before = files(postfix)
    shadow = folder / "bin"
    shadow.mkdir()
    real = programs.peer("postconf", "postfix")
    (shadow / "postconf").write_text(
        "#!/bin/sh\n"
        f"test \"$3\" != {flag} || test -z \"$4\" ||"
        " { echo 'disk is full' >&2; exit 1; }\n"
        f"exec {real} \"$@\"\n")
    (shadow / "postconf").chmod(0o755)
    env = dict(os.environ, PATH=f"{shadow}:{programs.PATH}")
    done = run_setup(served.ctl, postfix, "--apply", status=FAILED, env=env)
    assert "disk is full; all is as it was before" in done.stderr
    assert files(postfix) == before


def test_a_transport_that_is_something_else(served, make_postfix):
    postfix = make_postfix(
        start=False, master="forceenc unix - n n - - pipe argv=/bin/true\n")
    done = run_setup(served.ctl, postfix, "--apply", status=CONFIG)
    assert "runs pipe and not smtp" in done.stderr


def test_stock_debian(served, tmp_path):
    """As the package leaves it."""
    stock = Audited(tmp_path, served.daemon.path)
    done = subprocess.run(
        served.ctl.argv("setup", "--config-dir", str(stock.folder)),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT, check=False)
    assert done.returncode == MISSING, done.stderr
    assert "forceenc unix - - y - - smtp" in done.stdout


def test_no_postfix_there(served, tmp_path):
    done = subprocess.run(
        served.ctl.argv("setup", "--config-dir", str(tmp_path / "nowhere")),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=TIMEOUT, check=False)
    assert done.returncode == CONFIG
    assert "nowhere" in done.stderr
