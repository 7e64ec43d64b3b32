/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_WATCH_H
#define FORCEENC_WATCH_WATCH_H

#include "forceenc-watch/walk.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"

/* What of the configuration the walk needs; borrowed from it. */
void watch_rules(struct walk_rules *, const struct conf *);

/*
 * Follows the log until SIGTERM or SIGINT; takes the configuration, which
 * SIGHUP replaces. -1 with err if it can't begin; what goes wrong later is
 * logged, and tried again.
 */
int watch_run(struct conf *, struct err *);

#endif
