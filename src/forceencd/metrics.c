/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/metrics.h"

#include <stddef.h>

#include "forceenc/self.h"
#include "forceencd/ready.h"

/* A counter of each map. */
struct metrics_map_counter {
	const char *name;
	const char *help;
	size_t offset; /* of the uint64_t in struct map_counts */
};

#define COUNTED(field) offsetof(struct map_counts, field)

static const struct metrics_map_counter metrics_map_counters[] = {
    {"forceenc_lookups_stale_total",
	"Lookups answered from a fact that couldn't be confirmed.",
	COUNTED(stale)},
    {"forceenc_lookups_failsafe_total",
	"Lookups answered as the map's on_failure says.", COUNTED(failsafe)},
    {"forceenc_lookups_late_total",
	"Lookups whose answer wasn't known at the deadline.", COUNTED(late)},
};

static const struct metrics_map_counter metrics_outcomes[] = {
    {"answer", NULL, COUNTED(answered)},
    {"dunno", NULL, COUNTED(dunno)},
    {"absent", NULL, COUNTED(absent)},
    {"unsure", NULL, COUNTED(unsure)},
};

#define METRICS_N(array) (sizeof(array) / sizeof(*(array)))

static uint64_t
metrics_map_count(
    const struct map *map, const struct metrics_map_counter *counter)
{
	return *(
	    const uint64_t *)((const char *)&map->counts + counter->offset);
}

static void
metrics_lookups(struct prometheus *page, const struct service *service)
{
	const struct metrics_map_counter *counter;
	const struct map *map, *end = service->map + service->conf->nmaps;
	size_t i;

	prometheus_family(page, PROMETHEUS_COUNTER, "forceenc_lookups_total",
	    "Lookups by how they ended; unsure ones were answered TEMP.");
	for (map = service->map; map < end; map++) {
		for (i = 0; i < METRICS_N(metrics_outcomes); i++) {
			counter = &metrics_outcomes[i];
			prometheus_label(page, "map", map->conf->name);
			prometheus_label(page, "outcome", counter->name);
			prometheus_count(page, metrics_map_count(map, counter));
		}
	}
	for (i = 0; i < METRICS_N(metrics_map_counters); i++) {
		counter = &metrics_map_counters[i];
		prometheus_family(
		    page, PROMETHEUS_COUNTER, counter->name, counter->help);
		for (map = service->map; map < end; map++) {
			prometheus_label(page, "map", map->conf->name);
			prometheus_count(page, metrics_map_count(map, counter));
		}
	}
}

/* Figures of tables: each one knows how to get its own. */
struct metrics_table_figure {
	enum prometheus_type type;
	const char *name;
	const char *help;
	uint64_t (*get)(const struct table *);
};

static uint64_t
metrics_table_up(const struct table *table)
{
	return !table_source(table)->down;
}

static uint64_t
metrics_table_watched(const struct table *table)
{
	return table_watched(table);
}

static uint64_t
metrics_table_asked(const struct table *table)
{
	return table_source(table)->asked;
}

static uint64_t
metrics_table_unsure(const struct table *table)
{
	return table_source(table)->unsure;
}

static uint64_t
metrics_table_flaps(const struct table *table)
{
	return table_source(table)->flaps;
}

static uint64_t
metrics_table_flights(const struct table *table)
{
	return table_flights(table);
}

static const struct metrics_table_figure metrics_table_figures[] = {
    {PROMETHEUS_GAUGE, "forceenc_table_up",
	"Whether the last attempt to ask the table succeeded.",
	metrics_table_up},
    {PROMETHEUS_GAUGE, "forceenc_table_watched",
	"Whether changes of the table are noticed as they happen.",
	metrics_table_watched},
    {PROMETHEUS_GAUGE, "forceenc_table_flights",
	"Keys that the table is being asked for.", metrics_table_flights},
    {PROMETHEUS_COUNTER, "forceenc_table_asked_total",
	"Keys that the table was asked for.", metrics_table_asked},
    {PROMETHEUS_COUNTER, "forceenc_table_unsure_total",
	"Keys for which the table couldn't be asked.", metrics_table_unsure},
    {PROMETHEUS_COUNTER, "forceenc_table_flaps_total",
	"Times that the table went down.", metrics_table_flaps},
};

/* A table that several maps share is shown with the first of them. */
static bool
metrics_was_shown(const struct service *service, size_t at_map, size_t at_table)
{
	const struct table *table = service->map[at_map].table[at_table];
	size_t i, j, n;

	for (i = 0; i <= at_map; i++) {
		n = i < at_map ? service->map[i].conf->ntables : at_table;
		for (j = 0; j < n; j++)
			if (service->map[i].table[j] == table)
				return true;
	}
	return false;
}

