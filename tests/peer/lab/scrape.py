# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A daemon's pages, as Prometheus reads them."""

import re
import socket
import subprocess

from . import TIMEOUT, net, programs
from .until import until

SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')


def connect(endpoint):
    family, address = net.parse(endpoint)
    client = socket.socket(family, socket.SOCK_STREAM)
    client.settimeout(TIMEOUT)
    client.connect(address)
    return client


def read_all(client):
    """Until the daemon hangs up."""
    data = b""
    try:
        while more := client.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


class Reply:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value for name, value in
                        (line.split(": ", 1) for line in lines[1:])}

    @property
    def text(self):
        return self.body.decode()


class Figures:
    """A page of /metrics: families by name, samples by name and labels."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            name, labels, value = SAMPLE.fullmatch(line).groups()
            key = (name, frozenset(LABEL.findall(labels or "")))
            assert key not in self.samples, f"twice: {line}"
            self.samples[key] = float(value)

    def get(self, name, **labels):
        """One sample, with just these labels."""
        return self.samples[name, frozenset(labels.items())]

    def sum(self, name, **labels):
        """All samples that have these labels."""
        wanted = set(labels.items())
        return sum(value for (other, has), value in self.samples.items()
                   if other == name and wanted <= has)

    def names(self):
        return {name for name, _ in self.samples}

    def check(self):
        """Prometheus has nothing to say against it."""
        done = subprocess.run(
            [programs.peer("promtool", "prometheus"), "check", "metrics"],
            input=self.text, capture_output=True, text=True, timeout=TIMEOUT,
            check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        return self


class Pages:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def send(self, data):
        """Raw bytes; all that comes back."""
        with connect(self.endpoint) as client:
            try:
                client.sendall(data)
            except ConnectionError:
                pass
            return read_all(client)

    def get(self, path, method="GET", head="", body=b""):
        request = f"{method} {path} HTTP/1.1\r\nHost: lab\r\n{head}\r\n"
        return Reply(self.send(request.encode() + body))

    def figures(self):
        reply = self.get("/metrics")
        assert reply.status == 200
        return Figures(reply.text)

    def until_status(self, path, status, limit=TIMEOUT):
        """Waits for that answer of the page, and returns its text."""
        replies = []

        def ask():
            replies.append(self.get(path))
            return b"%d" % replies[-1].status
        until(ask, b"%d" % status, limit)
        return replies[-1].text
