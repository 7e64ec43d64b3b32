# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Runs a program with listening sockets, the way systemd passes them:

    inherit.py FD,FD,... PROGRAM ARGUMENT...

LISTEN_PID must be the program's own process id, so that it can only be set
between fork and exec.
"""

import os
import sys

FIRST = 3


def main():
    fds = [int(fd) for fd in sys.argv[1].split(",")]
    # Copies out of the way first: a target may be another one's source.
    copies = [os.dup(fd) for fd in fds]
    while min(copies) < FIRST + len(fds):
        copies = [os.dup(fd) for fd in copies]
    for at, fd in enumerate(copies):
        os.dup2(fd, FIRST + at, inheritable=True)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(fds))
    os.closerange(FIRST + len(fds), 256)
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
