/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_COLUMNS_H
#define FORCEENC_STORE_STORE_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/pq.h"

#define STORE_COLUMNS_MAX 11

/* Rows for one statement, kept by column: each column becomes an array. An
 * all-zero struct has no rows. */
struct store_columns {
	struct buf column[STORE_COLUMNS_MAX];
	unsigned at; /* the next column of the row that is being added */
	size_t n;    /* rows that are complete */
};

void store_columns_fini(struct store_columns *);

/* A row's columns, one after the other, and its end. */
void store_columns_number(struct store_columns *, int64_t);
void store_columns_text(struct store_columns *, const char *);
/* What is looked for in an index: cut if it's very long. NULL is "". */
void store_columns_name(struct store_columns *, const char *);
/* Two columns: domain, and what stands in front of it. */
void store_columns_sender(struct store_columns *, const char *);
void store_columns_end(struct store_columns *);

/* The first n columns as parameters, which are valid until the rows are
 * cleared. */
void store_columns_values(
    struct store_columns *, struct pq_value *, unsigned n);
/* Their bytes so far, roughly. */
size_t store_columns_size(const struct store_columns *);
void store_columns_clear(struct store_columns *);

#endif
