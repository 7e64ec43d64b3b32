/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_IMPORT_H
#define FORCEENC_WATCH_IMPORT_H

#include <stddef.h>

#include "forceenc-watch/walk.h"
#include "forceenc/err.h"
#include "forceenc/store.h"

/*
 * Reads logs from their beginning, the oldest first, and returns. What was
 * read before, by whatever name, is left out; what was interrupted goes on.
 * -1 with err: what was committed until then stays.
 */
int import_run(struct store *, const struct walk_rules *, char **paths,
    size_t n, struct err *);

#endif
