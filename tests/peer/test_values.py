# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""What a table says, and what becomes of it: values, several of them, keys,
and a switch that is in force at once."""

import pytest

from lab.trio import ALICE, BOB, CARL


def test_a_switch_is_in_force_at_once(make_trio):
    served = make_trio().start()
    for turn in range(10):
        for address in ("eve@example.com", "@domain.test", "<>"):
            asked = {"@domain.test": "any@domain.test",
                     "<>": '"<>"'}.get(address, address)
            served.expect(asked, served.client.NOTFOUND)
            served.policy.set({address: "yes" if turn % 2 else "forceenc:"})
            served.until(asked, served.client.FOUND)
            served.policy.unset(address)
            served.until(asked, served.client.NOTFOUND)


def test_the_null_sender_has_one_key(make_trio):
    served = make_trio().start()
    for key in ('"<>"', "<>", ""):
        served.expect(key, served.client.NOTFOUND)
    served.policy.set({"<>": "forceenc:"})
    served.until('"<>"', served.client.FOUND)
    for key in ('"<>"', "<>"):
        served.expect(key, served.client.FOUND)


def test_the_strictest_of_several_answers_wins(make_trio):
    served = make_trio(forceenc_answers="strict:, forceenc:[gate]:26")
    served.policy.set({ALICE: "forceenc:[gate]:26", BOB: "strict:"})
    served.daemon.start()
    served.client = served.endpoints.client("socketmap-unix")
    served.expect(ALICE, b"21:OK forceenc:[gate]:26,")
    served.policy.add(ALICE, "strict:")
    served.until(ALICE, b"10:OK strict:,")
    served.policy.add(BOB, "forceenc:[gate]:26")
    served.policy.add(BOB, "DUNNO")
    served.policy.add(BOB, "no")
    served.policy.set({CARL: "strict:"})
    served.until(CARL, b"10:OK strict:,")
    served.expect(BOB, b"10:OK strict:,")


def test_a_value_that_is_not_permitted_is_said_once(make_trio):
    served = make_trio().start()
    served.daemon.log.expect(
        r"warning: .*policy\.cf: mallory@example\.com: .*smtp:")
    served.policy.set({"mallory@example.com": "smtp:[evil.test]"})
    served.until("mallory@example.com", served.client.TEMP)
    for _ in range(20):
        served.expect("mallory@example.com", served.client.TEMP)
        served.expect("Mallory+x@example.com", served.client.TEMP)
    # A change elsewhere in the database is no news of this one.
    served.policy.set({"eve@example.com": "forceenc:"})
    served.until("eve@example.com", served.client.FOUND)
    served.expect("mallory@example.com", served.client.TEMP)
    warnings = served.daemon.log.find("warning: .*mallory")
    assert len(warnings) == 1, warnings
    served.policy.set({"mallory@example.com": "no"})
    served.until("mallory@example.com", served.client.NOTFOUND)


def test_a_bad_value_is_not_hidden_by_a_good_one(make_trio):
    served = make_trio().start()
    served.daemon.log.expect("warning: .*smtp:")
    served.policy.add(ALICE, "smtp:")
    served.until(ALICE, served.client.TEMP)


def test_foreign_bytes_are_printable_in_the_log(make_trio):
    served = make_trio().start()
    served.daemon.log.expect("warning: .*not a permitted answer")
    served.policy.set(
        {"eve@example.com": "x\n<3>forceencd[1]: error: forged\x1b[31m"})
    served.until("eve@example.com", served.client.TEMP)
    for line in served.daemon.log.lines():
        assert "\x1b" not in line
        assert not line.startswith("<3>")


@pytest.mark.parametrize("value", ["", None, "  "])
def test_an_empty_value_is_none(make_trio, value):
    served = make_trio().start()
    served.policy.set({"@void.test": "forceenc:", "eve@void.test": value})
    served.until("eve@void.test", served.client.FOUND)
    served.policy.unset("@void.test")
    served.until("eve@void.test", served.client.NOTFOUND)


@pytest.mark.parametrize("value", [
    "forceenc:\x00", b"forceenc:\x00smtp:", b"\xff", 7, 1.5,
    "forceenc", "FORCEENC:", "forceenc:[gate]",
    pytest.param("x" * 100000, id="long")])
def test_a_value_that_only_looks_alike_is_doubt(make_trio, value):
    served = make_trio().start()
    served.daemon.log.expect("warning: .*not a permitted answer")
    served.policy.set({"eve@example.com": value})
    served.until("eve@example.com", served.client.TEMP)


def test_more_values_than_the_limit_are_doubt(make_trio):
    served = make_trio()
    with open(served.policy.path, "a", encoding="ascii") as table:
        table.write("expansion_limit = 1\n")
    served.start()
    served.daemon.log.allow("expansion_limit")
    served.policy.add(BOB, "forceenc:")
    served.until(BOB, served.client.TEMP)
    served.expect(CARL, served.client.FOUND)


def test_other_domains_are_not_looked_up(make_trio):
    served = make_trio()
    with open(served.policy.path, "a", encoding="ascii") as table:
        table.write("domain = example.com, Wholly.test\n")
    served.policy.set({"eve@other.test": "forceenc:",
                       "eve@wholly.test": "forceenc:"})
    served.start()
    served.expect("eve@other.test", served.client.NOTFOUND)
    served.expect("eve@WHOLLY.test", served.client.FOUND)


def test_a_more_specific_no_is_an_exception(make_trio):
    served = make_trio().start()
    served.policy.set({"@domain.test": "forceenc:", "eve@domain.test": "no"})
    served.until("any@domain.test", served.client.FOUND)
    served.expect("eve@domain.test", served.client.NOTFOUND)
    served.expect("Eve+x@domain.test", served.client.NOTFOUND)
