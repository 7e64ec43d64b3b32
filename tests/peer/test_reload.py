# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Reload, end and restart, while clients go on asking."""

import contextlib
import os
import signal
import threading

import pytest

from lab import net
from lab.clients import Closed
from lab.daemon import Policy
from lab.endpoints import Endpoints
from lab.load import Load
from lab.until import until

ALICE = "alice@example.com"
ANSWERS = {ALICE: b"12:OK forceenc:,",
           "nobody@example.com": b"9:NOTFOUND ,"}


class Served:
    def __init__(self, folder, daemon, endpoints, policy):
        self.folder = folder
        self.daemon = daemon
        self.endpoints = endpoints
        self.policy = policy

    def load(self, kind="socketmap-inet", **options):
        return Load(lambda: self.endpoints.client(kind), ANSWERS, **options)

    def reload(self, text=None):
        assert self.daemon.reload(text)


@pytest.fixture
def served(folder, make_daemon):
    endpoints = Endpoints(folder)
    policy = Policy(folder, senders={ALICE: "forceenc:"})
    daemon = make_daemon(
        folder, forceenc_tables=policy.spec, **endpoints.options())
    return Served(folder, daemon, endpoints, policy)


@pytest.mark.parametrize("kind", ["socketmap-inet", "socketmap-unix"])
def test_reload_under_load_is_not_noticed(served, kind):
    served.daemon.start()
    with served.load(kind) as load:
        for turn in range(20):
            served.daemon.options["recipient_delimiter"] = "+-"[turn % 2]
            served.reload()
            load.wait_for(20)
    load.check()


def test_the_service_manager_is_told(served):
    served.daemon.start()
    said = served.daemon.manager.said
    told = said.mark()
    served.reload()
    said.wait("^RELOADING=1$", told)
    said.wait(r"^MONOTONIC_USEC=\d+$", told)
    told = said.mark()
    assert served.daemon.stop() == 0
    said.wait("^STOPPING=1$", told)


def test_reload_takes_over_what_changed(served):
    served.daemon.start()
    with served.endpoints.client() as client:
        assert client.ask("alice-x@example.com") == client.NOTFOUND
        served.daemon.options["recipient_delimiter"] = "+-"
        served.reload()
        assert client.ask("alice-x@example.com") == client.FOUND
        served.daemon.options["forceenc_answers"] = "strict:, forceenc:"
        served.policy.set({ALICE: "TRUE"})
        served.reload()
        until(lambda: client.ask(ALICE), b"10:OK strict:,")


def test_reload_with_another_table(served):
    served.daemon.start()
    other = Policy(served.folder, "other", {"bob@example.com": "forceenc:"})
    with served.endpoints.client() as client:
        assert client.ask(ALICE) == client.FOUND
        served.daemon.options["forceenc_tables"] = other.spec
        served.reload()
        # What the old table said counts no more.
        assert client.ask(ALICE) == client.NOTFOUND
        assert client.ask("bob@example.com") == client.FOUND
        served.daemon.options["forceenc_tables"] = (
            f"{other.spec}, {served.policy.spec}")
        served.reload()
        assert client.ask(ALICE) == client.FOUND
        assert client.ask("bob@example.com") == client.FOUND


@pytest.mark.parametrize("line,complaint", [
    ("nosuch = 1", r"forceenc\.cf:{n}: .*nosuch"),
    ("answer_deadline = soon", r"forceenc\.cf:{n}: .*answer_deadline"),
    ("forceenc_answers = forceenc", r"forceenc\.cf:{n}: .*forceenc"),
    ("forceenc_answers = smtp: x", r"forceenc\.cf:{n}: "),
    ("socket_mode = 999", r"forceenc\.cf:{n}: .*socket_mode"),
    ("just some words", r"forceenc\.cf:{n}: "),
    ("maps = forceenc, other", r"forceenc\.cf(:{n})?: .*other"),
    ("forceenc_tables = sqlite:/nosuch/file.cf", r"/nosuch/file\.cf"),
    ("forceenc_tables = btree:/x.cf", r"forceenc\.cf:{n}: .*btree"),
])
def test_a_broken_file_leaves_the_old_one_in_force(
        served, line, complaint):
    served.daemon.start()
    before = served.daemon.path.read_text()
    name = line.partition(" =")[0]
    lines = [old for old in before.splitlines()
             if not old.startswith(f"{name} =")] + [line]
    served.daemon.log.expect("error: .*" + complaint.format(n=len(lines)),
                             "error: .*not reloaded")
    with served.load() as load:
        assert not served.daemon.reload("\n".join(lines) + "\n")
        load.wait_for(20)
        assert served.daemon.reload(before)
        load.wait_for(20)
    load.check()


