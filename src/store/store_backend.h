/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_BACKEND_H
#define FORCEENC_STORE_STORE_BACKEND_H

#include "forceenc/store.h"

/*
 * What a kind of database must do; a struct of its own, which begins with
 * struct store, belongs to each. Calls are as in forceenc/store.h.
 */
struct store_backend {
	const char *name; /* in front of the ":" of a spec */
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

#endif
