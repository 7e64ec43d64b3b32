/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_HISTOGRAM_H
#define FORCEENC_HISTOGRAM_H

#include <stdint.h>

/*
 * Counts of values by size: exact below 128, then 64 equal steps for each
 * doubling, so that a quantile is at most 1.6 % too large. Values of
 * HISTOGRAM_TOP and more share a bucket; in nanoseconds that's a minute. An
 * all-zero struct is empty. Adding a value allocates nothing.
 */
#define HISTOGRAM_TOP     (UINT64_C(1) << 36)
#define HISTOGRAM_BUCKETS 1985

struct histogram {
	uint64_t count[HISTOGRAM_BUCKETS];
	uint64_t n;
	uint64_t sum;
	uint64_t max;
};

void histogram_add(struct histogram *, uint64_t value);

/* The smallest bucket's upper edge that at least the share q (0 to 1) of all
 * values doesn't exceed; never more than max. 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *, double q);

/* How many values are less than limit: exact if that's a power of two (up to
 * HISTOGRAM_TOP) or below 128, otherwise those up to 1.6 % larger count as
 * well. */
uint64_t histogram_below(const struct histogram *, uint64_t limit);

#endif
