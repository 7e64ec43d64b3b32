/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_MOMENT_H
#define FORCEENC_FORCEENCCTL_MOMENT_H

#include <stdint.h>

#include "forceenc/err.h"

/*
 * A moment as a person writes it, in seconds since the epoch:
 *
 *   all                   STATS_ALWAYS
 *   7d, 12h, 30m, 2w      so long before now; a bare number counts days
 *   2026-06-21            the beginning of that day
 *   2026-06-21T14:00      local time, also with seconds and with a blank
 *   2026-06-21T14:00Z     the same in UTC
 *
 * -1 with err for anything else.
 */
int moment_parse(
    const char *text, int64_t now, int64_t *moment, struct err *err);

#endif
