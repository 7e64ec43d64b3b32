/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_LRU_H
#define FORCEENC_WATCH_LRU_H

#include <stddef.h>
#include <stdint.h>

/*
 * A hash table whose entries also stand in the order of their last use. The
 * entries belong to the caller and begin with a struct lru_node; an all-zero
 * struct lru is empty.
 */
struct lru_node {
	struct lru_node *next; /* of the same head: compare the hash, then */
	struct lru_node *older, *newer;
	uint64_t hash;
};

struct lru {
	struct lru_node **head;
	size_t mask; /* heads - 1 */
	size_t n;
	struct lru_node *oldest, *newest;
};

void lru_fini(struct lru *); /* forgets the entries */

/* The first entry that may have this hash, NULL; go on with ->next. */
struct lru_node *lru_first(const struct lru *, uint64_t hash);
/* The node's hash is set. It becomes the newest. */
void lru_add(struct lru *, struct lru_node *);
void lru_remove(struct lru *, struct lru_node *);
/* Makes it the newest. */
void lru_touch(struct lru *, struct lru_node *);

#endif
