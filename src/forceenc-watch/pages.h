/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_PAGES_H
#define FORCEENC_WATCH_PAGES_H

#include "forceenc-watch/view.h"
#include "forceenc/conf.h"

/*
 * What the watcher shows over HTTP:
 *
 *   /metrics  all figures, for Prometheus (metrics.h)
 *   /healthz  200 whenever it answers: the loop turns
 *   /readyz   200 while the statistics follow the log, else 503; and why
 *             (ready.h)
 *
 * view is borrowed. Shown nowhere yet.
 */
struct http *pages_new(struct event_base *, struct view *view);

/* Shown where conf says, or nowhere. On failure all is as it was. handover may
 * be NULL. */
int pages_set(
    struct http *, const struct conf *, struct handover *, struct err *);

#endif
