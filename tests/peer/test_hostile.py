# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Clients that mean no good, or know no better, harm nobody but themselves.

In all of these a few good clients go on asking, and none of them may wait
long, get a wrong answer or be hung up on.
"""

import contextlib
import os
import random
import select
import socket
import struct

import pytest

from lab.clients import Closed
from lab.daemon import Policy
from lab.endpoints import Endpoints
from lab.load import Load
from lab.until import until

ALICE = "alice@example.com"
ANSWERS = {ALICE: b"12:OK forceenc:,",
           "nobody@example.com": b"9:NOTFOUND ,"}
KINDS = ["socketmap-inet", "socketmap-unix", "tcp-inet"]


class Served:
    def __init__(self, daemon, endpoints, policy):
        self.daemon = daemon
        self.endpoints = endpoints
        self.policy = policy

    def load(self, threads=3):
        return Load(lambda: self.endpoints.client("socketmap-inet"), ANSWERS,
                    threads=threads)


@pytest.fixture
def make_served(folder, make_daemon):
    def make(nofile=None, **options):
        endpoints = Endpoints(folder)
        policy = Policy(folder, senders={ALICE: "forceenc:"})
        daemon = make_daemon(folder, forceenc_tables=policy.spec,
                             **endpoints.options(), **options)
        daemon.start(nofile=nofile)
        return Served(daemon, endpoints, policy)

    return make


def reset(client):
    """Ends a connection the rude way."""
    client.socket.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_garbage(make_served, kind, seed):
    served = make_served()
    chance = random.Random(seed)
    with served.load() as load:
        for _ in range(100):
            with served.endpoints.client(kind) as client:
                with contextlib.suppress(ConnectionError):
                    client.send(chance.randbytes(chance.randrange(1, 9000)))
                    client.finish()
                rest = client.read_all()
                assert client.FOUND not in rest
        load.wait_for(10)
    load.check()


@pytest.mark.parametrize("kind", KINDS)
def test_mangled_questions(make_served, kind):
    """One byte of a good question is another one: whatever that means, it's
    never an answer to a question that nobody asked."""
    served = make_served()
    with served.load() as load:
        with served.endpoints.client(kind) as sample:
            good = sample.question("mallory@example.com") * 3
        for at in range(len(good) // 3):
            for byte in b"\x00\xff,:0 \n%9":
                with served.endpoints.client(kind) as client:
                    client.send(good[:at] + bytes([byte]) + good[at + 1:])
                    client.finish()
                    assert client.FOUND not in client.read_all()
        load.wait_for(10)
    load.check()


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_question_is_not_waited_for(make_served, kind):
    served = make_served(frame_time_limit="300ms")
    with served.load() as load:
        silent = served.endpoints.client(kind)
        halves = [served.endpoints.client(kind) for _ in range(20)]
        for at, half in enumerate(halves):
            half.send(half.question(ALICE)[:at + 1])
        for half in halves:
            assert half.read_all() == b""
        # Having said nothing at all is no offence.
        assert silent.ask(ALICE) == silent.FOUND
        for client in [silent] + halves:
            client.close()
    load.check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_trickle_is_no_excuse(make_served, kind):
    """The time is that of the whole question, not of its bytes."""
    served = make_served(frame_time_limit="300ms")
    with served.load() as load, served.endpoints.client(kind) as client:
        question = client.question("x" * 200 + "@example.com")
        with pytest.raises((Closed, ConnectionError)):
            for byte in question:
                client.send(bytes([byte]))
                # The pause of a slow client; it ends early when hung up on.
                assert client.is_silent(0.05)
    load.check()


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_in_time_is_answered_however_late_the_next(
        make_served, kind):
    served = make_served(frame_time_limit="800ms")
    with served.endpoints.client(kind) as client:
        question = client.question(ALICE)
        for _ in range(2):
            client.send(question[:-1])
            assert client.is_silent(0.05)
            client.send(question[-1:])
            assert client.read_reply() == client.FOUND
            # Longer than the limit, but with no question under way.
            assert client.is_silent(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_each_question_has_a_time_of_its_own(make_served, kind):
    """Even if there is never a moment without an unfinished one."""
    served = make_served(frame_time_limit="300ms")
    with served.endpoints.client(kind) as client:
        question = client.question(ALICE)
        client.send(question[:-1])
        for _ in range(12):
            assert client.is_silent(0.05)
            client.send(question[-1:] + question[:-1])
            assert client.read_reply() == client.FOUND


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_never_reads_is_not_read_from(make_served, kind):
    served = make_served()
    with served.load() as load, served.endpoints.client(kind) as client:
        question = client.question(ALICE)
        sent, stream = 0, b""
        client.socket.setblocking(False)
        # Nothing goes for 300 ms: the daemon has stopped reading.
        while select.select([], [client.socket], [], 0.3)[1]:
            stream = stream or question * 1000
            taken = client.socket.send(stream)
            stream = stream[taken:]
            sent += taken
            assert sent < 64 << 20, "it takes without bounds"
        load.wait_for(50)
        # What it took is answered, once it's read.
        client.socket.settimeout(client.timeout)
        for _ in range(sent // len(question)):
            assert client.read_reply() == client.FOUND
    load.check()


def test_five_thousand_at_once(make_served):
    served = make_served()
    clients = []
    try:
        with served.load() as load:
            for at in range(5000):
                clients.append(served.endpoints.client(KINDS[at % 3]))
            for client in clients:
                client.send(client.question(ALICE))
            for client in clients:
                assert client.read_reply() == client.FOUND
            # And once more by those who came first: nobody was hung up on.
            for client in clients[:500]:
                assert client.ask(ALICE) == client.FOUND
            for client in clients:
                client.close()
            load.wait_for(50)
        load.check()
    finally:
        for client in clients:
            client.close()


def test_five_thousand_silent_ones(make_served):
    served = make_served()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(served.endpoints.client("tcp-inet"))
                   for _ in range(5000)]
        with served.load() as load:
            load.wait_for(300)
        load.check()
        assert clients[0].ask(ALICE) == clients[0].FOUND


def test_thousands_that_go_as_they_come(make_served):
    served = make_served()
    with served.load() as load:
        for at in range(3000):
            client = served.endpoints.client(KINDS[at % 3])
            if at % 4:
                client.send(client.question(ALICE)[:at % 40])
            if at % 2:
                reset(client)
            client.close()
        load.wait_for(50)
    load.check()


def test_at_the_limit_the_longest_silent_one_makes_room(make_served):
    served = make_served(connection_limit=8)
    served.daemon.log.expect(r"warning: .*limit")
    with contextlib.ExitStack() as stack:
        def connect():
            return stack.enter_context(
                served.endpoints.client("socketmap-unix"))

        first = [connect() for _ in range(8)]
        for client in first:
            assert client.ask(ALICE) == client.FOUND
        # The first of all is in use, so the second is the silent one, by
        # more than the millisecond in which all of this may have happened.
        assert first[0].is_silent(0.02)
        assert first[0].ask(ALICE) == first[0].FOUND
        late = connect()
        assert late.ask(ALICE) == late.FOUND
        assert first[1].read_all() == b""
        for client in [first[0]] + first[2:] + [late]:
            assert client.ask(ALICE) == client.FOUND


def test_who_waits_for_an_answer_keeps_nobody_else_from_making_room(
        make_served):
    served = make_served(connection_limit=2)
    served.daemon.log.expect(r"warning: .*limit")
    with contextlib.ExitStack() as stack:
        def connect():
            client = stack.enter_context(
                served.endpoints.client("socketmap-unix"))
            assert client.ask(ALICE) == client.FOUND
            return client

        waiting, silent = connect(), connect()
        assert silent.is_silent(0.02)
        assert silent.ask(ALICE) == silent.FOUND
        lock = stack.enter_context(
            contextlib.closing(served.policy.connect()))
        lock.execute("BEGIN EXCLUSIVE")
        waiting.send(waiting.question("someone@example.com"))
        assert connect().ask(ALICE) == waiting.FOUND
        lock.execute("ROLLBACK")
        assert waiting.read_reply() == waiting.NOTFOUND
        assert silent.read_all() == b""


def test_a_flood_over_the_limit_is_served_one_by_one(make_served):
    served = make_served(connection_limit=20)
    served.daemon.log.expect(r"warning: .*limit")
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            client = stack.enter_context(
                served.endpoints.client("socketmap-inet"))
            assert client.ask(ALICE) == client.FOUND


def test_few_descriptors_are_made_to_do(make_served):
    """The system's limit is below the configured one: that's said at the
    start, and then the lower one holds."""
    served = make_served(nofile=160)
    served.daemon.log.expect(r"warning: .*descriptors")
    served.daemon.log.expect(r"warning: .*limit reached")
    with contextlib.ExitStack() as stack:
        for _ in range(400):
            client = stack.enter_context(
                served.endpoints.client("socketmap-inet"))
            assert client.ask(ALICE) == client.FOUND


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        words = stat.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_no_descriptor_at_all_is_waited_out(make_served):
    """Those who may speak to the control socket have taken the last one:
    nobody can be accepted any more, on either socket."""
    served = make_served(nofile=32)
    served.daemon.log.expect(
        r"warning: .*descriptors", r"warning: .*lookup: accept: ",
        r"warning: .*control: accept: ")
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            taker = stack.enter_context(socket.socket(socket.AF_UNIX))
            taker.connect(f"{served.daemon.folder}/control")
        client = served.endpoints.client("socketmap-unix")
        client.send(client.question(ALICE))
        before = cpu_seconds(served.daemon.process.pid)
        since = served.daemon.log.mark()
        assert client.is_silent(1.0)
        assert cpu_seconds(served.daemon.process.pid) - before < 0.5
        assert served.daemon.log.mark() - since < 5
    assert client.read_reply() == client.FOUND
    client.close()


def test_an_idle_client_is_hung_up_on_only_if_told_so(make_served):
    served = make_served(idle_time_limit="200ms")
    with served.endpoints.client("socketmap-unix") as client:
        assert client.ask(ALICE) == client.FOUND
        assert client.read_all() == b""
    served.daemon.options["idle_time_limit"] = "0"
    assert served.daemon.reload()
    with served.endpoints.client("socketmap-unix") as client:
        assert client.is_silent(0.5)
        assert client.ask(ALICE) == client.FOUND


def test_a_client_that_vanishes_with_questions_open(make_served):
    served = make_served()
    with served.load() as load:
        for _ in range(200):
            client = served.endpoints.client("socketmap-inet")
            client.send(client.question("someone@example.com") * 90)
            reset(client)
        load.wait_for(50)
    load.check()
    until(lambda: len(served_connections(served)) <= 1, is_true())


def served_connections(served):
    """The daemon's open sockets of clients, as the kernel counts them."""
    with open(f"/proc/{served.daemon.process.pid}/net/tcp",
              encoding="ascii") as table:
        port = int(served.endpoints.at["socketmap-inet"].rpartition(":")[2])
        return [line for line in table
                if f":{port:04X} " in line.split(None, 2)[1] + " "
                and line.split()[3] == "01"]


class is_true:
    """For until(): a reply that is true."""

    def fullmatch(self, reply):
        return True if reply else None
