/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_WATCH_H
#define FORCEENC_WATCH_WATCH_H

#include "forceenc-watch/walk.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceenc/store.h"

/* What of the configuration the walk needs; borrowed from it. */
void watch_rules(struct walk_rules *, const struct conf *);

/* The store, to be written to under this host's name; stop as in struct
 * store_place. */
struct store *watch_open_store(const struct conf *, int stop, struct err *);

/*
 * Follows the log until SIGTERM or SIGINT; takes the configuration, which
 * SIGHUP replaces. -1 with err if it can't begin; what goes wrong later is
 * logged, and tried again.
 */
int watch_run(struct conf *, struct err *);

#endif
