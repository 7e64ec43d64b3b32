# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceenc-watch where something is in its way: it says so once, waits, and
counts everything once it can."""

import contextlib
import grp
import os
import sqlite3
import subprocess

import pytest

from lab import TIMEOUT, programs
from lab.ctl import Ctl
from lab.scrape import Pages
from lab.until import until
from lab.watcher import Watcher

CANT_WRITE = r"can't be written: .*; the log waits.* \(retry=1s\)"
WRITTEN = r"is written again"
LEVEL = "Trusted"


@pytest.fixture
def make_watcher(folder):
    made = []

    def make(**options):
        watcher = Watcher(folder, **options)
        made.append(watcher)
        return watcher

    yield make
    for watcher in made:
        watcher.close()
        watcher.check()


def counted(ctl):
    rows = ctl("stats", "--json", "--since", "all", "--by",
               "outcome,level").json()
    assert all(row["level"] == "trusted" for row in rows), rows
    return b"%d" % sum(row["count"] for row in rows)


def until_counted(ctl, number):
    until(lambda: counted(ctl), b"%d" % number)


def deliver(watcher, number):
    for _ in range(number):
        watcher.deliver(level=LEVEL)


def fill(folder):
    """Nothing more can be written into the file system of this folder."""
    with open(f"{folder}/filler", "wb", buffering=0) as filler, \
            contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


class CtlThere(Ctl):
    """forceencctl among the file systems of a watcher."""

    def __init__(self, watcher):
        super().__init__(watcher.path)
        self.watcher = watcher

    def argv(self, *words):
        return ["nsenter", "-m", "-t", str(self.watcher.process.pid),
                *super().argv(*words)]


def test_a_full_disk_is_waited_for(make_watcher, folder):
    disk = folder / "disk"
    disk.mkdir()
    watcher = make_watcher(store=f"sqlite:{disk}/stats.db")
    watcher.start(around=[
        *programs.own_mounts(), "sh", "-c",
        'mount -t tmpfs -o size=2M none "$0" && exec "$@"', str(disk)])
    # The same disk, seen from here.
    seen = f"/proc/{watcher.process.pid}/root{disk}"
    ctl = CtlThere(watcher)
    deliver(watcher, 3)
    until_counted(ctl, 3)

    fill(seen)
    watcher.log.expect(CANT_WRITE)
    watcher.log.allow("can't be tidied")
    since = watcher.log.mark()
    for i in range(20):
        deliver(watcher, 10)
        if i == 0:
            watcher.log.wait(CANT_WRITE, since)
    with pytest.raises(AssertionError):
        watcher.log.wait(WRITTEN, since, timeout=2.5)
    assert len(watcher.log.find(CANT_WRITE)) == 1

    os.remove(f"{seen}/filler")
    watcher.log.wait(WRITTEN, since)
    until_counted(ctl, 203)
    deliver(watcher, 1)
    until_counted(ctl, 204)


def locked_out(pages):
    """How often the lock was in the way."""
    return pages.figures().get("forceenc_watch_store_conflicts_total")


def test_a_locked_store_is_waited_for(make_watcher, folder):
    """By what is counted; all else goes on."""
    watcher = make_watcher(watch_http_listen=f"unix:{folder}/http")
    watcher.start(environ={"WATCHDOG_USEC": "200000"})
    pages = Pages(f"unix:{folder}/http")
    ctl = Ctl(watcher.path)
    deliver(watcher, 2)
    until_counted(ctl, 2)
    with contextlib.closing(sqlite3.connect(
            watcher.database, isolation_level=None)) as db:
        # For a moment: nobody hears of it.
        db.execute("BEGIN IMMEDIATE")
        deliver(watcher, 2)
        until(lambda: b"%d" % (locked_out(pages) > 2), b"1")
        db.execute("ROLLBACK")
        until_counted(ctl, 4)
        assert not watcher.log.find(CANT_WRITE)
        # And for longer.
        db.execute("BEGIN IMMEDIATE")
        deliver(watcher, 2)
        watcher.log.expect(CANT_WRITE)
        assert "until another program unlocks" in watcher.log.wait(
            CANT_WRITE).string
        watcher.manager.said.wait("^STATUS=the log waits")
        assert "locked" in pages.until_status("/readyz", 503)
        deliver(watcher, 2)
        for _ in range(3):
            since = watcher.manager.said.mark()
            assert pages.get("/healthz").status == 200
            watcher.manager.said.wait("^WATCHDOG=1$", since)
        db.execute("ROLLBACK")
    watcher.log.wait(WRITTEN)
    until_counted(ctl, 8)
    assert len(watcher.log.find(CANT_WRITE)) == 1
    pages.until_status("/readyz", 200)


def test_a_store_that_is_locked_at_the_start(make_watcher):
    """By one that lets nobody read it either."""
    watcher = make_watcher().start()
    ctl = Ctl(watcher.path)
    deliver(watcher, 1)
    until_counted(ctl, 1)
    assert watcher.stop() == 0
    with contextlib.closing(sqlite3.connect(
            watcher.database, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        watcher.log.allow(CANT_WRITE)
        watcher.start()
        deliver(watcher, 1)
        assert watcher.reload()
        assert watcher.stop() == 0
        watcher.start()
    until_counted(ctl, 2)


def test_two_dont_count_the_same(make_watcher):
    watcher = make_watcher().start()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(watcher.path)],
        capture_output=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71
    assert b"another forceenc-watch writes" in done.stderr


def test_not_by_another_name_either(make_watcher, folder):
    """Of the same database: a link to it, or to its folder."""
    made = folder / "made"
    made.mkdir()
    (folder / "folder").symlink_to(made)
    (folder / "link.db").symlink_to(made / "stats.db")
    watcher = make_watcher(store=f"sqlite:{folder}/folder/stats.db").start()
    # It isn't another one's when it's opened anew.
    assert watcher.reload()
    for path in ("made/stats.db", "folder/stats.db", "link.db"):
        watcher.options["store"] = f"sqlite:{folder}/{path}"
        watcher.write()
        done = subprocess.run(
            [programs.ours("forceenc-watch"), "-c", str(watcher.path)],
            capture_output=True, timeout=TIMEOUT, check=False)
        assert done.returncode == 71, path
        assert b"another forceenc-watch writes" in done.stderr


def test_a_reload_takes_the_lock_along(make_watcher, folder):
    """Of another database, which nobody else writes then."""
    watcher = make_watcher().start()
    watcher.options["store"] = f"sqlite:{folder}/other.db"
    watcher.reload()
    done = subprocess.run(
        [programs.ours("forceenc-watch"), "-c", str(watcher.path)],
        capture_output=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 71
    assert b"other.db: another forceenc-watch writes" in done.stderr


def as_nobody(*groups):
    if os.geteuid() != 0:
        pytest.skip("only root may become somebody else")
    if groups:
        return ["setpriv", "--reuid=nobody", "--regid=nogroup",
                f"--groups={','.join(groups)}"]
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


def test_a_member_of_group_adm_can_run_it(make_watcher, folder):
    watcher = make_watcher()
    os.chown(folder, 65534, -1)
    os.chown(watcher.mail_log, 0, grp.getgrnam("adm").gr_gid)
    watcher.mail_log.chmod(0o640)
    watcher.start(around=as_nobody("adm"))
    deliver(watcher, 2)
    until_counted(Ctl(watcher.path), 2)


def test_a_log_that_cant_be_read_is_waited_for(make_watcher, folder):
    watcher = make_watcher()
    deliver(watcher, 1)
    os.chown(folder, 65534, -1)
    watcher.mail_log.chmod(0o600)
    watcher.start(around=as_nobody())
    watcher.log.expect(r"mail\.log: Permission denied; trying again")
    watcher.log.wait("Permission denied")
    deliver(watcher, 1)
    watcher.mail_log.chmod(0o644)
    until_counted(Ctl(watcher.path), 2)
    assert len(watcher.log.find("Permission denied")) == 1


def test_a_log_may_be_removed_and_come_back(make_watcher, folder):
    watcher = make_watcher()
    watcher.mail_log.unlink()
    watcher.log.expect("isn't there yet; waiting for it")
    watcher.start()
    ctl = Ctl(watcher.path)
    for number in range(1, 4):
        # By another name first, as some loggers do, or at once.
        deliver(watcher, 1)
        until_counted(ctl, number)
        watcher.mail_log.unlink()
    deliver(watcher, 1)
    until_counted(ctl, 4)
    # So may its folder.
    assert watcher.stop() == 0
    moved = folder / "elsewhere"
    moved.mkdir()
    watcher.mail_log = moved / "mail.log"
    watcher.options["log"] = f"file:{watcher.mail_log}"
    moved.rmdir()
    # It isn't the log that was read before.
    watcher.log.expect("isn't there any more")
    watcher.start()
    watcher.log.wait(r"elsewhere/mail\.log: isn't there yet")
    moved.mkdir()
    deliver(watcher, 1)
    until_counted(ctl, 5)


def test_reloads_lose_nothing(make_watcher, folder):
    watcher = make_watcher().start()
    ctl = Ctl(watcher.path)
    for number in range(20):
        deliver(watcher, 25)
        watcher.options["max_inflight"] = str(1000 + number)
        assert watcher.reload()
        deliver(watcher, 25)
    until_counted(ctl, 1000)
    # A wrong configuration changes nothing.
    watcher.log.expect("log: ", "not reloaded")
    assert not watcher.reload(f"forceenc_tables = sqlite:{folder}/policy.cf\n"
                              "log = journal:postfix@-\n")
    watcher.write()
    deliver(watcher, 1)
    until_counted(ctl, 1001)
    assert ctl("watch", "status", "--json").json()[0]["gaps"] == 0
