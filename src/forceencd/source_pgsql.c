/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/source_pgsql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/pq.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencd/pgsql_link.h"
#include "forceencd/pgsql_listen.h"
#include "forceencd/query_told.h"
#include "forceencd/values.h"

#define SOURCE_PGSQL_MAGIC 0x50475351u
/* Queries on their way at once: beyond that a server gains nothing. The rest
 * wait here, as many as the table lets fly. */
#define SOURCE_PGSQL_FLIGHTS 64
/* Queries that fail for what is in them are warned of this often (ms). */
#define SOURCE_PGSQL_QUIET 10000

static const char source_pgsql_statement[] = "forceenc";

/* A query on its way. */
struct source_pgsql_flight {
	bool used;
	bool again;             /* it was lost once before */
	struct source_ask *ask; /* NULL: nobody wants the answer any more */
	uint64_t sent_us;
};

struct source_pgsql {
	struct source base;
	unsigned magic;
	const struct conf_pgsql *conf;
	struct template_query query;
	struct values_rules rules;

	struct pgsql_link *link;
	struct pgsql_listen *listen; /* NULL: not wanted */
	struct err down;             /* why no server can be asked */
	struct source_pgsql_flight flight[SOURCE_PGSQL_FLIGHTS];
	struct source_asks waiting;
	struct source_asks again; /* of a lost connection: they come first */
	uint64_t warned_at;       /* 0: never */
};

static struct source_pgsql *
source_pgsql_of(void *arg)
{
	struct source_pgsql *source = arg;

	MUST_BE(source, SOURCE_PGSQL_MAGIC);
	return source;
}

static void
source_pgsql_reply_unsure(struct source_pgsql *source, struct source_ask *ask,
    const struct err *why, uint64_t now)
{
	struct source_reply reply = {.kind = SOURCE_UNSURE, .why = *why};

	source->base.unsure++;
	ask->done(ask, &reply, now);
}

/* The parameters' values. SKIP: this key can't be in the table. */
static enum template_status
source_pgsql_values(const struct source_pgsql *source,
    const struct source_ask *ask, struct pq_value *value)
{
	struct template_key key;
	unsigned i;

	template_key_split(&key, ask->key, ask->len);
	for (i = 0; i < source->query.nparams; i++)
		if (template_query_value(&source->query, i, &key,
			&value[i].bytes, &value[i].len) == TEMPLATE_SKIP)
			return TEMPLATE_SKIP;
	return TEMPLATE_OK;
}

static int
source_pgsql_setup(struct pq *pq, void *arg, struct err *err)
{
	const struct source_pgsql *source = source_pgsql_of(arg);
	char sql[64];

	/* What lies between us and the server may give each transaction
	 * another connection: then nothing may be left behind on one. */
	if (!source->conf->prepared_statements)
		return 0;
	snprintf(sql, sizeof(sql), "SET statement_timeout = %" PRIu64,
	    source->conf->query_time_limit);
	if (pq_send(pq, sql, NULL, 0, NULL, err) == -1)
		return -1;
	return pq_send_prepare(
	    pq, source_pgsql_statement, source->query.sql, NULL, err);
}

static void
source_pgsql_ready(void *arg, uint64_t now)
{
	(void)arg;
	(void)now;
}

static void
source_pgsql_notice(const char *text, size_t len, void *arg, uint64_t now)
{
	(void)text;
	(void)len;
	(void)arg;
	(void)now;
}

static void
source_pgsql_warn(struct source_pgsql *source, const struct source_ask *ask,
    const struct err *why, uint64_t now)
{
	if (source->warned_at != 0 &&
	    now - source->warned_at < SOURCE_PGSQL_QUIET)
		return;
	source->warned_at = now;
	log_warn("%s: %s: query failed: %s", source->base.name,
	    text_show(ask->key, ask->len), why->text);
}

static void
source_pgsql_rows(const struct source_pgsql *source,
    const struct source_ask *ask, const struct pq_answer *answer,
    struct source_reply *reply)
{
	const char *value;
	unsigned row, n = 0;
	size_t len;

