# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The units, and the programs under their restrictions. test_boot.py has a
systemd, where the machine can."""

import os
import pathlib
import pwd
import re
import signal
import subprocess
import sys

import pytest

from lab import TIMEOUT, confine, programs
from lab.daemon import Manager, Policy
from lab.endpoints import Endpoints
from lab.log import Log
from lab.until import until

UNITS = programs.TOP / "systemd"
SERVICES = ["forceencd", "forceenc-watch", "forceenc-report"]
OTHERS = ["forceencd.socket", "forceencd-postfix.socket",
          "forceenc-report.timer"]
HELPER = pathlib.Path(confine.__file__)
ALICE = "alice@example.com"
CORPUS = programs.TOP / "tests" / "watch" / "corpus" / "3.7.11-retry.log"


def run(*words, status=0):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT)
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def filled(make_folder):
    """The units, with the folders of the programs under test."""
    folder = make_folder()
    where = str(pathlib.Path(programs.ours("forceencd")).parent)
    for name in SERVICES:
        text = (UNITS / f"{name}.service.in").read_text()
        for word in ("@sbindir@", "@bindir@"):
            text = text.replace(word, where)
        assert "@" not in re.sub(r"@[-\w]+|postfix@-", "", re.sub(
            r"SystemCallFilter=.*|#.*", "", text)), name
        (folder / f"{name}.service").write_text(text)
    for name in OTHERS:
        (folder / name).write_text((UNITS / name).read_text())
    return folder


def test_units_are_filled_in():
    """By make, with the folders that configure was told."""
    built = pathlib.Path(programs.ours("forceencd")).parent / "systemd"
    for name in SERVICES:
        text = (built / f"{name}.service").read_text()
        path = re.search(r"^ExecStart=(\S+)", text, re.M)[1]
        assert re.fullmatch(r"/\S+/s?bin/force\w+(-watch)?", path)
        assert not re.search(r"@\w+dir@", text)


def test_systemd_finds_nothing_wrong(filled):
    programs.peer("systemd-analyze", "systemd")
    said = run("systemd-analyze", "verify", "--man=no",
               *[str(path) for path in sorted(filled.iterdir())])
    assert said == ""


@pytest.mark.parametrize("name", SERVICES)
def test_hardly_anything_is_exposed(filled, name):
    programs.peer("systemd-analyze", "systemd")
    # Status 0: at or below the threshold, which is in tenths.
    run("systemd-analyze", "security", "--offline=true", "--no-pager",
        "--threshold=15", str(filled / f"{name}.service"))
    run("systemd-analyze", "security", "--offline=true", "--no-pager",
        "--threshold=5", str(filled / f"{name}.service"), status=1)


def test_user_and_folders(folder):
    programs.peer("systemd-sysusers", "systemd")
    (folder / "etc").mkdir()
    run("systemd-sysusers", f"--root={folder}", str(UNITS / "sysusers.conf"))
    assert re.search("^forceenc:", (folder / "etc/passwd").read_text(), re.M)
    run("systemd-tmpfiles", f"--root={folder}", "--create",
        str(UNITS / "tmpfiles.conf"))
    modes = {name: (folder / name).stat().st_mode & 0o777
             for name in ("run/forceenc", "var/lib/forceenc")}
    assert modes == {"run/forceenc": 0o755, "var/lib/forceenc": 0o750}


def listens(name):
    """What a socket unit says of itself."""
    return confine.settings(UNITS / name)


def test_sockets_are_those_of_the_manual():
    """The port is forceenc.cf's default; the path is the one that the
    fragments for main.cf have."""
    assert listens("forceencd.socket")["ListenStream"] == ["127.0.0.1:9999"]
    path = listens("forceencd-postfix.socket")["ListenStream"][0]
    assert f"unix:{path}" in (
        programs.TOP / "docs" / "postfix.md").read_text()
    for name in OTHERS[:2]:
        assert listens(name)["Backlog"] == ["4096"]
        assert listens(name)["FileDescriptorName"]


def test_the_socket_in_the_chroot_is_a_choice():
    """The daemon wants its own socket alone: forceenc.cf doesn't name the
    other one, with which it wouldn't start. Enabled, it's there before the
    daemon, which a running one can't be given."""
    daemon = confine.settings(UNITS / "forceencd.service.in")
    assert daemon["Sockets"] == ["forceencd.socket"]
    assert "forceencd-postfix.socket" in daemon["After"]
    assert listens("forceencd-postfix.socket")["WantedBy"] == [
        "sockets.target forceencd.service"]


