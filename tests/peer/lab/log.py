# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Log lines that can be waited for, and complaints that nobody declared."""

import re
import subprocess
import threading
import time

from . import TIMEOUT


class Log:
    """The lines of one program, in the order in which they came.

    complaint is the pattern of a line that makes a test fail unless it was
    declared by expect().
    """

    def __init__(self, name, complaint):
        self.name = name
        self._complaint = re.compile(complaint)
        self._declared = []
        self._ignored = []
        self._lines = []
        self._checked = 0
        self._closed = False
        self._changed = threading.Condition()

    def read_from(self, stream, at_end=None):
        """Collects the lines of a binary stream until its end, in the thread
        that it returns."""
        self._closed = False
        reader = threading.Thread(
            target=self._read, args=(stream, at_end), daemon=True)
        reader.start()
        return reader

    def _read(self, stream, at_end):
        with stream:
            for line in stream:
                self.add(line.decode("utf-8", "backslashreplace").rstrip("\n"))
        self.end()
        if at_end is not None:
            at_end()

    def end(self):
        """Nothing more will come, and nobody needs to wait for it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def add(self, line):
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def mark(self):
        """A place in the log, for wait(since=...)."""
        with self._changed:
            return len(self._lines)

    def lines(self, since=0):
        with self._changed:
            return self._lines[since:]

    def find(self, pattern, since=0):
        """All matches so far."""
        matches = (re.search(pattern, line) for line in self.lines(since))
        return [match for match in matches if match]

    def wait(self, pattern, since=0, timeout=TIMEOUT):
        """The first match at or behind the mark; fails if there is none."""
        wanted = re.compile(pattern)
        deadline = time.monotonic() + timeout
        at = since
        with self._changed:
            while True:
                while at < len(self._lines):
                    match = wanted.search(self._lines[at])
                    if match:
                        return match
                    at += 1
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    break
                self._changed.wait(left)
        raise AssertionError(
            f"{self.name}: no line matches {pattern!r}:\n{self.tail()}")

    def tail(self, count=60):
        return "\n".join(self.lines()[-count:])

    def expect(self, *patterns):
        """Declares complaints. Each of them has to come, too: a test that
        expects a warning which never comes has tested something else."""
        self._declared += [[re.compile(p), 0, True] for p in patterns]

    def allow(self, *patterns):
        """Declares complaints that may come or not."""
        self._declared += [[re.compile(p), 0, False] for p in patterns]

    def ignore(self, pattern):
        """Declares a complaint for good: one that is of our own making."""
        self._ignored.append(re.compile(pattern))

    def _is_declared(self, line):
        for declared in self._declared:
            if declared[0].search(line):
                declared[1] += 1
                return True
        return any(pattern.search(line) for pattern in self._ignored)

    def check(self):
        """Fails if there were undeclared complaints since the last check, or
        expected ones didn't come; forgets all declarations."""
        lines = self.lines(self._checked)
        self._checked += len(lines)
        complaints = [line for line in lines
                      if self._complaint.search(line)
                      and not self._is_declared(line)]
        missed = [pattern.pattern for pattern, count, must in self._declared
                  if must and count == 0]
        self._declared = []
        assert not complaints, (
            f"{self.name}: undeclared:\n" + "\n".join(complaints))
        assert not missed, (
            f"{self.name}: expected in vain: {missed}\n" + "\n".join(lines))


class FileLog(Log):
    """The lines of a file that another program writes."""

    def __init__(self, name, path, complaint):
        super().__init__(name, complaint)
        self._tail = subprocess.Popen(
            ["tail", "-n", "+1", "-F", str(path)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._reader = self.read_from(self._tail.stdout)

    def close(self):
        self._tail.terminate()
        self._tail.wait()
        self._reader.join()
