/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_ATTRIBUTE_H
#define FORCEENC_WATCH_ATTRIBUTE_H

#include "forceenc-watch/inflight.h"

/* A delivery, or its failure, that was logged times times: to whom it is
 * counted, and at which level. attribute.c begins with the rules. */
void attribute_delivered(struct inflight *, const struct inflight_source *,
    const struct event *, uint32_t times);

#endif
