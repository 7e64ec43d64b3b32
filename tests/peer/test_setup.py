# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl setup: shows what Postfix lacks, makes it so, and leaves
everything as it was where that doesn't work."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from lab import TIMEOUT, net, programs
from lab.audit import SEED_FILTER, SEED_MASTER, Audited, audit, rules
from lab.ctl import CONFIG, Ctl, make_site  # pylint: disable=unused-import
from lab.postfix import Postfix

MISSING = 1
UNAVAILABLE = 69
FAILED = 71
# "postfix check" runs a hundred programs.
SLOW = 6 * TIMEOUT
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
        timeout=SLOW, check=False, env=env)
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
    before = files(postfix)
    said = run_setup(served.ctl, postfix, "--apply").stdout
    value = postfix.run(
        "postconf", "-h", "sender_dependent_default_transport_maps")
    assert value.stdout.decode().strip() == \
        f"socketmap:{served.daemon.options['socketmap_listen']}:forceenc"
    # Of one that doesn't run nothing is to be reloaded.
    after = files(postfix)
    undo = said.splitlines()[-1].removeprefix("To undo it: ")
    subprocess.run(["sh", "-c", undo], check=True, timeout=TIMEOUT)
    assert {name: files(postfix)[name] for name in before} == before
    restore(postfix, after)
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
    # Nothing can be written any more; what was kept has its place.
    (shadow / "cp").write_text(
        "#!/bin/sh\n"
        "case $4 in */forceenc-backup-*) exec /bin/cp \"$@\";; esac\n"
        "echo 'disk is full' >&2; exit 1\n")
    for name in ("postconf", "cp"):
        (shadow / name).chmod(0o755)
    env = dict(os.environ, PATH=f"{shadow}:{programs.PATH}")
    done = run_setup(served.ctl, postfix, "--apply", status=FAILED, env=env)
    assert "disk is full; all is as it was before" in done.stderr
    assert files(postfix) == before
    assert not list(postfix.config.glob("forceenc-backup-*"))


# In place of a program: at its turn it tells the one that runs it, or all of
# the terminal, and does what it was asked to do before or behind that.
SIGNALLER = """#!/bin/sh
echo {name} "$@" >>{runs}
act() {{ {act}; }}
if [ $(wc -l <{runs}) -ne "$AT" ]; then act "$@"; exit; fi
case $SIGNAL in
KILL) act "$@"; status=$?; kill -KILL $PPID; exit $status ;;
INT) kill -INT 0 ;;
*) kill -$SIGNAL $PPID ;;
esac
act "$@"
"""


@pytest.fixture
def interrupted(served, make_folder):
    """Sets up with a signal at the nth program that is run; gives the exit
    status, what it said, and the programs that were run."""
    shadow = make_folder()
    runs = shadow / "runs"
    acts = {name: f'{programs.peer(name, package)} "$@"'
            for name, package in (("postconf", "postfix"),
                                  ("cp", "coreutils"))}
    # It checks for long, and doesn't run.
    acts["postfix"] = 'test "$3" != status'
    for name, act in acts.items():
        (shadow / name).write_text(SIGNALLER.format(
            name=name, act=act, runs=runs))
        (shadow / name).chmod(0o755)

    def run(postfix, at, name="NONE", ignored=()):
        def listen():
            # Whoever runs the tests may ignore some.
            for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(other, signal.SIG_IGN if other in ignored
                              else signal.SIG_DFL)

        runs.write_text("")
        done = subprocess.run(
            served.ctl.argv("setup", "--config-dir", str(postfix.config),
                            "--apply"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=SLOW, check=False, start_new_session=True,
            preexec_fn=listen,
            env=dict(os.environ, PATH=f"{shadow}:{programs.PATH}",
                     AT=str(at), SIGNAL=name))
        return done.returncode, done.stderr, runs.read_text().splitlines()

    return run


def restore(postfix, before):
    for name in files(postfix).keys() - before.keys():
        (postfix.config / name).unlink()
    for name, text in before.items():
        (postfix.config / name).write_text(text)
    for path in postfix.config.glob("forceenc-backup-*"):
        shutil.rmtree(path)


def test_interrupted_it_is_whole_or_undone(interrupted, make_postfix):
    """Wherever Ctrl-C, the end of the terminal or kill(1) meets it."""
    postfix = make_postfix(start=False)
    before = files(postfix)
    status, _, runs = interrupted(postfix, 0)
    assert status == 0
    after = files(postfix)
    assert after != before
    ends = set()
    begin = next(at for at, words in enumerate(runs, 1)
                 if words.startswith("cp "))
    for at in range(begin - 1, len(runs) + 1):
        restore(postfix, before)
        name = ("INT", "TERM", "HUP")[at % 3]
        status, said, _ = interrupted(postfix, at, name)
        kept = list(postfix.config.glob("forceenc-backup-*"))
        if status == 0:
            ends.add("whole")
            assert files(postfix) == after and len(kept) == 1, at
            continue
        assert status == -getattr(signal, f"SIG{name}"), (at, said)
        assert files(postfix) == before and not kept, at
        ends.add("undone" if "all is as it was before" in said else "not yet")
    assert ends == {"not yet", "undone", "whole"}
    # As nohup(1) has it.
    restore(postfix, before)
    assert interrupted(postfix, begin + 3, "HUP", {signal.SIGHUP})[0] == 0
    assert files(postfix) == after


def test_killed_it_is_done_the_next_time(interrupted, make_postfix):
    """What nobody can undo is no trouble for Postfix, and not the end: the
    map comes when everything else is there."""
    postfix = make_postfix(start=False)
    before = files(postfix)
    _, _, runs = interrupted(postfix, 0)
    after = files(postfix)
    maps = "sender_dependent_default_transport_maps"
    begin = next(at for at, words in enumerate(runs, 1)
                 if words.startswith("cp "))
    changes = [at for at, words in enumerate(runs, 1)
               if at >= begin and re.match("cp|postconf .* -[MPe] .", words)]
    assert len(changes) > 10
    for at in changes:
        restore(postfix, before)
        assert interrupted(postfix, at, "KILL")[0] == -signal.SIGKILL
        if maps in files(postfix)["main.cf"]:
            assert files(postfix)["master.cf"] == after["master.cf"]
        for path in postfix.config.glob("forceenc-backup-*"):
            shutil.rmtree(path)
        assert interrupted(postfix, 0)[0] == 0
        assert files(postfix) == after, at


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
