/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/source_sqlite.h"

#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/sqlite.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencd/query_told.h"
#include "forceencd/values.h"

#define SOURCE_SQLITE_MAGIC 0x53514c54u
/* A locked database is tried again this often (ms) ... */
#define SOURCE_SQLITE_RETRY 5
/* ... for this long; from then on it counts as down. */
#define SOURCE_SQLITE_PATIENCE 250
/* Where a lock keeps us from looking for changes, the look before counts for
 * this long (ms). */
#define SOURCE_SQLITE_SIGHT 100
/* Slow queries are warned of at most this often. */
#define SOURCE_SQLITE_QUIET 10000
/* Queries of one turn of the loop may take this long together (us), and those
 * of its tick once more; the next ones wait for that. It's as long as a turn
 * takes questions at all (turn.h), so that few of them have to. */
#define SOURCE_SQLITE_TURN 5000
/* A database that can't be opened is tried again at most this often. */
#define SOURCE_SQLITE_REOPEN 50

struct source_sqlite {
	struct source base;
	unsigned magic;
	const struct conf_sqlite *conf;
	struct template_query query;
	struct values_rules rules;

	struct sqlite *db; /* NULL: not open */
	struct sqlite_stmt *stmt;
	uint64_t opened_at;         /* the last attempt */
	int64_t version;            /* data_version at the last look */
	bool seen;                  /* version is set */
	uint64_t seen_at;           /* the last look, if seen */
	uint64_t busy_since;        /* CLOCK_NEVER: not busy */
	uint64_t busy_at;           /* when the lock was last met */
	uint64_t warned_at;         /* of a slow query; 0: never */
	uint64_t spent_us;          /* on queries, in this turn */
	struct source_asks waiting; /* for the lock, or the next turn */
};

static struct source_sqlite *
source_sqlite_of(struct source *base)
{
	struct source_sqlite *source = (struct source_sqlite *)base;

	MUST_BE(source, SOURCE_SQLITE_MAGIC);
	return source;
}

static void
source_sqlite_close(struct source_sqlite *source)
{
	sqlite_finalize(source->stmt);
	sqlite_close(source->db);
	source->stmt = NULL;
	source->db = NULL;
	source->seen = false;
}

/* The statement must only read and have the parameters we bind. */
static enum sqlite_status
source_sqlite_prepare(struct source_sqlite *source, struct err *err)
{
	enum sqlite_status status;

	status =
	    sqlite_prepare(source->db, source->query.sql, &source->stmt, err);
	if (status != SQLITE_STATUS_DONE)
		return status;
	if (!sqlite_readonly(source->stmt))
		err_set(err, "query: it writes; a lookup must be a SELECT");
	else if (sqlite_columns(source->stmt) < 1)
		err_set(err, "query: it returns no column");
	else
		return SQLITE_STATUS_DONE;
	sqlite_finalize(source->stmt);
	source->stmt = NULL;
	return SQLITE_STATUS_ERROR;
}

static enum sqlite_status
source_sqlite_open(struct source_sqlite *source, uint64_t now, struct err *err)
{
	enum sqlite_status status;

	source->opened_at = now;
	source->db =
	    sqlite_open(source->conf->dbpath, SQLITE_MODE_READ, 0, err);
	if (source->db == NULL)
		return SQLITE_STATUS_ERROR;
	sqlite_set_time_limit(source->db, source->conf->query_time_limit);
	status = source_sqlite_prepare(source, err);
	if (status != SQLITE_STATUS_DONE)
		source_sqlite_close(source);
	return status;
}

/* Open and ready, or why not. */
static enum sqlite_status
source_sqlite_ready(struct source_sqlite *source, uint64_t now, struct err *err)
{
	if (source->stmt != NULL)
		return SQLITE_STATUS_DONE;
	if (source->base.down && source->busy_since == CLOCK_NEVER &&
	    now - source->opened_at < SOURCE_SQLITE_REOPEN) {
		*err = source->base.trouble;
		return SQLITE_STATUS_ERROR;
	}
	return source_sqlite_open(source, now, err);
}

/* SKIP: this key can't be in the table. */
static enum template_status
source_sqlite_bind(struct source_sqlite *source, const struct source_ask *ask)
{
	struct template_key key;
	const char *value;
	size_t len;
	unsigned i;

	template_key_split(&key, ask->key, ask->len);
	for (i = 0; i < source->query.nparams; i++) {
		if (template_query_value(
			&source->query, i, &key, &value, &len) == TEMPLATE_SKIP)
			return TEMPLATE_SKIP;
		sqlite_bind_text(source->stmt, (int)i + 1, value, len);
	}
	return TEMPLATE_OK;
}

static enum sqlite_status
source_sqlite_rows(struct source_sqlite *source, const struct source_ask *ask,
    struct source_reply *reply)
{
	enum sqlite_status status;
	const char *value;
	unsigned n = 0;
	size_t len;

	reply->kind = SOURCE_ABSENT;
	while ((status = sqlite_step(source->stmt, &reply->why)) ==
	    SQLITE_STATUS_ROW) {
		value = sqlite_column_text(source->stmt, 0, &len);
		if (value == NULL ||
		    values_add(&source->rules, ask, value, len, &n, reply))
			continue;
		sqlite_reset(source->stmt);
		return SQLITE_STATUS_DONE;
	}
	return status;
}

