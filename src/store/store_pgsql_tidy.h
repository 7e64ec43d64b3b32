/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_TIDY_H
#define FORCEENC_STORE_STORE_PGSQL_TIDY_H

#include "store/store_pgsql_db.h"

/* As store_tidy(): what this host has counted, and hosts that haven't been
 * seen for a month; names once no host needs them. */
int store_pgsql_tidy(struct store *, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *);

#endif
