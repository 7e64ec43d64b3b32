# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Runs a program under the restrictions of a systemd unit, without systemd:

    confine.py UNIT FOLDER PROGRAM ARGUMENT...

as nobody, without privileges, in a file system that is read-only but for
FOLDER, behind the unit's system call filter (libseccomp; systemd-analyze(1)
says what a group of system calls is). The process stays the same one, so that
signals reach the program. Needs root.
"""

import ctypes
import errno
import os
import pwd
import shutil
import socket
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
# <linux/mount.h>, <sched.h>, <sys/prctl.h>
SYS_MOUNT_SETATTR = 442
MOUNT_ATTR_RDONLY = 1
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_NO_NEW_PRIVS = 38
PROT_WRITE, PROT_EXEC = 2, 4
CLONE_ANY_NAMESPACE = 0x7e020080


def settings(path):
    """The unit's settings by name: all values, in their order."""
    found = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            name, equals, value = line.strip().partition("=")
            if equals and not line.startswith("#"):
                found.setdefault(name, []).append(value)
    return found


def group(name):
    """The system calls of @name."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", name],
        check=True, capture_output=True, text=True).stdout
    calls = set()
    for line in said.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= group(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed(unit):
    calls = set()
    for value in unit["SystemCallFilter"]:
        names = value.lstrip("~").split()
        for name in names:
            some = group(name) if name.startswith("@") else {name}
            calls = calls - some if value.startswith("~") else calls | some
    # What systemd always allows.
    return calls | group("@default")


def restrict(unit):
    # Debian's python3-seccomp; imported where it's needed, since those who
    # only read a unit need not have it.
    import seccomp  # pylint: disable=import-outside-toplevel

    rules = seccomp.SyscallFilter(
        seccomp.ERRNO(getattr(errno, unit["SystemCallErrorNumber"][0])))
    calls = allowed(unit)
    special = {"socket", "mmap", "mprotect", "pkey_mprotect", "clone",
               "clone3", "unshare", "setns"}
    for call in sorted(calls - special):
        try:
            rules.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError, OSError):
            continue  # one of another architecture, or of the future
    for family in unit["RestrictAddressFamilies"][0].split():
        rules.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(
            0, seccomp.EQ, int(getattr(socket, family))))
    # MemoryDenyWriteExecute
    for bits in (0, PROT_WRITE, PROT_EXEC):
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(
            2, seccomp.MASKED_EQ, PROT_WRITE | PROT_EXEC, bits))
    rules.add_rule(seccomp.ALLOW, "mprotect", seccomp.Arg(
        2, seccomp.MASKED_EQ, PROT_EXEC, 0))
    # RestrictNamespaces. What clone3() does can't be looked into, so that
    # systemd as well says that there is none.
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(
        0, seccomp.MASKED_EQ, CLONE_ANY_NAMESPACE, 0))
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.load()


def check(status, what):
    if status != 0:
        raise OSError(ctypes.get_errno(), f"{what}: can't confine here")


def set_read_only(path, on, flags):
    attr = (ctypes.c_uint64 * 4)(
        MOUNT_ATTR_RDONLY if on else 0, 0 if on else MOUNT_ATTR_RDONLY, 0, 0)
    check(LIBC.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path, flags, attr,
                       ctypes.sizeof(attr)), "mount_setattr")


def hide(folder):
    """All is read-only but for the folder, for this process alone."""
    path = os.fsencode(folder)
    check(LIBC.unshare(CLONE_NEWNS), "unshare")
    check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount")
    check(LIBC.mount(path, path, None, MS_BIND, None), "mount")
    set_read_only(b"/", True, AT_RECURSIVE)
    set_read_only(path, False, 0)
    os.chdir(folder)


def main():
    path, folder, *words = sys.argv[1:]
    unit = settings(path)
    nobody = pwd.getpwnam("nobody")
    # It may be where nobody may go.
    program = os.open(shutil.which(words[0]), os.O_PATH | os.O_CLOEXEC)
    hide(folder)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    os.umask(int(unit["UMask"][0], 8))
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    restrict(unit)
    os.execve(program, words, os.environ)


if __name__ == "__main__":
    main()