@pytest.fixture
def confined(folder, filled):
    """Words before a program that runs it as its unit does."""
    programs.peer("systemd-analyze", "systemd")
    pytest.importorskip("seccomp", reason="(Debian: python3-seccomp)")
    if os.getuid() != 0:
        pytest.skip("only root can take privileges away in this way")
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def words(name):
        return [sys.executable, str(HELPER), str(filled / f"{name}.service"),
                str(folder)]

    done = subprocess.run(
        words("forceencd") + ["true"], capture_output=True, text=True,
        check=False, timeout=TIMEOUT)
    if "can't confine here" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return words


# Each ends with status 0 if it could do what it shouldn't.
ESCAPES = {
    "write": "open('/etc/forceenc-was-here', 'w')",
    "unshare": "ctypes.CDLL(None).unshare(0x10000000) == 0 or exit(1)",
    "mount": "ctypes.CDLL(None).mount(b'x', b'/mnt', b'tmpfs', 0, 0) == 0"
             " or exit(1)",
    "packet": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "executable memory": "mmap.mmap(-1, 4096, prot=7)",
    "root": "os.setuid(0)",
}


# sendmail(1) of the report asks which addresses are its own.
NEEDED = {("forceenc-report", "netlink")}


@pytest.mark.parametrize("name", SERVICES)
def test_the_restrictions_are_real(confined, folder, name):
    """Or the next tests would prove nothing."""
    script = "import ctypes, mmap, os, socket\n%s"
    run(*confined(name), "/usr/bin/python3", "-c",
        script % f"open('{folder}/mine', 'w')")
    for escape, code in ESCAPES.items():
        if (name, escape) in NEEDED:
            run(*confined(name), "/usr/bin/python3", "-c", script % code)
            continue
        done = subprocess.run(
            confined(name) + ["/usr/bin/python3", "-c", script % code],
            capture_output=True, check=False, timeout=TIMEOUT)
        assert done.returncode == 1, (escape, done)


def test_forceencd_under_its_restrictions(confined, folder, make_daemon):
    endpoints = Endpoints(folder)
    policy = Policy(folder, senders={ALICE: "forceenc:"})
    daemon = make_daemon(
        folder, forceenc_tables=policy.spec, socket_group="nogroup",
        snapshot_file=f"{folder}/facts", **endpoints.options())
    # Leaks are looked for by ptrace(2), which the restrictions deny.
    daemon.start(around=confined("forceencd"),
                 environ={"ASAN_OPTIONS": "detect_leaks=0"})
    for kind in ("socketmap-inet", "socketmap-unix"):
        with endpoints.client(kind) as client:
            assert client.ask(ALICE) == client.FOUND
            assert client.ask("bob@example.com") == client.NOTFOUND
    policy.set({"bob@example.com": "forceenc:"})
    with endpoints.client() as client:
        until(lambda: client.ask("bob@example.com"), client.FOUND)
        daemon.options["answer_deadline"] = "1s"
        assert daemon.reload()
        assert client.ask(ALICE) == client.FOUND
    assert daemon.stop() == 0
    assert (folder / "facts").exists()


def test_the_watchdog_hears_forceencd(folder, make_daemon):
    policy = Policy(folder)
    daemon = make_daemon(folder, forceenc_tables=policy.spec,
                         **Endpoints(folder).options())
    daemon.start(environ={"WATCHDOG_USEC": "200000"})
    said = daemon.manager.said
    for _ in range(3):
        said.wait("^WATCHDOG=1$", said.mark())


def test_forceenc_watch_under_its_restrictions(confined, folder):
    """It follows a log, tells its watchdog, reloads, and ends well."""
    (folder / "mail.log").write_bytes(CORPUS.read_bytes())
    (folder / "policy.cf").write_text("dbpath = policy.db\n")
    path = folder / "forceenc.cf"
    path.write_text(f"forceenc_tables = sqlite:policy.cf\n"
                    f"log = file:{folder}/mail.log\n"
                    f"store = sqlite:{folder}/stats.db\n")
    manager = Manager(folder / "notify")
    env = dict(os.environ, NOTIFY_SOCKET=manager.path,
               WATCHDOG_USEC="200000")
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    log = Log("forceenc-watch", r": (warning|error|fatal|panic): ")
    process = subprocess.Popen(
        confined("forceenc-watch") + [
            programs.ours("forceenc-watch"), "-c", str(path)],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    reader = log.read_from(process.stderr, manager.said.end)
    try:
        manager.said.wait("^READY=1$")
        manager.said.wait(r"^STATUS=[1-9]\d* lines, .*nothing left to read$")
        manager.said.wait("^WATCHDOG=1$", manager.said.mark())
        told = manager.said.mark()
        process.send_signal(signal.SIGHUP)
        manager.said.wait("^RELOADING=1$", told)
        manager.said.wait("^READY=1$", told)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0
        assert (folder / "stats.db").exists()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join(TIMEOUT)
        manager.close()
    log.check()
