/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "scripted.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

#define SCRIPTED_LINES 64

struct scripted_line {
	const char *key;
	enum source_kind kind;
	uint8_t answer;
};

struct scripted {
	struct source base;
	struct scripted_line line[SCRIPTED_LINES];
	unsigned nlines;
	bool waits;
	const char *broken;
	enum source_sight sight;
	struct source_asks waiting;
	struct buf asked;
	struct buf shown;
};

static void
scripted_reply(const struct scripted *s, const struct source_ask *ask,
    struct source_reply *reply)
{
	const struct scripted_line *line;
	unsigned i;

	reply->kind = SOURCE_ABSENT;
	reply->why.text[0] = '\0';
	if (s->broken != NULL) {
		reply->kind = SOURCE_UNSURE;
		err_set(&reply->why, "%s", s->broken);
		return;
	}
	for (i = 0; i < s->nlines; i++) {
		line = &s->line[i];
		if (strlen(line->key) != ask->len ||
		    memcmp(line->key, ask->key, ask->len) != 0)
			continue;
		reply->kind = line->kind;
		reply->answer = line->answer;
		err_set(&reply->why, "as the script says");
	}
}

static enum source_status
scripted_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct scripted *s = (struct scripted *)base;

	(void)now;
	buf_printf(&s->asked, "%.*s ", (int)ask->len, ask->key);
	if (!s->waits) {
		scripted_reply(s, ask, reply);
		return SOURCE_DONE;
	}
	TAILQ_INSERT_TAIL(&s->waiting, ask, link);
	return SOURCE_WAIT;
}

static void
scripted_cancel(struct source *base, struct source_ask *ask)
{
	TAILQ_REMOVE(&((struct scripted *)base)->waiting, ask, link);
}

static enum source_sight
scripted_look(struct source *base, uint64_t now)
{
	struct scripted *s = (struct scripted *)base;
	enum source_sight sight = s->sight;

	(void)now;
	if (sight == SOURCE_CHANGED)
		s->sight = SOURCE_SAME;
	return sight;
}

static uint64_t
scripted_tick(struct source *base, uint64_t now)
{
	(void)base;
	(void)now;
	return CLOCK_NEVER;
}

static void
scripted_free(struct source *base)
{
	struct scripted *s = (struct scripted *)base;

	MUST(TAILQ_EMPTY(&s->waiting));
	buf_fini(&s->asked);
	buf_fini(&s->shown);
	free(s);
}

static const struct source_ops scripted_ops = {
    .ask = scripted_ask,
    .cancel = scripted_cancel,
    .look = scripted_look,
    .tick = scripted_tick,
    .free = scripted_free,
};

static const struct source_ops scripted_remote_ops = {
    .remote = true,
    .ask = scripted_ask,
    .cancel = scripted_cancel,
    .look = scripted_look,
    .tick = scripted_tick,
    .free = scripted_free,
};

struct scripted *
scripted_new(const struct answers *answers)
{
	struct scripted *s = mem_zalloc(sizeof(*s));

	s->base.ops = &scripted_ops;
	s->base.name = "scripted:";
	s->base.answers = answers;
	s->sight = SOURCE_BLIND;
	TAILQ_INIT(&s->waiting);
	return s;
}

struct source *
scripted_source(struct scripted *s)
{
	return &s->base;
}

void
scripted_say(
    struct scripted *s, const char *key, enum source_kind kind, uint8_t answer)
{
	MUST(s->nlines < SCRIPTED_LINES);
	s->line[s->nlines++] = (struct scripted_line){key, kind, answer};
}

void
scripted_set_waiting(struct scripted *s, bool waits)
{
	s->waits = waits;
}

void
scripted_set_remote(struct scripted *s)
{
	s->base.ops = &scripted_remote_ops;
}

void
scripted_set_broken(struct scripted *s, const char *why)
{
	s->broken = why;
}

void
scripted_set_sight(struct scripted *s, enum source_sight sight)
{
	s->sight = sight;
}

bool
scripted_answer(struct scripted *s, unsigned n, uint64_t now)
{
	struct source_ask *ask = TAILQ_FIRST(&s->waiting);
	struct source_reply reply;

	source_reply_init(&reply);
	while (ask != NULL && n-- > 0)
		ask = TAILQ_NEXT(ask, link);
	if (ask == NULL)
		return false;
	scripted_reply(s, ask, &reply);
	TAILQ_REMOVE(&s->waiting, ask, link);
	ask->done(ask, &reply, now);
	return true;
}

unsigned
scripted_waiting(const struct scripted *s)
{
	const struct source_ask *ask;
	unsigned n = 0;

	TAILQ_FOREACH (ask, &s->waiting, link)
		n++;
	return n;
}

const char *
scripted_asked(struct scripted *s)
{
	buf_clear(&s->shown);
	buf_add(&s->shown, s->asked.data, s->asked.len);
	buf_clear(&s->asked);
	return buf_text(&s->shown);
}

void
stage_init(struct stage *stage, unsigned ntables)
{
	unsigned i;

	memset(stage, 0, sizeof(*stage));
	stage->conf_map.name = mem_strdup("forceenc");
	answers_add(&stage->conf_map.answers, "forceenc:", NULL);
	answers_add(&stage->conf_map.answers, "lenient:", NULL);
	stage->conf_map.on_failure = CONF_ON_FAILURE_STALE;
	stage->conf_map.ntables = ntables;
	stage->conf.map = &stage->conf_map;
	stage->conf.nmaps = 1;
	stage->conf.answer_deadline = STAGE_DEADLINE;
	stage->conf.stale_max = STAGE_STALE_MAX;
	stage->conf.question_limit = 100;
	stage->cache = cache_new(1 << 20);
	stage->tables = tables_new(stage->cache, NULL);
	stage->resolve = resolve_new();
	for (i = 0; i < ntables; i++) {
		stage->source[i] = scripted_new(&stage->conf_map.answers);
		stage->table[i] =
		    table_new_with(scripted_source(stage->source[i]),
			stage->cache, (uint8_t)i);
	}
	stage->map.conf = &stage->conf_map;
	stage->map.table = stage->table;
	stage->service.refs = 1;
	stage->service.conf = &stage->conf;
	stage->service.tables = stage->tables;
	stage->service.map = &stage->map;
	stage->service.rules.delimiters = "+";
	stage->service.rules.fold_local = true;
	stage->service.times.present_ttl = STAGE_PRESENT_TTL;
	stage->service.times.absent_ttl = STAGE_ABSENT_TTL;
	stage->service.times.watched_ttl = 1000000;
	stage->service.times.watch_interval = 50;
}

void
stage_fini(struct stage *stage)
{
	unsigned i;

	MUST(stage->service.refs == 1);
	for (i = 0; i < stage->conf_map.ntables; i++)
		table_free(stage->table[i]);
	resolve_free(stage->resolve);
	tables_free(stage->tables);
	cache_free(stage->cache);
	answers_fini(&stage->conf_map.answers);
	free(stage->conf_map.name);
}
