# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The servers that are measured: started, asked, looked at, stopped."""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import time

ANSWER_LIMIT = 20  # seconds until a server that starts must have answered
STOP_LIMIT = 20
BACKLOG = 4096


class ServerError(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


class Server:
    """One process on one core, over TCP and a unix socket."""

    name = "server"
    load_flags = ()
    stop_statuses = (0,)

    def __init__(self, folder, core, label):
        self.folder = os.path.join(folder, label)
        os.mkdir(self.folder)
        self.core = core
        self.unix_path = os.path.join(self.folder, "lookup")
        self.port = free_port()
        self.endpoints = {
            "tcp": f"inet:127.0.0.1:{self.port}",
            "unix": f"unix:{self.unix_path}",
        }
        self.listeners = []
        self.environment = {}
        self.pid = None

    def command(self):
        raise NotImplementedError

    def hold_sockets(self):
        """Listen here and hand the sockets over, as systemd does."""
        tcp = socket.socket()
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(("127.0.0.1", self.port))
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(self.unix_path)
        for s in (tcp, unix):
            s.listen(BACKLOG)
        self.listeners = [tcp, unix]

    def start(self):
        log = os.open(
            os.path.join(self.folder, "log"),
            os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC,
            0o600,
        )
        # Out of the way of the numbers that they get in the child.
        handed = [
            fcntl.fcntl(s, fcntl.F_DUPFD_CLOEXEC, 64) for s in self.listeners
        ]
        command = self.command()
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                self._become(command, log, handed)
            os._exit(127)
        for fd in [log, *handed]:
            os.close(fd)
        self._wait_for_answer()

    def _become(self, command, log, handed):
        environment = {**os.environ, **self.environment}
        if handed:
            environment["LISTEN_FDS"] = str(len(handed))
            names = ["socketmap"] * len(handed)
            environment["LISTEN_FDNAMES"] = ":".join(names)
            environment["LISTEN_PID"] = str(os.getpid())
        for i, fd in enumerate(handed):
            os.dup2(fd, 3 + i)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})
        os.execve(command[0], command, environment)

    def _wait_for_answer(self):
        deadline = time.monotonic() + ANSWER_LIMIT
        while time.monotonic() < deadline:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid = None
                raise ServerError(
                    f"{self.name} ended with status"
                    f" {os.waitstatus_to_exitcode(status)}:\n{self.log()}"
                )
            try:
                self.ask("nobody@example.org", deadline - time.monotonic())
                return
            except TimeoutError:
                break
            except (ConnectionError, FileNotFoundError):
                time.sleep(0.01)
        raise ServerError(f"{self.name} doesn't answer:\n{self.log()}")

    def ask(self, sender, limit=5):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(max(limit, 0.1))
            s.connect(self.unix_path)
            s.sendall(netstring(b"forceenc " + sender.encode()))
            answer = s.recv(4096)
            if not answer:
                raise ConnectionResetError(f"{self.name} hung up")
            return answer

    def stop(self):
        """The exit status; negative if a signal ended it."""
        pid, self.pid = self.pid, None
        if pid is None:
            return None
        handle = os.pidfd_open(pid)
        os.kill(pid, signal.SIGTERM)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        ended = poll.poll(STOP_LIMIT * 1000)
        os.close(handle)
        if not ended:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)

    def close(self):
        self.stop()
        for s in self.listeners:
            s.close()

    def log(self):
        path = os.path.join(self.folder, "log")
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]

    def cpu_seconds(self):
        """User and system time of all threads, and how long they were ready
        to run while something else had the core."""
        ran = waited = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            path = f"/proc/{self.pid}/task/{task}/schedstat"
            with open(path, encoding="ascii") as f:
                fields = f.read().split()
            ran += int(fields[0])
            waited += int(fields[1])
        return ran / 1e9, waited / 1e9

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Echo(Server):
    name = "echo"
    load_flags = ("--echo",)
    stop_statuses = (-signal.SIGTERM,)

    def __init__(self, folder, core, label, build):
        super().__init__(folder, core, label)
        self.program = os.path.join(build, "tests/bench/echo")

    def command(self):
        if self.listeners:
            return [self.program, "fd:3", "fd:4"]
        return [self.program, *self.endpoints.values()]


class Forceencd(Server):
    name = "forceencd"

    def __init__(self, folder, core, label, build, senders):
        """Its table comes by set_table()."""
        super().__init__(folder, core, label)
        self.program = os.path.join(build, "forceencd")
        self.control = os.path.join(self.folder, "control")
        self.configuration = os.path.join(self.folder, "forceenc.cf")
        self.senders = senders

    def set_table(self, table):
        with open(self.configuration, "w", encoding="ascii") as f:
            f.write(
                f"socketmap_listen = {', '.join(self.endpoints.values())}\n"
                "maps = forceenc\n"
                f"forceenc_tables = {table}\n"
                f"control_socket = {self.control}\n"
                f"snapshot_file = {self._path('facts')}\n"
                f"cache_size = {self.senders // 4}K\n"
                "present_ttl = 1d\n"
                "absent_ttl = 1d\n"
                "watched_ttl = 1d\n"
            )

    def _path(self, name):
        return os.path.join(self.folder, name)

    def command(self):
        return [self.program, "-c", self.configuration]

    def loop(self):
        """What forceencctl status says of the turns of its loop."""
        done = subprocess.run(
            [os.path.join(os.path.dirname(self.program), "forceencctl"), "-c",
             self.configuration, "status", "--json"],
            stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["loop"]

    def cache_stats(self):
        """What the daemon says of its cache itself: the one record of the
        control protocol's reply."""
        words = netstring(b"cache") + netstring(b"stats")
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(self.control)
            s.sendall(netstring(words))
            with s.makefile("rb") as reply:
                while True:
                    size = reply.read(1)
                    while not size.endswith(b":"):
                        more = reply.read(1)
                        if not more:
                            raise ServerError("no reply to cache stats")
                        size += more
                    text = reply.read(int(size[:-1]) + 1)[:-1]
                    if text.startswith(b"R"):
                        return json.loads(text[1:])
                    if text.startswith(b"E"):
                        raise ServerError(f"cache stats: {text.decode()}")
