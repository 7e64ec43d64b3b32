#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Rooms include only what stands below them, and nothing inside a room goes
round in a circle."""

import os
import re

import tree

# What each room may include besides itself.
ROOMS = {
    "base": set(),
    "wire": {"base"},
    "conf": {"base", "wire"},
    "db": {"base"},
    "store": {"base", "wire", "db"},
    "forceencd": {"base", "wire", "conf", "db"},
    "forceenc-watch": {"base", "wire", "conf", "store"},
    "forceencctl": {"base", "wire", "conf", "db", "store"},
}

# Single files that know one more room.
ALSO = {
    # A connection's parameters as conf has read them: a struct, no function.
    "src/store/store_pq_connect.c": {"conf"},
    # The map of statistics asks them; the rest of the daemon knows only jobs.
    "src/forceencd/stats_worker.c": {"store"},
}

# A contract belongs to the room that has a source file of the same name;
# these are kept by files of other names, or by none.
CONTRACTS = {
    "lookup.h": "wire",
    "hash.h": "base",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


class Layers:
    def __init__(self, sources):
        self.sources = sources
        self.problems = []
        self.rooms = {}
        for path in sources.files(".c", under=["src"]):
            parts = path.split(os.sep)
            if len(parts) > 2:
                self.rooms.setdefault(
                    parts[-1][:-2] + ".h", set()).add(parts[1])

    def contract(self, name):
        """The room of include/forceenc/name."""
        if name in CONTRACTS:
            return CONTRACTS[name]
        rooms = self.rooms.get(name, set())
        return min(rooms) if len(rooms) == 1 else None

    def includes(self, path):
        for number, line in enumerate(self.sources.lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                yield f"{path}:{number}", match.group(1)

    def check_contract(self, where, room, name, also=()):
        target = self.contract(name)
        if target is None:
            self.problems.append(
                f"{where}: no room, or several, keep forceenc/{name}: name "
                "it in CONTRACTS")
        elif target != room and target not in ROOMS[room] | set(also):
            self.problems.append(
                f"{where}: {room} must not know {target} (forceenc/{name})")

    def has_contract(self, path):
        name = os.path.splitext(os.path.basename(path))[0] + ".h"
        return (self.sources.root / "include/forceenc" / name).exists()

    def check_file(self, path, room, graph):
        stem = os.path.splitext(path)[0]
        for where, name in self.includes(path):
            if name == "config.h":
                continue
            if name.startswith("forceenc/"):
                name = name[len("forceenc/"):]
                self.check_contract(where, room, name, ALSO.get(path, ()))
                # A file without a contract of its own is the inside of one,
                # and may know its types.
                if not self.has_contract(path):
                    continue
                below = os.path.join("src", room, name)
            else:
                below = os.path.normpath(
                    os.path.join(os.path.dirname(path), name))
                if not (self.sources.root / below).exists() and "/" in name:
                    below = os.path.join("src", name)
                if below.split(os.sep)[1:2] != [room]:
                    self.problems.append(
                        f"{where}: {name} is another room's own header")
            below = os.path.splitext(below)[0]
            if below != stem:
                graph.setdefault(stem, set()).add(below)

    def check_circles(self, graph):
        done = set()

        def visit(node, way):
            if node in way:
                circle = way[way.index(node):] + [node]
                self.problems.append("circle: " + " -> ".join(circle))
            elif node not in done:
                for below in sorted(graph.get(node, ())):
                    visit(below, way + [node])
                done.add(node)

        for node in sorted(graph):
            visit(node, [])


def check(sources):
    layers = Layers(sources)
    graph = {}
    for path in sources.files(".c", ".h", under=["src"]):
        room = path.split(os.sep)[1]
        if room not in ROOMS:
            layers.problems.append(f"{path}: {room} is no room of ROOMS")
            continue
        layers.check_file(path, room, graph)
    for path in sources.files(".h", under=["include/forceenc"]):
        room = layers.contract(os.path.basename(path))
        if room is None:
            layers.problems.append(f"{path}: no room keeps it")
            continue
        for where, name in layers.includes(path):
            layers.check_contract(where, room, name[len("forceenc/"):])
    layers.check_circles(graph)
    return layers.problems


EXAMPLES = [
    ({
        "include/forceenc/err.h": "\n",
        "include/forceenc/lookup.h": '#include "forceenc/err.h"\n',
        "src/base/err.c": '#include "forceenc/err.h"\n',
        "src/wire/netstring.c": '#include "fold.h"\n#include <stdio.h>\n',
        "src/wire/fold.h": '#include "forceenc/err.h"\n',
        "src/forceencd/session.c": '#include "forceenc/lookup.h"\n',
        "include/forceenc/conf.h": "\n",
        "src/conf/conf.c": '#include "file.h"\n',
        "src/conf/file.h": '#include "forceenc/conf.h"\n',
    }, []),
    ({
        "include/forceenc/mem.h": "\n",
        "include/forceenc/buf.h": "\n",
        "src/base/mem.c": '#include "forceenc/buf.h"\n',
        "src/base/buf.c": '#include "forceenc/mem.h"\n',
    }, [r"circle: src/base/buf -> src/base/mem -> src/base/buf"]),
    ({
        "include/forceenc/err.h": '#include "forceenc/conf.h"\n',
        "include/forceenc/conf.h": "\n",
        "include/forceenc/orphan.h": "\n",
        "src/base/err.c": '#include "forceenc/err.h"\n'
                          '#include "forceenc/conf.h"\n',
        "src/conf/conf.c": "\n",
        "src/conf/option.h": "\n",
        "src/forceencctl/status.c": '#include "forceencd/cache.h"\n'
                                    '#include "../conf/option.h"\n',
        "src/forceencd/cache.h": '#include "resolve.h"\n',
        "src/forceencd/resolve.h": '#include "cache.h"\n',
        "src/extra/extra.c": "\n",
    }, [
        r"err\.h:1: base must not know conf",
        r"err\.c:2: base must not know conf",
        r"orphan\.h: no room keeps it",
        r"status\.c:1: forceencd/cache\.h is another room's",
        r"status\.c:2: \.\./conf/option\.h is another room's",
        r"circle: src/forceencd/cache -> src/forceencd/resolve -> ",
        r"extra is no room",
    ]),
]

if __name__ == "__main__":
    tree.run(check, EXAMPLES)
