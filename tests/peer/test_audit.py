# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceencctl audit, with what Debian's Postfix says of its configuration."""

import os
import pathlib
import subprocess

import pytest

from lab import TIMEOUT, net, programs
from lab.audit import FOUND, LEAK, NOTHING, Audited, audit, rules
from lab.ctl import CONFIG, TEMPFAIL, USAGE, Ctl, says
from lab.ctl import fake, make_site, site  # pylint: disable=unused-import


@pytest.fixture
def postfix(folder, tmp_path):
    return Audited(tmp_path, folder / "forceenc.cf")


@pytest.fixture
def endpoint():
    return f"inet:{net.host(9)}:9999"


@pytest.fixture
def served(make_site, endpoint):
    """forceencd where main.cf will look for it."""
    made = make_site(socketmap_listen=endpoint)
    made.ctl("set", "alice@example.com", "on")
    return made.start()


def test_stock_debian_leaks_everything(postfix):
    found = postfix.audit(status=LEAK)
    assert rules(found, "leak") == {"map-missing"}
    assert {"transport-missing", "map-site"} <= set(found)
    fix = found["map-missing"][0]["fix"]
    # forceencd doesn't run: a command that only changes Postfix would stop
    # all mail.
    assert fix == (
        f"forceencctl setup --config-dir '{postfix.folder}' --apply")


def test_the_hand_made_way_leaks(postfix):
    (postfix.folder / "table").write_text("alice@example.com forceenc:\n")
    postfix.apply_seed(f"texthash:{postfix.folder}/table")
    found = postfix.audit(status=LEAK)
    # Of its five holes these show in Debian 12's version.
    assert "map-direct" in rules(found, "leak")
    assert "transport-upgrade" in found or "transport-tls-required" in found
    lines = [f["line"] for f in found["dsn-temporary"]]
    for text in ("TLSA lookup error", "client TLS configuration problem",
                 "TLS engine is unavailable", "450 4.7.5 try later"):
        assert any(text in line for line in lines), text
    assert "dsn-incomplete" not in found
    assert "dsn-strict" in found
    policy = postfix.folder / "policy"
    policy.write_text("a.example may\nb.example encrypt\nc.example dane\n")
    postfix.append("main.cf", f"smtp_tls_policy_maps = texthash:{policy}\n")
    found = postfix.audit(status=LEAK)
    assert [f["line"].split(": ")[1] for f in
            sorted(found["transport-policy"], key=lambda f: f["line"])
            ] == ["a.example may", "c.example dane"]
    assert found["transport-policy"][0]["fix"] == (
        f"postconf -c '{postfix.folder}' -P "
        "'forceenc/unix/smtp_tls_policy_maps='")


def test_our_fragments_leave_what_the_site_decides(postfix, served, endpoint):
    postfix.apply_ours(endpoint)
    found = postfix.audit(status=FOUND)
    assert rules(found, "leak") == set()
    # Bounces are the site's decision, and Debian's own certificate may be
    # whatever it is.
    assert {r for r in rules(found, "warning")
            if not r.startswith("site-")} == {"map-null"}
    served.ctl("set", "<>", "on")
    found = postfix.audit(status=NOTHING if not {
        r for r in rules(found, "warning") if r.startswith("site-")}
        else FOUND)
    assert "map-null" not in found


def test_a_remedy_is_one_that_postfix_takes(postfix, served, endpoint):
    """Each command that the findings name is run as it stands, until nothing
    is left that a command could change."""
    del served
    postfix.apply_ours(endpoint)
    for name in ("smtp_tls_security_level=may", "smtp_tls_per_site=",
                 "smtp_delivery_status_filter=", "tls_required_enable=yes",
                 "smtp_tls_connection_reuse=yes",
                 "smtp_tls_mandatory_protocols=!SSLv2"):
        postfix.postconf("-P", f"forceenc/unix/{name}")
    postfix.postconf("-e", "smtp_tls_loglevel = 0", "smtpd_use_tls = yes",
                     "relay_domains = a.example",
                     "relay_transport = relay:[inner.example]:25",
                     "virtual_mailbox_domains = b.example",
                     "virtual_transport = lmtp:inet:mailbox.example:24",
                     "tls_ssl_options = LEGACY_SERVER_CONNECT NO_TICKET",
                     "tls_medium_cipherlist = ALL:eNULL")
    found = postfix.audit(status=LEAK)
    assert {"transport-level", "route-class", "crypto-ssl",
            "transport-reuse", "dsn-missing"} <= set(found)
    for finding in [f for all_of in found.values() for f in all_of]:
        fix = finding["fix"] or ""
        if fix.startswith("postconf "):
            subprocess.run(
                ["sh", "-c", fix], check=True, timeout=TIMEOUT,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=dict(os.environ, PATH=programs.PATH))
    left = postfix.audit(status=FOUND)
    assert rules(left, "leak") == set()
    assert not {"crypto-ssl", "transport-reuse", "site-loglevel",
                "site-deprecated", "crypto-lists", "crypto-weak",
                "crypto-legacy", "transport-upgrade"} & set(left)
    # Mail still goes where it went, and by the same protocol.
    assert postfix.postconf("-h", "relay_transport", "virtual_transport") == (
        "forceenc:[inner.example]:25\nforceenc-lmtp:inet:mailbox.example:24\n")
    assert postfix.postconf("-h", "tls_ssl_options") == (
        "NO_TICKET, NO_RENEGOTIATION\n")