static enum sqlite_status
source_sqlite_try(struct source_sqlite *source, const struct source_ask *ask,
    uint64_t now, struct source_reply *reply)
{
	enum sqlite_status status;

	status = source_sqlite_ready(source, now, &reply->why);
	if (status != SQLITE_STATUS_DONE)
		return status;
	if (source_sqlite_bind(source, ask) == TEMPLATE_SKIP) {
		reply->kind = SOURCE_ABSENT;
		return SQLITE_STATUS_DONE;
	}
	return source_sqlite_rows(source, ask, reply);
}

static enum sqlite_status
source_sqlite_insist(struct source_sqlite *source, const struct source_ask *ask,
    uint64_t now, struct source_reply *reply)
{
	bool was_open = source->stmt != NULL;
	enum sqlite_status status;

	status = source_sqlite_try(source, ask, now, reply);
	if (status != SQLITE_STATUS_ERROR)
		return status;
	/* The file may have been replaced: a fresh handle tells. */
	source_sqlite_close(source);
	if (!was_open)
		return status;
	status = source_sqlite_open(source, now, &reply->why);
	if (status == SQLITE_STATUS_DONE)
		status = source_sqlite_try(source, ask, now, reply);
	if (status == SQLITE_STATUS_ERROR)
		source_sqlite_close(source);
	return status;
}

static enum sqlite_status
source_sqlite_query(struct source_sqlite *source, const struct source_ask *ask,
    uint64_t now, struct source_reply *reply)
{
	uint64_t began = clock_us();
	enum sqlite_status status;

	status = source_sqlite_insist(source, ask, now, reply);
	source->spent_us += clock_us() - began;
	return status;
}

static bool
source_sqlite_turn_is_over(const struct source_sqlite *source)
{
	return source->spent_us >= SOURCE_SQLITE_TURN;
}

/* Another process holds the lock. True once that has gone on for so long that
 * it's no writer in passing; *why is set then. Locks that were met long apart
 * are those of two writers, unless one of them was too long already. */
static bool
source_sqlite_stuck(struct source_sqlite *source, uint64_t now, struct err *why)
{
	if (source->busy_since == CLOCK_NEVER ||
	    (!source->base.down &&
		now > source->busy_at + SOURCE_SQLITE_PATIENCE))
		source->busy_since = now;
	source->busy_at = now;
	if (now < source->busy_since + SOURCE_SQLITE_PATIENCE)
		return false;
	err_set(why, "%s: locked by another process for more than %s",
	    source->conf->dbpath, text_time(SOURCE_SQLITE_PATIENCE));
	return true;
}

/* One slow query is that key's trouble; most often an index is missing. */
static void
source_sqlite_warn_slow(
    struct source_sqlite *source, uint64_t now, const struct err *why)
{
	if (source->warned_at != 0 &&
	    now - source->warned_at < SOURCE_SQLITE_QUIET)
		return;
	source->warned_at = now;
	log_warn("%s: %s; does the query have an index? (query_time_limit=%s)",
	    source->base.name, why->text,
	    text_time((int64_t)source->conf->query_time_limit));
}

/* Turns a status into a reply; false: still busy, and worth waiting for. */
static bool
source_sqlite_settle(struct source_sqlite *source, enum sqlite_status status,
    uint64_t now, struct source_reply *reply)
{
	if (status == SQLITE_STATUS_DONE) {
		source->busy_since = CLOCK_NEVER;
		source_set_up(&source->base);
		return true;
	}
	if (status == SQLITE_STATUS_SLOW) {
		reply->kind = SOURCE_UNSURE;
		source_sqlite_warn_slow(source, now, &reply->why);
		return true;
	}
	if (status == SQLITE_STATUS_BUSY) {
		if (!source_sqlite_stuck(source, now, &reply->why))
			return false;
	} else
		source->busy_since = CLOCK_NEVER;
	reply->kind = SOURCE_UNSURE;
	source_set_down(&source->base, &reply->why, now);
	return true;
}

static enum source_status
source_sqlite_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct source_sqlite *source = source_sqlite_of(base);
	enum sqlite_status status;

	if (!values_eligible(&source->rules, ask)) {
		reply->kind = SOURCE_ABSENT;
		return SOURCE_DONE;
	}
	if (!source_sqlite_turn_is_over(source)) {
		status = source_sqlite_query(source, ask, now, reply);
		if (source_sqlite_settle(source, status, now, reply))
			return SOURCE_DONE;
	}
	TAILQ_INSERT_TAIL(&source->waiting, ask, link);
	return SOURCE_WAIT;
}

static void
source_sqlite_cancel(struct source *base, struct source_ask *ask)
{
	TAILQ_REMOVE(&source_sqlite_of(base)->waiting, ask, link);
}

