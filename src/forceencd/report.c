/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/report.h"

#include <string.h>
#include <unistd.h>

#include "config.h"
#include "forceencd/explain.h"

static void
report_count(json_t *out, const char *name, uint64_t n)
{
	json_object_set_new(out, name, json_integer((json_int_t)n));
}

static void
report_text(json_t *out, const char *name, const char *text)
{
	json_object_set_new(out, name, explain_string(text, strlen(text)));
}

static json_t *
report_source(const struct source *source, bool watched, unsigned flights)
{
	json_t *out = json_object();

	report_text(out, "table", source->name);
	report_text(out, "state", source->down ? "down" : "up");
	if (source->down)
		report_text(out, "why", source->trouble.text);
	json_object_set_new(out, "watched", json_boolean(watched));
	report_count(out, "asked", source->asked);
	report_count(out, "unsure", source->unsure);
	report_count(out, "flaps", source->flaps);
	report_count(out, "flights", flights);
	return out;
}

static json_t *
report_table(const struct table *table)
{
	return report_source(
	    table_source(table), table_watched(table), table_flights(table));
}

static void
report_answerer(const struct answerer *answerer, json_t *out, json_t *tables)
{
	if (answerer->raised != NULL)
		report_count(out, "raised", *answerer->raised);
	if (answerer->source != NULL)
		json_array_append_new(tables,
		    report_source(answerer->source, false, answerer->waiting));
}

static json_t *
report_map(const struct map *map)
{
	const struct map_counts *counts = &map->counts;
	json_t *out = json_object(), *list = json_array();
	size_t i;

	report_text(out, "map", map->conf->name);
	report_text(out, "kind", conf_map_kind_name(map->conf->kind));
	for (i = 0; i < map->conf->answers.n; i++)
		json_array_append_new(
		    list, json_string(map->conf->answers.list[i]));
	json_object_set_new(out, "answers", list);
	report_count(out, "questions", counts->questions);
	report_count(out, "answered", counts->answered);
	report_count(out, "dunno", counts->dunno);
	report_count(out, "absent", counts->absent);
	report_count(out, "unsure", counts->unsure);
	report_count(out, "stale", counts->stale);
	report_count(out, "failsafe", counts->failsafe);
	report_count(out, "late", counts->late);
	list = json_array();
	for (i = 0; i < map->conf->ntables; i++)
		json_array_append_new(list, report_table(map->table[i]));
	if (map->answerer != NULL)
		report_answerer(map->answerer, out, list);
	json_object_set_new(out, "tables", list);
	return out;
}

static json_t *
report_clients(const struct view *view)
{
	const struct clients_counts *counts = clients_counts(view->clients);
	const struct session_counts *sessions = &view->shared->counts;
	json_t *out = json_object();

	report_count(out, "connected", clients_connected(view->clients));
	report_count(
	    out, "limit", view->shared->service->conf->connection_limit);
	report_count(out, "accepted", counts->accepted);
	report_count(out, "questions", sessions->questions);
	report_count(out, "refused", sessions->refused);
	report_count(out, "broken", sessions->broken);
	report_count(out, "evicted", counts->evicted);
	report_count(out, "frame_time", counts->frame_time);
	report_count(out, "idle_time", counts->idle_time);
	report_count(out, "out_of_room", counts->out_of_room);
	report_count(out, "errors", counts->errors);
	return out;
}

static void
report_listener(const struct conf_listen *listen, void *arg)
{
	json_t *out = json_object();

	report_text(out, "endpoint", listen->endpoint.text);
	report_text(
	    out, "protocol", listen->map == NULL ? "socketmap" : "tcp_table");
	if (listen->map != NULL)
		report_text(out, "map", listen->map);
	json_array_append_new(arg, out);
}

json_t *
report_cache(const struct view *view)
{
	struct cache_stats stats;
	json_t *out = json_object();

	cache_stats(view->cache, &stats);
	report_count(out, "facts", stats.facts);
	report_count(out, "facts_max", stats.facts_max);
	report_count(out, "bytes", stats.bytes);
	report_count(out, "bytes_max", stats.bytes_max);
	report_count(out, "fresh", stats.fresh);
	report_count(out, "stale", stats.stale);
	report_count(out, "none", stats.none);
	report_count(out, "evicted", stats.evicted);
	return out;
}

json_t *
report_status(const struct view *view, uint64_t now)
{
	const struct service *service = view->shared->service;
	json_t *out = json_object(), *list = json_array();
	size_t i;

	report_text(out, "version", PACKAGE_VERSION);
	report_count(out, "pid", (uint64_t)getpid());
	report_count(out, "uptime", (now - view->started_at) / 1000);
	report_text(out, "configuration", service->conf->path);
	report_count(out, "reloads", view->reloads);
	report_count(out, "reloads_failed", view->reloads_failed);
	if (view->reload_trouble.text[0] != '\0')
		report_text(out, "reload_trouble", view->reload_trouble.text);
	listeners_each(view->listeners, report_listener, list);
	json_object_set_new(out, "listeners", list);
	list = json_array();
	for (i = 0; i < service->conf->nmaps; i++)
		json_array_append_new(list, report_map(&service->map[i]));
	json_object_set_new(out, "maps", list);
	json_object_set_new(out, "clients", report_clients(view));
	json_object_set_new(out, "cache", report_cache(view));
	report_count(out, "waiting",
	    resolve_tickets(view->resolve) +
		answerers_waiting(view->answerers));
	return out;
}

/* Which map's times and answers a table has: a table of two maps has the same
 * answers in both. */
static const struct map *
report_map_of(const struct service *service, const struct table *table)
{
	size_t i, j;

	for (i = 0; i < service->conf->nmaps; i++)
		for (j = 0; j < service->conf->map[i].ntables; j++)
			if (service->map[i].table[j] == table)
				return &service->map[i];
	return NULL;
}

json_t *
report_fact(const struct view *view, const struct cache_entry *entry)
{
	const struct service *service = view->shared->service;
	struct table *table = tables_find(view->tables, entry->table);
	const struct map *map =
	    table != NULL ? report_map_of(service, table) : NULL;
	json_t *out = json_object();

	json_object_set_new(out, "key", explain_string(entry->key, entry->len));
	report_text(out, "table", table != NULL ? table_name(table) : "");
	report_text(out, "fact",
	    !entry->fact.present ? "absent"
		: map != NULL
		? answer_name(&map->conf->answers, entry->fact.answer)
		: "present");
	json_object_set_new(out, "age", json_real((double)entry->age / 1000));
	json_object_set_new(out, "fresh",
	    json_boolean(table != NULL &&
		table_believes(table, &service->times, entry)));
	return out;
}