def test_tables_of_transports(postfix, served, endpoint):
    del served
    postfix.apply_ours(endpoint)
    table = postfix.folder / "transport"
    table.write_text("a.example :[h]\nb.example smtp:[h]\nc.example error:x\n")
    subprocess.run(
        [programs.peer("postmap", "postfix"), "-c", str(postfix.folder),
         f"hash:{table}"], check=True, timeout=TIMEOUT)
    checks = postfix.folder / "checks"
    checks.write_text("/^Subject: x/ FILTER smtp:[filter.example]:25\n")
    postfix.append(
        "main.cf", f"transport_maps = hash:{table}, ldap:/nowhere.cf,\n"
        " pcre:{ {/d/ :[h]}, {/e/ smtp:[p]} }, static:{ smtp:[s] }\n"
        f"header_checks = pcre:{checks}\n")
    found = postfix.audit(status=LEAK)
    assert [f["line"] for f in found["route-transport-maps"]] == [
        f"hash:{table}: b.example smtp:[h]",
        "pcre:{ {/d/ :[h]}, {/e/ smtp:[p]} }: /e/ smtp:[p]",
        "static:{ smtp:[s] }: * smtp:[s]"]
    assert len(found["route-filter"]) == 1
    assert "ldap:/nowhere.cf" in found["route-unread"][0]["line"]
    table.with_suffix(".db").unlink()
    checks.write_text("/^Subject: x/ FILTER smtp:[127.0.0.1]:25\n")
    postfix.postconf("-e", f"transport_maps = hash:{table}, "
                     "ldap:/nowhere.cf, pcre:{ {/d/ :[h]} }")
    found = postfix.audit(status=FOUND)
    assert len(found["route-unread"]) == 2


def test_a_map_that_cannot_say(postfix, served, endpoint):
    postfix.apply_ours(endpoint)
    served.daemon.stop()
    found = postfix.audit(status=FOUND)
    assert "Connection refused" in found["map-asked"][0]["line"]


def test_a_map_over_tcp(postfix, make_site, endpoint):
    made = make_site(tcp_table_listen=f"forceenc={endpoint}")
    made.ctl("set", "<>", "on")
    made.start()
    postfix.apply_ours(endpoint)
    host_and_port = endpoint.removeprefix("inet:")
    postfix.postconf("-e", "sender_dependent_default_transport_maps = "
                     f"tcp:{host_and_port}")
    found = postfix.audit(status=FOUND)
    assert "map-tcp" in found
    assert not {"map-asked", "map-null", "map-served"} & set(found)
    # Neither protocol is taken for the other.
    postfix.postconf("-e", "sender_dependent_default_transport_maps = "
                     f"socketmap:{endpoint}:forceenc")
    found = postfix.audit(status=FOUND)
    assert {"map-asked", "map-served"} <= set(found)


def test_a_map_that_answers_unsafely(postfix, make_site, fake):
    made = make_site()
    made.ctl("set", "<>", "on")
    server = fake(says(b"OK relay:"))
    postfix.apply_ours(server.endpoint)
    found = postfix.audit(status=LEAK)
    assert "answers relay:" in found["map-answer"][0]["line"]
    assert "map-served" in found and "map-chroot" in found


def test_a_transport_that_stands_twice(postfix, served, endpoint):
    """Postfix uses the last, postconf -P shows the first."""
    del served
    postfix.apply_ours(endpoint)
    postfix.append("master.cf", "forceenc unix - - y - - smtp\n"
                   "  -o { smtp_tls_security_level = may }\n")
    found = postfix.audit(status=LEAK)
    assert [f["line"] for f in found["transport-level"]] == [
        "forceenc/unix/smtp_tls_security_level = may"]
    postfix.postconf("-P", "forceenc/unix/smtp_tls_security_level=encrypt")
    assert rules(postfix.audit(status=FOUND), "leak") == set()


