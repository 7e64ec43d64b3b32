# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceenc-watch's pages: what it counts, and whether it keeps up."""

import contextlib
import sys

import pytest

from lab import net, programs
from lab.scrape import Pages, connect
from lab.until import until
from lab.watcher import Watcher

sys.path.insert(0, str(programs.TOP / "tests/watch"))
from journals import REMOTE, Journal  # noqa: E402

DELIVERIES = "forceenc_watch_deliveries_total"
FAILURES = "forceenc_watch_failures_total"
NOT_OFFERED = ("(TLS is required, but was not offered by host "
               "mx.d.example[192.0.2.1])")


@pytest.fixture
def make_watcher(folder):
    made = []

    def make(**options):
        watcher = Watcher(folder, **options)
        made.append(watcher)
        return watcher

    yield make
    for watcher in made:
        watcher.close()
        watcher.check()


@pytest.fixture
def watcher(make_watcher, folder):
    watcher = make_watcher(watch_http_listen=f"unix:{folder}/http")
    watcher.pages = Pages(f"unix:{folder}/http")
    return watcher


def until_sum(pages, wanted, name, **labels):
    """Waits for a sum of samples, and returns the figures."""
    figures = []

    def ask():
        figures.append(pages.figures())
        return b"%d" % figures[-1].sum(name, **labels)
    until(ask, b"%d" % wanted)
    return figures[-1]


@pytest.mark.parametrize("kind", ["inet", "unix"])
def test_deliveries_are_counted(make_watcher, folder, kind):
    at = {"inet": f"inet:{net.host(1)}:9198", "unix": f"unix:{folder}/http"}
    watcher = make_watcher(watch_http_listen=at[kind])
    pages = Pages(at[kind])
    watcher.start()
    # What may come is there before it comes.
    before = pages.figures().check()
    assert before.get(DELIVERIES, service="forceenc", level="none") == 0
    assert before.get(FAILURES, service="forceenc", outcome="hard",
                      reason="not-offered") == 0
    for _ in range(3):
        watcher.deliver("forceenc", "Trusted")
    watcher.deliver("postfix", "Anonymous")
    watcher.deliver("postfix")
    watcher.deliver("forceenc", status="bounced " + NOT_OFFERED)
    watcher.deliver("postfix", status="deferred (connect timed out)")
    until_sum(pages, 5, DELIVERIES)
    figures = until_sum(pages, 1, "forceenc_watch_undelivered_total").check()
    assert figures.get(DELIVERIES, service="forceenc", level="trusted") == 3
    assert figures.get(DELIVERIES, service="postfix", level="anonymous") == 1
    assert figures.get(DELIVERIES, service="postfix", level="none") == 1
    assert figures.get(FAILURES, service="forceenc", outcome="hard",
                       reason="not-offered") == 1
    assert figures.get("forceenc_watch_undelivered_total",
                       service="postfix", outcome="deferred") == 1
    assert figures.get("forceenc_watch_lines_total") == (
        watcher.mail_log.read_text().count("\n"))
    assert figures.get("forceenc_watch_lag_bytes") == 0
    assert figures.get("forceenc_watch_lag_seconds") == 0
    assert figures.get("forceenc_watch_ready") == 1
    assert "d.example" not in figures.text
    assert "s.example" not in figures.text


def test_services_have_a_bound(watcher):
    watcher.start()
    for number in range(100):
        watcher.deliver(f'p"{number}\\', "Trusted")
    figures = until_sum(watcher.pages, 100, DELIVERIES).check()
    services = {dict(labels)["service"] for name, labels in figures.samples
                if name == DELIVERIES}
    assert len(services) == 64
    # 61 got in besides the two that are expected and the one for the rest.
    assert figures.get(DELIVERIES, service="other", level="trusted") == 39


def test_not_ready_while_there_is_no_log(watcher):
    away = watcher.folder / "away"
    watcher.mail_log.rename(away)
    watcher.log.expect(r"mail\.log: isn't there yet")
    watcher.start()
    text = watcher.pages.until_status("/readyz", 503)
    assert text == "not ready\nthere is no log to follow\n"
    assert watcher.pages.get("/healthz").status == 200
    figures = watcher.pages.figures().check()
    assert figures.get("forceenc_watch_log_up") == 0
    assert figures.get("forceenc_watch_ready") == 0
    away.rename(watcher.mail_log)
    assert watcher.pages.until_status("/readyz", 200) == "ready\n"


