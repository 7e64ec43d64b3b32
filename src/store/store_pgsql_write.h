/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_WRITE_H
#define FORCEENC_STORE_STORE_PGSQL_WRITE_H

#include "store/store_pgsql_db.h"

/* Within a transaction. -1 leaves it to be rolled back. */
int store_pgsql_write(
    struct store_pgsql_db *, const struct store_batch *, struct err *);

#endif
