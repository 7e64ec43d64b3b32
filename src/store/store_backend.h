/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_BACKEND_H
#define FORCEENC_STORE_STORE_BACKEND_H

#include "forceenc/stats.h"
#include "forceenc/store.h"
#include "store/stats_sql.h"

/* STORE_TOTAL_MAX as SQL has it. */
#define STORE_TOTAL_MAX_SQL "9007199254740992"

/* A row of an answer; what it hands out is borrowed until the next one. */
struct stats_row {
	/* NUL-terminated; NULL for SQL's NULL. */
	const char *(*text)(const struct stats_row *, int column);
	int64_t (*number)(const struct stats_row *, int column);
	/* Of a blob. NULL for an empty one. */
	const char *(*bytes)(const struct stats_row *, int column, size_t *len);
	void *data; /* the backend's */
};

typedef void stats_row_fn(const struct stats_row *, void *arg);

/*
 * How questions are put to a kind of database; what is asked is the same for
 * all of them, and stats.c knows it.
 */
struct stats_backend {
	const struct stats_dialect *dialect;
	/* From here to the end the database is seen as of one moment. Chooses
	 * the filter's senders; there may be no filter. */
	int (*begin)(struct store *, const struct stats_filter *,
	    enum stats_senders *, struct err *);
	/* value has those parameters of stats_sql.h that sql uses. */
	int (*run)(struct store *, const char *sql,
	    const int64_t value[STATS_SQL_VALUES], stats_row_fn *, void *arg,
	    struct err *);
	void (*end)(struct store *); /* also after a begin() that failed */
};

/*
 * What a kind of database must do; a struct of its own, which begins with
 * struct store, belongs to each. Calls are as in forceenc/store.h.
 */
struct store_backend {
	const char *name; /* in front of the ":" of a spec */
	const struct stats_backend *stats;
	/* where is what stands behind the ":". */
	struct store *(*open)(const struct store_place *, const char *where,
	    enum store_mode, struct err *);
	void (*close)(struct store *);
	bool (*lost)(const struct store *);
	bool (*locked)(const struct store *); /* NULL: never */
	int (*commit)(struct store *, const struct store_batch *, struct err *);
	int (*get_blob)(struct store *, const char *name, void **bytes,
	    size_t *len, struct err *);
	int (*tidy)(struct store *, int64_t now, unsigned keep_hours,
	    unsigned keep_days, unsigned failures_kept, struct err *);
};

struct store {
	const struct store_backend *backend;
	unsigned conflicts; /* as of store_conflicts() */
};

extern const struct store_backend store_sqlite;
extern const struct stats_backend stats_sqlite;
extern const struct store_backend store_pgsql;
extern const struct stats_backend stats_pgsql;

#endif
