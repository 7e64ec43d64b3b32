# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Bytes in, exact bytes out, over every way in which Postfix can ask."""

import random
import threading

import pytest

from lab.clients import netstring, tcp_encode
from lab.daemon import Daemon, Policy
from lab.endpoints import NAMES, Endpoints
from lab.until import is_reply

FORCED = "forced"
ABSENT = "absent"
DUNNO = "dunno"
TEMP = "temp"

SENDERS = {
    "alice@example.com": "forceenc:",
    "yes@example.com": "TRUE",
    "on@example.com": " on ",
    "no@example.com": "FALSE",
    "dunno@example.com": "dunno",
    "dunno@wholly.test": "DUNNO",
    "@wholly.test": "forceenc:",
    '"a b"@example.com': "forceenc:",
    "unquoted name@example.com": "forceenc:",
    "plus+inside@example.com": "forceenc:",
    "joe@xn--exmple-cua.test": "forceenc:",
    "eve@exämple.test": "forceenc:",
    "jörg@example.com": "forceenc:",
    "bad@example.com": "smtp:",
    "colon@example.com": ":",
    "blank@example.com": "forceenc: ,",
    "line@example.com": "forceenc:\nOK smtp:",
}

# What Postfix may ask, and what it's told.
KEYS = [
    ("alice@example.com", FORCED),
    ("Alice@EXAMPLE.com", FORCED),
    ("ALICE@example.COM", FORCED),
    ("alice+tag@example.com", FORCED),
    ("alice+a+b@example.com", FORCED),
    ("alice+@example.com", FORCED),
    ("alice-tag@example.com", ABSENT),
    ("alice@example.com.", FORCED),
    ("malice@example.com", ABSENT),
    ("alice@example.co", ABSENT),
    ("alice@sub.example.com", ABSENT),
    ("alice", ABSENT),
    ("@example.com", ABSENT),
    ('"alice"@example.com', FORCED),
    ("yes@example.com", FORCED),
    ("on@example.com", FORCED),
    ("no@example.com", ABSENT),
    ("dunno@example.com", DUNNO),
    ("dunno@wholly.test", DUNNO),
    ("any@wholly.test", FORCED),
    ("Any+x@Wholly.Test", FORCED),
    ("@wholly.test", FORCED),
    ("any@sub.wholly.test", ABSENT),
    ('"a b"@example.com', FORCED),
    ("a b@example.com", FORCED),
    ('"A B"@EXAMPLE.com', FORCED),
    ('"unquoted name"@example.com', FORCED),
    ('"c d"@example.com', ABSENT),
    ("plus+inside@example.com", FORCED),
    ("plus+outside@example.com", ABSENT),
    ("joe@exämple.test", FORCED),
    ("joe@EXÄMPLE.test", FORCED),
    ("joe@xn--exmple-cua.test", FORCED),
    ("joe@XN--EXMPLE-CUA.test", FORCED),
    ("eve@xn--exmple-cua.test", FORCED),
    ("eve@exämple.test", FORCED),
    ("jörg@example.com", FORCED),
    ("JÖRG@example.com", FORCED),
    ("jorg@example.com", ABSENT),
    ('"<>"', ABSENT),
    ("<>", ABSENT),
    ("100%@example.com", ABSENT),
    ("o'brien@example.com", ABSENT),
    ("x' OR 'a' = 'a", ABSENT),
    ("'; DROP TABLE sender; --@example.com", ABSENT),
    ("bob@[127.0.0.1]", ABSENT),
    ("bad@example.com", TEMP),
    ("colon@example.com", TEMP),
    ("blank@example.com", TEMP),
    ("line@example.com", TEMP),
]

SOCKETMAP_REPLIES = {
    FORCED: b"12:OK forceenc:,",
    ABSENT: b"9:NOTFOUND ,",
    DUNNO: b"8:OK DUNNO,",
}

TCP_REPLIES = {
    FORCED: b"200 forceenc:\n",
    ABSENT: b"500 not found\n",
    DUNNO: b"200 DUNNO\n",
}

