# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors
"""Journals made from the lines of a log, by systemd-journal-remote(8)."""

import datetime
import os
import re
import shutil
import struct
import subprocess

REMOTE = next((path for path in (
    "/lib/systemd/systemd-journal-remote",
    "/usr/lib/systemd/systemd-journal-remote") if os.path.exists(path)), None)
MACHINE = "3d1219c7c4c5404aaa1f6d2a48adfda4"
BOOT = "dc90129369e44794b40d04addd5b4419"
UNIT = "postfix@-.service"
LINE = re.compile(rb"(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s\[:]+)"
                  rb"(?:\[(\d+)\])?: (.*)")


def field(name, value):
    """In the export format, which has two spellings."""
    if b"\n" in value or any(byte < 32 for byte in value):
        return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name + b"=" + value + b"\n"


# Of a file's head: flags, and one that makes its objects smaller.
FLAGS_AT, COMPACT = 12, 16


def without_last_link(data, value):
    """A file's bytes while its writer has the last entry with this value in
    it, but isn't done yet: whoever looks for the value doesn't find it."""
    flags, = struct.unpack_from("<I", data, FLAGS_AT)
    at = data.index(value) - (16 if flags & COMPACT else 8)
    links, = struct.unpack_from("<Q", data, at)
    assert 1 < links < 1000
    return data[:at] + struct.pack("<Q", links - 1) + data[at + 8:]


class Journal:
    """A folder of journal files. Each entry is later than the one before."""

    def __init__(self, folder, machine=MACHINE, file="system.journal"):
        self.folder = folder
        self.machine = machine
        self.path = os.path.join(folder, file)
        self.entries = 0
        self.realtime = 0
        self.rotated = 0
        self.process = None
        os.makedirs(folder, exist_ok=True)

    def entry(self, message, realtime=0, **fields):
        """An entry's bytes; realtime is in microseconds."""
        self.realtime = max(self.realtime + 1, realtime)
        self.entries += 1
        fields = {"_MACHINE_ID": self.machine, "_HOSTNAME": "out",
                  "PRIORITY": "6", "SYSLOG_FACILITY": "2",
                  "_SYSTEMD_UNIT": UNIT, **fields}
        head = (f"__REALTIME_TIMESTAMP={self.realtime}\n"
                f"__MONOTONIC_TIMESTAMP={self.entries}\n"
                f"_BOOT_ID={BOOT}\n").encode()
        rest = [field(name.encode(), value if isinstance(value, bytes)
                      else value.encode())
                for name, value in fields.items() if value is not None]
        if message is not None:
            rest.append(field(b"MESSAGE", message))
        return head + b"".join(rest) + b"\n"

    def line(self, line, host=None):
        """The entry of a line of a log; host instead of that of the line."""
        stamp, its_host, program, pid, text = LINE.fullmatch(line).groups()
        time = datetime.datetime.strptime(
            "2026 " + stamp.decode(), "%Y %b %d %H:%M:%S")
        seconds = (time - datetime.datetime(1970, 1, 1)).total_seconds()
        return self.entry(text, int(seconds) * 1000000,
                          _HOSTNAME=host or its_host, SYSLOG_IDENTIFIER=program,
                          _PID=pid or None)

    def append(self, data):
        """Returns when it's in the file."""
        subprocess.run([REMOTE, "-o", self.path, "-"], input=data, check=True,
                       capture_output=True)

    def appended(self, data):
        """The file's bytes as they would be, without touching it."""
        copy = self.folder + ".copy.journal"
        shutil.copyfile(self.path, copy)
        subprocess.run([REMOTE, "-o", copy, "-"], input=data, check=True,
                       capture_output=True)
        with open(copy, "rb") as f:
            after = f.read()
        os.remove(copy)
        return after

    def change(self, data):
        """What is different, in place, as its writer does."""
        with open(self.path, "r+b", buffering=0) as f:
            before = f.read()
            for at in range(0, len(data), 4096):
                if before[at:at + 4096] != data[at:at + 4096]:
                    f.seek(at)
                    f.write(data[at:at + 4096])

    def open(self):
        """A writer that goes on until close()."""
        self.process = subprocess.Popen(
            [REMOTE, "-o", self.path, "-"], stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            code = self.process.wait()
            self.process = None
            if code != 0:
                raise OSError(f"systemd-journal-remote: exit {code}")

    def rotate(self):
        """The file gets a name of its own; what comes goes into a new one."""
        self.rotated += 1
        old = self.path.replace(".journal", f"@{self.rotated:04}.journal")
        os.rename(self.path, old)
        return old

    def remove(self):
        shutil.rmtree(self.folder)
