/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_METRICS_H
#define FORCEENC_FORCEENCD_METRICS_H

#include "forceenc/prometheus.h"
#include "forceencd/view.h"

/* All figures of the daemon. Labels are names of the configuration: maps and
 * tables, never senders, so that their number has a bound. */
void metrics_write(struct prometheus *, const struct view *);

#endif