# Frames that are no question but leave the next one to be found.
REFUSED = {
    "socketmap": [
        netstring(b""),
        netstring(b"forceenc"),
        netstring(b" alice@example.com"),
        netstring(b"nosuch alice@example.com"),
        netstring(b"Forceenc alice@example.com"),
        netstring(b"forceen\xff alice@example.com"),
        netstring(b"forceen\x00 alice@example.com"),
    ],
    "tcp": [
        b"\n",
        b"get\n",
        b"put alice@example.com forceenc:\n",
        b"GET alice@example.com\n",
        b"getalice@example.com\n",
        b"get alice%@example.com\n",
        b"get alice%zz@example.com\n",
        b"get alice@example.com%4\n",
    ],
}

# Keys that can be nobody's address. Saying so is no promise about others:
# never a transport, never a hang-up.
STRANGE = [b"", b"a\x00b@example.com", b"\xff\xfe@example.com",
           b"a\r\nb@example.com", b"\xc3(@example.com",
           b"x" * 3000 + b"@example.com", b"@" * 64, b'"@example.com',
           b'"\\', b"a@" + b"b." * 400, b"<", b"<<>>", b"+@example.com"]


@pytest.fixture(scope="module")
def served(make_folder):
    folder = make_folder()
    endpoints = Endpoints(folder)
    policy = Policy(folder, senders=SENDERS)
    daemon = Daemon(folder, forceenc_tables=policy.spec,
                    **endpoints.options())
    daemon.start()
    daemon.log.allow(r"warning: .*sqlite:.*(smtp:|forceenc:|\":\"|':')")
    yield endpoints
    daemon.close()
    daemon.check()


@pytest.fixture(params=NAMES)
def client(request, served):
    if request.param not in served.at:
        pytest.skip("there is no IPv6 here")
    with served.client(request.param) as made:
        made.name = request.param.split("-")[0]
        yield made


def expected(client, outcome):
    if outcome == TEMP:
        return client.TEMP
    replies = TCP_REPLIES if client.name == "tcp" else SOCKETMAP_REPLIES
    return replies[outcome]


def barrier(served, client):
    """Returns when the daemon has read what was sent so far: it has answered
    somebody who came later, twice, since one round of its loop may take the
    two in any order."""
    with served.client("socketmap-unix") as other:
        for _ in range(2):
            other.ask("alice@example.com")


def test_the_table_of_replies(client):
    wrong = []
    for key, outcome in KEYS:
        reply = client.ask(key)
        if not is_reply(reply, expected(client, outcome)):
            wrong.append((key, outcome, reply))
    assert not wrong


def test_an_answer_is_one_line_without_control_bytes(client):
    for key in ("bad@example.com", "line@example.com"):
        reply = client.ask(key).rstrip(b"\n")
        assert all(byte >= 0x20 for byte in reply), reply


def test_two_at_a_time(client):
    """All of the table in one write: the replies come in order."""
    client.send(b"".join(client.question(key) for key, _ in KEYS))
    for key, outcome in KEYS:
        reply = client.read_reply()
        assert is_reply(reply, expected(client, outcome)), (key, reply)


def test_split_at_every_byte(client, served):
    questions = (client.question("Alice+tag@Example.com")
                 + client.question("nobody@example.com"))
    for at in range(1, len(questions)):
        client.send(questions[:at])
        barrier(served, client)
        client.send(questions[at:])
        assert client.read_reply() == client.FOUND, at
        assert client.read_reply() == client.NOTFOUND, at


def test_one_byte_at_a_time(client, served):
    for byte in client.question("alice@example.com"):
        client.send(bytes([byte]))
        barrier(served, client)
    assert client.read_reply() == client.FOUND


