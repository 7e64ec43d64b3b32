# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencd's pages: figures and state over HTTP, and that whoever asks for
them can't harm those who ask for mail."""

import contextlib
import socket

import pytest

from lab import net
from lab.clients import Socketmap
from lab.daemon import Ctl, Policy
from lab.endpoints import Endpoints
from lab.ldap_table import DOWN
from lab.load import Load
from lab.scrape import Pages, connect
from lab.until import until

ALICE = "alice@example.com"
ANSWERS = {ALICE: b"12:OK forceenc:,",
           "nobody@example.com": b"9:NOTFOUND ,"}


class Served:
    def __init__(self, folder, make_daemon):
        self.folder = folder
        self.endpoints = Endpoints(folder)
        self.policy = Policy(folder, senders={ALICE: "forceenc:"})
        self.at = {"inet": f"inet:{net.host(1)}:9199",
                   "unix": f"unix:{folder}/http"}
        self.daemon = make_daemon(
            folder, forceenc_tables=self.policy.spec,
            http_listen=self.at["unix"], **self.endpoints.options())
        self.pages = Pages(self.at["unix"])

    def start(self, kind="unix", **options):
        self.listen(kind)
        self.daemon.start(**options)
        return self

    def listen(self, kind):
        self.daemon.options["http_listen"] = self.at[kind]
        self.pages = Pages(self.at[kind])

    def load(self):
        return Load(lambda: self.endpoints.client("socketmap-unix"), ANSWERS)


@pytest.fixture
def served(folder, make_daemon):
    return Served(folder, make_daemon)


@pytest.mark.parametrize("kind", ["inet", "unix"])
def test_metrics_count_what_happens(served, kind):
    served.start(kind)
    before = served.pages.figures().check()
    assert before.get("forceenc_build_info", program="forceencd",
                      version=before.text.split('version="')[1].split('"')[0])
    with served.endpoints.client("tcp-unix") as client:
        for _ in range(3):
            assert client.ask(ALICE) == client.FOUND
        assert client.ask("nobody@example.com") == client.NOTFOUND
        after = served.pages.figures().check()

    def more(name, **labels):
        return after.get(name, **labels) - before.get(name, **labels)

    lookups = "forceenc_lookups_total"
    assert more(lookups, map="forceenc", outcome="answer") == 3
    assert more(lookups, map="forceenc", outcome="absent") == 1
    assert more(lookups, map="forceenc", outcome="unsure") == 0
    assert more("forceenc_questions_total") == 4
    assert more("forceenc_clients") == 1
    assert more("forceenc_cache_facts") == 3
    assert more("forceenc_cache_lookups_total", found="fresh") == 2
    assert more("forceenc_http_requests_total", answer="ok") == 1
    assert after.get("forceenc_table_up", map="forceenc",
                     table=served.policy.spec) == 1
    assert after.get("forceenc_ready") == 1
    # No figure of any sender.
    assert "example.com" not in after.text


def test_the_unix_socket_is_as_closed_as_the_control_socket(served):
    served.start()
    path = served.folder / "http"
    assert path.stat().st_mode & 0o777 == 0o660
    served.daemon.options["control_socket_mode"] = "0600"
    assert served.daemon.reload()
    assert path.stat().st_mode & 0o777 == 0o600
    assert served.daemon.stop() == 0
    assert not path.exists()


