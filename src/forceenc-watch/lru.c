/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/lru.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

#define LRU_HEADS_MIN 256

void
lru_fini(struct lru *lru)
{
	free(lru->head);
	memset(lru, 0, sizeof(*lru));
}

static void
lru_grow(struct lru *lru)
{
	size_t size = lru->head == NULL ? LRU_HEADS_MIN : (lru->mask + 1) * 2;
	struct lru_node *node;

	free(lru->head);
	lru->head = mem_zalloc(size * sizeof(struct lru_node *));
	lru->mask = size - 1;
	for (node = lru->oldest; node != NULL; node = node->newer) {
		node->next = lru->head[node->hash & lru->mask];
		lru->head[node->hash & lru->mask] = node;
	}
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
	if (lru->head == NULL || lru->n > lru->mask)
		lru_grow(lru);
	node->next = lru->head[node->hash & lru->mask];
	lru->head[node->hash & lru->mask] = node;
	lru_append(lru, node);
	lru->n++;
}

void
lru_remove(struct lru *lru, struct lru_node *node)
{
	struct lru_node **at = &lru->head[node->hash & lru->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
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