def test_not_ready_while_the_store_cannot_be_written(watcher):
    watcher.start()
    watcher.deliver("forceenc", "Trusted")
    until_sum(watcher.pages, 1, DELIVERIES)
    watcher.log.expect(r"error: .*can't be written: .*; the log waits")
    away = watcher.folder / "away.db"
    # Or it makes a new one while there is none.
    with watcher.stopped():
        watcher.database.rename(away)
        watcher.database.mkdir()
    text = watcher.pages.until_status("/readyz", 503)
    assert text.startswith("not ready\nthe store can't be written: ")
    # What isn't in the store isn't counted.
    watcher.deliver("forceenc", "Trusted")
    until(lambda: b"%d" % (watcher.pages.figures().get(
        "forceenc_watch_lag_seconds") > 0), b"1")
    figures = watcher.pages.figures().check()
    assert figures.get("forceenc_watch_store_up") == 0
    assert figures.get("forceenc_watch_commit_failures_total") > 0
    assert figures.sum(DELIVERIES) == 1
    with watcher.stopped():
        watcher.database.rmdir()
        away.rename(watcher.database)
    assert watcher.pages.until_status("/readyz", 200) == "ready\n"
    until_sum(watcher.pages, 2, DELIVERIES)


def test_a_reload_moves_the_pages(watcher):
    watcher.start()
    old = watcher.pages
    watcher.deliver("forceenc", "Trusted")
    until_sum(old, 1, DELIVERIES)
    new = Pages(f"inet:{net.host(1)}:9198")
    watcher.options["watch_http_listen"] = new.endpoint
    assert watcher.reload()
    with pytest.raises(OSError):
        old.get("/healthz")
    # What was counted stays, and goes on.
    watcher.deliver("forceenc", "Trusted")
    figures = until_sum(new, 2, DELIVERIES)
    assert figures.get("forceenc_watch_reloads_total", outcome="done") == 1
    watcher.options["watch_http_listen"] = f"unix:{watcher.folder}/no/such"
    watcher.log.expect("error: configuration not reloaded: unix:.*folder")
    assert not watcher.reload()
    figures = new.figures()
    assert figures.get("forceenc_watch_reloads_total", outcome="failed") == 1
    watcher.deliver("forceenc", "Trusted")
    until_sum(new, 3, DELIVERIES)
    watcher.options["watch_http_listen"] = ""
    assert watcher.reload()
    with pytest.raises(OSError):
        new.get("/healthz")


def test_a_socket_from_the_service_manager(make_watcher):
    at = f"inet:{net.host(1)}:9198"
    watcher = make_watcher(watch_http_listen=at)
    with net.listen(at) as listener:
        watcher.start(listeners=[listener])
        assert Pages(at).get("/healthz").status == 200


def test_a_socket_that_nobody_wants_is_an_error(make_watcher):
    watcher = make_watcher()
    watcher.log.expect("error: inet:.*: handed over by the service manager")
    with net.listen(f"inet:{net.host(1)}:9198") as listener:
        with pytest.raises(AssertionError, match="never got ready"):
            watcher.start(listeners=[listener])
    assert watcher.wait() == 71


def test_a_journal_has_no_bytes(make_watcher, folder):
    if REMOTE is None:
        pytest.skip("systemd-journal-remote is missing (Debian: "
                    "systemd-journal-remote)")
    lines = [b"Nov 22 10:00:0%d mail postfix/master[1]: daemon started -- "
             b"version 3.7.11, configuration /etc/postfix" % i
             for i in range(3)]
    journal = Journal(str(folder / "journal"))
    journal.append(b"".join(journal.line(line) for line in lines))
    watcher = make_watcher(log=f"journal:{folder}/journal",
                           watch_http_listen=f"unix:{folder}/http")
    watcher.start()
    pages = Pages(f"unix:{folder}/http")
    figures = until_sum(pages, 3, "forceenc_watch_lines_total").check()
    assert figures.get("forceenc_watch_log_up") == 1
    assert "forceenc_watch_lag_bytes" not in figures.names()
    assert pages.until_status("/readyz", 200) == "ready\n"


def test_a_crowd_does_not_stop_the_counting(watcher):
    watcher.start()
    with contextlib.ExitStack() as room:
        for _ in range(40):
            room.enter_context(connect(watcher.pages.endpoint)).sendall(
                b"GET /metrics HTTP/1.1\r\n")
        watcher.deliver("forceenc", "Trusted")
        until_sum(watcher.pages, 1, DELIVERIES)
