# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Fixtures that every test with a peer may use; lab/ is what they're of."""

import pathlib
import resource
import shutil
import tempfile

import pytest

from lab import certs, net
from lab.daemon import Daemon
from lab.ldap_table import LdapTable
from lab.proxy import Proxy
from lab.sink import Loop, Sink
from lab.slapd import Slapd
from lab.trio import Trio


# Files that take long, and tests that take so long that they're run beside the
# rest of their file.
LONG = ("test_postfix", "test_store_pgsql", "test_store_pgsql_failover",
        "test_boot", "test_setup", "test_audit", "test_pgsql_push",
        "test_systemd", "test_certificates")
LONGEST = ("test_interrupted_it_is_whole_or_undone",
           "test_killed_it_is_done_the_next_time",
           "test_without_the_daemon_mail_waits_and_then_flows",
           "test_unit", "test_connection_lost_at_any_byte")


def group(item):
    return item.name if item.originalname in LONGEST else item.path.stem


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What runs side by side ends sooner if what takes long is first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: (item.originalname not in LONGEST,
                                 item.path.stem not in LONG))


@pytest.fixture(scope="session")
def make_folder():
    """Makes folders with short names that every user may enter: a unix
    socket's path has 107 bytes, and Postfix isn't root."""
    made = []

    def make():
        folder = pathlib.Path(tempfile.mkdtemp(prefix="forceenc-"))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder(make_folder):
    return make_folder()


@pytest.fixture(scope="session")
def authority(make_folder):
    return certs.Authority(make_folder())


@pytest.fixture(scope="session")
def certificate(authority):
    return authority.issue("sink.lab.test")


@pytest.fixture(scope="module")
def make_sink(certificate):
    """Makes sinks: make_sink(number, tls=..., replies=...)."""
    loop = Loop()
    made = []

    def make(number, **options):
        options.setdefault("certificate", certificate)
        sink = Sink(loop, net.host(number), **options)
        made.append(sink)
        return sink

    yield make
    for sink in made:
        sink.close()
    loop.close()


@pytest.fixture
def make_daemon():
    """Makes daemons that end with the test, which fails if one of them had
    anything undeclared to say or didn't end well."""
    made = []

    def make(folder, **options):
        daemon = Daemon(folder, **options)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.close()
    for daemon in made:
        daemon.check()


@pytest.fixture(scope="session", autouse=True)
def many_files():
    """As many open files as this process may have: some tests connect by
    the thousand."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def make_trio(folder, make_daemon):
    made = []

    def make(**options):
        served = Trio(folder, make_daemon, **options)
        made.append(served)
        return served

    yield make
    for served in made:
        if served.client is not None:
            served.client.close()


def _make_slapd(make_folder, authority, made):
    def make(**options):
        slapd = Slapd(make_folder(), authority, **options)
        made.append(slapd)
        return slapd
    return make


@pytest.fixture(scope="module")
def make_slapd_module(make_folder, authority):
    """Makes directories that serve all tests of a file."""
    made = []
    yield _make_slapd(make_folder, authority, made)
    for slapd in made:
        slapd.close()


@pytest.fixture
def make_slapd(make_folder, authority):
    """Makes directories: make_slapd(syncprov=..., extra=...)."""
    made = []
    yield _make_slapd(make_folder, authority, made)
    for slapd in made:
        slapd.close()


@pytest.fixture
def make_proxy():
    """Makes proxies: make_proxy((address, port))."""
    loop = Loop()
    made = []

    def make(target, number=8, address=None):
        proxy = Proxy(loop, target, address or net.host(number))
        made.append(proxy)
        return proxy

    yield make
    for proxy in made:
        proxy.close()
    loop.close()


@pytest.fixture
def make_ldap_table(folder, make_slapd, make_proxy, make_daemon):
    """Makes daemons with an ldap: table. They end before their servers, which
    they would miss."""
    made = []

    def make(slapd, *words, **parameters):
        table = LdapTable(folder, make_daemon, slapd, *words, **parameters)
        made.append(table)
        return table

    yield make
    for table in made:
        table.close()
