# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""make bench-watch: the same log into PostgreSQL instead of SQLite, with a
server of the tests' kind (tests/peer/lab). What the server spends is told
beside what forceenc-watch does."""

import os
import pathlib
import shutil
import sys
import time

import report

MEGA = 1000000
TICK = os.sysconf("SC_CLK_TCK")


def lab():
    """Its modules, or None where PostgreSQL isn't installed."""
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../peer"))
    try:
        from lab import postgres  # pylint: disable=import-outside-toplevel
    except ImportError:  # pytest
        return None
    there = (sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
             or shutil.which("initdb"))
    return postgres if there else None


def stat(pid):
    """(parent, ticks of its own, ticks of children that have ended)."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
    f = text.rpartition(")")[2].split()
    return int(f[1]), int(f[11]) + int(f[12]), int(f[13]) + int(f[14])


class Store:
    """A database in a server of its own, and a configuration for it."""

    def __init__(self, watch, postgres, folder):
        self.watch = watch
        folder = pathlib.Path(folder)
        folder.chmod(0o755)
        place = folder / "pgsql"
        place.mkdir()
        self.server = postgres.Postgres(place)
        self.server.sql("CREATE ROLE counter LOGIN", "postgres")
        parameters = folder / "stats.cf"
        parameters.write_text(
            f"hosts = unix:{self.server.sockets}/.s.PGSQL."
            f"{self.server.port}\nuser = counter\ndbname = stats\n",
            encoding="utf-8")
        self.conf = str(folder / "pgsql.cf")
        pathlib.Path(self.conf).write_text(
            "forceenc_tables = sqlite:policy.cf\nlog = -\nstore_host = one\n"
            f"store = pgsql:{parameters}\n", encoding="utf-8")

    def cpu(self):
        """Seconds that the server has spent so far, all its processes."""
        postmaster = int((self.server.data / "postmaster.pid").read_text(
            encoding="ascii").split("\n", maxsplit=1)[0])
        _, own, ended = stat(postmaster)
        ticks = own + ended
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    parent, own, ended = stat(name)
                except OSError:
                    continue
                ticks += own + ended if parent == postmaster else 0
        return ticks / TICK

    def run(self, measured, log):
        """(seconds of forceenc-watch, of the server, by the clock, rows)."""
        self.server.sql("DROP DATABASE IF EXISTS stats WITH (FORCE)",
                        "postgres")
        self.server.sql("CREATE DATABASE stats OWNER counter", "postgres")
        self.server.sql("CHECKPOINT", "postgres")
        before, began = self.cpu(), time.monotonic()
        took, _ = measured(
            [self.watch.program, "-c", self.conf, "--import", log])
        elapsed = time.monotonic() - began
        # Its session has ended by then, and the server knows.
        self.server.sql("CHECKPOINT", "postgres")
        rows = int(self.server.sql(
            "SELECT (SELECT count(*) FROM delivery_hour) + "
            "(SELECT count(*) FROM delivery_day)", "stats"))
        return took, self.cpu() - before, elapsed, rows

    def close(self):
        self.server.close()


def table(results):
    rows = []
    for r in results:
        p = r.get("pgsql")
        if p is None:
            continue
        size = r["bytes"] / MEGA
        rows.append([
            r["case"], str(p["rows"]), f"{r['speed']['watch']:.0f}",
            f"{size / p['watch']:.0f}",
            f"{size / p['watch'] / r['speed']['watch']:.2f}",
            f"{size / p['server']:.0f}", f"{size / p['elapsed']:.0f}",
            f"{r['elapsed'] / p['elapsed']:.2f}"])
    return report.table(
        ["PostgreSQL, MB per CPU second", "rows", "watch to SQLite",
         "watch", "ratio", "server", "MB per second", "ratio to SQLite"],
        rows) if rows else ""
