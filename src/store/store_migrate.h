/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_MIGRATE_H
#define FORCEENC_STORE_STORE_MIGRATE_H

#include "forceenc/sqlite.h"
#include "forceenc/store.h"

/* What migrations lead to: [0] makes version 1 of an empty database, [n - 1]
 * makes version n of n - 1, NULL behind the last. */

/* Changes nothing. -1 if the database at path isn't ours, or is newer. */
int store_migrate_check(struct sqlite *, const char *path,
    const char *const migrations[], struct err *);

/* Brings it up to date; each migration is one transaction. In READ mode it
 * only looks. -1 also if it's older and may not be changed. */
int store_migrate(struct sqlite *, const char *path, enum store_mode,
    const char *const migrations[], struct err *);

#endif