def test_a_broken_file_is_refused_at_the_start(served):
    served.daemon.options["nosuch"] = "1"
    served.daemon.log.expect(r"error: .*forceenc\.cf:\d+: .*nosuch")
    with pytest.raises(AssertionError, match="never got ready"):
        served.daemon.start()
    assert served.daemon.wait() == os.EX_CONFIG


def test_what_needs_a_restart_is_said(served):
    served.daemon.start()
    served.daemon.log.expect(r"warning: .*cache_size.*restart")
    served.daemon.options["cache_size"] = "1M"
    served.reload()
    with served.endpoints.client() as client:
        assert client.ask(ALICE) == client.FOUND


@pytest.mark.parametrize("kind", ["socketmap-inet", "socketmap-unix",
                                  "tcp-inet"])
def test_sigterm_answers_what_was_asked(served, kind):
    served.daemon.start()
    with served.endpoints.client(kind) as client:
        client.send(client.question(ALICE) * 90)
        assert client.read_reply() == client.FOUND
        served.daemon.signal(signal.SIGTERM)
        rest = client.read_all()
    assert rest == client.FOUND * 89
    assert served.daemon.wait() == 0
    with pytest.raises((ConnectionError, FileNotFoundError)):
        served.endpoints.client(kind)


@pytest.mark.parametrize("kind", ["socketmap-inet", "socketmap-unix",
                                  "tcp-inet"])
def test_sigterm_answers_more_than_one_read_takes(served, kind):
    served.daemon.start()
    with served.endpoints.client(kind) as client:
        assert client.ask(ALICE) == client.FOUND
        # All of it arrives while the daemon does nothing.
        served.daemon.signal(signal.SIGSTOP)
        client.send(client.question(ALICE) * 1200)
        served.daemon.signal(signal.SIGTERM)
        served.daemon.signal(signal.SIGCONT)
        assert client.read_all() == client.FOUND * 1200
    assert served.daemon.wait() == 0


