/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_NAMES_H
#define FORCEENC_STORE_STORE_PGSQL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store_pgsql_seen.h"

/*
 * The names of one table that a batch uses. They are sent in pieces, each of
 * which locks what it adds: so they have an order that is the same for all
 * batches of all hosts. (It isn't quite the server's where bytes aren't UTF-8;
 * two hosts may get into a deadlock over such names, and try again.)
 */
struct store_pgsql_name {
	const char *text; /* borrowed from the batch */
	uint32_t domain;  /* a sender's: where it begins */
	int64_t day;
};

struct store_pgsql_names {
	bool senders; /* ordered by their domain, and what is in front of it */
	struct store_pgsql_seen_number *seen;
	struct store_pgsql_name *name;
	size_t n, cap;
};

void store_pgsql_names_fini(struct store_pgsql_names *);

/* number as in struct store_count. */
void store_pgsql_names_add(
    struct store_pgsql_names *, const char *text, uint64_t number, int64_t day);

/* Puts them in their order; of those that are the same, the last day stays. */
void store_pgsql_names_sort(struct store_pgsql_names *);

#endif
