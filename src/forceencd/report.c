/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/report.h"

#include <string.h>
#include <unistd.h>

#include "config.h"
#include "forceenc/clock.h"
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

/* Microseconds as milliseconds. */
static void
report_ms(json_t *out, const char *name, uint64_t us)
{
	json_object_set_new(out, name, json_real((double)us / 1000));
}

/* How long answers took. Nothing is said of none. */
static void
report_latency(json_t *out, const struct histogram *took)
{
	json_t *latency = json_object();

	report_count(latency, "answers", took->n);
	if (took->n > 0) {
		report_ms(latency, "p50_ms", histogram_quantile(took, 0.5));
		report_ms(latency, "p99_ms", histogram_quantile(took, 0.99));
		report_ms(latency, "max_ms", took->max);
	}
	json_object_set_new(out, "latency", latency);
}

static const char *
report_health(const struct source_server *server, uint64_t now)
{
	switch (server->health) {
	case SOURCE_IDLE:
		return "idle";
	case SOURCE_CONNECTING:
		return "connecting";
	case SOURCE_UP:
		return "up";
	case SOURCE_DOWN:
		break;
	}
	return server->next_try != CLOCK_NEVER && server->next_try > now
	    ? "backing off"
	    : "down";
}

static json_t *
report_server(const struct source_server *server, uint64_t now)
{
	const char *state = report_health(server, now);
	json_t *out = json_object();

	report_text(out, "server", server->name);
	report_text(out, "state", state);
	if (strcmp(state, "backing off") == 0)
		json_object_set_new(out, "next_try",
		    json_real((double)(server->next_try - now) / 1000));
	if (server->why != NULL)
		report_text(out, "why", server->why);
	report_count(out, "connections", server->connections);
	report_count(out, "flights", server->flights);
	report_count(out, "failures", server->counts->failures);
	report_latency(out, &server->counts->took);
	return out;
}

/* Adds them, and what they have together. */
static void
report_servers(json_t *out, struct source *source, uint64_t now)
{
	json_t *list = json_array();
	struct source_server server;
	uint64_t connections = 0;
	unsigned i;

	for (i = 0; source_server(source, i, &server); i++) {
		json_array_append_new(list, report_server(&server, now));
		connections += server.connections;
	}
	report_count(out, "connections", connections);
	json_object_set_new(out, "servers", list);
}

static void
report_watch(json_t *out, struct source *source)
{
	static const char *const states[] = {
	    [SOURCE_WATCH_OFF] = "off",
	    [SOURCE_WATCH_REFRESHING] = "refreshing",
	    [SOURCE_WATCH_LIVE] = "live",
	};
	struct source_watch watch;

	source_watch(source, &watch);
	report_text(out, "watch", states[watch.state]);
	if (watch.state == SOURCE_WATCH_OFF)
		report_text(out, "watch_why", watch.why);
}

static json_t *
report_source(struct source *source, uint64_t now)
{
	json_t *out = json_object();

	report_text(out, "table", source->name);
	report_text(out, "state", source->down ? "down" : "up");
	if (source->down)
		report_text(out, "why", source->trouble.text);
	report_count(out, "asked", source->asked);
	report_count(out, "unsure", source->unsure);
	report_count(out, "flaps", source->flaps);
	report_latency(out, &source->took);
	report_servers(out, source, now);
	return out;
}

static json_t *
report_table(struct table *table, uint64_t now)
{
	const struct table_counts *counts = table_counts(table);
	json_t *out = report_source(table_source(table), now);

	json_object_set_new(out, "watched", json_boolean(table_watched(table)));
	report_watch(out, table_source(table));
	report_count(out, "fresh", counts->fresh);
	report_count(out, "stale", counts->stale);
	report_count(out, "none", counts->none);
	report_count(out, "served_stale", counts->served_stale);
	report_count(out, "flights", table_flights(table));
	report_count(out, "full", counts->full);
	return out;
}

/* Who it asks is shown as a table is. */
static void
report_answerer(
    const struct answerer *answerer, uint64_t now, json_t *out, json_t *tables)
{
	json_t *source;

	if (answerer->raised != NULL)
		report_count(out, "raised", *answerer->raised);
	if (answerer->source == NULL)
		return;
	source = report_source(answerer->source, now);
	json_object_set_new(source, "watched", json_false());
	report_watch(source, answerer->source);
	report_count(source, "flights", answerer->waiting);
	json_array_append_new(tables, source);
}

static json_t *
report_map(const struct map *map, uint64_t now)
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
		json_array_append_new(list, report_table(map->table[i], now));
	if (map->answerer != NULL)
		report_answerer(map->answerer, now, out, list);
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

/* How many turns took how long, each counted once. */
static json_t *
report_turns(const struct histogram *took)
{
	static const unsigned below_ms[] = {1, 2, 5, 10, 20, 50, 100};
	json_t *list = json_array(), *step;
	uint64_t seen = 0, n;
	size_t i;

	for (i = 0; i < sizeof(below_ms) / sizeof(*below_ms); i++) {
		n = histogram_below(took, below_ms[i] * UINT64_C(1000));
		step = json_pack("{s:i}", "below_ms", (int)below_ms[i]);
		report_count(step, "turns", n - seen);
		json_array_append_new(list, step);
		seen = n;
	}
	step = json_pack("{s:n}", "below_ms");
	report_count(step, "turns", took->n - seen);
	json_array_append_new(list, step);
	return list;
}

static json_t *
report_loop(const struct turn *turn)
{
	const struct histogram *took = &turn->took;
	json_t *out = json_object();

	report_count(out, "turns", took->n);
	report_ms(out, "p50_ms", histogram_quantile(took, 0.5));
	report_ms(out, "p99_ms", histogram_quantile(took, 0.99));
	report_ms(out, "longest_ms", took->max);
	report_ms(
	    out, "longest_of_late_ms", turn_longest_lately(turn, clock_us()));
	json_object_set_new(out, "by_time", report_turns(took));
	return out;
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
		json_array_append_new(list, report_map(&service->map[i], now));
	json_object_set_new(out, "maps", list);
	json_object_set_new(out, "clients", report_clients(view));
	json_object_set_new(out, "cache", report_cache(view));
	json_object_set_new(out, "loop", report_loop(view->turn));
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
