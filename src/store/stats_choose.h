/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STATS_CHOOSE_H
#define FORCEENC_STORE_STATS_CHOOSE_H

#include "forceenc/sqlite.h"
#include "store/stats_sql.h"

/* Puts the numbers of the senders whom a filter is about into the temporary
 * table "chosen", and tells whether they are few. -1 also if what the filter
 * names can't be an address. */
int stats_choose(struct sqlite *, const struct stats_filter *,
    enum stats_senders *, struct err *);

#endif