def test_owners_of_lists(postfix, served, endpoint):
    """In whose name a list goes on depends on myorigin."""
    postfix.apply_ours(endpoint)
    aliases = postfix.folder / "aliases"
    aliases.write_text("list a@a.example\nowner-list joe\n")
    name = postfix.folder / "mailname"
    name.write_text("lists.example\n")
    postfix.postconf("-e", f"alias_maps = texthash:{aliases}",
                     f"myorigin = {name}")
    found = postfix.audit(status=FOUND)
    assert found["sender-owner"][0]["fix"] == (
        "forceencctl set 'owner-list@lists.example' on")
    served.ctl("set", "owner-list@lists.example", "on")
    assert "sender-owner" not in postfix.audit(status=FOUND)


def test_a_filter_that_is_not_there(postfix, served, endpoint):
    del served
    postfix.apply_ours(endpoint)
    postfix.postconf(
        "-P", "forceenc/unix/smtp_delivery_status_filter=pcre:/nosuch")
    found = postfix.audit(status=FOUND)
    assert "/nosuch" in found["dsn-unavailable"][0]["line"]
    # One that matches nothing is there, whatever postmap(1) thinks of main.cf.
    (postfix.folder / "filter").write_text("/^never/ 5.0.0 x\n")
    postfix.append("main.cf", "alias_maps =\n")
    postfix.postconf("-P", "forceenc/unix/smtp_delivery_status_filter="
                     f"pcre:{postfix.folder}/filter")
    found = postfix.audit(status=FOUND)
    assert "dsn-incomplete" in found and "dsn-unavailable" not in found


def test_certificates(postfix, authority):
    cert, key = authority.issue("mx.example.com")
    postfix.append("main.cf", f"smtpd_tls_cert_file = {cert}\n"
                   f"smtpd_tls_key_file = {key}\n"
                   "smtpd_tls_eccert_file = /nosuch.pem\n"
                   "smtpd_tls_security_level = may\n")
    found = postfix.audit(status=LEAK)
    assert "ends in 1 days" in found["site-cert-expiring"][0]["line"]
    assert "/nosuch.pem" in found["site-cert-missing"][0]["line"]
    assert "site-no-cert" not in found


def test_every_parameter_is_expanded_as_postconf_does(postfix, tmp_path):
    program = programs.ours("forceencctl").replace(
        "forceencctl", "tests/check/postconf_dump")
    if not os.access(program, os.X_OK):
        pytest.skip("postconf_dump is not built")
    postfix.append("main.cf", "myown = ${mynetworks?{yes, $myorigin}}\n"
                   "smtp_helo_name = $myown ${nosuch:none}\n")
    postfix.save(tmp_path)
    done = subprocess.run([program, str(tmp_path)], capture_output=True,
                          text=True, timeout=TIMEOUT, check=True)
    ours = dict(line.split(" =", 1) for line in done.stdout.splitlines()
                if not line.startswith("unclear: "))
    theirs = dict(line.split(" =", 1)
                  for line in postfix.postconf("-x").splitlines())
    assert len(ours) > 900
    # What only a running daemon knows, postconf leaves as it is.
    computed = {"process_id", "mydomain"}
    theirs = {name: value for name, value in theirs.items()
              if name in ours and "$" not in value and name not in computed}
    assert len(theirs) > 900
    different = {
        name: (ours.get(name), value) for name, value in theirs.items()
        if " ".join((ours.get(name) or "").split()) != " ".join(value.split())}
    assert different == {}


# What "postconf -d" of newer versions says, built as they come but without
# Berkeley DB, with a host's name of our own.
SAVED = pathlib.Path(__file__).with_name("postconf")

NEWER = {
    "3.10.13": {"notes": set()},
    "3.11.6": {"notes": {"transport-requiretls"}},
    "3.12-20260821": {
        "n": "smtp_tls_loglevel_maps = hash:/etc/postfix/quiet\n",
        "notes": {"transport-requiretls", "transport-loglevel-maps"}},
}


