/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/metrics_histogram.h"

#define METRICS_HISTOGRAM_BOUNDS 16

void
metrics_histogram(struct prometheus *page, const struct histogram *took)
{
	static const double bounds[METRICS_HISTOGRAM_BOUNDS] = {0.0001, 0.0002,
	    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2,
	    5, 10};
	struct prometheus_bucket bucket[METRICS_HISTOGRAM_BOUNDS];
	uint64_t below, seen = 0;
	size_t i;

	for (i = 0; i < METRICS_HISTOGRAM_BOUNDS; i++) {
		below = histogram_below(took, (uint64_t)(bounds[i] * 1e6));
		bucket[i].bound = bounds[i];
		bucket[i].count = below - seen;
		seen = below;
	}
	prometheus_histogram(page, bucket, METRICS_HISTOGRAM_BOUNDS,
	    took->n - seen, (double)took->sum / 1e6);
}
