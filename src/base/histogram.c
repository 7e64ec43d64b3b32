/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/histogram.h"

#define HISTOGRAM_BITS  6 /* steps of a doubling, as a power of two */
#define HISTOGRAM_STEPS (1U << HISTOGRAM_BITS)
#define HISTOGRAM_LAST  (HISTOGRAM_BUCKETS - 1)

static unsigned
histogram_bucket(uint64_t value)
{
	unsigned shift;

	if (value < 2 * HISTOGRAM_STEPS)
		return (unsigned)value;
	if (value >= HISTOGRAM_TOP)
		return HISTOGRAM_LAST;
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
	if (bucket == HISTOGRAM_LAST)
		return UINT64_MAX;
	shift = bucket / HISTOGRAM_STEPS - 1;
	step = bucket - shift * HISTOGRAM_STEPS;
	return ((step + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t value)
{
	h->count[histogram_bucket(value)]++;
	h->n++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
}

uint64_t
histogram_quantile(const struct histogram *h, double q)
{
	double wanted = q * (double)h->n;
	uint64_t want = (uint64_t)wanted;
	uint64_t seen = 0, edge;
	unsigned i;

	if ((double)want < wanted || want == 0)
		want++;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= want) {
			edge = histogram_edge(i);
			return edge < h->max ? edge : h->max;
		}
	}
	return h->max;
}

uint64_t
histogram_below(const struct histogram *h, uint64_t limit)
{
	unsigned i, end = limit > 0 ? histogram_bucket(limit - 1) + 1 : 0;
	uint64_t n = 0;

	for (i = 0; i < end; i++)
		n += h->count[i];
	return n;
}
