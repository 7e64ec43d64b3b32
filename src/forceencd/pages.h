/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_PAGES_H
#define FORCEENC_FORCEENCD_PAGES_H

#include "forceenc/conf.h"
#include "forceenc/handover.h"
#include "forceenc/http.h"
#include "forceencd/view.h"

/*
 * What the daemon shows over HTTP:
 *
 *   /metrics  all figures, for Prometheus (metrics.h)
 *   /healthz  200 whenever it answers: the loop turns
 *   /readyz   200 if questions get answers, else 503; and why (ready.h)
 *
 * view is borrowed. Shown nowhere yet.
 */
struct http *pages_new(struct event_base *, struct view *view);

/* Shown where conf says, or nowhere. On failure all is as it was. handover may
 * be NULL. */
int pages_set(
    struct http *, const struct conf *, struct handover *, struct err *);

#endif
