/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_known.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "forceenc/address.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

/* Never made larger, since that would stop the loop: a million entries make
 * chains of fifteen. */
#define LDAP_KNOWN_HEADS 65536
/* Chains swept in one go. */
#define LDAP_KNOWN_SWEEP 256

struct ldap_known_node {
	LIST_ENTRY(ldap_known_node) link;
	uint32_t refresh; /* that named it last */
	uint32_t len;     /* of keys */
	char uuid[SYNC_UUID_LEN];
	char keys[]; /* each behind its length, two bytes */
};

LIST_HEAD(ldap_known_chain, ldap_known_node);

struct ldap_known {
	uint32_t refresh;
	size_t count;
	unsigned swept; /* LDAP_KNOWN_HEADS: nothing to sweep */
	unsigned freed; /* chains, by ldap_known_free_piece() */
	struct ldap_known_chain head[LDAP_KNOWN_HEADS];
};

struct ldap_known *
ldap_known_new(void)
{
	struct ldap_known *known = mem_zalloc(sizeof(*known));

	known->swept = LDAP_KNOWN_HEADS;
	return known;
}

static void
ldap_known_free_node(struct ldap_known *known, struct ldap_known_node *node)
{
	LIST_REMOVE(node, link);
	known->count--;
	free(node);
}

bool
ldap_known_free_piece(void *arg)
{
	struct ldap_known *known = arg;
	struct ldap_known_node *node;
	unsigned n;

	for (n = 0; n < LDAP_KNOWN_SWEEP && known->freed < LDAP_KNOWN_HEADS;
	     n++, known->freed++)
		while ((node = LIST_FIRST(&known->head[known->freed])) != NULL)
			ldap_known_free_node(known, node);
	if (known->freed < LDAP_KNOWN_HEADS)
		return true;
	free(known);
	return false;
}

void
ldap_known_free(struct ldap_known *known)
{
	while (known != NULL && ldap_known_free_piece(known))
		;
}

size_t
ldap_known_count(const struct ldap_known *known)
{
	return known->count;
}

/* The server makes the uuids, so that nothing is gained by choosing them. */
static unsigned
ldap_known_hash(const char *uuid)
{
	uint32_t hash = 2166136261u;
	unsigned i;

	for (i = 0; i < SYNC_UUID_LEN; i++)
		hash = (hash ^ (unsigned char)uuid[i]) * 16777619u;
	return (hash ^ hash >> 16) % LDAP_KNOWN_HEADS;
}

static struct ldap_known_node *
ldap_known_find(const struct ldap_known *known, const char *uuid)
{
	struct ldap_known_node *node;

	LIST_FOREACH (node, &known->head[ldap_known_hash(uuid)], link)
		if (memcmp(node->uuid, uuid, SYNC_UUID_LEN) == 0)
			return node;
	return NULL;
}

void
ldap_known_begin(struct ldap_known *known)
{
	known->refresh++;
	known->swept = LDAP_KNOWN_HEADS;
}

void
ldap_known_mark(struct ldap_known *known, const char *uuid)
{
	struct ldap_known_node *node = ldap_known_find(known, uuid);

	if (node != NULL)
		node->refresh = known->refresh;
}

void
ldap_known_drop(struct ldap_known *known, const char *uuid)
{
	struct ldap_known_node *node = ldap_known_find(known, uuid);

	if (node != NULL)
		ldap_known_free_node(known, node);
}

void
ldap_known_set(
    struct ldap_known *known, const char *uuid, const struct buf *keys)
{
	struct ldap_known_node *node;

	ldap_known_drop(known, uuid);
	node = mem_alloc(sizeof(*node) + keys->len);
	node->refresh = known->refresh;
	node->len = (uint32_t)keys->len;
	memcpy(node->uuid, uuid, SYNC_UUID_LEN);
	if (keys->len > 0)
		memcpy(node->keys, keys->data, keys->len);
	LIST_INSERT_HEAD(&known->head[ldap_known_hash(uuid)], node, link);
	known->count++;
}

static void
ldap_known_each_in(const char *keys, size_t left, ldap_known_fn *fn, void *arg)
{
	uint16_t len;

	while (left > 0) {
		memcpy(&len, keys, sizeof(len));
		fn(keys + sizeof(len), len, arg);
		keys += sizeof(len) + len;
		left -= sizeof(len) + len;
	}
}

bool
ldap_known_each(const struct ldap_known *known, const char *uuid,
    ldap_known_fn *fn, void *arg)
{
	const struct ldap_known_node *node = ldap_known_find(known, uuid);

	if (node == NULL || node->len == 0)
		return false;
	ldap_known_each_in(node->keys, node->len, fn, arg);
	return true;
}

void
ldap_known_each_of(const struct buf *keys, ldap_known_fn *fn, void *arg)
{
	ldap_known_each_in(keys->data, keys->len, fn, arg);
}

bool
ldap_known_is_plain(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] >= 0x7f ||
		    key[i] != text_lower(key[i]))
			return false;
	return true;
}

void
ldap_known_on_value(const char *value, size_t len, void *keys)
{
	struct buf key = {0};
	size_t i;

	value = text_trim(value, &len);
	for (i = 0; i < len; i++)
		buf_add_byte(&key, text_lower(value[i]));
	if (len > 0)
		ldap_known_add_key(keys, key.data, key.len);
	buf_fini(&key);
}

void
ldap_known_add_key(struct buf *keys, const char *key, size_t len)
{
	uint16_t short_len = (uint16_t)len;

	if (len > ADDRESS_MAX)
		return;
	buf_add(keys, &short_len, sizeof(short_len));
	buf_add(keys, key, len);
}

void
ldap_known_begin_sweep(struct ldap_known *known)
{
	known->swept = 0;
}

bool
ldap_known_sweep(struct ldap_known *known)
{
	struct ldap_known_node *node, *next;
	unsigned n;

	for (n = 0; n < LDAP_KNOWN_SWEEP && known->swept < LDAP_KNOWN_HEADS;
	     n++, known->swept++)
		for (node = LIST_FIRST(&known->head[known->swept]);
		     node != NULL; node = next) {
			next = LIST_NEXT(node, link);
			if (node->refresh != known->refresh)
				ldap_known_free_node(known, node);
		}
	return known->swept < LDAP_KNOWN_HEADS;
}
