/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/table.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/driver.h"

#define TABLE_HEADS       256 /* a power of two */
#define TABLE_FLIGHTS_MAX 4096
/* With so many on their way nothing is asked for beforehand. */
#define TABLE_FLIGHTS_BUSY (TABLE_FLIGHTS_MAX / 2)
/* Restored facts are of the epoch before. */
#define TABLE_FIRST_EPOCH 1

LIST_HEAD(table_flights, flight);

struct table {
	struct source *source;
	struct cache *cache;
	uint8_t number;
	bool watched;     /* changes are noticed */
	uint32_t epoch;   /* of the facts that count */
	uint32_t changed; /* the epoch that the last known change began */
	uint64_t looked_at;
	struct table_counts counts;
	unsigned nflights;
	struct table_flights head[TABLE_HEADS];
	struct flight_landed landed;
};

static void table_on_change(void *arg, const char *key, size_t len);

struct table *
table_new_with(struct source *source, struct cache *cache, uint8_t number)
{
	struct table *table = mem_zalloc(sizeof(*table));
	unsigned i;

	table->source = source;
	source->changed = table_on_change;
	source->changed_arg = table;
	table->cache = cache;
	table->number = number;
	table->epoch = TABLE_FIRST_EPOCH;
	for (i = 0; i < TABLE_HEADS; i++)
		LIST_INIT(&table->head[i]);
	flight_landed_init(&table->landed);
	return table;
}

struct table *
table_new(const struct conf_table *conf, const struct answers *answers,
    const struct source_env *env, struct cache *cache, uint8_t number)
{
	return table_new_with(driver_new(conf, answers, env), cache, number);
}

static void
table_cancel(struct table *table)
{
	struct flight *flight;
	unsigned i;

	flight_landed_fini(&table->landed);
	for (i = 0; i < TABLE_HEADS; i++)
		while ((flight = LIST_FIRST(&table->head[i])) != NULL) {
			source_cancel(table->source, &flight->ask);
			LIST_REMOVE(flight, link);
			table->nflights--;
			flight_free(flight);
		}
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	table_cancel(table);
	MUST(table->nflights == 0);
	source_free(table->source);
	cache_drop_table(table->cache, table->number);
	free(table);
}

/* Notices what changed behind our back, at most every watch_interval. */
static void
table_look(struct table *table, const struct table_times *times, uint64_t now)
{
	if (table->looked_at != 0 &&
	    now - table->looked_at < times->watch_interval)
		return;
	table->looked_at = now;
	switch (source_look(table->source, now)) {
	case SOURCE_SAME:
		break;
	case SOURCE_CHANGED:
		table->changed = ++table->epoch;
		table->watched = true;
		break;
	case SOURCE_BEGUN:
		table->epoch++;
		table->watched = true;
		break;
	case SOURCE_BLIND:
		if (table->watched)
			table->epoch++;
		table->watched = false;
		break;
	}
}

static void
table_trust(const struct table *table, const struct table_times *times,
    struct cache_trust *trust)
{
	trust->epoch = table->epoch;
	trust->present_ttl =
	    table->watched ? times->watched_ttl : times->present_ttl;
	trust->absent_ttl =
	    table->watched ? times->watched_ttl : times->absent_ttl;
}

bool
table_believes(const struct table *table, const struct table_times *times,
    const struct cache_entry *entry)
{
	struct cache_trust trust;

	table_trust(table, times, &trust);
	return entry->epoch == trust.epoch &&
	    entry->age <
	    (entry->fact.present ? trust.present_ttl : trust.absent_ttl);
}

