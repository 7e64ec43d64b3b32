#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Which file may include which library's header: a library is met in one
place, and the rest of the program knows our own words for it."""

import fnmatch
import re

import tree

# header: the files that may include it.
ALLOWED = {
    "sqlite3.h": ["src/db/sqlite.c", "src/db/sqlite_handle.h"],
    "ldap.h": ["src/db/directory*"],
    "ldap_schema.h": ["src/db/directory_change.c"],
    "openldap.h": ["src/db/directory.c"],
    "libpq-fe.h": ["src/db/pq.c"],
    "idn2.h": ["src/wire/idn.c"],
    "unicase.h": ["src/wire/fold.c"],
    "uninorm.h": ["src/wire/fold.c"],
    "uniwidth.h": ["src/forceencctl/print.c"],
    "sodium.h": ["src/forceencd/cache.c", "src/forceencd/snapshot.c",
                 "src/forceenc-watch/names.c", "src/forceenc-watch/pack.c",
                 "src/forceenc-watch/unpack.c",
                 "src/forceenc-watch/fingerprint.c"],
    "jansson.h": ["src/forceencd/*", "src/forceencctl/*",
                  "src/forceenc-watch/journal_json.c", "tests/*"],
    "archive.h": ["src/forceenc-watch/archive.c"],
    "archive_entry.h": ["src/forceenc-watch/archive.c"],
    "systemd/sd-journal.h": ["src/forceenc-watch/journal_entry.c",
                             "src/forceenc-watch/journal_files.c",
                             "src/forceenc-watch/journal_machine.c",
                             "src/forceenc-watch/journal_set.c"],
    "systemd/sd-daemon.h": ["src/base/notify.c", "src/base/handover.c"],
    "event2/*.h": ["src/base/http.c", "src/forceencd/*",
                   "src/forceenc-watch/*", "tests/bench/*"],
    "cmocka.h": ["tests/*"],
}

# The C library, POSIX and Linux: for everybody.
SYSTEM = re.compile(
    r"^((sys|net|netinet|arpa|linux)/\w+|assert|ctype|dirent|dlfcn|err|errno|fcntl|"
    r"fnmatch|getopt|grp|inttypes|limits|locale|malloc|math|netdb|poll|pthread|"
    r"pwd|sched|search|semaphore|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|"
    r"stdio|stdlib|string|strings|sysexits|termios|time|unistd|wchar)\.h$")

INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")


def check(sources):
    problems = []
    for path in sources.files(".c", ".h"):
        for number, line in enumerate(sources.lines(path), 1):
            match = INCLUDE.match(line)
            if not match or SYSTEM.match(match.group(1)):
                continue
            header = match.group(1)
            places = [place for pattern, files in ALLOWED.items()
                      if fnmatch.fnmatch(header, pattern) for place in files]
            if not places:
                problems.append(
                    f"{path}:{number}: <{header}> is a library that the "
                    "table of this check doesn't know")
            elif not any(fnmatch.fnmatch(path, p) for p in places):
                problems.append(
                    f"{path}:{number}: <{header}> belongs into "
                    + ", ".join(places))
    return problems


EXAMPLES = [
    ({
        "src/db/sqlite.c": "#include <sqlite3.h>\n#include <stdio.h>\n",
        "src/forceencd/loop.c": "#include <event2/event.h>\n"
                                "#include <sys/un.h>\n",
    }, []),
    ({
        "src/db/policy.c": "#include <stdio.h>\n#include <sqlite3.h>\n",
        "src/base/log.c": "#  include <systemd/sd-daemon.h>\n",
        "src/conf/file.c": "#include <glib.h>\n",
        "include/forceenc/sqlite.h": "#include <sqlite3.h>\n",
    }, [
        r"policy\.c:2: <sqlite3\.h> belongs into src/db/sqlite\.c",
        r"log\.c:1: <systemd/sd-daemon\.h> belongs into",
        r"file\.c:1: <glib\.h> is a library",
        r"sqlite\.h:1: <sqlite3\.h> belongs into",
    ]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
