/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_LRU_H
#define FORCEENC_WATCH_LRU_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hash table whose entries also stand in the order of their last use: in
 * exactly that one, since a watcher that was restarted must push out the same
 * ones as another. The entries belong to the caller and begin with a struct
 * lru_node; an all-zero struct lru is empty.
 *
 * The table is an open one, and has the hashes: most of the time the only
 * entry that is touched is the one that is looked for.
 */
struct lru_node {
	struct lru_node *older, *newer;
	uint32_t hash;
};

struct lru_slot {
	struct lru_node *node; /* NULL: free */
	uint32_t hash;
};

struct lru {
	struct lru_slot *slot;
	size_t mask; /* slots - 1; half of them are free */
	size_t n;
	struct lru_node *oldest, *newest;
};

void lru_fini(struct lru *); /* forgets the entries */

/* The next entry of this hash, NULL: no more. *at is 0 at first. */
static inline struct lru_node *
lru_next(const struct lru *lru, uint32_t hash, size_t *at)
{
	const struct lru_slot *slot;

	if (lru->slot == NULL)
		return NULL;
	for (;;) {
		slot = &lru->slot[(hash + (*at)++) & lru->mask];
		if (slot->node == NULL || slot->hash == hash)
			return slot->node;
	}
}

/* An entry of this hash will be looked for soon: where it is found, and then
 * what is found there, comes nearer. */
static inline void
lru_expect(const struct lru *lru, uint32_t hash)
{
	if (lru->slot != NULL)
		__builtin_prefetch(&lru->slot[hash & lru->mask]);
}

static inline void
lru_approach(const struct lru *lru, uint32_t hash)
{
	size_t at = 0;
	struct lru_node *node = lru_next(lru, hash, &at);

	if (node != NULL) {
		__builtin_prefetch(node);
		__builtin_prefetch((const char *)node + 64);
	}
}

/* The node's hash is set. It becomes the newest. */
void lru_add(struct lru *, struct lru_node *);
void lru_remove(struct lru *, struct lru_node *);
void lru_renew(struct lru *, struct lru_node *);

/* It's used: makes it the newest. */
static inline void
lru_touch(struct lru *lru, struct lru_node *node)
{
	if (lru->newest != node)
		lru_renew(lru, node);
}

#endif
