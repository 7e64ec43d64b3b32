/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_ROWS_H
#define FORCEENC_STORE_STORE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/sqlite.h"

/*
 * Counters of a batch on their way into a table: one statement writes them
 * all, in the order of its key, so that what lies together is written
 * together. An all-zero struct has none.
 */
#define STORE_ROWS_KEY   4
#define STORE_ROWS_CELLS 6

struct store_row {
	int64_t cell[STORE_ROWS_CELLS]; /* none of the key is negative */
};

struct store_rows {
	struct store_row *row;
	struct store_row *spare; /* of the same size, to sort in */
	size_t n, cap;
	struct sqlite_rows offered; /* the rows as a table for SQLite */
};

void store_rows_fini(struct store_rows *);
/* No rows, and room for n. */
void store_rows_begin(struct store_rows *, size_t n);
/* A row that isn't there yet; its cells are to be set. */
struct store_row *store_rows_add(struct store_rows *);
/* In the order of the first STORE_ROWS_KEY cells; offered is set. */
void store_rows_sort(struct store_rows *);

#endif