/* Those that wait, tried in order until one is still busy. */
static uint64_t
source_sqlite_go_on(struct source_sqlite *source, uint64_t now)
{
	struct source_reply reply;
	struct source_ask *ask;
	enum sqlite_status status;

	while ((ask = TAILQ_FIRST(&source->waiting)) != NULL) {
		if (source_sqlite_turn_is_over(source))
			return now;
		source_reply_init(&reply);
		status = source_sqlite_query(source, ask, now, &reply);
		if (!source_sqlite_settle(source, status, now, &reply))
			return now + SOURCE_SQLITE_RETRY;
		if (reply.kind == SOURCE_UNSURE)
			source->base.unsure++;
		TAILQ_REMOVE(&source->waiting, ask, link);
		ask->done(ask, &reply, now);
	}
	return CLOCK_NEVER;
}

static uint64_t
source_sqlite_tick(struct source *base, uint64_t now)
{
	struct source_sqlite *source = source_sqlite_of(base);
	uint64_t next;

	source->spent_us = 0;
	next = source_sqlite_go_on(source, now);
	source->spent_us = 0;
	return next;
}

/* The version of what is in the file now. A handle that fails may be one to
 * a file that was replaced, and then a fresh one is the answer. */
static enum sqlite_status
source_sqlite_version(struct source_sqlite *source, uint64_t now,
    int64_t *version, struct err *err)
{
	bool was_open = source->stmt != NULL;
	enum sqlite_status status;

	status = source_sqlite_ready(source, now, err);
	if (status == SQLITE_STATUS_DONE)
		status = sqlite_data_version(source->db, version, err);
	if (status == SQLITE_STATUS_ERROR && was_open) {
		source_sqlite_close(source);
		status = source_sqlite_open(source, now, err);
		if (status == SQLITE_STATUS_DONE)
			status = sqlite_data_version(source->db, version, err);
	}
	return status;
}

/* A writer is at it, and may not be the first one since the last look. */
static enum source_sight
source_sqlite_hidden(struct source_sqlite *source, uint64_t now)
{
	if (source->seen && !source->base.down &&
	    now < source->seen_at + SOURCE_SQLITE_SIGHT)
		return SOURCE_SAME;
	source->seen = false;
	return SOURCE_BLIND;
}

static enum source_sight
source_sqlite_look(struct source *base, uint64_t now)
{
	struct source_sqlite *source = source_sqlite_of(base);
	enum sqlite_status status;
	int64_t version = 0;
	struct err err;

	status = source_sqlite_version(source, now, &version, &err);
	if (status == SQLITE_STATUS_BUSY) {
		if (source_sqlite_stuck(source, now, &err))
			source_set_down(base, &err, now);
		else
			return source_sqlite_hidden(source, now);
	} else if (status != SQLITE_STATUS_DONE) {
		source_sqlite_close(source);
		source_set_down(base, &err, now);
	}
	/* What was down is up once a question was answered again. */
	if (base->down)
		return SOURCE_BLIND;
	source->busy_since = CLOCK_NEVER;
	source->seen_at = now;
	if (source->seen && version == source->version)
		return SOURCE_SAME;
	source->version = version;
	source->seen = true;
	return SOURCE_CHANGED;
}

static void
source_sqlite_watch(struct source *base, struct source_watch *out)
{
	struct source_sqlite *source = source_sqlite_of(base);

	if (source->seen && !base->down)
		out->state = SOURCE_WATCH_LIVE;
	else
		out->why = base->down ? base->trouble.text : "not asked yet";
}

static void
source_sqlite_tell(struct source *base, const struct source_ask *ask,
    source_told_fn *fn, void *arg)
{
	struct source_sqlite *source = source_sqlite_of(base);

	if (values_eligible(&source->rules, ask))
		query_told(&source->query, '?', ask, fn, arg);
	else
		source_told_skip(fn, arg);
}

static void
source_sqlite_free(struct source *base)
{
	struct source_sqlite *source = source_sqlite_of(base);

	MUST(TAILQ_EMPTY(&source->waiting));
	source_sqlite_close(source);
	template_query_fini(&source->query);
	source->magic = 0;
	free(source);
}

static const struct source_ops source_sqlite_ops = {
    .ask = source_sqlite_ask,
    .cancel = source_sqlite_cancel,
    .look = source_sqlite_look,
    .tick = source_sqlite_tick,
    .watch = source_sqlite_watch,
    .tell = source_sqlite_tell,
    .free = source_sqlite_free,
};

struct source *
source_sqlite_new(const struct conf_sqlite *conf, const struct answers *answers)
{
	struct source_sqlite *source = mem_zalloc(sizeof(*source));

	source->base.ops = &source_sqlite_ops;
	source->magic = SOURCE_SQLITE_MAGIC;
	source->conf = conf;
	source->busy_since = CLOCK_NEVER;
	source->rules = (struct values_rules){
	    .domains = (const char *const *)conf->domains,
	    .ndomains = conf->ndomains,
	    .result_format = conf->result_format,
	    .expansion_limit = conf->expansion_limit,
	    .answers = answers,
	};
	TAILQ_INIT(&source->waiting);
	/* The configuration was checked when it was read. */
	MUST(template_query_init(&source->query, conf->query, '?', NULL) == 0);
	return &source->base;
}
