/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_MIGRATE_H
#define FORCEENC_STORE_STORE_PGSQL_MIGRATE_H

#include "store/store_pgsql_db.h"

/* Brings the tables up to date, each migration in a transaction, or only looks
 * in READ mode. -1 also if they are of a later version, or older and may not
 * be changed. */
int store_pgsql_migrate(
    struct store_pgsql_db *, const char *const migrations[], struct err *);

#endif
