/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/metrics.h"

#include <stddef.h>

#include "forceenc/clock.h"
#include "forceenc/self.h"
#include "forceencd/metrics_histogram.h"
#include "forceencd/metrics_sources.h"
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

static void
metrics_waits(struct prometheus *page, const struct service *service)
{
	const struct map *map, *end = service->map + service->conf->nmaps;

	prometheus_family(page, PROMETHEUS_HISTOGRAM,
	    "forceenc_lookup_wait_seconds",
	    "How long lookups that couldn't be answered at once took.");
	for (map = service->map; map < end; map++) {
		prometheus_label(page, "map", map->conf->name);
		metrics_histogram(page, &map->counts.waited);
	}
	prometheus_family(page, PROMETHEUS_COUNTER,
	    "forceenc_policies_raised_total",
	    "Policies of a floor that were stricter than what was said.");
	for (map = service->map; map < end; map++) {
		if (map->answerer == NULL || map->answerer->raised == NULL)
			continue;
		prometheus_label(page, "map", map->conf->name);
		prometheus_count(page, *map->answerer->raised);
	}
}

static void
metrics_loop(struct prometheus *page, const struct turn *turn)
{
	const struct histogram *took = &turn->took;

	prometheus_family(page, PROMETHEUS_HISTOGRAM,
	    "forceenc_loop_turn_duration_seconds",
	    "Turns of the loop that had work to do.");
	metrics_histogram(page, took);
	prometheus_counter(page, "forceenc_loop_slow_turns_total",
	    "Turns of the loop that took 50 ms and more.",
	    took->n - histogram_below(took, 50000));
	prometheus_family(page, PROMETHEUS_GAUGE,
	    "forceenc_loop_longest_turn_seconds",
	    "The longest turn of about the last minute.");
	prometheus_real(
	    page, (double)turn_longest_lately(turn, clock_us()) / 1e6);
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
	    "Questions that wait for a table.",
	    resolve_tickets(view->resolve) +
		answerers_waiting(view->answerers));
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

	self_write(page, "forceencd", view->started_wall);
	metrics_daemon(page, view);
	metrics_lookups(page, service);
	metrics_waits(page, service);
	metrics_sources_write(page, service);
	metrics_loop(page, view->turn);
	metrics_cache(page, view->cache);
	metrics_clients(page, view);
	http_write(view->http, page);
}
