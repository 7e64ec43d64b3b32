# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""For what has no event to wait for."""

import time

from . import TIMEOUT


def until(ask, wanted, limit=TIMEOUT):
    """Asks again and again until the reply is the wanted one, and returns
    the seconds it took; fails behind the limit."""
    began = time.monotonic()
    while True:
        reply = ask()
        took = time.monotonic() - began
        if is_reply(reply, wanted):
            return took
        assert took < limit, f"still {reply!r} instead of {wanted!r}"


def is_reply(reply, wanted):
    """wanted is bytes, or a pattern that has to match them all."""
    if isinstance(wanted, bytes):
        return reply == wanted
    return wanted.fullmatch(reply) is not None
