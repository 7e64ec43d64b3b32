/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_CORRELATE_H
#define FORCEENC_WATCH_CORRELATE_H

#include "forceenc-watch/inflight.h"

/* An event that was logged times times. */
void correlate_event(struct inflight *, const struct inflight_source *,
    const struct event *, uint32_t times);

/* Lines are missing, nobody knows how many: what depends on having seen them
 * all becomes unknown. */
void correlate_gap(struct inflight *);
/* No line came up to now, in the log's time: what has waited long enough is
 * decided. */
void correlate_idle(struct inflight *, int64_t now);
/* No more lines will come. */
void correlate_end(struct inflight *);

#endif
