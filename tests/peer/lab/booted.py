# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A systemd of our own, as the first process of a system that is this one with
all changes kept in memory: its own processes, mounts, network, name and
cgroups. What "make install" installs is there. Needs root."""

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from . import TIMEOUT, programs
from .until import until

SYSTEMD = "/lib/systemd/systemd"

# What ends before it has said this can't be done on this machine.
BOOTING = "booting"

OUTER = """
work=$1 name=$2 inner=$3
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$work"
cd "$work"
mkdir upper work root cgroup
mount -t cgroup2 cgroup2 cgroup
mkdir "cgroup/$name"
echo $$ >"cgroup/$name/cgroup.procs"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" root
exec unshare --pid --fork --kill-child --mount --net --uts --ipc --cgroup \
    sh -ec "$inner" sh "$4"
"""

INNER = """
cd root
mount -t proc proc proc
# The kernel is everybody's, and so are these.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
: >etc/fstab
mount -t tmpfs -o mode=755 tmpfs dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for folder in dev/shm run tmp var/log var/lib/systemd etc/systemd/system; do
    mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 1777 tmp dev/shm
mkdir var/log/journal
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
cp -a "$1/." .
ip link set lo up
mkdir -p oldroot
pivot_root . oldroot
umount -l /oldroot
systemd-sysusers
echo booting
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lab \
    /lib/systemd/systemd \
    --unit=basic.target --log-target=console --show-status=no
"""


def remove_cgroups(name):
    """Of a system that has ended."""
    script = ("mount --make-rprivate /; mount -t cgroup2 cgroup2 /mnt;"
              f"find /mnt/{name} -depth -type d -exec rmdir {{}} +")
    subprocess.run(["unshare", "--mount", "sh", "-c", script], check=False,
                   stderr=subprocess.DEVNULL)


class Booted:
    """files has what is copied to its root."""

    def __init__(self, folder, files):
        if os.geteuid() != 0:
            pytest.skip("only root can have namespaces of all kinds")
        if not os.access(SYSTEMD, os.X_OK):
            pytest.skip("systemd is missing (Debian: systemd)")
        for program in ("unshare", "nsenter", "mount"):
            programs.peer(program, "util-linux")
        self.name = f"forceenc-{os.getpid()}"
        self._console = folder / "console"
        work = folder / "work"
        work.mkdir()
        with open(self._console, "wb") as console:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-ec", OUTER, "sh", str(work),
                 self.name, INNER, str(files)],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def said(self):
        return self._console.read_text(errors="replace")

    def _wait(self):
        def state():
            if self._process.poll() is not None:
                return b"ended"
            time.sleep(0.1)
            return b"there" if BOOTING in self.said().splitlines() and \
                self._call("systemctl", "is-system-running").stdout.strip() \
                in ("running", "degraded") else b""

        try:
            until(state, b"there", 3 * TIMEOUT)
        except AssertionError as failure:
            if BOOTING not in self.said().splitlines():
                pytest.skip("no systemd of our own here: " + (
                    self.said().strip().splitlines() or ["too slow"])[-1])
            raise AssertionError(f"{failure}\n{self.said()}")

    @property
    def pid(self):
        """Of systemd, seen from here."""
        task = pathlib.Path(f"/proc/{self._process.pid}/task")
        return (task / str(self._process.pid) / "children").read_text().strip()

    def path(self, inside):
        """A path of its files, from here."""
        return pathlib.Path(f"/proc/{self.pid}/root{inside}")

    def _call(self, *words, **options):
        return subprocess.run(
            ["nsenter", "-t", self.pid, "-m", "-p", "-n", "-u", "-i", "-C",
             "-r", "-w", "env", "-i", f"PATH={programs.PATH}", *words],
            capture_output=True, text=True, timeout=3 * TIMEOUT, check=False,
            **{"stdin": subprocess.DEVNULL, **options})

    def run(self, *words, status=0, **options):
        """A command in there; what it says."""
        done = self._call(*words, **options)
        assert done.returncode == status, (
            words, done.stdout, done.stderr, self.journal())
        return done.stdout

    def journal(self, *words):
        return self._call("journalctl", "--no-pager", "-n", "50", *words).stdout

    def show(self, unit, name):
        """A property of a unit's."""
        return self.run("systemctl", "show", "-P", name, unit).strip()

    def close(self):
        self._process.kill()
        self._process.wait()
        remove_cgroups(self.name)


def installed(folder):
    """What "make install" installs, below a folder, with the units where
    systemd looks for them whatever the prefix is; and sysconfdir."""
    build = str(pathlib.Path(programs.ours("forceencd")).parent)
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}

    def make(*words):
        return subprocess.run(
            ["make", "-C", build, "--silent", "--no-print-directory", *words],
            env=env, check=True, capture_output=True, text=True,
            timeout=6 * TIMEOUT).stdout.strip()

    make("install", f"DESTDIR={folder}")
    for kind, where in (("system/*", "usr/lib/systemd/system"),
                        ("sysusers.d/*", "usr/lib/sysusers.d"),
                        ("tmpfiles.d/*", "usr/lib/tmpfiles.d")):
        (folder / where).mkdir(parents=True, exist_ok=True)
        for path in list(folder.rglob(f"lib/*{kind}")):
            if path.is_file() and path.parent != folder / where:
                shutil.copy(path, folder / where)
    return make("--eval", "lab-print: ; @echo $(sysconfdir)", "lab-print")
