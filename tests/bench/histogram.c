/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "histogram.h"

#include <math.h>

#define HISTOGRAM_BITS  6 /* steps of a doubling, as a power of two */
#define HISTOGRAM_STEPS (1U << HISTOGRAM_BITS)

static unsigned
histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 2 * HISTOGRAM_STEPS)
		return (unsigned)value;
	shift = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
	return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t
histogram_edge(unsigned bucket)
{
	unsigned shift;
	uint64_t step;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	step = bucket - shift * HISTOGRAM_STEPS;
	return ((step + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->count[histogram_bucket(value)]++;
	h->n++;
	if (value > h->max)
		h->max = value;
}

uint64_t
histogram_quantile(const struct histogram *h, double q)
{
	uint64_t want = (uint64_t)ceil(q * (double)h->n);
	uint64_t seen = 0, edge;
	unsigned i;

	if (want == 0)
		want = 1;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= want) {
			edge = histogram_edge(i);
			return edge < h->max ? edge : h->max;
		}
	}
	return h->max;
}
