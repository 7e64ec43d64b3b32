/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PQ_CONNECT_H
#define FORCEENC_STORE_STORE_PQ_CONNECT_H

#include <stdint.h>

#include "forceenc/pq.h"
#include "forceenc/store.h"

/* The first server of the place's list that will do, ready to be asked. NULL
 * with err, which has what each of them said, and the fault, which is AWAY if
 * it is so of one of them. */
struct pq *store_pq_connect(
    const struct store_place *, enum store_mode, enum pq_fault *, struct err *);

/* poll(2), as the place of those who don't say how to wait. */
store_poll_fn store_pq_connect_poll;

/* What a writer's sessions are called (application_name), unless the
 * configuration says it: no other process's have that name. */
const char *store_pq_connect_name(void);

/* How long the configuration lets a statement run (ms). */
uint64_t store_pq_connect_limit(const struct store_place *);

#endif
