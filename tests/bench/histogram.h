/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

/*
 * Counts of values by size: exact below 128, then 64 equal steps for each
 * doubling, so that a quantile is at most 1.6 % too large. Any 64-bit value
 * has a bucket. An all-zero struct is empty.
 */
#define HISTOGRAM_BUCKETS 3776

struct histogram {
	uint64_t count[HISTOGRAM_BUCKETS];
	uint64_t n;
	uint64_t max;
};

void histogram_add(struct histogram *, uint64_t value);

/* The smallest bucket's upper edge that at least the share q (0 to 1) of all
 * values doesn't exceed; never more than max. 0 if there are none. */
uint64_t histogram_quantile(const struct histogram *, double q);

#endif