	reply->kind = SOURCE_ABSENT;
	for (row = 0; row < answer->rows; row++) {
		value = pq_value_of(answer, row, 0, &len);
		if (value != NULL &&
		    !values_add(&source->rules, ask, value, len, &n, reply))
			return;
	}
}

/* The link's connection is of use: tells who asked. */
static void
source_pgsql_land(struct source_pgsql *source,
    struct source_pgsql_flight *flight, const struct pq_answer *answer,
    uint64_t now)
{
	struct source_ask *ask = flight->ask;
	struct source_reply reply = {.kind = SOURCE_UNSURE};
	uint64_t took = clock_us() - flight->sent_us;
	const char *server = pgsql_link_count(source->link, took);

	*flight = (struct source_pgsql_flight){0};
	pgsql_link_good(source->link);
	if (answer->kind == PQ_KIND_DONE)
		source_set_up(&source->base);
	if (ask == NULL)
		return;
	if (ask->trace != NULL) {
		ask->trace->server = server;
		ask->trace->took_us = took;
	}
	if (answer->kind == PQ_KIND_FAILED) {
		source_pgsql_warn(source, ask, answer->why, now);
		source_pgsql_reply_unsure(source, ask, answer->why, now);
		return;
	}
	source_pgsql_rows(source, ask, answer, &reply);
	if (reply.kind == SOURCE_UNSURE)
		source->base.unsure++;
	ask->done(ask, &reply, now);
}

static bool
source_pgsql_answer(
    const struct pq_answer *answer, void *arg, uint64_t now, struct err *why)
{
	struct source_pgsql *source = source_pgsql_of(arg);

	if (answer->kind == PQ_KIND_FAILED &&
	    !pq_fault_is_of_query(answer->sqlstate)) {
		*why = *answer->why;
		return false;
	}
	if (answer->kind == PQ_KIND_DONE && answer->columns == 0) {
		err_set(why, "query: it returns no column");
		return false;
	}
	source_pgsql_land(source, answer->tag, answer, now);
	return true;
}

/* What was on its way is asked once more, but not for ever: it may be what
 * brings a server down. */
static void
source_pgsql_lost(const struct err *why, void *arg, uint64_t now)
{
	struct source_pgsql *source = source_pgsql_of(arg);
	struct source_pgsql_flight flight;
	unsigned i;

	for (i = 0; i < SOURCE_PGSQL_FLIGHTS; i++) {
		flight = source->flight[i];
		source->flight[i] = (struct source_pgsql_flight){0};
		if (!flight.used || flight.ask == NULL)
			continue;
		if (flight.again)
			source_pgsql_reply_unsure(source, flight.ask, why, now);
		else
			TAILQ_INSERT_TAIL(&source->again, flight.ask, link);
	}
}

static struct source_ask *
source_pgsql_next(struct source_pgsql *source, bool *again)
{
	struct source_ask *ask = TAILQ_FIRST(&source->again);

	*again = ask != NULL;
	if (ask != NULL) {
		TAILQ_REMOVE(&source->again, ask, link);
		return ask;
	}
	ask = TAILQ_FIRST(&source->waiting);
	if (ask != NULL)
		TAILQ_REMOVE(&source->waiting, ask, link);
	return ask;
}

static void
source_pgsql_down(const struct err *why, void *arg, uint64_t now)
{
	struct source_pgsql *source = source_pgsql_of(arg);
	struct source_ask *ask;
	bool again;

	source->down = *why;
	source_set_down(&source->base, why, now);
	while ((ask = source_pgsql_next(source, &again)) != NULL)
		source_pgsql_reply_unsure(source, ask, why, now);
}

static const struct pgsql_link_ops source_pgsql_link_ops = {
    .setup = source_pgsql_setup,
    .ready = source_pgsql_ready,
    .answer = source_pgsql_answer,
    .notice = source_pgsql_notice,
    .lost = source_pgsql_lost,
    .down = source_pgsql_down,
};

