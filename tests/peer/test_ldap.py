# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""ldap: tables with a real slapd, over every transport it has."""

import json

import pytest

from lab import clients, programs
from lab.daemon import Ctl
from lab.slapd import PASSWORD, PEOPLE, READER, TRANSPORTS
from lab.until import until

PEOPLE_IN_IT = {
    "alice": "mail: alice@example.com\nmailAlias: a.smith@example.com\n"
             "forceEncryption: TRUE",
    "bob": "mail: bob@example.com\ntransportMap: forceenc:",
    "carl": "mail: carl@example.com\nforceEncryption: FALSE",
    "dora": "mail: dora@example.com",
    "eve": "mail: eve@example.com\ntransportMap: smtp:[evil.test]",
    "frank": "mail: frank@example.com\ntransportMap: DUNNO",
    "grace": "mail: grace@example.com\ntransportMap: lenient:\n"
             "transportMap: forceenc:\ntransportMap: DUNNO",
    "heidi1": "mail: heidi@example.com\ntransportMap: lenient:",
    "heidi2": "mail: heidi@example.com\ntransportMap: no",
    "ivan": "mail: ivan@example.com\nforceEncryption: TRUE\n"
            "mailEnabled: FALSE",
    "domain": "mail: @secure.test\nforceEncryption: TRUE",
    "star": "mail: *@example.com\nforceEncryption: TRUE",
    "judy": "mail: judy@secure.test\ntransportMap: DUNNO",
}


def load(slapd):
    """Of the two mailEnabled lines the person's own counts."""
    slapd.load({uid: text.replace("mailEnabled: FALSE", "")
                for uid, text in PEOPLE_IN_IT.items()})
    slapd.start()
    slapd.modify(f"dn: uid=ivan,{PEOPLE}\nchangetype: modify\n"
                 "replace: mailEnabled\nmailEnabled: FALSE\n")
    return slapd


@pytest.fixture(scope="module")
def slapd(make_slapd_module):
    return load(make_slapd_module())


FOUND = b"12:OK forceenc:,"
NOTFOUND = b"9:NOTFOUND ,"
DUNNO = b"8:OK DUNNO,"
TEMP = clients.Socketmap.TEMP
REPLIES = [
    ("alice@example.com", FOUND),
    ("Alice@EXAMPLE.com", FOUND),
    ("alice+news@example.com", FOUND),
    ("a.smith@example.com", FOUND),
    ("bob@example.com", FOUND),
    ("carl@example.com", NOTFOUND),
    ("dora@example.com", NOTFOUND),
    ("eve@example.com", TEMP),
    ("frank@example.com", DUNNO),
    ("grace@example.com", FOUND),
    ("heidi@example.com", b"11:OK lenient:,"),
    ("ivan@example.com", NOTFOUND),
    ("anyone@secure.test", FOUND),
    ("judy@secure.test", DUNNO),
    ("nobody@example.com", NOTFOUND),
    ("nobody", NOTFOUND),
    ("<>", NOTFOUND),
]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_replies(make_ldap_table, slapd, transport):
    table = make_ldap_table(
        slapd, transport, options={"forceenc_answers": "forceenc:, lenient:"})
    table.daemon.log.expect(
        r"warning: .*people\.cf: eve@example\.com: .*smtp:")
    table.start()
    for _ in range(2):  # from the directory, and from the cache
        for key, wanted in REPLIES:
            table.expect(key, wanted)


def test_replies_over_tcp_table(make_ldap_table, slapd):
    table = make_ldap_table(slapd).start()
    with table.endpoints.client("tcp-inet") as client:
        assert client.ask("alice@example.com") == client.FOUND
        assert client.ask("nobody@example.com") == client.NOTFOUND


def test_the_file_that_there_is_today(make_ldap_table, slapd):
    """Line by line as Postfix has it, but for the server's name."""
    table = make_ldap_table(slapd)
    table.parameters = {
        "server_host": slapd.url("ldaps"),
        "bind": "yes",
        "start_tls": "no",
        "version": "3",
        "bind_dn": READER,
        "bind_pw": PASSWORD,
        "search_base": PEOPLE,
        "scope": "sub",
        "query_filter": "(&(mail=%s)(mailEnabled=TRUE)(objectClass=person))",
        "result_attribute": "transportMap",
        "debuglevel": "0",
        "tls_ca_cert_file": str(slapd.authority.path),
    }
    table.start()
    table.expect("bob@example.com", FOUND)
    table.expect("alice@example.com", NOTFOUND)
    table.expect("ivan@example.com", NOTFOUND)
    # Postfix says the same, once each.
    for key, wanted in (("bob@example.com", "forceenc:\n"),
                        ("alice@example.com", "")):
        _, said, _ = clients.postmap(f"ldap:{table.path}", key)
        assert said == wanted


def test_password_file_and_external_log_in(make_ldap_table, slapd, authority):
    table = make_ldap_table(slapd)
    del table.parameters["bind_pw"]
    table.parameters["bind_pw_file"] = "secret"
    (table.folder / "secret").write_text(PASSWORD + "\nnot this\n")
    table.start()
    table.expect("alice@example.com", FOUND)
    # The peer's credentials, over a unix socket.
    table.parameters["server_host"] = slapd.url("ldapi")
    table.parameters["bind"] = "sasl"
    for name in ("bind_dn", "bind_pw_file"):
        del table.parameters[name]
    table.write()
    assert table.daemon.reload()
    table.expect("bob@example.com", FOUND)
    # A certificate of our own.
    certificate, key = authority.issue("client.lab.test")
    table.parameters.update(
        server_host=slapd.url("ldaps"), tls_cert=certificate, tls_key=key,
        tls_ca_cert_file=authority.path, sasl_mechs="external")
    table.write()
    assert table.daemon.reload()
    table.expect("alice@example.com", FOUND)
    table.expect("nobody@example.com", NOTFOUND)


