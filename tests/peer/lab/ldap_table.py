# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""A daemon with an ldap: table, as an administrator writes it."""

from . import TIMEOUT
from .endpoints import Endpoints
from .slapd import PASSWORD, PEOPLE, READER
from .until import is_reply, until

DOWN = r"error: .*ldap:.*people\.cf: can't be asked: "

PERSON = """
server_host = {url}
bind = yes
start_tls = no
version = 3
bind_dn = {reader}
bind_pw = {password}
search_base = {people}
scope = sub
query_filter = (&(|(mail=%s)(mailAlias=%s))(mailEnabled=TRUE)(objectClass=person))
result_attribute = transportMap, forceEncryption
debuglevel = 0
timeout = 1s
retry_interval = 200ms
"""


class LdapTable:
    """forceencd with the table; parameters replace those above."""

    def __init__(self, folder, make_daemon, slapd, transport="ldap",
                 url=None, options=None, **parameters):
        self.folder = folder
        self.slapd = slapd
        self.path = folder / "people.cf"
        self.parameters = dict(
            line.split(" = ", 1) for line in PERSON.format(
                url=url or slapd.url(transport), reader=READER,
                password=PASSWORD, people=PEOPLE).strip().splitlines())
        if transport == "starttls":
            self.parameters["start_tls"] = "yes"
        if transport in ("ldaps", "starttls"):
            self.parameters["tls_ca_cert_file"] = slapd.authority.path
        self.parameters.update(parameters)
        self.endpoints = Endpoints(folder)
        self.daemon = make_daemon(
            folder, forceenc_tables=f"ldap:{self.path}",
            **self.endpoints.options(), **(options or {}))
        self.client = None

    def write(self):
        self.path.write_text("".join(
            f"{name} = {value}\n" for name, value in self.parameters.items()))

    def start(self, **options):
        self.write()
        self.daemon.start(**options)
        self.client = self.endpoints.client("socketmap-unix")
        return self

    def close(self):
        if self.client is not None:
            self.client.close()

    def ask(self, key):
        return self.client.ask(key)

    def expect(self, key, wanted):
        reply = self.ask(key)
        assert is_reply(reply, wanted), (key, reply)

    def until(self, key, wanted, limit=TIMEOUT):
        return until(lambda: self.ask(key), wanted, limit)
