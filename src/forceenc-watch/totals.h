/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_TOTALS_H
#define FORCEENC_WATCH_TOTALS_H

#include "forceenc-watch/inflight.h"

/*
 * What a postmaster counts, by the rules of pflogsumm: enum store_what. A
 * message that is deferred counts once a day, and days are those of the local
 * time.
 */

void totals_add(struct inflight *, const struct inflight_source *,
    enum store_what, uint64_t n);

void totals_received(struct inflight *, const struct inflight_source *,
    const struct event *, uint32_t times);
/* It became active: its size is told for the first time, or again. */
void totals_active(struct inflight *, const struct inflight_source *,
    struct message *, const struct event *);
/* message is NULL if it's unknown. */
void totals_delivered(struct inflight *, const struct inflight_source *,
    struct message *, const struct event *, uint32_t times);

/* Lines of the hours since that time may be missing, up to now. */
void totals_gap(struct inflight *, int64_t since, int64_t now);

#endif
