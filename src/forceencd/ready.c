/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ready.h"

/* What a map does while a table is down of which so many facts are remembered;
 * NULL: mail waits. */
static const char *
ready_bridge(const struct view *view, const struct conf_map *map, size_t facts)
{
	switch (map->on_failure) {
	case CONF_ON_FAILURE_ANSWER:
		return map->answers.list[map->on_failure_answer];
	case CONF_ON_FAILURE_STALE:
		return view->shared->service->conf->stale_max > 0 && facts > 0
		    ? "what was last known"
		    : NULL;
	case CONF_ON_FAILURE_TEMPFAIL:
		break;
	}
	return NULL;
}

static bool
ready_source(const struct view *view, const struct source *source,
    const struct map *map, size_t facts, struct buf *why)
{
	const char *bridge = ready_bridge(view, map->conf, facts);

	if (!source->down)
		return true;
	buf_printf(why, "map %s: %s can't be asked: %s: answering %s\n",
	    map->conf->name, source->name, source->trouble.text,
	    bridge != NULL ? bridge : "try again later");
	return bridge != NULL;
}

static bool
ready_map(const struct view *view, const struct map *map, struct buf *why)
{
	const struct answerer *answerer = map->answerer;
	bool ready = true;
	size_t i;

	for (i = 0; i < map->conf->ntables; i++)
		ready =
		    ready_source(view, table_source(map->table[i]), map,
			cache_facts(view->cache, table_number(map->table[i])),
			why) &&
		    ready;
	if (answerer != NULL && answerer->source != NULL)
		ready =
		    ready_source(view, answerer->source, map,
			answerer->facts != NULL ? *answerer->facts : 0, why) &&
		    ready;
	return ready;
}

bool
ready_ask(const struct view *view, struct buf *why)
{
	const struct service *service = view->shared->service;
	bool ready = true;
	size_t i;

	if (view->listeners == NULL) {
		buf_add_text(why, "ending: accepts no more connections\n");
		ready = false;
	} else if (service->conf->nlisten == 0) {
		buf_add_text(why,
		    "listens nowhere: socketmap_listen and tcp_table_listen "
		    "are empty\n");
		ready = false;
	}
	for (i = 0; i < service->conf->nmaps; i++)
		ready = ready_map(view, &service->map[i], why) && ready;
	return ready;
}