@pytest.mark.parametrize("seed", range(4))
def test_any_pieces_one_answer_each_in_order(client, seed):
    chance = random.Random(seed)
    asked = [chance.choice(KEYS) for _ in range(300)]
    stream = b"".join(client.question(key) for key, _ in asked)
    while stream:
        size = min(chance.choice([1, 2, 7, 40, 500, 5000]), len(stream))
        client.send(stream[:size])
        stream = stream[size:]
    for key, outcome in asked:
        reply = client.read_reply()
        assert is_reply(reply, expected(client, outcome)), (key, reply)


def test_ten_thousand_questions_at_once(client):
    keys = [("alice@example.com", client.FOUND),
            ("nobody@example.com", client.NOTFOUND),
            ("any@wholly.test", client.FOUND)]
    asked = [keys[n % 3] for n in range(10000)]
    stream = b"".join(client.question(key) for key, _ in asked)
    # The daemon need not read on while nobody takes its replies.
    sender = threading.Thread(target=client.send, args=(stream,))
    sender.start()
    for number, (_, reply) in enumerate(asked):
        assert client.read_reply() == reply, number
    sender.join()


def test_replies_come_after_the_client_has_finished(client):
    client.send(client.question("alice@example.com") * 50)
    client.finish()
    assert client.read_all() == client.FOUND * 50


def test_what_is_no_question_is_refused_and_no_more(client):
    for frame in REFUSED[client.name]:
        client.send(frame + client.question("alice@example.com"))
        reply = client.read_reply()
        assert is_reply(reply, client.PERM), (frame, reply)
        assert client.read_reply() == client.FOUND, frame


def test_strange_keys_get_an_answer_but_no_transport(client):
    for key in STRANGE:
        reply = client.ask(key)
        assert client.FOUND not in reply, (key, reply)
        assert client.ask("alice@example.com") == client.FOUND, key


def test_a_key_too_long_to_be_a_question_ends_the_connection(client):
    if client.name == "tcp":
        client.send(b"get " + b"x" * 4092)
    else:
        client.send(b"10001:")
    rest = client.read_all()
    assert is_reply(rest, client.PERM), rest


def test_the_longest_questions_are_read(client):
    if client.name == "tcp":
        longest = b"get " + b"x" * (4096 - 5) + b"\n"
    else:
        longest = netstring(b"forceenc " + b"x" * (10000 - 9))
    client.send(longest + client.question("alice@example.com"))
    assert client.FOUND not in client.read_reply()
    assert client.read_reply() == client.FOUND


BROKEN = {
    "socketmap": [
        b"x", b":", b",", b"-1:x,", b"+1:x,", b" 1:x,", b"01:x,", b"1 :x,",
        b"26:forceenc alice@example.com;", b"25:forceenc alice@example.com,",
        b"GET / HTTP/1.1\r\n\r\n", b"EHLO x\r\n", b"\x16\x03\x01\x02\x00",
        b"\x00" * 100, b"\xff" * 100,
        b"99999999999999999999999999999999999999:", b"4294967322:forceenc",
        b"18446744073709551642:forceenc",
    ],
    "tcp": [b"x" * 4096, b"\x00" * 5000, b"get " + b"%41" * 2000],
}


def test_what_cannot_be_followed_ends_that_connection_only(served, client):
    for frame in BROKEN[client.name]:
        good = client.question("alice@example.com")
        with served.client_like(client) as broken:
            broken.send(good + frame)
            assert broken.read_reply() == client.FOUND
            rest = broken.read_all()
            assert is_reply(rest, client.PERM), (frame, rest)
        assert client.ask("alice@example.com") == client.FOUND, frame


def test_percent_coding_is_the_same_key(served):
    with served.client("tcp-inet") as client:
        for coded in (b"alice@example.com", b"%61lice@example.com",
                      b"alice%40example%2Ecom", b"alice%40example%2ecom",
                      b"".join(b"%%%02x" % c for c in b"alice@example.com")):
            client.send(b"get " + coded + b"\n")
            assert client.read_reply() == client.FOUND, coded
        client.send(b"get " + tcp_encode('"a b"@example.com'.encode()) + b"\n")
        assert client.read_reply() == client.FOUND
        client.send(b"get alice@example.com\r\n")
        assert client.read_reply() == client.FOUND
