/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_METRICS_HISTOGRAM_H
#define FORCEENC_FORCEENCD_METRICS_HISTOGRAM_H

#include "forceenc/histogram.h"
#include "forceenc/prometheus.h"

/* A sample of a histogram of microseconds, in seconds, with bounds that all
 * families share. What is up to 1.6 % above a bound may count as below it. */
void metrics_histogram(struct prometheus *, const struct histogram *);

#endif
