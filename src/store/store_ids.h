/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_IDS_H
#define FORCEENC_STORE_STORE_IDS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Remembers the numbers under which the database knows names: as many as
 * there are slots, the later two of those that fall into the same pair;
 * of those with numbers, one for each place.
 */
struct store_ids;

struct store_id {
	int64_t id;
	int64_t last; /* the last day that the database knows it was used */
};

struct store_ids *store_ids_new(void);
void store_ids_free(struct store_ids *); /* NULL is fine */
void store_ids_clear(struct store_ids *);

/* table is below 256; what key stands for in it is the caller's to know. NULL
 * if it isn't remembered; valid until the next change, and the caller may
 * change ->last. */
struct store_id *store_ids_get(
    struct store_ids *, unsigned table, const char *key, size_t len);
/* The same for one that has a number of the caller's, above 0. */
struct store_id *store_ids_numbered(
    struct store_ids *, unsigned table, uint64_t number);
void store_ids_put_numbered(
    struct store_ids *, unsigned table, uint64_t number, struct store_id);
/* One that isn't remembered. */
void store_ids_put(struct store_ids *, unsigned table, const char *key,
    size_t len, struct store_id);

#endif
