# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""OpenLDAP's slapd with a database of its own, over every transport."""

import os
import pathlib
import subprocess
import urllib.parse

from . import TIMEOUT, net, programs
from .until import until

SUFFIX = "dc=example,dc=com"
ROOT = f"cn=admin,{SUFFIX}"
PEOPLE = f"ou=people,{SUFFIX}"
READER = f"cn=forceenc,ou=services,{SUFFIX}"
PASSWORD = "secret, with # signs"
TRANSPORTS = ["ldap", "ldaps", "starttls", "ldapi"]
NAME = "ldap.lab.test"

# What the administrator of the issue has in the directory.
SITE_SCHEMA = """
attributetype ( 2.25.5.1.1 NAME 'transportMap'
    EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 2.25.5.1.2 NAME 'mailEnabled'
    EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( 2.25.5.1.3 NAME 'mailAlias'
    EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
objectclass ( 2.25.5.2.1 NAME 'mailPerson' SUP top AUXILIARY
    MAY ( transportMap $ mailEnabled $ mailAlias ) )
"""

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {source}/etc/ldap/forceenc.schema
include {folder}/site.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{syncprov_module}
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSVerifyClient try
{administrator}
authz-regexp gidNumber=.*,cn=peercred,cn=external,cn=auth {reader}
authz-regexp cn=client\\.lab\\.test {reader}
{extra}

database mdb
suffix {suffix}
rootdn {root}
rootpw root
directory {folder}/data
maxsize 8589934592
index objectClass,mail,mailAlias eq
{database_extra}
{syncprov}
{database}
"""

PERSON = """dn: uid={uid},{people}
objectClass: inetOrgPerson
objectClass: mailPerson
objectClass: forceEncryptionPolicy
uid: {uid}
cn: {uid}
sn: {uid}
userPassword: {uid}
mailEnabled: TRUE
{attributes}
"""


class Slapd:
    def __init__(self, folder, authority, certificate=None, syncprov=False,
                 extra="", address=None, limits="size=unlimited",
                 administrator=False, database="", access=""):
        self.folder = pathlib.Path(folder)
        self.authority = authority
        self.address = address or net.host(9)
        self.certificate = certificate or authority.issue(
            NAME, f"IP:{self.address}")
        self.syncprov = syncprov
        self.extra = extra
        self.database = database
        self.limits = limits
        self.access = access  # in front of all other rules
        # Whether we are the administrator over ldapi://, by our user.
        self.administrator = administrator
        self.process = None
        self.ports = {}
        self._output = None

    def url(self, transport):
        if transport == "ldapi":
            path = urllib.parse.quote(str(self.folder / "ldapi"), safe="")
            return f"ldapi://{path}"
        scheme = "ldaps" if transport == "ldaps" else "ldap"
        return f"{scheme}://{self.address}:{self.ports[scheme]}"

    def write(self):
        access = (programs.TOP / "etc/ldap/access.conf").read_text()
        access = access.replace("size=unlimited", self.limits)
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "site.schema").write_text(SITE_SCHEMA)
        (self.folder / "slapd.conf").write_text(CONFIG.format(
            source=programs.TOP, folder=self.folder, suffix=SUFFIX, root=ROOT,
            reader=READER, authority=self.authority.path,
            certificate=self.certificate[0], key=self.certificate[1],
            extra=self.extra, database=self.database,
            administrator=f"authz-regexp gidNumber={os.getegid()}[+]"
            f"uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth {ROOT}"
            if self.administrator else "",
            syncprov_module="moduleload syncprov" if self.syncprov else "",
            syncprov="overlay syncprov\nsyncprov-sessionlog 1000"
            if self.syncprov else "",
            database_extra=self.access + access + f"""
access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact="{READER}" read by self read by * none
"""))

    def load(self, people, more=""):
        """Fills the database: {uid: "attribute: value" lines}, and an LDIF of
        other entries."""
        text = f"""dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: lab

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ou=services,{SUFFIX}
objectClass: organizationalUnit
ou: services

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: forceenc
userPassword: {PASSWORD}

"""
        for uid, attributes in people.items():
            text += PERSON.format(
                uid=uid, people=PEOPLE, attributes=attributes.strip()) + "\n"
        text += more
        self.write()
        self.run("slapadd", "slapd", "-q", "-f", self.folder / "slapd.conf",
                 text=text)

    def run(self, name, package, *words, text=None):
        done = subprocess.run(
            [programs.peer(name, package), *map(str, words)],
            input=text.encode() if text else None, capture_output=True,
            timeout=TIMEOUT, check=False)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.decode()

    def start(self):
        """Returns once it answers. It keeps its ports."""
        if not self.ports:
            self.ports = {scheme: net.free_port(self.address)
                          for scheme in ("ldap", "ldaps")}
        self.write()
        urls = " ".join([self.url("ldap"), self.url("ldaps"),
                         self.url("ldapi")])
        self._output = open(self.folder / "slapd.log", "ab")
        self.process = subprocess.Popen(
            [programs.peer("slapd", "slapd"), "-d", "0", "-h", urls, "-f",
             str(self.folder / "slapd.conf")],
            stdin=subprocess.DEVNULL, stdout=self._output,
            stderr=self._output)
        until(self._answers, b"yes", TIMEOUT)
        return self

    def _answers(self):
        assert self.process.poll() is None, (
            self.folder / "slapd.log").read_text()
        done = subprocess.run(
            [programs.peer("ldapwhoami", "ldap-utils"), "-x", "-H",
             self.url("ldap")], capture_output=True, timeout=TIMEOUT,
            check=False)
        return b"yes" if done.returncode == 0 else done.stderr

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self._output.close()
        self.process = None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT)
            self._output.close()

    def modify(self, text, who=ROOT, password="root"):
        """An LDIF of changes, by whom they are made."""
        self.run("ldapmodify", "ldap-utils", "-x", "-H", self.url("ldap"),
                 "-D", who, "-w", password, text=text)

    def toggle(self, uid, value):
        """By the owner."""
        dn = f"uid={uid},{PEOPLE}"
        what = (f"replace: forceEncryption\nforceEncryption: {value}"
                if value is not None else "delete: forceEncryption")
        self.modify(f"dn: {dn}\nchangetype: modify\n{what}\n", dn, uid)