def test_pages_and_what_is_none(served):
    served.start()
    get = served.pages.get
    reply = get("/metrics")
    assert reply.headers["content-type"] == (
        "text/plain; version=0.0.4; charset=utf-8")
    assert reply.headers["connection"] == "close"
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert get("/healthz").text == "alive\n"
    assert get("/readyz?why=1").text == "ready\n"
    head = get("/metrics", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 1000
    for path in ("/", "/metrics/", "/METRICS", "/../metrics", "//metrics",
                 "/%6detrics", "*"):
        assert get(path).status == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        reply = get("/metrics", method, "Content-Length: 0\r\n")
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    figures = served.pages.figures()
    assert figures.get("forceenc_http_requests_total", answer="wrong") == 13


@pytest.mark.parametrize("request_,status", [
    (b"\r\n\r\n\r\n", 400),
    (b"GET\r\n\r\n", 400),
    (b"HELO lab.test\r\n\r\n", 400),
    (b"NOSUCH /metrics HTTP/1.1\r\n\r\n", 405),
    (b"GET / HTTP/9.9\r\n\r\n", 400),
    (b"GET /metrics HTTP/1.1\r\nno colon\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n\r\n", 400),
    (b"\0" * 5000 + b"\r\n\r\n", 400),
    (b"GET /" + b"a" * 10000 + b" HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 5000 + b"\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", 413),
    (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", 413),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 413),
])
def test_garbage_is_refused_and_costs_nothing_else(served, request_, status):
    served.start("inet")
    with served.load() as load:
        reply = served.pages.send(request_)
        # Who sends too much may find the connection reset.
        assert not reply or reply.split()[1] == b"%d" % status
        load.wait_for(20)
        assert served.pages.get("/healthz").status == 200
    load.check()


def crowd_that_is_silent(served, room):
    return [room.enter_context(connect(served.pages.endpoint))
            for _ in range(60)]


def crowd_that_stops_halfway(served, room):
    crowd = crowd_that_is_silent(served, room)
    for client in crowd:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
    return crowd


def crowd_that_reads_nothing(served, room):
    crowd = crowd_that_is_silent(served, room)
    for client in crowd:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n" * 20)
    return crowd


@pytest.mark.parametrize("gather", [
    crowd_that_is_silent, crowd_that_stops_halfway, crowd_that_reads_nothing])
@pytest.mark.parametrize("kind", ["inet", "unix"])
def test_a_crowd_keeps_nobody_out(served, kind, gather):
    served.start(kind)
    with contextlib.ExitStack() as room, served.load() as load:
        gather(served, room)
        load.wait_for(100)
        figures = served.pages.figures()
        assert figures.get("forceenc_http_connections") <= 16
        assert served.pages.get("/readyz").status == 200
        load.wait_for(100)
    load.check()
    assert served.pages.figures().get(
        "forceenc_http_hangups_total", reason="evicted") > 0


def test_a_thousand_connections_one_after_the_other(served):
    served.start("inet")
    with served.load() as load:
        for _ in range(1000):
            # Some come too late for the queue, and are refused or reset.
            with contextlib.suppress(ConnectionError):
                connect(served.pages.endpoint).close()
        load.wait_for(100)
    load.check()
    until(lambda: b"%d" % served.pages.figures().get(
        "forceenc_http_connections"), b"1")


def test_who_is_slow_is_hung_up_on(served):
    served.start("unix")
    with connect(served.pages.endpoint) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\n")
        # A byte now and then doesn't help.
        client.settimeout(0.5)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 60:
                client.sendall(b"X")
                sent += 1
                try:
                    if client.recv(1) == b"":
                        break
                except TimeoutError:
                    continue
        assert sent < 60
    assert served.pages.figures().get(
        "forceenc_http_hangups_total", reason="late") == 1


def test_a_scrape_under_load_is_whole(served):
    served.start("inet")
    with served.load() as load:
        for _ in range(50):
            served.pages.figures()
        load.wait_for(20)
    load.check()


def test_ready_while_the_directory_answers(make_ldap_table, make_slapd):
    slapd = make_slapd()
    slapd.load({"alice": "mail: alice@example.com\nforceEncryption: TRUE"})
    slapd.start()
    table = make_ldap_table(slapd, options={
        "forceenc_on_failure": "tempfail", "present_ttl": "0",
        "absent_ttl": "0"})
    table.daemon.options["http_listen"] = f"unix:{table.folder}/http"
    table.start()
    pages = Pages(f"unix:{table.folder}/http")
    table.until(ALICE, table.client.FOUND)
    assert pages.get("/readyz").text == "ready\n"
    table.daemon.log.expect(DOWN)
    slapd.stop()
    table.until(ALICE, table.client.TEMP)
    text = pages.until_status("/readyz", 503)
    assert text.startswith("not ready\nmap forceenc: ldap:")
    assert "answering try again later" in text
    assert pages.figures().get("forceenc_ready") == 0
    assert pages.get("/healthz").status == 200
    # What was known will do for most.
    table.daemon.options["forceenc_on_failure"] = "stale"
    assert table.daemon.reload()
    until(lambda: b"%d" % pages.figures().get("forceenc_table_up",
          map="forceenc", table=f"ldap:{table.path}"), b"0")
    table.expect(ALICE, table.client.FOUND)
    reply = pages.get("/readyz")
    assert reply.status == 200
    assert reply.text.startswith("ready\nmap forceenc: ")
    assert reply.text.endswith(": answering what was last known\n")
    table.daemon.options["forceenc_on_failure"] = "tempfail"
    assert table.daemon.reload()
    pages.until_status("/readyz", 503)
    slapd.start()
    table.until(ALICE, table.client.FOUND)
    assert pages.get("/readyz").text == "ready\n"


def test_what_is_known_of_others_bridges_nothing(
        make_ldap_table, make_slapd, folder):
    """A floor whose upstream was never heard isn't bridged by what a table
    of another map has said."""
    slapd = make_slapd()
    slapd.load({"alice": "mail: alice@example.com\nforceEncryption: TRUE"})
    slapd.start()
    table = make_ldap_table(slapd)
    table.daemon.options.update({
        "http_listen": f"unix:{table.folder}/http", "maps": "forceenc, floor",
        "floor_upstream": f"socketmap:unix:{folder}/nobody:x"})
    table.start()
    pages = Pages(f"unix:{table.folder}/http")
    table.until(ALICE, table.client.FOUND)
    table.daemon.log.expect("can't be asked: connect: No such file")
    ctl = Ctl(table.daemon)
    ctl("lookup", "--map", "floor", "[mx.example.com]", status=75)
    text = pages.until_status("/readyz", 503)
    assert text.startswith("not ready\nmap floor: socketmap:")
    assert text.endswith(": answering try again later\n")


def test_servers_and_waits_are_measured(make_ldap_table, make_slapd):
    slapd = make_slapd()
    slapd.load({"alice": "mail: alice@example.com\nforceEncryption: TRUE"})
    slapd.start()
    table = make_ldap_table(slapd, options={"forceenc_on_failure": "tempfail",
                                            "present_ttl": "0"})
    table.daemon.options["http_listen"] = f"unix:{table.folder}/http"
    table.start()
    pages = Pages(f"unix:{table.folder}/http")
    table.until(ALICE, table.client.FOUND)
    figures = pages.figures().check()
    labels = {"map": "forceenc", "table": f"ldap:{table.path}"}
    # Her domain's rule was asked for as well, and may still be on its way.
    until(lambda: b"%d" % pages.figures().get(
        "forceenc_table_duration_seconds_count", **labels), b"2")
    assert pages.figures().get("forceenc_table_asked_total", **labels) == 2
    assert figures.sum("forceenc_server_up", **labels) == 1
    assert figures.sum("forceenc_server_connections", **labels) == 1
    assert figures.sum("forceenc_server_duration_seconds_count", **labels) > 0
    waits = figures.get("forceenc_lookup_wait_seconds_count", map="forceenc")
    assert waits > 0
    assert figures.get("forceenc_lookup_wait_seconds_bucket", map="forceenc",
                       le="+Inf") == waits
    assert 0 < figures.get("forceenc_lookup_wait_seconds_sum",
                           map="forceenc") < 60
    assert figures.get("forceenc_loop_turn_duration_seconds_count") > 0
    assert figures.get("forceenc_loop_longest_turn_seconds") > 0
    table.daemon.log.expect(DOWN)
    slapd.stop()
    table.until(ALICE, table.client.TEMP)
    until(lambda: b"%d" % pages.figures().sum("forceenc_server_up", **labels),
          b"0")
    assert pages.figures().sum("forceenc_server_failures_total", **labels) > 0


def test_a_floor_without_its_upstream_map_is_not_ready(served):
    upstream = f"socketmap:unix:{served.folder}/nosuch:tls"
    served.daemon.options.update(
        maps="forceenc, tls", tls_kind="floor", tls_upstream=upstream,
        tls_on_failure="tempfail", tls_upstream_time_limit="100ms")
    served.daemon.log.expect("error: socketmap:.*can't be asked")
    served.start()
    assert served.pages.get("/readyz").text == "ready\n"
    with Socketmap(served.endpoints.at["socketmap-unix"], "tls") as client:
        assert client.TEMP.fullmatch(client.ask("example.org"))
    text = served.pages.until_status("/readyz", 503)
    assert text.startswith(f"not ready\nmap tls: {upstream} can't be asked: ")
    figures = served.pages.figures().check()
    assert figures.get("forceenc_table_up", map="tls", table=upstream) == 0
    assert figures.get("forceenc_policies_raised_total", map="tls") == 0
    assert figures.get("forceenc_lookups_total", map="tls",
                       outcome="unsure") == 1


def test_a_daemon_that_nobody_can_ask_is_not_ready(served):
    served.daemon.options.update(socketmap_listen="", tcp_table_listen="")
    served.start()
    reply = served.pages.get("/readyz")
    assert reply.status == 503
    assert "listens nowhere" in reply.text


def test_a_reload_moves_the_pages(served):
    served.start("unix")
    old = served.pages
    served.listen("inet")
    assert served.daemon.reload()
    assert served.pages.get("/healthz").status == 200
    with pytest.raises(OSError):
        old.get("/healthz")
    assert not (served.folder / "http").exists()
    # Where another one listens nothing can be shown: all stays as it was.
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(served.folder / "http"))
        other.listen()
        served.daemon.options["http_listen"] = served.at["unix"]
        served.daemon.log.expect("error: .*not reloaded.*another process")
        assert not served.daemon.reload()
    assert served.pages.get("/readyz").status == 200
    assert served.pages.figures().get("forceenc_reload_failed") == 1
    served.daemon.options["http_listen"] = ""
    assert served.daemon.reload()
    with pytest.raises(OSError):
        served.pages.get("/healthz")


def test_a_removed_socket_is_made_again(served):
    served.start("unix")
    (served.folder / "http").unlink()
    assert served.daemon.reload()
    assert served.pages.get("/healthz").status == 200


def test_a_socket_from_the_service_manager(served):
    with net.listen(served.at["inet"]) as listener:
        served.start("inet", listeners=[listener])
        assert served.pages.get("/healthz").status == 200
        assert served.daemon.reload()
        assert served.pages.get("/healthz").status == 200


def test_an_open_address_is_warned_of(served):
    port = net.free_port("0.0.0.0")
    served.at["open"] = f"inet:*:{port}"
    served.daemon.log.expect(r"warning: inet:\*:\d+: no loopback address")
    served.start("open")
    assert Pages(f"inet:127.0.0.1:{port}").get("/healthz").status == 200


def test_hanging_up_in_the_middle_of_a_page(served):
    served.start("unix")
    with served.load() as load:
        for _ in range(200):
            with contextlib.suppress(OSError):
                with connect(served.pages.endpoint) as client:
                    client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        load.wait_for(20)
    load.check()
    served.pages.until_status("/healthz", 200)
