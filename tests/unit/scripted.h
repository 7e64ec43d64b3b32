/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TESTS_SCRIPTED_H
#define FORCEENC_TESTS_SCRIPTED_H

#include "forceencd/resolve.h"
#include "forceencd/service.h"
#include "forceencd/source.h"

/*
 * A source that says what the test has told it, at once or when the test lets
 * it, and a service with one map in front of such sources: whole stories in
 * simulated time.
 */
struct scripted;

struct scripted *scripted_new(const struct answers *);
struct source *scripted_source(struct scripted *);

/* What a key's reply is from now on; unknown keys are absent. */
void scripted_say(
    struct scripted *, const char *key, enum source_kind, uint8_t answer);

/* From now on questions wait (or no longer do). */
void scripted_set_waiting(struct scripted *, bool waits);
/* It's worth asking beforehand. */
void scripted_set_remote(struct scripted *);
/* Everything is unsure, for that reason (NULL: no longer). */
void scripted_set_broken(struct scripted *, const char *why);
/* What the next looks say. */
void scripted_set_sight(struct scripted *, enum source_sight);

/* Answers the n-th of those that wait, as said. False: there are fewer. */
bool scripted_answer(struct scripted *, unsigned n, uint64_t now);
unsigned scripted_waiting(const struct scripted *);

/* The keys asked so far, each followed by a space; cleared by the call. */
const char *scripted_asked(struct scripted *);

#define STAGE_TABLES 2

/* A map "forceenc" that permits "forceenc:" and "lenient:", on two sources. */
struct stage {
	struct conf conf;
	struct conf_map conf_map;
	struct conf_table conf_table[STAGE_TABLES];
	struct map map;
	struct service service;
	struct cache *cache;
	struct tables *tables;
	struct resolve *resolve;
	struct scripted *source[STAGE_TABLES];
	struct table *table[STAGE_TABLES];
};

#define STAGE_DEADLINE    2000
#define STAGE_STALE_MAX   60000
#define STAGE_PRESENT_TTL 10000
#define STAGE_ABSENT_TTL  5000

void stage_init(struct stage *, unsigned ntables);
void stage_fini(struct stage *);

#endif
