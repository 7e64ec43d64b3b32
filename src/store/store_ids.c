/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_ids.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

#define STORE_IDS_SLOTS 16384 /* a power of two */

struct store_ids_slot {
	char *key; /* owned; NULL: empty */
	size_t len;
	struct store_id id;
};

struct store_ids {
	struct store_ids_slot slot[STORE_IDS_SLOTS];
};

struct store_ids *
store_ids_new(void)
{
	return mem_zalloc(sizeof(struct store_ids));
}

void
store_ids_free(struct store_ids *ids)
{
	if (ids != NULL)
		store_ids_clear(ids);
	free(ids);
}

void
store_ids_clear(struct store_ids *ids)
{
	size_t i;

	for (i = 0; i < STORE_IDS_SLOTS; i++) {
		free(ids->slot[i].key);
		ids->slot[i].key = NULL;
	}
}

/* FNV-1a. It needs no secret: whoever makes two keys meet makes the database
 * be asked once more. */
static struct store_ids_slot *
store_ids_slot(struct store_ids *ids, const char *key, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++) {
		hash ^= (unsigned char)key[i];
		hash *= UINT64_C(0x100000001b3);
	}
	hash ^= hash >> 32;
	return &ids->slot[hash & (STORE_IDS_SLOTS - 1)];
}

struct store_id *
store_ids_get(struct store_ids *ids, const char *key, size_t len)
{
	struct store_ids_slot *slot = store_ids_slot(ids, key, len);

	if (slot->key == NULL || slot->len != len ||
	    memcmp(slot->key, key, len) != 0)
		return NULL;
	return &slot->id;
}

void
store_ids_put(
    struct store_ids *ids, const char *key, size_t len, struct store_id id)
{
	struct store_ids_slot *slot = store_ids_slot(ids, key, len);

	free(slot->key);
	slot->key = mem_dup(key, len);
	slot->len = len;
	slot->id = id;
}