static enum source_status
source_pgsql_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct source_pgsql *source = source_pgsql_of(base);
	struct pq_value value[PQ_VALUES_MAX];

	(void)now;
	if (!values_eligible(&source->rules, ask) ||
	    source_pgsql_values(source, ask, value) == TEMPLATE_SKIP) {
		reply->kind = SOURCE_ABSENT;
		return SOURCE_DONE;
	}
	if (pgsql_link_state(source->link) == PGSQL_LINK_DOWN) {
		reply->kind = SOURCE_UNSURE;
		reply->why = source->down;
		return SOURCE_DONE;
	}
	pgsql_link_want(source->link);
	TAILQ_INSERT_TAIL(&source->waiting, ask, link);
	return SOURCE_WAIT;
}

static bool
source_pgsql_has(const struct source_asks *asks, const struct source_ask *ask)
{
	const struct source_ask *at;

	TAILQ_FOREACH (at, asks, link)
		if (at == ask)
			return true;
	return false;
}

static void
source_pgsql_cancel(struct source *base, struct source_ask *ask)
{
	struct source_pgsql *source = source_pgsql_of(base);
	unsigned i;

	for (i = 0; i < SOURCE_PGSQL_FLIGHTS; i++) {
		if (source->flight[i].ask != ask)
			continue;
		source->flight[i].ask = NULL;
		return;
	}
	if (source_pgsql_has(&source->again, ask))
		TAILQ_REMOVE(&source->again, ask, link);
	else
		TAILQ_REMOVE(&source->waiting, ask, link);
}

static enum source_sight
source_pgsql_look(struct source *base, uint64_t now)
{
	struct source_pgsql *source = source_pgsql_of(base);

	(void)now;
	return source->listen != NULL ? pgsql_listen_look(source->listen)
				      : SOURCE_BLIND;
}

static struct source_pgsql_flight *
source_pgsql_free_flight(struct source_pgsql *source)
{
	unsigned i;

	for (i = 0; i < SOURCE_PGSQL_FLIGHTS; i++)
		if (!source->flight[i].used)
			return &source->flight[i];
	return NULL;
}

static int
source_pgsql_send_one(struct source_pgsql *source,
    struct source_pgsql_flight *flight, struct err *err)
{
	struct pq *pq = pgsql_link_pq(source->link);
	struct pq_value value[PQ_VALUES_MAX];
	unsigned n = source->query.nparams;

	/* What would be skipped never got here. */
	MUST(source_pgsql_values(source, flight->ask, value) == TEMPLATE_OK);
	if (source->conf->prepared_statements)
		return pq_send_prepared(
		    pq, source_pgsql_statement, value, n, flight, err);
	return pq_send(pq, source->query.sql, value, n, flight, err);
}

/* Keys are UTF-8: taken for another character set, one would be another key,
 * and absent. True: this one was, and is unsure. */
static bool
source_pgsql_is_misread(
    struct source_pgsql *source, struct source_ask *ask, uint64_t now)
{
	static const struct err why = {
	    "a key that isn't ASCII can't be told in this character set; "
	    "write encoding = UTF8"};

	if (text_is_ascii(ask->key, ask->len) ||
	    pq_is_utf8(pgsql_link_pq(source->link)))
		return false;
	source_pgsql_warn(source, ask, &why, now);
	source_pgsql_reply_unsure(source, ask, &why, now);
	return true;
}

/* As many of those that wait as may fly. */
static void
source_pgsql_send(struct source_pgsql *source, uint64_t now)
{
	struct source_pgsql_flight *flight;
	struct source_ask *ask;
	struct err err;
	bool sent = false, again;

	while ((flight = source_pgsql_free_flight(source)) != NULL) {
		ask = source_pgsql_next(source, &again);
		if (ask == NULL)
			break;
		if (source_pgsql_is_misread(source, ask, now))
			continue;
		flight->ask = ask;
		flight->again = again;
		flight->used = sent = true;
		flight->sent_us = clock_us();
		if (source_pgsql_send_one(source, flight, &err) == -1) {
			pgsql_link_give_up(source->link, &err);
			return;
		}
	}
	if (sent)
		pgsql_link_flush(source->link, now);
}

