/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_ids.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"

/* Powers of two. Few are asked for by their key. */
#define STORE_IDS_SLOTS 131072
#define STORE_IDS_KEYS  4096

struct store_ids_slot {
	char *key;    /* owned; NULL: empty */
	uint32_t tag; /* the table, and bits of the hash */
	uint32_t len;
	struct store_id id;
};

/* Numbers come one after the other: the last ones never meet. */
struct store_ids_numbered {
	uint64_t key; /* number and table; 0: empty */
	struct store_id id;
};

/* A key has its place in one of two neighbours; a new one takes the first. */
struct store_ids {
	struct store_ids_numbered numbered[STORE_IDS_SLOTS];
	size_t n; /* at least as many as there are */
	struct store_ids_slot slot[STORE_IDS_KEYS];
};

struct store_ids *
store_ids_new(void)
{
	return mem_zalloc(sizeof(struct store_ids));
}

static void
store_ids_clear_keys(struct store_ids *ids)
{
	size_t i;

	for (i = 0; i < STORE_IDS_KEYS; i++) {
		free(ids->slot[i].key);
		ids->slot[i].key = NULL;
	}
}

void
store_ids_free(struct store_ids *ids)
{
	if (ids != NULL)
		store_ids_clear_keys(ids);
	free(ids);
}

void
store_ids_clear(struct store_ids *ids)
{
	if (ids->n == 0)
		return;
	memset(ids->numbered, 0, sizeof(ids->numbered));
	store_ids_clear_keys(ids);
	ids->n = 0;
}

static uint64_t
store_ids_hash(unsigned table, const char *key, size_t len)
{
	uint64_t hash = hash_bytes(table, key, len);

	return hash ^ hash >> 47;
}

static uint32_t
store_ids_tag(unsigned table, uint64_t hash)
{
	return (uint32_t)(hash >> 32) << 8 | table;
}

static bool
store_ids_is(const struct store_ids_slot *slot, uint32_t tag, const char *key,
    size_t len)
{
	return slot->key != NULL && slot->tag == tag && slot->len == len &&
	    memcmp(slot->key, key, len) == 0;
}

struct store_id *
store_ids_get(
    struct store_ids *ids, unsigned table, const char *key, size_t len)
{
	uint64_t hash = store_ids_hash(table, key, len);
	uint32_t tag = store_ids_tag(table, hash);
	size_t i = hash & (STORE_IDS_KEYS - 1);

	if (store_ids_is(&ids->slot[i], tag, key, len))
		return &ids->slot[i].id;
	if (store_ids_is(&ids->slot[i ^ 1], tag, key, len))
		return &ids->slot[i ^ 1].id;
	return NULL;
}

void
store_ids_put(struct store_ids *ids, unsigned table, const char *key,
    size_t len, struct store_id id)
{
	uint64_t hash = store_ids_hash(table, key, len);
	size_t i = hash & (STORE_IDS_KEYS - 1);
	struct store_ids_slot *slot = &ids->slot[i];

	if (slot->key != NULL) {
		free(ids->slot[i ^ 1].key);
		ids->slot[i ^ 1] = *slot;
	}
	slot->key = mem_dup(key, len);
	slot->tag = store_ids_tag(table, hash);
	slot->len = (uint32_t)len;
	slot->id = id;
	ids->n++;
}

struct store_id *
store_ids_numbered(struct store_ids *ids, unsigned table, uint64_t number)
{
	struct store_ids_numbered *slot =
	    &ids->numbered[number & (STORE_IDS_SLOTS - 1)];

	return slot->key == (number << 8 | table) ? &slot->id : NULL;
}

void
store_ids_put_numbered(
    struct store_ids *ids, unsigned table, uint64_t number, struct store_id id)
{
	struct store_ids_numbered *slot =
	    &ids->numbered[number & (STORE_IDS_SLOTS - 1)];

	slot->key = number << 8 | table;
	slot->id = id;
	ids->n++;
}
