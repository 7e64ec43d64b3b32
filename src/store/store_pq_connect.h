/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PQ_CONNECT_H
#define FORCEENC_STORE_STORE_PQ_CONNECT_H

#include <stdint.h>

#include "forceenc/pq.h"
#include "forceenc/store.h"

/* The first server of the place's list that will do, ready to be asked. NULL
 * with err, which has what each of them said. */
struct pq *store_pq_connect(
    const struct store_place *, enum store_mode, struct err *);

/* How long the configuration lets a statement run (ms). */
uint64_t store_pq_connect_limit(const struct store_place *);

#endif
