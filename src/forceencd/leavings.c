/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/leavings.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "forceenc/mem.h"

struct leavings_item {
	leavings_fn *fn;
	void *what;
	STAILQ_ENTRY(leavings_item) link;
};

struct leavings {
	STAILQ_HEAD(, leavings_item) items;
};

struct leavings *
leavings_new(void)
{
	struct leavings *leavings = mem_zalloc(sizeof(*leavings));

	STAILQ_INIT(&leavings->items);
	return leavings;
}

void
leavings_free(struct leavings *leavings)
{
	if (leavings == NULL)
		return;
	while (leavings_go_on(leavings))
		;
	free(leavings);
}

void
leavings_add(struct leavings *leavings, leavings_fn *fn, void *what)
{
	struct leavings_item *item = mem_zalloc(sizeof(*item));

	item->fn = fn;
	item->what = what;
	STAILQ_INSERT_TAIL(&leavings->items, item, link);
}

bool
leavings_go_on(struct leavings *leavings)
{
	struct leavings_item *item = STAILQ_FIRST(&leavings->items);

	if (item == NULL)
		return false;
	if (!item->fn(item->what)) {
		STAILQ_REMOVE_HEAD(&leavings->items, link);
		free(item);
	}
	return !STAILQ_EMPTY(&leavings->items);
}
