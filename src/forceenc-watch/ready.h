/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_READY_H
#define FORCEENC_WATCH_READY_H

#include <stdbool.h>

#include "forceenc-watch/view.h"
#include "forceenc/buf.h"

/* How far behind it may be and still be ready: ms. */
#define READY_LAG_MAX 300000

/* How old the statistics are, in ms: 0 after all was read that is there; else
 * the age of the last line of Postfix that was read, or how long the store
 * can't be written, whichever is more. now is clock_now(), wall clock_wall().
 */
uint64_t ready_lag(const struct view *, uint64_t now, uint64_t wall);

/* Whether the statistics follow the log: the store can be written, there is a
 * log, and the lag is at most READY_LAG_MAX. Adds a line to why for each thing
 * that is wrong. */
bool ready_ask(
    const struct view *, uint64_t now, uint64_t wall, struct buf *why);

#endif
