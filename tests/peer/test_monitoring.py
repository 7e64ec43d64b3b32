# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The samples in etc for Prometheus and Grafana: they are well-formed, each
alert does what it says, and they speak of figures that the daemons show."""

import json
import re
import subprocess

import pytest

from lab import TIMEOUT, programs
from lab.daemon import Daemon, Policy
from lab.scrape import Pages
from lab.until import until
from lab.watcher import Watcher

RULES = programs.TOP / "etc/prometheus/forceenc.rules.yml"
STORIES = programs.TOP / "tests/peer/monitoring/rules.yml"
DASHBOARD = programs.TOP / "etc/grafana/forceenc.json"
OPERATIONS = programs.TOP / "docs/operations.md"
FIGURE = re.compile(r"\b(?:forceenc|process)_[a-z_]+\b")
ALERT = re.compile(r"^ *- alert: (\w+)$", re.M)


def promtool(*words):
    done = subprocess.run(
        [programs.peer("promtool", "prometheus"), *map(str, words)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def expressions():
    """(panel, expression) of the dashboard, for any instance."""
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], (target["expr"]
                                   .replace("$__rate_interval", "5m")
                                   .replace("$instance", ".*"))


def is_shown(name, types):
    """Whether some page has a series of this name."""
    for end in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(end)
        if base != name and types.get(base) == "histogram":
            return True
    return types.get(name) in ("counter", "gauge")


def labels_used():
    """(figure, label) of the dashboard's expressions and legends, and of the
    rules' selectors."""
    text = RULES.read_text()
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for target in (t for panel in panels for t in panel.get("targets", [])):
        text += "\n" + target["expr"]
        grouped = ",".join(re.findall(r"\bby \(([^)]*)\)", target["expr"]))
        named = re.findall(r"\w+", grouped) + re.findall(
            r"{{(\w+)}}", target.get("legendFormat", ""))
        for figure in FIGURE.findall(target["expr"]):
            yield from ((figure, label) for label in named)
    for figure, selector in re.findall(rf"({FIGURE.pattern}){{([^}}]*)}}",
                                       text):
        for label in re.findall(r"(\w+)\s*[=!]", selector):
            yield figure, label


@pytest.fixture(scope="module")
def pages(make_folder):
    """The pages of both daemons when there is something on them."""
    found = []
    for program, option in ((Daemon, "http_listen"),
                            (Watcher, "watch_http_listen")):
        folder = make_folder()
        served = program(folder, forceenc_tables=Policy(folder).spec,
                         **{option: f"unix:{folder}/http"})
        if program is Watcher:
            served.deliver("forceenc", "Trusted")
            served.deliver("forceenc", status="bounced (TLS is required, but "
                           "was not offered by host mx.d.example[192.0.2.1])")
        served.start()
        page = Pages(f"unix:{folder}/http")
        if program is Watcher:
            until(lambda: b"%d" % page.figures().sum(
                "forceenc_watch_failures_total"), b"1")
        found.append(page.figures())
        served.close()
        served.check()
    return found


@pytest.fixture(scope="module")
def types(pages):
    """The type of each family."""
    return {name: kind for page in pages for name, kind in page.types.items()}


def test_the_rules_are_well_formed():
    promtool("check", "rules", RULES)


def test_each_alert_fires_when_it_should():
    promtool("test", "rules", STORIES)
    stories = STORIES.read_text()
    for alert in ALERT.findall(RULES.read_text()):
        assert f"name: {alert} fires" in stories
        assert f"name: {alert} stays silent" in stories


def test_the_dashboard_is_well_formed(folder):
    names = [name for name, _ in expressions()]
    assert len(names) > 20
    rules = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{number}", "expr": expression}
        for number, (_, expression) in enumerate(expressions())]}]}
    # JSON is YAML.
    (folder / "rules.yml").write_text(json.dumps(rules))
    promtool("check", "rules", folder / "rules.yml")
    panels = json.loads(DASHBOARD.read_text())["panels"]
    numbers = [panel["id"] for panel in panels]
    assert len(set(numbers)) == len(numbers)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"])
              for panel in panels]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("values, leaks", [
    ("_x5 1x60", 1), ("_x5 0x60", 0), ("0x1500 2x60", 2), ("1x1560", 0),
    ("_x5 1x20 0x60", 1)],
    ids=["first", "none", "later", "before", "restarted"])
def test_the_dashboard_shows_each_leak(folder, values, leaks):
    """Also where the counter begins with it: increase() alone has 0 then."""
    (query,) = [expression for name, expression in expressions()
                if name.startswith("Leaks")]
    series = 'forceenc_watch_deliveries_total{level="none",service="forceenc"}'
    at = sum(int(run.split("x")[1]) + 1 for run in values.split()) - 1
    (folder / "leaks.yml").write_text(json.dumps({"tests": [{
        "interval": "1m",
        "input_series": [{"series": series, "values": values}],
        "promql_expr_test": [{
            "expr": f"round({query})", "eval_time": f"{at}m",
            "exp_samples": [{"labels": "{}", "value": leaks}]}]}]}))
    promtool("test", "rules", folder / "leaks.yml")


def test_alerts_and_panels_know_their_figures(types):
    text = RULES.read_text() + "\n".join(
        expression for _, expression in expressions())
    wanted = set(FIGURE.findall(text))
    assert len(wanted) > 40
    missing = {name for name in wanted if not is_shown(name, types)}
    assert not missing
    # A name that doesn't exist is noticed.
    assert not is_shown("forceenc_nosuch_total", types)
    assert not is_shown("forceenc_lookups_total_bucket", types)


def test_alerts_and_panels_know_their_labels(pages):
    """Of what has series on the pages; Prometheus adds instance and job."""
    shown = {}
    for page in pages:
        for name, labels in page.samples:
            shown.setdefault(name, {"instance", "job"}).update(
                label for label, _ in labels)
    used = {pair for pair in labels_used() if pair[0] in shown}
    assert len({figure for figure, _ in used}) > 20
    assert {pair for pair in used if pair[1] not in shown[pair[0]]} == set()


def test_each_alert_is_explained():
    explained = OPERATIONS.read_text()
    missing = [alert for alert in ALERT.findall(RULES.read_text())
               if f"`{alert}`" not in explained]
    assert not missing
