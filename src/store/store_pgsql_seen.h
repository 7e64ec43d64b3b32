/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_SEEN_H
#define FORCEENC_STORE_STORE_PGSQL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What of a batch's names is on its way to the server already: most are used
 * by many rows. It's of a fixed size, and forgets; who isn't found is sent
 * once more, which does no harm.
 */
#define STORE_PGSQL_SEEN_NUMBERS 16384 /* a power of two */
#define STORE_PGSQL_SEEN_KINDS   32

struct store_pgsql_seen_number {
	uint64_t number; /* 0: none */
	int64_t day;
};

struct store_pgsql_seen_kind {
	const char *service; /* borrowed from the batch */
	unsigned outcome;
	unsigned level;
	unsigned reason;
	int64_t day;
};

struct store_pgsql_seen {
	struct store_pgsql_seen_number sender[STORE_PGSQL_SEEN_NUMBERS];
	struct store_pgsql_seen_number name[STORE_PGSQL_SEEN_NUMBERS];
	struct store_pgsql_seen_kind kind[STORE_PGSQL_SEEN_KINDS];
	unsigned kinds;
};

/* Whether it was asked for before; from now on it was. number is that of
 * struct store_count, and 0 is never found. */
bool store_pgsql_seen_number(
    struct store_pgsql_seen_number *, uint64_t number, int64_t day);
bool store_pgsql_seen_kind(
    struct store_pgsql_seen *, const struct store_pgsql_seen_kind *);

#endif
