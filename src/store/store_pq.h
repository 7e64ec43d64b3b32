/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PQ_H
#define FORCEENC_STORE_STORE_PQ_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/err.h"
#include "forceenc/pq.h"
#include "forceenc/store.h"

/*
 * A connection to PostgreSQL as the store uses it: statements are sent, and
 * their answers waited for, but never longer than the configuration allows.
 * What becomes readable on place->stop cuts every wait short. A connection
 * that is lost stays lost.
 */
struct store_pq;

/* One that can be written to if mode says so. NULL with err, which has what
 * each server said, and the fault, which is AWAY if it is so of one of them. */
struct store_pq *store_pq_open(
    const struct store_place *, enum store_mode, enum pq_fault *, struct err *);
void store_pq_close(struct store_pq *); /* NULL is fine */

/* Whether a pooler stands in between; session is the server's process. */
bool store_pq_is_pooled(const struct store_pq *, int64_t session);

/* Whether the error of the last call that failed was a conflict. */
bool store_pq_conflicted(const struct store_pq *);

/* Waits; false if somebody wants to stop. */
bool store_pq_pause(struct store_pq *, unsigned ms);

/* What kind of error the first one since then was; WRONG if there was none. */
enum pq_fault store_pq_fault(const struct store_pq *);

/* Also notices what happened to it while nothing was asked. */
bool store_pq_lost(struct store_pq *);

/* Sends a statement without waiting for its answer, which must have no rows
 * that anybody wants to see. What fails is told by store_pq_ask(). */
void store_pq_put(
    struct store_pq *, const char *sql, const struct pq_value *, unsigned n);

/* Waits for the answers, if what was sent since the last time is much. To be
 * called between large ones: what the server hasn't taken yet lies in memory,
 * and there may be only so many on their way. */
void store_pq_ease(struct store_pq *);

/* Sends one more and waits for all. 0 with the answer of this one, which is
 * valid until the next call; -1 with the first error. */
int store_pq_ask(struct store_pq *, const char *sql, const struct pq_value *,
    unsigned n, struct pq_answer *, struct err *);

/* The same without parameters and rows. */
int store_pq_do(struct store_pq *, const char *sql, struct err *);

/* From here on a statement may take so long (ms), which the server is to be
 * told by statement_timeout; 0: as long as the configuration says. */
void store_pq_be_patient(struct store_pq *, uint64_t limit);

/* A number in an answer; 0 for NULL. */
int64_t store_pq_number(
    const struct pq_answer *, unsigned row, unsigned column);

/* A string as a parameter. */
struct pq_value store_pq_text(const char *);

#endif