static uint64_t
source_pgsql_ask_on(struct source_pgsql *source, uint64_t now)
{
	uint64_t next = pgsql_link_tick(source->link, now);

	if (pgsql_link_state(source->link) != PGSQL_LINK_READY)
		return next;
	source_pgsql_send(source, now);
	return pgsql_link_tick(source->link, now);
}

static uint64_t
source_pgsql_tick(struct source *base, uint64_t now)
{
	struct source_pgsql *source = source_pgsql_of(base);
	uint64_t at = source_pgsql_ask_on(source, now), next;

	if (source->listen == NULL)
		return at;
	next = pgsql_listen_tick(source->listen, now);
	return next < at ? next : at;
}

static bool
source_pgsql_server(struct source *base, unsigned i, struct source_server *out)
{
	struct source_pgsql *source = source_pgsql_of(base);

	if (i >= source->conf->nhosts)
		return false;
	pgsql_link_view(source->link, i, out);
	if (source->listen != NULL)
		pgsql_listen_view_server(source->listen, i, out);
	return true;
}

static void
source_pgsql_watch(struct source *base, struct source_watch *out)
{
	struct source_pgsql *source = source_pgsql_of(base);

	if (source->listen != NULL)
		pgsql_listen_view(source->listen, out);
	else
		out->why = "listen_channel is not set";
}

static void
source_pgsql_tell(struct source *base, const struct source_ask *ask,
    source_told_fn *fn, void *arg)
{
	struct source_pgsql *source = source_pgsql_of(base);

	if (values_eligible(&source->rules, ask))
		query_told(&source->query, '$', ask, fn, arg);
	else
		source_told_skip(fn, arg);
}

static void
source_pgsql_free(struct source *base)
{
	struct source_pgsql *source = source_pgsql_of(base);
	unsigned i;

	MUST(TAILQ_EMPTY(&source->waiting) && TAILQ_EMPTY(&source->again));
	for (i = 0; i < SOURCE_PGSQL_FLIGHTS; i++)
		MUST(source->flight[i].ask == NULL);
	pgsql_link_free(source->link);
	pgsql_listen_free(source->listen);
	template_query_fini(&source->query);
	source->magic = 0;
	free(source);
}

static const struct source_ops source_pgsql_ops = {
    .remote = true,
    .ask = source_pgsql_ask,
    .cancel = source_pgsql_cancel,
    .look = source_pgsql_look,
    .tick = source_pgsql_tick,
    .server = source_pgsql_server,
    .watch = source_pgsql_watch,
    .tell = source_pgsql_tell,
    .free = source_pgsql_free,
};

struct source *
source_pgsql_new(const struct conf_table *table, const struct answers *answers,
    const struct source_env *env)
{
	struct source_pgsql *source = mem_zalloc(sizeof(*source));
	const struct conf_pgsql *conf = &table->pgsql;

	source->base.ops = &source_pgsql_ops;
	source->magic = SOURCE_PGSQL_MAGIC;
	source->conf = conf;
	source->rules = (struct values_rules){
	    .domains = (const char *const *)conf->domains,
	    .ndomains = conf->ndomains,
	    .result_format = conf->result_format,
	    .expansion_limit = conf->expansion_limit,
	    .answers = answers,
	};
	TAILQ_INIT(&source->waiting);
	TAILQ_INIT(&source->again);
	/* The configuration was checked when it was read. */
	MUST(template_query_init(&source->query, conf->query, '$', NULL) == 0);
	source->link = pgsql_link_new(
	    table->spec, conf, env, false, &source_pgsql_link_ops, source);
	if (*conf->listen_channel != '\0')
		source->listen = pgsql_listen_new(&source->base, conf, env);
	return &source->base;
}
