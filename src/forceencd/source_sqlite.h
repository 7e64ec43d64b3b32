/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOURCE_SQLITE_H
#define FORCEENC_FORCEENCD_SOURCE_SQLITE_H

#include "forceencd/source.h"

/*
 * sqlite: tables. The database is asked in the loop, on a read-only
 * connection that never waits for a lock: a question takes microseconds, and
 * a query that would take longer is stopped (query_time_limit). While another
 * process holds the file locked, questions wait their turn for a short while,
 * since a writer is done in milliseconds; after that they are unsure.
 */
struct source *source_sqlite_new(
    const struct conf_sqlite *, const struct answers *);

#endif
