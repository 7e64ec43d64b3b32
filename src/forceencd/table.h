/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_TABLE_H
#define FORCEENC_FORCEENCD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceencd/cache.h"
#include "forceencd/flight.h"
#include "forceencd/source.h"

/*
 * A table of a map: a source, and what the cache knows of it. Gives one fact
 * for one key, from the cache if that may be believed, from the source
 * otherwise, with one flight per key however many wait for it.
 */

/* How long facts are believed: forceenc.cf(5). ms. */
struct table_times {
	uint64_t present_ttl;
	uint64_t absent_ttl;
	uint64_t watched_ttl;
	uint64_t watch_interval;
};

struct table;

enum table_status {
	TABLE_KNOWN, /* fresh from the cache: fact is set */
	TABLE_ASKED, /* the source answered at once: reply is set */
	TABLE_WAIT,  /* on its way: the waiter will be called, later */
	TABLE_FULL,  /* too many on their way already; counts as unsure */
};

struct table_answer {
	enum cache_state cached;   /* before the source was asked */
	bool restored;             /* if STALE: it's from before a restart */
	bool joined;               /* if WAIT: it was on its way already */
	struct fact fact;          /* unless cached is NONE */
	uint64_t age;              /* of the fact, ms */
	struct source_reply reply; /* ASKED */
};

/* conf, answers, env and cache are borrowed for the table's life. number is the
 * table's own in the cache; its facts are dropped when it's freed. */
struct table *table_new(const struct conf_table *conf,
    const struct answers *answers, const struct source_env *env,
    struct cache *cache, uint8_t number);
/* For tests: a source of their own, which the table takes. */
struct table *table_new_with(struct source *, struct cache *, uint8_t number);
/* Nobody may be waiting any more; flights under way are given up. */
void table_free(struct table *);

/* What the cache had when the table was asked. */
struct table_counts {
	uint64_t fresh;
	uint64_t stale;
	uint64_t none;
	uint64_t served_stale; /* facts used since the source couldn't say */
	uint64_t full;         /* too many on their way */
};

/* Sets *answer as far as the status says, cached, fact and age always. */
enum table_status table_get(struct table *, const struct table_times *,
    const char *key, size_t len, uint64_t now, struct table_answer *answer,
    struct table_waiter *waiter);

/* Asks for a key that will be wanted soon, unless it's known: what it brings
 * is kept. For sources in this process it does nothing. */
void table_warm(struct table *, const struct table_times *, const char *key,
    size_t len, uint64_t now);

/*
 * What may be used while the source can't be asked: the last fact, if it's
 * younger than stale_max. A fact that lets mail pass (absent, off, DUNNO) isn't
 * used once the table is known to have changed since it was learned: somebody
 * may have switched the guarantee on. False: there is none.
 */
bool table_get_stale(struct table *, const char *key, size_t len,
    uint64_t stale_max, uint64_t now, struct fact *, uint64_t *age);

/* Whether it may, but for its age. */
bool table_may_serve_stale(const struct table *, const struct cache_entry *);

/* A fact from before a restart: stale until the source confirms it. False if
 * it can't be one of this table's. */
bool table_restore(struct table *, const char *key, size_t len,
    const struct fact *, uint64_t learned_at);

uint64_t table_tick(struct table *, uint64_t now);

/* For forceencctl. */
const char *table_name(const struct table *);
uint8_t table_number(const struct table *);
struct source *table_source(const struct table *);
const struct table_counts *table_counts(const struct table *);
bool table_watched(const struct table *);
unsigned table_flights(const struct table *);
bool table_believes(const struct table *, const struct table_times *,
    const struct cache_entry *);

#endif
