/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/lru.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

#define LRU_SLOTS_MIN 256

void
lru_fini(struct lru *lru)
{
	free(lru->slot);
	memset(lru, 0, sizeof(*lru));
}

static void
lru_put(struct lru *lru, struct lru_node *node)
{
	size_t at = node->hash & lru->mask;

	while (lru->slot[at].node != NULL)
		at = (at + 1) & lru->mask;
	lru->slot[at].node = node;
	lru->slot[at].hash = node->hash;
}

static void
lru_grow(struct lru *lru)
{
	size_t size = lru->slot == NULL ? LRU_SLOTS_MIN : (lru->mask + 1) * 2;
	struct lru_node *node;

	free(lru->slot);
	lru->slot = mem_zalloc(size * sizeof(*lru->slot));
	lru->mask = size - 1;
	for (node = lru->oldest; node != NULL; node = node->newer)
		lru_put(lru, node);
}

/* Those behind it move up, unless they would stand in front of where their
 * hash begins to look. */
static void
lru_take(struct lru *lru, const struct lru_node *node)
{
	size_t at = node->hash & lru->mask, next;

	while (lru->slot[at].node != node)
		at = (at + 1) & lru->mask;
	for (next = (at + 1) & lru->mask; lru->slot[next].node != NULL;
	     next = (next + 1) & lru->mask) {
		if (((next - lru->slot[next].hash) & lru->mask) <
		    ((next - at) & lru->mask))
			continue;
		lru->slot[at] = lru->slot[next];
		at = next;
	}
	lru->slot[at].node = NULL;
}

static void
lru_append(struct lru *lru, struct lru_node *node)
{
	node->newer = NULL;
	node->older = lru->newest;
	if (lru->newest != NULL)
		lru->newest->newer = node;
	else
		lru->oldest = node;
	lru->newest = node;
}

static void
lru_unlink(struct lru *lru, struct lru_node *node)
{
	if (node->older != NULL)
		node->older->newer = node->newer;
	else
		lru->oldest = node->newer;
	if (node->newer != NULL)
		node->newer->older = node->older;
	else
		lru->newest = node->older;
}

void
lru_add(struct lru *lru, struct lru_node *node)
{
	if (lru->slot == NULL || lru->n * 2 > lru->mask)
		lru_grow(lru);
	lru_put(lru, node);
	lru_append(lru, node);
	lru->n++;
}

void
lru_remove(struct lru *lru, struct lru_node *node)
{
	lru_take(lru, node);
	lru_unlink(lru, node);
	lru->n--;
}

void
lru_renew(struct lru *lru, struct lru_node *node)
{
	if (lru->newest == node)
		return;
	lru_unlink(lru, node);
	lru_append(lru, node);
}
