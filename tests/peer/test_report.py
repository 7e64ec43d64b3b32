# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl report: the totals of pflogsumm, the mail, the watcher."""

import datetime
import email
import email.policy
import html.parser
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from lab import TIMEOUT, programs
from lab.ctl import CONFIG, FOUND, TEMPFAIL, UNREACHABLE, USAGE, Said
from lab.pflogsumm import Pflogsumm, legible, reads

CORPUS = programs.TOP / "tests" / "watch" / "corpus"
STORIES = programs.TOP / "tests" / "watch" / "stories"
LOGS = pathlib.Path(os.environ.get("FORCEENC_LOGS",
                                   programs.TOP.parent / "shared" / "logs"))
# Day and syslog_names of the logs of both folders.
DAY = "2026-11-22"
NAMES = ("forceenc", "postfix-[a-z]+")


class Site:
    """A configuration, a log, a database; everything in UTC."""

    def __init__(self, folder):
        self.folder = folder
        self.log = folder / "mail.log"
        self.conf = folder / "forceenc.cf"
        (folder / "policy.cf").write_text(f"dbpath = {folder}/policy.db\n")
        self.conf.write_text(f"forceenc_tables = sqlite:{folder}/policy.cf\n"
                             f"log = file:{self.log}\n"
                             f"store = sqlite:{folder}/stats.db\n"
                             "keep_hours = 87600\n")
        self.environment = {**os.environ, "TZ": "UTC"}
        self.watcher = None

    def argv(self, name, *words):
        return [programs.ours(name), "-c", str(self.conf), *map(str, words)]

    def imports(self, *logs):
        subprocess.run(self.argv("forceenc-watch", "--import", *logs),
                       check=True, timeout=TIMEOUT, env=self.environment,
                       stderr=subprocess.DEVNULL)

    def start(self):
        self.watcher = subprocess.Popen(
            self.argv("forceenc-watch"), env=self.environment,
            stderr=subprocess.DEVNULL)

    def stop(self):
        if self.watcher is None:
            return
        self.watcher.send_signal(signal.SIGTERM)
        assert self.watcher.wait(timeout=TIMEOUT) == 0
        self.watcher = None

    def said(self, *words, **environment):
        done = subprocess.run(
            self.argv("forceencctl", "report", *words), check=False,
            timeout=TIMEOUT, capture_output=True,
            env={**self.environment, **environment})
        return Said(done.returncode, done.stdout.decode(),
                    done.stderr.decode())

    def report(self, *words, status=FOUND, **environment):
        said = self.said(*words, **environment)
        assert said.status == status, (words, said.status, said.out, said.err)
        return said

    def commits(self):
        done = subprocess.run(
            self.argv("forceencctl", "watch", "status", "--json"),
            check=False, timeout=TIMEOUT, capture_output=True)
        return json.loads(done.stdout)[0]["commits"] \
            if done.returncode == FOUND else 0

    def json(self, *words):
        return self.report("--json", *words).json()

    def wait(self, *words, until):
        """Until there is a database, and the report is as it should be."""
        end = time.monotonic() + TIMEOUT
        while True:
            said = self.said("--json", *words)
            if said.status == FOUND and until(said.json()):
                return said.json()
            assert time.monotonic() < end, (said.out, said.err)
            time.sleep(0.02)


@pytest.fixture(name="site")
def make_site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.stop()


def logs():
    for folder in (CORPUS, LOGS):
        if folder.is_dir():
            yield from sorted(folder.glob("*.log"))


def compare(report, log, *names):
    said = Pflogsumm(legible(log), *names)
    totals = {**report["totals"],
              "reject warnings": report["totals"]["warned"],
              "bytes received": report["totals"]["bytes-received"],
              "bytes delivered": report["totals"]["bytes-delivered"]}
    for name, (number, unit) in said.totals.items():
        assert totals[name] // unit == number, name
    columns = ("received", "delivered", "deferred", "bounced", "rejected")
    hours = {hour: tuple(row[column] for column in columns)
             for hour, row in enumerate(report["hours"])}
    assert {hour: row for hour, row in hours.items() if any(row)} == said.hours
    return said


@pytest.mark.parametrize("path", logs(), ids=lambda path: path.name)
def test_totals_are_those_of_pflogsumm(site, path):
    log = path.read_text(encoding="utf-8", errors="surrogateescape")
    if not reads(log):
        pytest.skip("a format that pflogsumm doesn't know")
    site.imports(path)
    said = compare(site.json("--day", DAY), log, *NAMES)
    assert said.totals["received"][0] > 0