@pytest.mark.parametrize("version", NEWER)
def test_saved_outputs_of_newer_versions(postfix, tmp_path, version):
    newer = NEWER[version]
    postfix.apply_ours("inet:127.0.0.1:9999")
    postfix.postconf("-PX", "forceenc/unix/tls_required_enable")
    postfix.save(tmp_path)
    defaults = (SAVED / version).read_text()
    assert f"mail_version = {version}\n" in defaults
    (tmp_path / "postconf-d").write_text(defaults)
    with open(tmp_path / "postconf-n", "a", encoding="utf-8") as file:
        file.write(newer.get("n", ""))
    found = audit("/nosuch.cf", "--from", str(tmp_path), status=LEAK)
    assert rules(found, "leak") == {"transport-tls-required"}
    assert newer["notes"] <= rules(found, "note")
    assert rules(found, "warning") == set()
    assert "unseen" in found and "map-site" not in found
    # As the fragment has it.
    with open(tmp_path / "postconf-P", "a", encoding="utf-8") as file:
        file.write("forceenc/unix/tls_required_enable = no\n")
    audit("/nosuch.cf", "--from", str(tmp_path), status=NOTHING)
    # The way made by hand.
    with open(tmp_path / "postconf-P", "a", encoding="utf-8") as file:
        file.write("forceenc/unix/smtp_tls_policy_maps = static:may\n"
                   "forceenc/unix/smtp_tls_security_level = dane\n"
                   "forceenc/unix/smtp_delivery_status_filter =\n")
    with open(tmp_path / "postconf-n", "a", encoding="utf-8") as file:
        file.write("sender_dependent_default_transport_maps = ldap:/x\n"
                   "relay_domains = a.example\n")
    found = audit("/nosuch.cf", "--from", str(tmp_path), status=LEAK)
    assert rules(found, "leak") == {
        "map-direct", "transport-level", "route-class"}
    assert {"dsn-missing", "transport-policy-unread"} <= rules(
        found, "warning")


def test_another_transport(postfix):
    found = postfix.audit("--transport", "relay:", status=LEAK)
    assert "transport-level" in found and "transport-missing" not in found


def test_for_people(postfix):
    done = subprocess.run(
        [programs.ours("forceencctl"), "-c", "/nosuch.cf", "audit",
         "--config-dir", str(postfix.folder)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == LEAK and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Postfix 3.") and "1 leak, " in lines[0]
    assert lines[2].startswith("SEVERITY") and lines[3].startswith("leak")
    # A command stands in one line, to be copied.
    long = [line for line in lines
            if len(line) > 79 and not line.startswith("  do: ")
            and str(postfix.folder) not in line]
    assert long == []
    done = subprocess.run(
        [programs.ours("forceencctl"), "-c", "/nosuch.cf", "audit", "--tsv",
         "--config-dir", str(postfix.folder)],
        capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert {line.count("\t") for line in done.stdout.splitlines()} == {4}


def test_what_cannot_be_read(postfix, tmp_path, folder):
    ctl = Ctl(folder / "forceenc.cf")
    ctl("audit", "--from", str(tmp_path), "--config-dir", "/x", status=USAGE)
    ctl("audit", "now", status=USAGE)
    said = ctl("audit", "--config-dir", str(tmp_path / "no"), status=CONFIG)
    assert "main.cf" in said.err and said.out == ""
    postfix.save(tmp_path)
    for name in ("postconf-P", "postconf-d"):
        text = (tmp_path / name).read_text()
        (tmp_path / name).unlink()
        said = ctl("audit", "--from", str(tmp_path), status=CONFIG)
        assert name in said.err and said.out == ""
        (tmp_path / name).write_text("what is this?\n")
        said = ctl("audit", "--from", str(tmp_path), status=CONFIG)
        assert f"{name}: line 1" in said.err
        (tmp_path / name).write_text(text)
    (tmp_path / "postconf-M").write_text("")
    said = ctl("audit", "--from", str(tmp_path), status=CONFIG)
    assert "postconf-M: is empty" in said.err


def fake_postconf(tmp_path, script):
    program = tmp_path / "bin" / "postconf"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return dict(os.environ, PATH=f"{program.parent}:/usr/bin:/bin")


@pytest.mark.parametrize("script,status,said", [
    ("echo 'postconf: fatal: broken' >&2; exit 1", CONFIG, "fatal: broken"),
    ("kill -9 $$", TEMPFAIL, "signal 9"),
    ("exec yes 'a = b'", TEMPFAIL, "says more"),
    ("echo what", CONFIG, "line 1"),
])
def test_a_postconf_that_fails(tmp_path, script, status, said):
    done = subprocess.run(
        [programs.ours("forceencctl"), "audit"], capture_output=True,
        text=True, timeout=TIMEOUT, check=False,
        env=fake_postconf(tmp_path, script))
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