def test_sigterm_with_thousands_of_questions_under_way(served):
    """Every question that got an answer got the right one, in order, and the
    last reply is whole."""
    served.daemon.start()
    with served.endpoints.client() as client:
        stream = client.question(ALICE) * 20000

        def send():
            with contextlib.suppress(ConnectionError):
                client.send(stream)

        sender = threading.Thread(target=send)
        sender.start()
        for _ in range(100):
            assert client.read_reply() == client.FOUND
        served.daemon.signal(signal.SIGTERM)
        rest = client.read_all()
        sender.join()
    assert rest == client.FOUND * (len(rest) // len(client.FOUND))
    assert served.daemon.wait() == 0


def test_reload_makes_removed_sockets_again(served):
    """Somebody has tidied up."""
    served.daemon.start()
    with served.endpoints.client("socketmap-unix") as early:
        assert early.ask(ALICE) == early.FOUND
        for name in ("lookup", "control"):
            os.unlink(served.folder / name)
        served.reload()
        assert early.ask(ALICE) == early.FOUND
    with served.endpoints.client("socketmap-unix") as client:
        assert client.ask(ALICE) == client.FOUND
    assert (served.folder / "control").is_socket()
    assert served.daemon.stop() == 0
    assert not (served.folder / "lookup").exists()


def test_what_took_the_place_of_a_socket_stays(served):
    served.daemon.start()
    path = served.folder / "lookup"
    path.unlink()
    path.write_text("somebody else's")
    assert served.daemon.stop() == 0
    assert path.exists()


def test_sigterm_does_not_wait_for_ever(served):
    """For one who doesn't read it waits until the time limit, for one with
    half a question too; the status is 0 all the same."""
    served.daemon.options["drain_time_limit"] = "500ms"
    served.daemon.start()
    with served.endpoints.client() as deaf, served.endpoints.client() as half:
        half.send(half.question(ALICE)[:-1])
        deaf.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                deaf.socket.send(deaf.question(ALICE) * 1000)
        assert served.daemon.stop() == 0


def test_sigterm_under_load(served):
    """Clients as Postfix is one: those that are asking get their answer, the
    rest is told to go elsewhere by a close between two questions."""
    served.daemon.start()
    with served.load(threads=8) as load:
        load.wait_for(200)
        assert served.daemon.stop() == 0
    ends = [f for f in load.failures
            if not f.startswith(("Closed", "ConnectionRefused",
                                 "ConnectionReset", "BrokenPipe"))]
    assert not ends


def test_kill_and_start_again(served):
    """Left-over unix sockets are in nobody's way."""
    served.daemon.start()
    assert served.daemon.kill() == -signal.SIGKILL
    served.daemon.start()
    for kind in served.endpoints.at:
        with served.endpoints.client(kind) as client:
            assert client.ask(ALICE) == client.FOUND


def test_a_second_one_is_refused(served, make_daemon, make_folder):
    """It doesn't take the sockets of one that runs."""
    served.daemon.start()
    second = make_daemon(make_folder(), **dict(
        served.daemon.options, tcp_table_listen="",
        socketmap_listen=served.endpoints.at["socketmap-unix"],
        control_socket=""))
    second.log.expect("error: .*lookup")
    with pytest.raises(AssertionError, match="never got ready"):
        second.start()
    assert second.wait() != 0
    with served.endpoints.client("socketmap-unix") as client:
        assert client.ask(ALICE) == client.FOUND


@contextlib.contextmanager
def sockets(endpoints, names):
    made = [net.listen(endpoints.at[name]) for name in names]
    try:
        yield made
    finally:
        for listener in made:
            listener.close()


@pytest.mark.parametrize("kind", ["socketmap-inet", "socketmap-unix",
                                  "tcp-inet"])
def test_restart_with_sockets_handed_over_under_load(served, kind):
    """As systemd does it: the sockets stay open, so that clients of the next
    daemon can queue up before it's there. Nothing is refused or lost."""
    with sockets(served.endpoints, served.endpoints.at) as listeners:
        served.daemon.start(listeners)
        answers = dict(ANSWERS)
        if kind.startswith("tcp"):
            answers = {ALICE: b"200 forceenc:\n",
                       "nobody@example.com": b"500 not found\n"}
        load = Load(lambda: served.endpoints.client(kind), answers,
                    threads=4, patient=True)
        with load:
            for _ in range(5):
                load.wait_for(50)
                assert served.daemon.stop() == 0
                served.daemon.start(listeners)
            load.wait_for(50)
        load.check(longest=5.0)
        assert served.daemon.stop() == 0
    # The paths are the service manager's to remove.
    if kind == "socketmap-unix":
        assert os.path.exists(f"{served.folder}/lookup")


def test_a_new_connection_while_no_daemon_runs(served):
    """It waits in the socket's queue and is served by the next daemon."""
    with sockets(served.endpoints, served.endpoints.at) as listeners:
        served.daemon.start(listeners)
        assert served.daemon.stop() == 0
        with served.endpoints.client() as client:
            client.send(client.question(ALICE))
            served.daemon.start(listeners)
            assert client.read_reply() == client.FOUND
        served.daemon.stop()


def test_a_socket_that_nothing_names_is_an_error(served):
    with contextlib.closing(
            net.listen(f"inet:{net.host(1)}:9997")) as listener:
        served.daemon.log.expect("error: .*9997")
        with pytest.raises(AssertionError, match="never got ready"):
            served.daemon.start([listener])
        assert served.daemon.wait() != 0


def test_a_client_is_told_by_a_close_not_by_a_reset(served):
    served.daemon.start()
    with served.endpoints.client() as client:
        assert client.ask(ALICE) == client.FOUND
        assert served.daemon.stop() == 0
        with pytest.raises(Closed):
            client.read_reply()
