# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""What the tests with real peers stand on: programs that are started and
stopped, logs that are waited upon, and clients and servers of our own.

Nothing in here sleeps. A test waits for an event (a log line, a datagram, a
message in a sink) with a limit behind which it fails and shows the log.
"""

import os

TIMEOUT = float(os.environ.get("FORCEENC_LAB_TIMEOUT", "60"))
"""Seconds behind which an event that should come is missed. It's never the
time a passing test takes."""
