/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/metrics_sources.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceencd/metrics_histogram.h"

/* One who is asked, and for which map. */
struct metrics_sources_one {
	const struct map *map;
	const struct table *table; /* NULL: a floor's upstream map */
	struct source *source;
	unsigned flights;
};

struct metrics_sources {
	struct metrics_sources_one *one;
	size_t n;
};

static void
metrics_sources_add(struct metrics_sources *all, const struct map *map,
    const struct table *table, struct source *source, unsigned flights)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->one[i].source == source)
			return;
	all->one = mem_resize(all->one, all->n + 1, sizeof(*all->one));
	all->one[all->n++] =
	    (struct metrics_sources_one){map, table, source, flights};
}

static void
metrics_sources_find(struct metrics_sources *all, const struct service *service)
{
	const struct answerer *answerer;
	const struct map *map;
	size_t i, j;

	for (i = 0; i < service->conf->nmaps; i++) {
		map = &service->map[i];
		for (j = 0; j < map->conf->ntables; j++)
			metrics_sources_add(all, map, map->table[j],
			    table_source(map->table[j]),
			    table_flights(map->table[j]));
		answerer = map->answerer;
		if (answerer != NULL && answerer->source != NULL)
			metrics_sources_add(all, map, NULL, answerer->source,
			    answerer->waiting);
	}
}

static void
metrics_sources_label(
    struct prometheus *page, const struct metrics_sources_one *one)
{
	prometheus_label(page, "map", one->map->conf->name);
	prometheus_label(page, "table", one->source->name);
}

static uint64_t
metrics_sources_up(const struct metrics_sources_one *one)
{
	return !one->source->down;
}

static uint64_t
metrics_sources_watched(const struct metrics_sources_one *one)
{
	return one->table != NULL && table_watched(one->table);
}

static uint64_t
metrics_sources_flights(const struct metrics_sources_one *one)
{
	return one->flights;
}

static uint64_t
metrics_sources_asked(const struct metrics_sources_one *one)
{
	return one->source->asked;
}

static uint64_t
metrics_sources_unsure(const struct metrics_sources_one *one)
{
	return one->source->unsure;
}

static uint64_t
metrics_sources_flaps(const struct metrics_sources_one *one)
{
	return one->source->flaps;
}

static uint64_t
metrics_sources_full(const struct metrics_sources_one *one)
{
	return one->table != NULL ? table_counts(one->table)->full : 0;
}

static const struct metrics_sources_figure {
	enum prometheus_type type;
	const char *name;
	const char *help;
	uint64_t (*get)(const struct metrics_sources_one *);
} metrics_sources_figures[] = {
    {PROMETHEUS_GAUGE, "forceenc_table_up",
	"Whether the last attempt to ask the table succeeded.",
	metrics_sources_up},
    {PROMETHEUS_GAUGE, "forceenc_table_watched",
	"Whether changes of the table are noticed as they happen.",
	metrics_sources_watched},
    {PROMETHEUS_GAUGE, "forceenc_table_flights",
	"Keys that the table is being asked for.", metrics_sources_flights},
    {PROMETHEUS_COUNTER, "forceenc_table_asked_total",
	"Keys that the table was asked for.", metrics_sources_asked},
    {PROMETHEUS_COUNTER, "forceenc_table_unsure_total",
	"Keys for which the table couldn't be asked.", metrics_sources_unsure},
    {PROMETHEUS_COUNTER, "forceenc_table_flaps_total",
	"Times that the table went down.", metrics_sources_flaps},
    {PROMETHEUS_COUNTER, "forceenc_table_full_total",
	"Keys that weren't asked for, since too many were on their way.",
	metrics_sources_full},
};

static void
metrics_sources_write_figure(struct prometheus *page,
    const struct metrics_sources *all,
    const struct metrics_sources_figure *figure)
{
	size_t i;

	prometheus_family(page, figure->type, figure->name, figure->help);
	for (i = 0; i < all->n; i++) {
		metrics_sources_label(page, &all->one[i]);
		prometheus_count(page, figure->get(&all->one[i]));
	}
}

