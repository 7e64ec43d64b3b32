/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/answerers.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/floor.h"
#include "forceencd/stats_map.h"

struct answerers_one {
	struct answerer *answerer;
	unsigned refs;
	bool ending;                 /* nobody may take it any more */
	const struct conf_map *conf; /* in hold */
	struct conf_hold *hold;
	TAILQ_ENTRY(answerers_one) link;
};

struct answerers {
	const struct source_env *env;
	TAILQ_HEAD(, answerers_one) all;
};

struct answerers *
answerers_new(const struct source_env *env)
{
	struct answerers *answerers = mem_zalloc(sizeof(*answerers));

	answerers->env = env;
	TAILQ_INIT(&answerers->all);
	return answerers;
}

/* One of the map's kind; all is the configuration that it's in. */
static struct answerer *
answerers_make(const struct conf_map *conf, const struct conf *all,
    const struct source_env *env)
{
	struct answerer *answerer = NULL;

	switch (conf->kind) {
	case CONF_MAP_SENDERS:
		break;
	case CONF_MAP_FLOOR:
		answerer = floor_new(conf, env);
		break;
	case CONF_MAP_STATS:
		answerer = stats_map_new(all, env);
		break;
	}
	MUST(answerer != NULL);
	return answerer;
}

struct answerer *
answerers_take(struct answerers *answerers, const struct conf_map *conf,
    struct conf_hold *hold)
{
	struct answerers_one *one;

	TAILQ_FOREACH (one, &answerers->all, link) {
		if (one->ending || !conf_map_equal(one->conf, conf) ||
		    (conf->kind == CONF_MAP_STATS &&
			!conf_store_equal(one->hold->conf, hold->conf)))
			continue;
		one->refs++;
		return one->answerer;
	}
	one = mem_zalloc(sizeof(*one));
	one->answerer = answerers_make(conf, hold->conf, answerers->env);
	one->refs = 1;
	one->conf = conf;
	one->hold = hold;
	conf_hold_keep(hold);
	TAILQ_INSERT_TAIL(&answerers->all, one, link);
	return one->answerer;
}

void
answerers_release(struct answerers *answerers, struct answerer *answerer)
{
	struct answerers_one *one;

	TAILQ_FOREACH (one, &answerers->all, link) {
		if (one->answerer != answerer)
			continue;
		MUST(one->refs > 0);
		one->refs--;
		return;
	}
	MUST(one != NULL);
}

/* wait: also those whose end takes time. */
static void
answerers_reap(struct answerers *answerers, bool wait)
{
	struct answerers_one *one, *next;

	for (one = TAILQ_FIRST(&answerers->all); one != NULL; one = next) {
		next = TAILQ_NEXT(one, link);
		if (one->refs > 0)
			continue;
		one->ending = true;
		if (!answerer_end(one->answerer) && !wait)
			continue;
		TAILQ_REMOVE(&answerers->all, one, link);
		answerer_free(one->answerer);
		conf_hold_release(one->hold);
		free(one);
	}
}

void
answerers_free(struct answerers *answerers)
{
	if (answerers == NULL)
		return;
	answerers_reap(answerers, true);
	MUST(TAILQ_EMPTY(&answerers->all));
	free(answerers);
}

uint64_t
answerers_tick(struct answerers *answerers, uint64_t now)
{
	uint64_t next = CLOCK_NEVER, at;
	struct answerers_one *one;

	TAILQ_FOREACH (one, &answerers->all, link) {
		at = answerer_tick(one->answerer, now);
		if (at < next)
			next = at;
	}
	answerers_reap(answerers, false);
	return next;
}

bool
answerers_are_due(const struct answerers *answerers)
{
	const struct answerers_one *one;

	TAILQ_FOREACH (one, &answerers->all, link)
		if (one->answerer->source != NULL &&
		    source_is_due(one->answerer->source))
			return true;
	return false;
}

unsigned
answerers_waiting(const struct answerers *answerers)
{
	const struct answerers_one *one;
	unsigned n = 0;

	TAILQ_FOREACH (one, &answerers->all, link)
		n += one->answerer->waiting;
	return n;
}
