/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_BACKEND_H
#define FORCEENC_STORE_STORE_BACKEND_H

#include "forceenc/stats.h"
#include "forceenc/store.h"

/* Questions to a kind of database, as in forceenc/stats.h. */
struct stats_backend {
	int (*count)(struct store *, const struct stats_filter *,
	    const enum stats_dimension *by, unsigned n, stats_count_fn *,
	    void *arg, struct err *);
	int (*top)(struct store *, const struct stats_filter *,
	    enum stats_measure, unsigned limit, stats_top_fn *, void *arg,
	    struct err *);
	int (*failures)(struct store *, const struct stats_filter *,
	    unsigned limit, stats_failure_fn *, void *arg, struct err *);
	int (*evidence)(struct store *, const struct stats_filter *,
	    stats_evidence_fn *, void *arg, struct err *);
	int (*blobs)(struct store *, stats_blob_fn *, void *arg, struct err *);
};

/*
 * What a kind of database must do; a struct of its own, which begins with
 * struct store, belongs to each. Calls are as in forceenc/store.h.
 */
struct store_backend {
	const char *name; /* in front of the ":" of a spec */
	const struct stats_backend *stats;
	struct store *(*open)(
	    const char *where, enum store_mode, const char *host, struct err *);
	void (*close)(struct store *);
	bool (*lost)(const struct store *);
	int (*commit)(struct store *, const struct store_batch *, struct err *);
	int (*get_blob)(struct store *, const char *name, void **bytes,
	    size_t *len, struct err *);
	int (*tidy)(struct store *, int64_t now, unsigned keep_hours,
	    unsigned keep_days, unsigned failures_kept, struct err *);
};

struct store {
	const struct store_backend *backend;
};

extern const struct store_backend store_sqlite;
extern const struct stats_backend stats_sqlite;

#endif