static void
metrics_sources_write_took(
    struct prometheus *page, const struct metrics_sources *all)
{
	size_t i;

	prometheus_family(page, PROMETHEUS_HISTOGRAM,
	    "forceenc_table_duration_seconds",
	    "From a question to a table to what came of it.");
	for (i = 0; i < all->n; i++) {
		metrics_sources_label(page, &all->one[i]);
		metrics_histogram(page, &all->one[i].source->took);
	}
}

/* What a server has to show in one family. */
typedef void metrics_sources_server_fn(
    struct prometheus *, const struct source_server *);

static void
metrics_sources_server_up(
    struct prometheus *page, const struct source_server *server)
{
	prometheus_count(page, server->health != SOURCE_DOWN);
}

static void
metrics_sources_server_connections(
    struct prometheus *page, const struct source_server *server)
{
	prometheus_count(page, server->connections);
}

static void
metrics_sources_server_flights(
    struct prometheus *page, const struct source_server *server)
{
	prometheus_count(page, server->flights);
}

static void
metrics_sources_server_failures(
    struct prometheus *page, const struct source_server *server)
{
	prometheus_count(page, server->counts->failures);
}

static void
metrics_sources_server_took(
    struct prometheus *page, const struct source_server *server)
{
	metrics_histogram(page, &server->counts->took);
}

static const struct metrics_sources_server_figure {
	enum prometheus_type type;
	const char *name;
	const char *help;
	metrics_sources_server_fn *write;
} metrics_sources_server_figures[] = {
    {PROMETHEUS_GAUGE, "forceenc_server_up",
	"Whether nothing is known against a table's server.",
	metrics_sources_server_up},
    {PROMETHEUS_GAUGE, "forceenc_server_connections",
	"Connections to the server.", metrics_sources_server_connections},
    {PROMETHEUS_GAUGE, "forceenc_server_flights",
	"Questions that the server hasn't answered yet.",
	metrics_sources_server_flights},
    {PROMETHEUS_COUNTER, "forceenc_server_failures_total",
	"Attempts to connect that failed, and connections that broke.",
	metrics_sources_server_failures},
    {PROMETHEUS_HISTOGRAM, "forceenc_server_duration_seconds",
	"How long the server's answers took.", metrics_sources_server_took},
};

/* Several may have one name: the same server, named twice. */
static bool
metrics_sources_was_shown(
    struct source *source, unsigned i, const struct source_server *server)
{
	struct source_server other;

	while (i-- > 0)
		if (source_server(source, i, &other) &&
		    strcmp(other.name, server->name) == 0)
			return true;
	return false;
}

static void
metrics_sources_write_servers(struct prometheus *page,
    const struct metrics_sources *all,
    const struct metrics_sources_server_figure *figure)
{
	struct source_server server;
	struct source *source;
	unsigned j;
	size_t i;

	prometheus_family(page, figure->type, figure->name, figure->help);
	for (i = 0; i < all->n; i++) {
		source = all->one[i].source;
		for (j = 0; source_server(source, j, &server); j++) {
			if (metrics_sources_was_shown(source, j, &server))
				continue;
			metrics_sources_label(page, &all->one[i]);
			prometheus_label(page, "server", server.name);
			figure->write(page, &server);
		}
	}
}

#define METRICS_SOURCES_N(array) (sizeof(array) / sizeof(*(array)))

void
metrics_sources_write(struct prometheus *page, const struct service *service)
{
	struct metrics_sources all = {0};
	size_t i;

	metrics_sources_find(&all, service);
	for (i = 0; i < METRICS_SOURCES_N(metrics_sources_figures); i++)
		metrics_sources_write_figure(
		    page, &all, &metrics_sources_figures[i]);
	metrics_sources_write_took(page, &all);
	for (i = 0; i < METRICS_SOURCES_N(metrics_sources_server_figures); i++)
		metrics_sources_write_servers(
		    page, &all, &metrics_sources_server_figures[i]);
	free(all.one);
}
