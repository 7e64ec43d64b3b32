/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_WATCH_H
#define FORCEENC_FORCEENCCTL_REPORT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "forceencctl/report_ask.h"

/*
 * Adds how far the statistics can be believed: "watchers", forceenc-watch's of
 * each host as of its last commit, with what is known of ours: "running" (true,
 * false, or null where it can't be seen) and "uncounted", the seconds between
 * its last commit and the last line of the log; and "known_since", null where
 * nothing is known.
 */
int report_watch_gather(
    const struct report_ask *, json_t *report, struct err *);

/* Whether the text of /proc/locks says that somebody has this file flock(2)ed.
 */
bool report_watch_is_locked(const char *locks, uint64_t device, uint64_t inode);

#endif