HOSTILE = [
    "*", "**@example.com", ")(uid=*", "x)(|(mail=*))(&(mail=*", "\\", "\\2a",
    "alice@example.com)(uid=*", "a*@example.com", "alice@example.com\\00",
    "(" * 2000, "'; DROP TABLE", '"', "%s", "%", "alice@example.com,dc=x",
    "alice@example.com\u00a0", "\u202ealice@example.com",
]
UNSPEAKABLE = [
    b"alice@example.com\x00evil", b"\x00", b"\xff\xfe@example.com",
    b"alice\n@example.com", b"\x7f", b"\xc3(@example.com", b"x" * 9000,
]


def test_hostile_keys(make_ldap_table, slapd):
    table = make_ldap_table(slapd).start()
    for key in HOSTILE:
        reply = table.ask(key)
        assert reply != FOUND, key
    for key in UNSPEAKABLE:
        reply = table.ask(key)
        assert reply != FOUND, key
    # Too long for any question: it's the connection's last one.
    with table.endpoints.client("socketmap-unix") as client:
        assert client.PERM.fullmatch(client.ask(b"x" * 10000))
    # An address that means just what it says.
    table.expect("*@example.com", FOUND)
    table.expect('"*"@example.com', FOUND)
    table.expect("alice@example.com", FOUND)


def test_parameters(make_ldap_table, slapd):
    table = make_ldap_table(
        slapd, query_filter="uid=%u", scope="one", domain="example.com",
        result_attribute="transportMap", result_format="%s")
    table.start()
    table.expect("bob@example.com", FOUND)
    table.expect("bob@other.test", NOTFOUND)
    table.parameters.update(
        search_base="uid=%u,ou=people,dc=%2,dc=%1", scope="base",
        query_filter="(objectClass=*)")
    table.write()
    assert table.daemon.reload()
    table.expect("bob@example.com", FOUND)
    table.expect("b,ou=people+x@example.com", NOTFOUND)
    table.expect("nobody@example.com", NOTFOUND)
    table.parameters.update(result_attribute="uid", result_format="forceenc:",
                            scope="sub", search_base=PEOPLE,
                            query_filter="(uid=%u)")
    table.write()
    assert table.daemon.reload()
    table.expect("dora@example.com", FOUND)


def test_limits(make_ldap_table, slapd):
    table = make_ldap_table(slapd, expansion_limit="1")
    table.start()
    table.expect("bob@example.com", FOUND)
    table.expect("grace@example.com", TEMP)
    table.expect("heidi@example.com", TEMP)
    table.parameters.update(expansion_limit="0", size_limit="1")
    table.write()
    assert table.daemon.reload()
    table.expect("heidi@example.com", TEMP)
    table.expect("nobody@example.com", NOTFOUND)


def test_idle_connections_are_closed(make_ldap_table, slapd):
    """And made again when somebody asks."""
    table = make_ldap_table(slapd, idle_interval="1s").start()

    def connections():
        status = json.loads(Ctl(table.daemon)("status", "--json"))
        return b"%d" % status["maps"][0]["tables"][0]["connections"]

    table.expect("alice@example.com", FOUND)
    assert connections() == b"1"
    until(connections, b"0")
    table.expect("bob@example.com", FOUND)
    assert connections() == b"1"


def test_the_owner_switches(make_ldap_table, slapd):
    """With the owner's own password, and nobody else's entry."""
    table = make_ldap_table(
        slapd, options={"present_ttl": "100ms", "absent_ttl": "100ms"})
    table.start()
    table.expect("dora@example.com", NOTFOUND)
    slapd.toggle("dora", "TRUE")
    table.until("dora@example.com", FOUND, 1.0)
    slapd.toggle("dora", None)
    table.until("dora@example.com", NOTFOUND, 1.0)
    for dn in (f"uid=carl,{PEOPLE}", f"uid=dora,{PEOPLE}"):
        attribute = "forceEncryption" if "carl" in dn else "transportMap"
        with pytest.raises(AssertionError, match="nsufficient"):
            slapd.modify(f"dn: {dn}\nchangetype: modify\nreplace: {attribute}"
                         f"\n{attribute}: TRUE\n",
                         f"uid=dora,{PEOPLE}", "dora")


def test_the_schema_for_cn_config(folder, slapd):
    """forceenc.ldif says what forceenc.schema says."""
    top = programs.TOP / "etc" / "ldap"
    (folder / "config").mkdir()
    entries = "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n\n" \
              "dn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\n" \
              "cn: schema\n\n"
    entries += (top / "forceenc.ldif").read_text()
    slapd.run("slapadd", "slapd", "-n", "0", "-F", folder / "config",
              text=entries)
    converted = folder / "converted"
    converted.mkdir()
    conf = folder / "slapd.conf"
    conf.write_text(f"include {top}/forceenc.schema\n")
    slapd.run("slaptest", "slapd", "-f", conf, "-F", converted)

    def definitions(where):
        path, = (where / "cn=config/cn=schema").glob("*forceenc.ldif")
        text = path.read_text().replace("\n ", "")
        return sorted(" ".join(line.split()) for line in text.splitlines()
                      if line.startswith("olc"))

    assert definitions(folder / "config") == definitions(converted)