def test_a_format_that_pflogsumm_doesnt_know_counts_as_others_do(site):
    """The same day, in JSON and as journalctl shows it otherwise."""
    names = [LOGS / f"3.7.11-mixed-journal-{form}.log"
             for form in ("json", "short")]
    if not all(map(os.path.exists, names)):
        pytest.skip("the logs aren't there")
    site.imports(names[0])
    said = compare(site.json("--day", DAY),
                   names[1].read_text(encoding="utf-8"), *NAMES)
    assert said.totals["received"][0] > 0


@pytest.mark.parametrize("options", [[], ["-l"]], ids=["short", "long"])
def test_totals_of_a_generated_log(site, options):
    genlog = pathlib.Path(programs.ours("forceencctl")).parent / "tests" \
        / "bench" / "genlog"
    if not genlog.exists():
        pytest.skip("genlog isn't built")
    log = subprocess.run([genlog, "-m", "3000", "-r", "7", *options],
                         check=True, timeout=TIMEOUT,
                         capture_output=True).stdout
    site.log.write_bytes(log)
    site.imports(site.log)
    said = compare(site.json("--day", "2026-09-21"),
                   log.decode("utf-8", "surrogateescape"), "forceenc")
    assert said.totals["deferrals"][0] > 100


def test_totals_of_what_isnt_let_in(site):
    path = STORIES / "29-mail-comes-in" / "log"
    log = path.read_text(encoding="utf-8")
    site.imports(path)
    report = site.json("--day", "2026-06-21")
    said = compare(report, log)
    for name in ("rejected", "reject warnings", "held", "discarded",
                 "forwarded", "bounced"):
        assert said.totals[name][0] > 0, name
    # Which pflogsumm doesn't count.
    assert report["totals"]["milter-rejected"] == 1


def test_deferred_messages_day_by_day(site):
    """A message counts on each day on which it's deferred, and in a week
    once; pflogsumm does the same with each day's log."""
    path = STORIES / "30-deferred-once-a-day" / "log"
    log = path.read_text(encoding="utf-8")
    site.imports(path)
    for day in ("2026-06-21", "2026-06-22"):
        lines = [line for line in log.splitlines(True) if line.startswith(day)]
        said = Pflogsumm("".join(lines))
        totals = site.json("--day", day)["totals"]
        assert totals["deferred"] == said.totals["deferred"][0]
        assert totals["deferrals"] == said.totals["deferrals"][0]


def line(seconds, program, text):
    stamp = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{stamp.isoformat()} mx {program}: {text}\n"


def delivery(seconds, queue_id):
    return line(seconds, "postfix/smtpd[1]",
                f"{queue_id}: client=a.example[192.0.2.1]") + line(
        seconds, "postfix/qmgr[2]",
        f"{queue_id}: from=<a@a.example>, size=10, nrcpt=1 (queue active)") \
        + line(seconds, "postfix/local[3]",
               f"{queue_id}: to=<b@b.example>, relay=local, delay=0, "
               "delays=0/0/0/0, dsn=2.0.0, status=sent (delivered)")


def test_an_idle_watcher_tells_that_it_is_there(site):
    """It commits as often as it tidies, at its start the first time, without
    a line that it could count."""
    site.log.write_text("")
    site.start()
    end = time.monotonic() + TIMEOUT
    while site.commits() < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    report = site.json("--day", "today")
    assert {"stopped", "late"}.isdisjoint(
        row["id"] for row in report["problems"])


def test_what_was_rotated_away_is_missing(site):
    """The gap lies in the hours from the last line that was read to the next
    one; reading on tells of it once, whatever happens."""
    now = int(time.time())
    site.log.write_text(delivery(now - 3 * 86400, "4AAAAA") * 20)
    site.start()
    site.wait("--day", "today", until=lambda report: report["watchers"] and
              report["watchers"][0]["bytes_behind"] == 0)
    site.stop()
    site.log.unlink()
    site.log.write_text(delivery(now, "4BBBBB") * 20)
    site.start()
    report = site.wait("--day", "yesterday", until=lambda report:
                       report["gaps"])
    day = report["period"]
    assert len(report["gaps"]) == 1
    gap = report["gaps"][0]
    assert gap["what"] == "gaps" and gap["count"] == 24
    assert (gap["since"], gap["until"]) == (day["since"], day["until"])
    assert "gaps" in [row["id"] for row in report["problems"]]
    site.stop()
    site.start()
    with open(site.log, "a", encoding="utf-8") as f:
        f.write(delivery(now, "4CCCCC"))
    site.wait("--day", "today", until=lambda report:
              report["totals"]["received"] == 21)
    assert site.json("--day", "yesterday")["gaps"] == report["gaps"]