static void
table_warn_bad(const struct table *table, const char *key, size_t len,
    const struct source_reply *reply)
{
	const struct answers *answers = table->source->answers;
	struct buf list = {0};
	size_t i;

	for (i = 0; i < answers->n; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", answers->list[i]);
	log_warn("%s: %s: %s is not a permitted answer; this sender's mail "
		 "waits until it's corrected (permitted=%s)",
	    table->source->name, text_show(key, len), reply->why.text,
	    buf_text(&list));
	buf_fini(&list);
}

/* was: what the cache held, NULL for nothing. A value that was bad before is
 * no news. */
static void
table_learn(struct table *table, const char *key, size_t len, uint32_t hash,
    uint32_t epoch, uint64_t now, const struct source_reply *reply,
    const struct fact *was)
{
	struct fact fact = {
	    .present = reply->kind == SOURCE_PRESENT, .answer = reply->answer};
	bool bad = fact.present && fact.answer == ANSWER_BAD;

	if (reply->kind == SOURCE_UNSURE)
		return;
	if (bad && (was == NULL || !was->present || was->answer != ANSWER_BAD))
		table_warn_bad(table, key, len, reply);
	cache_put(
	    table->cache, table->number, key, len, hash, epoch, now, &fact);
}

/* The source answered a flight: the fact is kept, then the waiters are
 * told. */
static void
table_on_reply(
    struct source_ask *ask, const struct source_reply *reply, uint64_t now)
{
	struct flight *flight = (struct flight *)ask;
	struct table *table = flight->table;
	struct cache_entry was;
	bool had;

	LIST_REMOVE(flight, link);
	table->nflights--;
	source_answered(table->source, ask);
	had = cache_peek(table->cache, table->number, flight->key, ask->len,
	    flight->hash, now, &was);
	/* Epochs are counted around. A flight from after a change may have
	 * overtaken one from before it. */
	if (!flight->outdated &&
	    (!had || (int32_t)(flight->epoch - was.epoch) >= 0))
		table_learn(table, flight->key, ask->len, flight->hash,
		    flight->epoch, now, reply, had ? &was.fact : NULL);
	flight_land(&table->landed, flight, reply, now);
}

/* One that left before a change was noticed may bring what was true before it,
 * and is no flight for who asks now. */
static struct flight *
table_flight_find(
    struct table *table, const char *key, size_t len, uint32_t hash)
{
	struct flight *flight;

	LIST_FOREACH (flight, &table->head[hash % TABLE_HEADS], link)
		if (flight->hash == hash && flight->ask.len == len &&
		    !flight->outdated && flight->epoch == table->epoch &&
		    memcmp(flight->key, key, len) == 0)
			return flight;
	return NULL;
}

static void
table_on_change(void *arg, const char *key, size_t len)
{
	struct table *table = arg;
	uint32_t hash = cache_hash(table->cache, key, len);
	struct flight *flight;

	LIST_FOREACH (flight, &table->head[hash % TABLE_HEADS], link)
		if (flight->ask.len == len &&
		    memcmp(flight->key, key, len) == 0)
			flight->outdated = true;
	cache_drop_fact(table->cache, table->number, key, len, hash);
}

/* Asks the source. A flight is made beforehand, since the source may keep the
 * ask; it's dropped if the answer came at once. waiter NULL: nobody waits. */
static enum table_status
table_ask(struct table *table, const char *key, size_t len, uint32_t hash,
    uint64_t now, struct table_answer *answer, struct table_waiter *waiter)
{
	struct flight *flight;

	if (waiter == NULL && table->nflights >= TABLE_FLIGHTS_BUSY)
		return TABLE_FULL;
	if (table->nflights >= TABLE_FLIGHTS_MAX) {
		table->counts.full++;
		return TABLE_FULL;
	}
	flight = flight_new(key, len, hash);
	flight->table = table;
	flight->epoch = table->epoch;
	flight->ask.done = table_on_reply;
	flight->ask.trace = waiter != NULL ? waiter->trace : NULL;
	if (source_ask(table->source, &flight->ask, now, &answer->reply) ==
	    SOURCE_WAIT) {
		LIST_INSERT_HEAD(
		    &table->head[hash % TABLE_HEADS], flight, link);
		table->nflights++;
		if (waiter != NULL)
			flight_join(flight, waiter);
		return TABLE_WAIT;
	}
	table_learn(table, key, len, hash, flight->epoch, now, &answer->reply,
	    answer->cached == CACHE_NONE ? NULL : &answer->fact);
	flight_free(flight);
	return TABLE_ASKED;
}

/* Whether a fact in use has come to the last tenth of its time. */
static bool
table_is_aging(
    const struct table_answer *answer, const struct cache_trust *trust)
{
	uint64_t ttl =
	    answer->fact.present ? trust->present_ttl : trust->absent_ttl;

	return answer->age >= ttl - ttl / 10;
}

/* What the cache had isn't enough. */
static void
table_count_miss(struct table *table, const char *key, size_t len,
    uint32_t hash, uint64_t now, struct table_answer *answer)
{
	struct cache_entry entry;

	answer->restored = false;
	if (answer->cached == CACHE_NONE) {
		table->counts.none++;
		return;
	}
	table->counts.stale++;
	if (cache_peek(
		table->cache, table->number, key, len, hash, now, &entry))
		answer->restored = entry.epoch == TABLE_FIRST_EPOCH - 1;
}

enum table_status
table_get(struct table *table, const struct table_times *times, const char *key,
    size_t len, uint64_t now, struct table_answer *answer,
    struct table_waiter *waiter)
{
	uint32_t hash = cache_hash(table->cache, key, len);
	struct table_answer refreshed;
	struct flight *flight;
	struct cache_trust trust;

	table_look(table, times, now);
	table_trust(table, times, &trust);
	answer->cached = cache_get(table->cache, table->number, key, len, hash,
	    &trust, now, &answer->fact, &answer->age);
	if (answer->cached == CACHE_FRESH) {
		table->counts.fresh++;
		/* A busy sender never waits: it's asked again beforehand. */
		if (table->source->ops->remote &&
		    table_is_aging(answer, &trust) &&
		    table_flight_find(table, key, len, hash) == NULL) {
			refreshed.cached = CACHE_FRESH;
			refreshed.fact = answer->fact;
			table_ask(table, key, len, hash, now, &refreshed, NULL);
		}
		return TABLE_KNOWN;
	}
	table_count_miss(table, key, len, hash, now, answer);
	flight = table_flight_find(table, key, len, hash);
	answer->joined = flight != NULL;
	if (flight != NULL) {
		flight_join(flight, waiter);
		return TABLE_WAIT;
	}
	return table_ask(table, key, len, hash, now, answer, waiter);
}

void
table_warm(struct table *table, const struct table_times *times,
    const char *key, size_t len, uint64_t now)
{
	uint32_t hash = cache_hash(table->cache, key, len);
	struct table_answer answer;
	struct cache_entry entry;

	if (!table->source->ops->remote)
		return;
	answer.cached = CACHE_NONE;
	if (cache_peek(
		table->cache, table->number, key, len, hash, now, &entry)) {
		if (table_believes(table, times, &entry))
			return;
		answer.cached = CACHE_STALE;
		answer.fact = entry.fact;
	}
	if (table_flight_find(table, key, len, hash) == NULL)
		table_ask(table, key, len, hash, now, &answer, NULL);
}

bool
table_may_serve_stale(
    const struct table *table, const struct cache_entry *entry)
{
	/* Epochs are counted around: what isn't older than the change. */
	return (int32_t)(entry->epoch - table->changed) >= 0 ||
	    (entry->fact.present && entry->fact.answer < ANSWER_MAX);
}

bool
table_get_stale(struct table *table, const char *key, size_t len,
    uint64_t stale_max, uint64_t now, struct fact *fact, uint64_t *age)
{
	uint32_t hash = cache_hash(table->cache, key, len);
	struct cache_entry entry;

	if (!cache_peek(
		table->cache, table->number, key, len, hash, now, &entry) ||
	    entry.age >= stale_max || !table_may_serve_stale(table, &entry))
		return false;
	*fact = entry.fact;
	*age = entry.age;
	table->counts.served_stale++;
	return true;
}

bool
table_restore(struct table *table, const char *key, size_t len,
    const struct fact *fact, uint64_t learned_at)
{
	const struct answers *answers = table->source->answers;

	if (fact->present && fact->answer >= answers->n &&
	    fact->answer != ANSWER_DUNNO && fact->answer != ANSWER_OFF)
		return false;
	if (len == 0 || len > CACHE_KEY_MAX)
		return false;
	cache_put(table->cache, table->number, key, len,
	    cache_hash(table->cache, key, len), TABLE_FIRST_EPOCH - 1,
	    learned_at, fact);
	return true;
}

uint64_t
table_tick(struct table *table, uint64_t now)
{
	uint64_t next;
	bool all_told;

	all_told = flight_landed_go_on(&table->landed, now);
	next = source_tick(table->source, now);
	return all_told && STAILQ_EMPTY(&table->landed.list) ? next : now;
}

const char *
table_name(const struct table *table)
{
	return table->source->name;
}

uint8_t
table_number(const struct table *table)
{
	return table->number;
}

struct source *
table_source(const struct table *table)
{
	return table->source;
}

const struct table_counts *
table_counts(const struct table *table)
{
	return &table->counts;
}

bool
table_watched(const struct table *table)
{
	return table->watched;
}

unsigned
table_flights(const struct table *table)
{
	return table->nflights;
}