static void
metrics_table_figure(struct prometheus *page, const struct service *service,
    const struct metrics_table_figure *figure)
{
	const struct map *map;
	size_t i, j;

	prometheus_family(page, figure->type, figure->name, figure->help);
	for (i = 0; i < service->conf->nmaps; i++) {
		map = &service->map[i];
		for (j = 0; j < map->conf->ntables; j++) {
			if (metrics_was_shown(service, i, j))
				continue;
			prometheus_label(page, "map", map->conf->name);
			prometheus_label(
			    page, "table", table_name(map->table[j]));
			prometheus_count(page, figure->get(map->table[j]));
		}
	}
}

static void
metrics_cache(struct prometheus *page, const struct cache *cache)
{
	struct cache_stats stats;

	cache_stats(cache, &stats);
	prometheus_gauge(page, "forceenc_cache_facts",
	    "Facts that are remembered.", stats.facts);
	prometheus_gauge(page, "forceenc_cache_max_facts",
	    "Facts that there is room for.", stats.facts_max);
	prometheus_gauge(page, "forceenc_cache_bytes",
	    "Memory that the facts take.", stats.bytes);
	prometheus_gauge(page, "forceenc_cache_max_bytes",
	    "Memory that they may take.", stats.bytes_max);
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_cache_lookups_total",
	    "Facts that were looked for, by what was found.");
	prometheus_label(page, "found", "fresh");
	prometheus_count(page, stats.fresh);
	prometheus_label(page, "found", "stale");
	prometheus_count(page, stats.stale);
	prometheus_label(page, "found", "none");
	prometheus_count(page, stats.none);
	prometheus_counter(page, "forceenc_cache_evictions_total",
	    "Facts that were forgotten for want of room.", stats.evicted);
}

static void
metrics_hangup(struct prometheus *page, const char *reason, uint64_t n)
{
	prometheus_label(page, "reason", reason);
	prometheus_count(page, n);
}

static void
metrics_clients(struct prometheus *page, const struct view *view)
{
	const struct clients_counts *counts = clients_counts(view->clients);
	const struct session_counts *sessions = &view->shared->counts;

	prometheus_gauge(page, "forceenc_clients",
	    "Clients that are connected.", clients_connected(view->clients));
	prometheus_gauge(page, "forceenc_clients_limit",
	    "Clients that may be connected.",
	    view->shared->service->conf->connection_limit);
	prometheus_counter(page, "forceenc_clients_accepted_total",
	    "Clients that have connected.", counts->accepted);
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_clients_hangups_total",
	    "Clients that were hung up on, by reason.");
	metrics_hangup(page, "broken", sessions->broken);
	metrics_hangup(page, "error", counts->errors);
	metrics_hangup(page, "evicted", counts->evicted);
	metrics_hangup(page, "frame_time", counts->frame_time);
	metrics_hangup(page, "idle_time", counts->idle_time);
	metrics_hangup(page, "out_of_room", counts->out_of_room);
	prometheus_counter(page, "forceenc_questions_total",
	    "Questions that clients have asked.", sessions->questions);
	prometheus_counter(page, "forceenc_questions_refused_total",
	    "Requests that were no question, answered PERM.",
	    sessions->refused);
	prometheus_gauge(page, "forceenc_questions_waiting",
	    "Questions that wait for a table.", resolve_tickets(view->resolve));
	prometheus_gauge(page, "forceenc_questions_waiting_limit",
	    "Questions that may wait.", RESOLVE_TICKETS_MAX);
}

static void
metrics_daemon(struct prometheus *page, const struct view *view)
{
	struct buf why = {0};

	prometheus_gauge(page, "forceenc_ready",
	    "Whether questions get answers, as /readyz says.",
	    ready_ask(view, &why));
	buf_fini(&why);
	prometheus_family(page, PROMETHEUS_COUNTER, "forceenc_reloads_total",
	    "Times that the configuration was read anew.");
	prometheus_label(page, "outcome", "done");
	prometheus_count(page, view->reloads);
	prometheus_label(page, "outcome", "failed");
	prometheus_count(page, view->reloads_failed);
	prometheus_gauge(page, "forceenc_reload_failed",
	    "Whether the last reload failed: an older configuration is in "
	    "force.",
	    view->reload_trouble.text[0] != '\0');
}

void
metrics_write(struct prometheus *page, const struct view *view)
{
	const struct service *service = view->shared->service;
	size_t i;

	self_write(page, "forceencd", view->started_wall);
	metrics_daemon(page, view);
	metrics_lookups(page, service);
	for (i = 0; i < METRICS_N(metrics_table_figures); i++)
		metrics_table_figure(page, service, &metrics_table_figures[i]);
	metrics_cache(page, view->cache);
	metrics_clients(page, view);
	http_write(view->http, page);
}
