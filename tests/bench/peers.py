# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The real directories of the benchmark, filled with the senders that the
load generator asks for: those of the tests (tests/peer/lab), but larger."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

# Filling a directory of a million takes minutes.
os.environ.setdefault("FORCEENC_LAB_TIMEOUT", "1800")
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../peer"))

# pylint: disable=wrong-import-position
from lab import certs, postgres, slapd  # noqa: E402
from owners import LdapOwner, PgsqlOwner  # noqa: E402

SENDER = "user%07d"
OWNER = SENDER % 0
MASK = 2 ** 64 - 1


def mixed(x):
    """keys.c's, so that the keys are the same."""
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & MASK
    x = (x ^ x >> 27) * 0x94d049bb133111eb & MASK
    return x ^ x >> 31


def keys(count):
    """Those of load --keys sequence, and how many of them are forced."""
    forced = [mixed(i + 1) % 100 < 50 for i in range(count)]
    return ["%s%07d@example.com" % ("user" if f else "none", i)
            for i, f in enumerate(forced)], sum(forced)


def write(path, parameters):
    with open(path, "w", encoding="ascii") as f:
        f.writelines(f"{n} = {v}\n" for n, v in parameters.items())
    os.chmod(path, 0o644)
    return path


class Ldap:
    """slapd. The user's own entry is the first one."""

    kind = "ldap"
    name = "LDAP"
    watch = {"watch": "yes"}
    live = "changes are told from now on"

    def __init__(self, folder, entries):
        folder = pathlib.Path(folder)
        self.entries = entries
        self.slapd = slapd.Slapd(folder, certs.Authority(folder),
                                 syncprov=True)
        self.slapd.load({
            SENDER % i: f"mail: {SENDER % i}@example.com\n"
                        "forceEncryption: TRUE" for i in range(entries)})
        self.slapd.start()
        self.address = (self.slapd.address, self.slapd.ports["ldap"])

    def table(self, path, at, **more):
        """As Postfix takes it, too."""
        return write(path, {
            "server_host": f"ldap://{at[0]}:{at[1]}", "bind": "yes",
            "version": "3", "bind_dn": slapd.READER,
            "bind_pw": slapd.PASSWORD, "search_base": slapd.PEOPLE,
            "query_filter": "(mail=%s)",
            "result_attribute": "forceEncryption", **more})

    def owner(self):
        return LdapOwner(
            self.address, f"uid={OWNER},{slapd.PEOPLE}", OWNER)

    def stall(self):
        self.slapd.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.slapd.process.send_signal(signal.SIGCONT)

    def read_all(self):
        """What OpenLDAP's own client needs for all that is in it."""
        subprocess.run(
            ["ldapsearch", "-x", "-LLL", "-H", self.slapd.url("ldap"), "-D",
             slapd.READER, "-w", slapd.PASSWORD, "-b", slapd.PEOPLE,
             "(mail=*)", "mail"], stdout=subprocess.DEVNULL, check=True)

    def close(self):
        self.resume()
        self.slapd.close()


class Pgsql:
    kind = "pgsql"
    name = "PostgreSQL"
    watch = {"listen_channel": "forceenc"}
    live = ""

    def __init__(self, folder, entries):
        os.chmod(folder, 0o755)
        self.server = postgres.Postgres(folder)
        self.server.sql(
            "ALTER TABLE policy DISABLE TRIGGER USER; INSERT INTO policy "
            "SELECT 'user' || lpad(i::text, 7, '0') || '@example.com', 'on' "
            f"FROM generate_series(0, {entries - 1}) AS i; "
            "ALTER TABLE policy ENABLE TRIGGER USER; ANALYZE policy; "
            "CREATE ROLE owner LOGIN IN ROLE mailbox; UPDATE policy SET "
            f"owner = 'owner' WHERE address = '{OWNER}@example.com'")
        self.address = (self.server.address, self.server.port)

    def table(self, path, at, **more):
        return write(path, {
            "hosts": f"inet:{at[0]}:{at[1]}", "user": "forceenc",
            "password": postgres.PASSWORD, "dbname": "mail",
            "query": "SELECT answer FROM policy WHERE address = '%s'",
            **more})

    def owner(self):
        return PgsqlOwner(self.server, "owner")

    def listening(self):
        return self.server.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = "
            "'forceenc' AND query ~ 'pg_notify'").strip() == "1"

    def close(self):
        self.server.close()


def missing():
    """What must be installed first, as Debian calls it."""
    wanted = {"slapd": "slapd", "ldapsearch": "ldap-utils",
              "postmap": "postfix", "psql": "postgresql"}
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return [package for name, package in wanted.items()
            if shutil.which(name, path=path) is None]
