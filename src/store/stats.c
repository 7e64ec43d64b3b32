/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/stats.h"

#include <string.h>

#include "forceenc/must.h"
#include "store/store_backend.h"

static const char *const stats_dimensions[STATS_DIMENSIONS] = {
    [STATS_SENDER] = "sender",
    [STATS_DESTINATION] = "destination",
    [STATS_SERVICE] = "service",
    [STATS_OUTCOME] = "outcome",
    [STATS_LEVEL] = "level",
    [STATS_REASON] = "reason",
    [STATS_HOUR] = "hour",
    [STATS_DAY] = "day",
    [STATS_HOST] = "host",
};

static const char *const stats_measures[STATS_MEASURES] = {
    [STATS_SENT] = "sent",
    [STATS_PLAINTEXT] = "plaintext",
    [STATS_UNTRUSTED] = "untrusted",
    [STATS_SOFT] = "soft",
    [STATS_HARD] = "hard",
};

const char *
stats_dimension_name(enum stats_dimension dimension)
{
	MUST(dimension < STATS_DIMENSIONS);
	return stats_dimensions[dimension];
}

enum stats_dimension
stats_dimension_find(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < STATS_DIMENSIONS; i++)
		if (strlen(stats_dimensions[i]) == len &&
		    memcmp(stats_dimensions[i], name, len) == 0)
			break;
	return i;
}

const char *
stats_measure_name(enum stats_measure measure)
{
	MUST(measure < STATS_MEASURES);
	return stats_measures[measure];
}

enum stats_measure
stats_measure_find(const char *name)
{
	unsigned i;

	for (i = 0; i < STATS_MEASURES; i++)
		if (strcmp(stats_measures[i], name) == 0)
			break;
	return i;
}

int
stats_count(struct store *store, const struct stats_filter *filter,
    const enum stats_dimension *by, unsigned n, stats_count_fn *fn, void *arg,
    struct err *err)
{
	return store->backend->stats->count(store, filter, by, n, fn, arg, err);
}

int
stats_top(struct store *store, const struct stats_filter *filter,
    enum stats_measure measure, unsigned limit, stats_top_fn *fn, void *arg,
    struct err *err)
{
	MUST(measure < STATS_MEASURES);
	return store->backend->stats->top(
	    store, filter, measure, limit, fn, arg, err);
}

int
stats_failures(struct store *store, const struct stats_filter *filter,
    unsigned limit, stats_failure_fn *fn, void *arg, struct err *err)
{
	return store->backend->stats->failures(
	    store, filter, limit, fn, arg, err);
}

int
stats_evidence(struct store *store, const struct stats_filter *filter,
    stats_evidence_fn *fn, void *arg, struct err *err)
{
	return store->backend->stats->evidence(store, filter, fn, arg, err);
}

int
stats_blobs(struct store *store, stats_blob_fn *fn, void *arg, struct err *err)
{
	return store->backend->stats->blobs(store, fn, arg, err);
}
