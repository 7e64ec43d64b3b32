/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_IMPORT_H
#define FORCEENC_WATCH_IMPORT_H

#include <stddef.h>

#include "forceenc-watch/walk.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"

/*
 * Reads logs from their beginning into conf->store, the oldest first, and
 * returns. What was read before, by whatever name, is left out; what was
 * interrupted goes on. A store that can't be had or written is waited for, an
 * hour at most, which is told; at the beginning only for standard input ("-"),
 * since other logs can be read later as well. -1 with err: what was committed
 * until then stays.
 */
int import_run(const struct conf *, const struct walk_rules *, char **paths,
    size_t n, struct err *);

/* The same with standard input, which somebody may write to for long: what has
 * come is committed when no more does, and a signal ends it. */
int import_input(const struct conf *, const struct walk_rules *, struct err *);

#endif
