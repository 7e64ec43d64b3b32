/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_DIALED_ROWS_H
#define FORCEENC_FORCEENCCTL_DIALED_ROWS_H

#include <stdint.h>

#include "forceenc/conf_pgsql.h"
#include "forceenc/pq.h"

/*
 * Row-level security shows a role that no policy is for an empty table, and
 * that's no error. -1 if the query reads such a one.
 */
int dialed_rows_check(
    struct pq *, const struct conf_pgsql *, uint64_t deadline, struct err *);

#endif
