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
 */
struct lru_node {
	struct lru_node *next; /* of the same head: compare the hash, then */
	struct lru_node *older, *newer;
	uint32_t hash;
};

struct lru {
	struct lru_node **head;
	size_t mask; /* heads - 1 */
	size_t n;
	struct lru_node *oldest, *newest;
};

void lru_fini(struct lru *); /* forgets the entries */

/* The first entry that may have this hash, NULL; go on with ->next. */
static inline struct lru_node *
lru_first(const struct lru *lru, uint32_t hash)
{
	return lru->head == NULL ? NULL : lru->head[hash & lru->mask];
}

/* Where lru_first() will look, NULL: nowhere. It comes nearer meanwhile; valid
 * until an entry is added. */
static inline struct lru_node *const *
lru_expect(const struct lru *lru, uint32_t hash)
{
	if (lru->head == NULL)
		return NULL;
	__builtin_prefetch(&lru->head[hash & lru->mask]);
	return &lru->head[hash & lru->mask];
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
