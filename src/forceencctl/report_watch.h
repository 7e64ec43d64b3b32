/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_WATCH_H
#define FORCEENC_FORCEENCCTL_REPORT_WATCH_H

#include "forceencctl/report_ask.h"

/*
 * Adds how far the statistics can be believed: "watchers", forceenc-watch's of
 * each host as of its last commit, and for the one of this host "uncounted", the
 * seconds between that and the last line of the log; and "known_since", null
 * where nothing is known.
 */
int report_watch_gather(
    const struct report_ask *, json_t *report, struct err *);

#endif