@pytest.fixture(name="sendmail")
def make_sendmail(tmp_path):
    """One that writes down what it's given, and in which way."""
    folder = tmp_path / "sendmail"
    folder.mkdir()
    program = folder / "sendmail"
    program.write_text(
        "#!/bin/sh\n"
        f"printf '%s\\n' \"$@\" >'{folder}/argv'\n"
        f"cat >'{folder}/message'\n"
        f"[ ! -e '{folder}/fail' ] || "
        "{ echo 'no such user' >&2; exit 67; }\n")
    program.chmod(0o755)
    return folder


def sent(folder):
    message = (folder / "message").read_bytes()
    assert b"\r" not in message and max(map(len, message.split(b"\n"))) <= 78
    return email.message_from_bytes(message, policy=email.policy.default)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = set()
        self.words = ""
        self.open = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert all(name in ("style", "lang", "charset") for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def with_path(folder):
    return f"{folder}:{os.environ['PATH']}"


def test_mail(site, sendmail):
    site.imports(CORPUS / "3.10.13-odd.log")
    shown = site.report("--day", DAY).out
    said = site.report("--day", DAY, "--mail", "postmaster@example.com",
                       PATH=with_path(sendmail))
    assert said.out == "" and said.err == ""
    assert (sendmail / "argv").read_text().split() == [
        "-oi", "--", "postmaster@example.com"]
    message = sent(sendmail)
    assert message["To"] == "postmaster@example.com"
    assert message["Subject"].startswith("forceenc: ")
    assert "2026-11-22" in message["Subject"]
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == shown


def test_mail_in_html(site, sendmail):
    site.imports(CORPUS / "3.10.13-odd.log")
    site.report("--day", DAY, "--html", "--mail", "a@example.com,b@x.example",
                PATH=with_path(sendmail))
    message = sent(sendmail)
    assert (sendmail / "argv").read_text().split()[2:] == [
        "a@example.com", "b@x.example"]
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert text.get_content() == site.report("--day", DAY).out
    assert page.get_content_type() == "text/html"
    shown = site.report("--day", DAY, "--html").out
    assert page.get_content() == shown
    page = Page(shown)
    assert not page.tags & {"script", "img", "link", "style", "a"}
    for word in ("Mail by hour", "23-24", "verified"):
        assert word in page.words


def test_mail_that_cant_be_sent(site, sendmail):
    site.imports(CORPUS / "3.7.11-flap.log")
    (sendmail / "fail").write_text("")
    said = site.report("--mail", "nobody@example.com", status=UNREACHABLE,
                       PATH=with_path(sendmail))
    assert said.err.endswith("exit status 67: no such user\n")


def test_wrong_options(site):
    site.imports(CORPUS / "3.7.11-flap.log")
    for words in (["--day", "tomorrow"], ["--day", "2026-02-30"],
                  ["--day", "2999-01-01"], ["--day", "today", "--week"],
                  ["--week", "--month"], ["--json", "--html"],
                  ["--tsv", "--mail", "root"], ["--mail", "-bv"],
                  ["--mail", "a@x\nBcc: b@y"], ["--mail", ""], ["-n", "0"],
                  ["today"], ["--since", "7d"]):
        said = site.report(*words, status=USAGE)
        assert said.out == "" and said.err.startswith("forceencctl: ")


def test_a_database_that_isnt_there(site):
    said = site.report(status=TEMPFAIL)
    assert "stats.db" in said.err
    site.conf.write_text("nonsense\n")
    site.report(status=CONFIG)


def test_lines_and_periods(site):
    site.imports(CORPUS / "3.7.11-flap.log")
    out = site.report("--tsv", "--day", DAY).out
    assert "totals.received\t60\n" in out
    for words in (["--week"], ["--month"], []):
        out = site.report(*words).out
        assert max(map(len, out.splitlines())) <= 80
        assert "Problems" in out
    report = json.loads(site.report("--json", "-n", "1", "--day", DAY).out)
    assert all(len(report[name]) <= 1 for name in report["more"])
