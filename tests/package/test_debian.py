# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Debian's packages: they build from what the tarball holds, install into an
empty system, and leave nothing behind."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["FORCEENC_BUILDDIR"]
PACKAGES = ["forceenc", "forceenc-watch"]


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, (words, done.stdout[-4000:],
                                  done.stderr[-4000:])
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """{package: path of the .deb}"""
    for program in ("dpkg-buildpackage", "dh"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (Debian: dpkg-dev debhelper)")
    work = tmp_path_factory.mktemp("debian")
    source = work / "forceenc-0.1.0"
    run("make", "-C", BUILD, "--silent", "distdir", f"distdir={source}")
    shutil.copytree(source / "packaging" / "debian", source / "debian")
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    env["DEB_BUILD_OPTIONS"] = (
        f"nocheck noautodbgsym parallel={os.cpu_count()}")
    run("dpkg-buildpackage", "-b", "-us", "-uc", cwd=source, env=env)
    debs = {deb.name.split("_")[0]: deb for deb in work.glob("*.deb")}
    assert sorted(debs) == PACKAGES
    return debs


def contents(deb):
    """{path: mode and owner}"""
    found = {}
    for line in run("dpkg-deb", "-c", str(deb)).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        found[path.split(" -> ")[0].removeprefix(".").rstrip("/")] = (
            mode, owner)
    return found


EXPECTED = {
    "forceenc": [
        "/usr/sbin/forceencd", "/usr/bin/forceencctl",
        "/etc/forceenc/forceenc.cf", "/etc/forceenc/policy.cf",
        "/lib/systemd/system/forceencd.service",
        "/lib/systemd/system/forceencd.socket",
        "/lib/systemd/system/forceencd-postfix.socket",
        "/usr/lib/sysusers.d/forceenc.conf",
        "/usr/lib/tmpfiles.d/forceenc.conf",
        "/usr/share/bash-completion/completions/forceencctl",
        "/usr/share/man/man1/forceencctl.1.gz",
        "/usr/share/man/man5/forceenc.cf.5.gz",
        "/usr/share/man/man8/forceencd.8.gz",
        "/usr/share/doc/forceenc/postfix.md.gz",
        "/usr/share/doc/forceenc/examples/postfix/dsn_filter.pcre",
        "/usr/share/doc/forceenc/copyright",
    ],
    "forceenc-watch": [
        "/usr/sbin/forceenc-watch",
        "/lib/systemd/system/forceenc-watch.service",
        "/lib/systemd/system/forceenc-report.service",
        "/lib/systemd/system/forceenc-report.timer",
        "/usr/share/man/man8/forceenc-watch.8.gz",
    ],
}


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_is_where_debian_expects_it(built, package):
    have = contents(built[package])
    assert not [path for path in EXPECTED[package] if path not in have]
    assert {owner for _, owner in have.values()} == {"root/root"}
    for path, (mode, _) in have.items():
        assert not mode.startswith("-") or "s" not in mode, path
        assert "/usr/local" not in path and str(TOP) not in path


@pytest.mark.parametrize("package", PACKAGES)
def test_units_run_what_is_installed(built, package, tmp_path):
    run("dpkg-deb", "-x", str(built[package]), str(tmp_path))
    have = {path for name in PACKAGES for path in contents(built[name])}
    services = list(tmp_path.glob("lib/systemd/system/*.service"))
    assert services
    # Which the smallest Debian hasn't got.
    if "procps" in run("dpkg-deb", "-f", str(built[package]), "Depends"):
        have.add("/bin/kill")
    for service in services:
        text = service.read_text()
        assert not re.search(r"@\w+dir@", text), service
        # Settings of systemd's that run something: ExecStart=, ExecReload=.
        programs = re.findall(r"^Exec\w+=(\S+)", text, re.M)
        assert programs
        for program in programs:
            assert program in have, service


def test_no_file_is_in_both(built):
    files = [{path for path, (mode, _) in contents(built[name]).items()
              if not mode.startswith("d")} for name in PACKAGES]
    assert files[0] & files[1] == set()


def test_everything_that_make_installs_is_in_one(built, tmp_path):
    run("make", "-C", BUILD, "--silent", "install",
        f"DESTDIR={tmp_path}", "prefix=/usr", "sysconfdir=/etc",
        "systemdunitdir=/lib/systemd/system")
    have = {re.sub(r"\.gz$", "", path) for name in PACKAGES
            for path in contents(built[name])}
    made = {"/" + str(path.relative_to(tmp_path))
            for path in tmp_path.rglob("*") if path.is_file()}
    # Which is there under Debian's name.
    assert made - have == {"/usr/share/doc/forceenc/CHANGELOG.md"}


@pytest.mark.parametrize("package", PACKAGES)
def test_an_upgrade_stops_nothing_for_good(built, package, tmp_path):
    """What somebody has enabled goes on, and the daemons are the new ones."""
    run("dpkg-deb", "-e", str(built[package]), str(tmp_path))
    for name in ("preinst", "prerm"):
        script = tmp_path / name
        if script.exists():
            for part in re.split(r"(?m)^(?=if )", script.read_text()):
                assert "= remove" in part or " stop " not in part, part
    restarted = " ".join(re.findall(
        r"deb-systemd-invoke (?:\$_dh_action|try-restart) (.*) >",
        (tmp_path / "postinst").read_text()))
    for unit in {"forceenc": ["forceencd.service"],
                 "forceenc-watch": ["forceenc-watch.service",
                                    "forceenc-report.timer"]}[package]:
        assert f"'{unit}'" in restarted
    assert ".socket" not in restarted


def test_configuration_is_the_administrators(built):
    conffiles = run("dpkg-deb", "-I", str(built["forceenc"]), "conffiles")
    assert conffiles.split() == ["/etc/forceenc/forceenc.cf",
                                 "/etc/forceenc/policy.cf"]


def dpkg(root, *words):
    return run("dpkg", f"--root={root}", "--force-depends",
               "--force-script-chrootless", "--force-not-root",
               f"--log={root}/dpkg.log", *words, env=dict(
                   os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin",
                   DEBIAN_FRONTEND="noninteractive"))


def left(root):
    """Files, without what dpkg keeps for itself."""
    return {"/" + str(path.relative_to(root)) for path in root.rglob("*")
            if not path.is_dir() and "var/lib/dpkg" not in str(path)
            and path.name not in ("dpkg.log",)}


def test_installed_and_removed(built, tmp_path):
    """Into a system that is there only for this."""
    if os.getuid() != 0:
        pytest.skip("only root can install packages")
    root = tmp_path / "root"
    for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
        (root / name).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "var/lib/dpkg/available").touch()
    dpkg(root, "-i", *[str(built[name]) for name in PACKAGES])
    assert re.search(
        "^forceenc:", (root / "etc/passwd").read_text(), re.M)
    assert (root / "var/lib/forceenc").stat().st_mode & 0o777 == 0o750
    enabled = {path.name for path in
               (root / "etc/systemd/system").rglob("*.wants/*")}
    assert enabled == {"forceencd.service", "forceencd.socket",
                       "forceenc-watch.service"}
    conf = root / "etc/forceenc/forceenc.cf"
    conf.write_text(conf.read_text() + "\n# mine\n")
    (root / "var/lib/forceenc/policy.db").write_text("x")
    # What systemd leaves for the units that aren't enabled by default.
    (root / "var/spool/postfix/forceenc").mkdir(parents=True)
    stamp = root / "var/lib/systemd/timers/stamp-forceenc-report.timer"
    stamp.parent.mkdir(parents=True)
    stamp.touch()
    dpkg(root, "-r", *reversed(PACKAGES))
    # What an administrator wrote, and the policy, are still there.
    assert conf.exists() and (root / "var/lib/forceenc/policy.db").exists()
    assert not list(root.glob("usr/*bin/force*"))
    dpkg(root, "-P", *reversed(PACKAGES))
    assert {path for path in left(root) if "forceenc" in path} == set()
    assert not (root / "var/spool/postfix/forceenc").exists()
