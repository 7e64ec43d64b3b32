/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/source_ldap.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/ldap_entry.h"
#include "forceencd/ldap_lane.h"
#include "forceencd/ldap_search.h"
#include "forceencd/ldap_watch.h"

#define SOURCE_LDAP_MAGIC 0x4c535243u
/* Searches in a row without an answer in time, after which a connection is
 * given up. */
#define SOURCE_LDAP_LATE 3
/* A search that took so many connections down isn't tried on another one. */
#define SOURCE_LDAP_LOSSES 3

TAILQ_HEAD(ldap_flights, ldap_flight);

struct source_ldap {
	struct source base;
	unsigned magic;
	const struct conf_ldap *conf;
	struct values_rules rules;
	struct ldap_servers servers;
	struct ldap_lanes lanes;
	struct ldap_search search;
	struct ldap_watch *watch; /* NULL: none is wanted */
	/* The oldest first; each has as much time. */
	struct ldap_flights all;
	struct ldap_flights waiting; /* for a connection that can take them */
	uint64_t asked_at;
	bool idle;           /* nobody has asked for idle_interval */
	bool warned_of_part; /* that a part of the tree lies elsewhere */
};

static struct source_ldap *
source_ldap_of(struct source *base)
{
	struct source_ldap *source = (struct source_ldap *)base;

	MUST_BE(source, SOURCE_LDAP_MAGIC);
	return source;
}

static void
source_ldap_unlink(struct source_ldap *source, struct ldap_flight *flight)
{
	if (flight->lane == NULL)
		TAILQ_REMOVE(&source->waiting, flight, waiting);
	else
		ldap_lane_forget(flight->lane, flight);
	TAILQ_REMOVE(&source->all, flight, all);
}

/* Ends a flight that is in neither list any more. */
static void
source_ldap_answer(
    struct source_ldap *source, struct ldap_flight *flight, uint64_t now)
{
	if (flight->reply.kind == SOURCE_UNSURE)
		source->base.unsure++;
	flight->ask->done(flight->ask, &flight->reply, now);
	free(flight);
}

/* Ends one that is on its way or waits. */
static void
source_ldap_finish(
    struct source_ldap *source, struct ldap_flight *flight, uint64_t now)
{
	source_ldap_unlink(source, flight);
	source_ldap_answer(source, flight, now);
}

static void
source_ldap_fail(struct source_ldap *source, struct ldap_flight *flight,
    const struct err *why, uint64_t now)
{
	flight->reply.kind = SOURCE_UNSURE;
	flight->reply.why = *why;
	source_ldap_finish(source, flight, now);
}

/* A connection went down under a flight, which waits for the next one as the
 * first in the row. */
static void
source_ldap_requeue(struct source_ldap *source, struct ldap_flight *flight,
    const struct err *why, uint64_t now)
{
	TAILQ_INSERT_HEAD(&source->waiting, flight, waiting);
	flight->nvalues = 0;
	flight->reply.kind = SOURCE_ABSENT;
	if (flight->ask->trace != NULL)
		*flight->ask->trace = (struct source_trace){0};
	if (++flight->losses >= SOURCE_LDAP_LOSSES)
		source_ldap_fail(source, flight, why, now);
}

/* Every server is known to be down: waiting would be for nothing. */
static bool
source_ldap_is_down(const struct source_ldap *source)
{
	return ldap_servers_are_down(&source->servers) &&
	    !ldap_lanes_any_up(&source->lanes);
}

static struct ldap_flight *
source_ldap_add_flight(
    struct source_ldap *source, struct source_ask *ask, uint64_t now)
{
	struct ldap_flight *flight = mem_zalloc(sizeof(*flight));

	flight->ask = ask;
	flight->deadline = now + source->conf->timeout;
	flight->reply.kind = SOURCE_ABSENT;
	TAILQ_INSERT_TAIL(&source->all, flight, all);
	return flight;
}

static enum source_status
source_ldap_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct source_ldap *source = source_ldap_of(base);
	struct ldap_flight *flight;
	struct ldap_lane *lane;

	if (!values_eligible(&source->rules, ask) ||
	    ldap_search_make(&source->search, ask) == TEMPLATE_SKIP) {
		reply->kind = SOURCE_ABSENT;
		return SOURCE_DONE;
	}
	if (source->watch != NULL)
		ldap_watch_note(source->watch, ask);
	source->asked_at = now;
	source->idle = false;
	if (source_ldap_is_down(source)) {
		reply->kind = SOURCE_UNSURE;
		reply->why = *ldap_servers_why(&source->servers);
		return SOURCE_DONE;
	}
	ldap_lanes_want(&source->lanes, now);
	flight = source_ldap_add_flight(source, ask, now);
	lane = TAILQ_EMPTY(&source->waiting) ? ldap_lanes_pick(&source->lanes)
					     : NULL;
	if (lane != NULL &&
	    ldap_search_send(&source->search, lane, flight, &reply->why)) {
		lane->used_at = now;
		return SOURCE_WAIT;
	}
	if (lane != NULL && reply->why.text[0] != '\0') {
		TAILQ_REMOVE(&source->all, flight, all);
		free(flight);
		reply->kind = SOURCE_UNSURE;
		source_set_down(base, &reply->why, now);
		return SOURCE_DONE;
	}
	TAILQ_INSERT_TAIL(&source->waiting, flight, waiting);
	return SOURCE_WAIT;
}

static void
source_ldap_cancel(struct source *base, struct source_ask *ask)
{
	struct source_ldap *source = source_ldap_of(base);
	struct ldap_flight *flight;

	TAILQ_FOREACH (flight, &source->all, all)
		if (flight->ask == ask)
			break;
	MUST(flight != NULL);
	source_ldap_unlink(source, flight);
	free(flight);
}

/* What the server itself doesn't hold is not of this table, as with Postfix.
 * The administrator should know once. */
static void
source_ldap_on_part(
    struct source_ldap *source, const struct directory_event *event)
{
	if (source->warned_of_part)
		return;
	source->warned_of_part = true;
	log_warn("%s: a part of the tree lies elsewhere and isn't asked; name "
		 "that server in a table of its own, if senders are there "
		 "(first=%s)",
	    source->base.name, event->why.text);
}

/* The server's last word on a search. flight is in no list but all. */
static void
source_ldap_on_result(struct source_ldap *source, struct ldap_flight *flight,
    const struct directory_event *event, uint64_t now)
{
	struct source_reply *reply = &flight->reply;

	if (event->result == DIRECTORY_OK ||
	    (event->result == DIRECTORY_NO_BASE &&
		strchr(source->conf->search_base, '%') != NULL)) {
		/* A base that is made of the key may not be there. */
		source_set_up(&source->base);
	} else if (event->result == DIRECTORY_TOO_MANY) {
		reply->kind = SOURCE_UNSURE;
		err_set(&reply->why, "%s: more than size_limit = %u entries",
		    text_show(flight->ask->key, flight->ask->len),
		    source->conf->size_limit);
	} else {
		reply->kind = SOURCE_UNSURE;
		reply->why = event->why;
		source_set_down(&source->base, &event->why, now);
	}
	TAILQ_REMOVE(&source->all, flight, all);
	source_ldap_answer(source, flight, now);
}

static void
source_ldap_on_end(struct source_ldap *source, struct ldap_lane *lane,
    struct ldap_flight *flight, const struct directory_event *event,
    uint64_t now)
{
	ldap_lane_end(lane, event->id);
	if (event->result == DIRECTORY_UNAVAILABLE) {
		/* All that are on their way move on with this one. */
		ldap_link_give_up(&lane->link, &event->why);
		if (flight != NULL)
			source_ldap_requeue(source, flight, &event->why, now);
		ldap_servers_fail(&source->servers, lane->link.server,
		    &event->why, now, arc4random());
		return;
	}
	if (flight != NULL)
		source_ldap_on_result(source, flight, event, now);
}

static void
source_ldap_on_message(
    struct ldap_link *link, const struct directory_event *event, uint64_t now)
{
	struct ldap_lane *lane = (struct ldap_lane *)link;
	struct source_ldap *source = link->owner;
	struct ldap_flight *flight = ldap_lane_find(lane, event->id);

	lane->late = 0;
	lane->used_at = now;
	switch (event->kind) {
	case DIRECTORY_ENTRY:
		if (flight != NULL &&
		    !ldap_entry_take(&source->rules, link->dir, flight))
			source_ldap_finish(source, flight, now);
		break;
	case DIRECTORY_REFERENCE:
		source_ldap_on_part(source, event);
		break;
	case DIRECTORY_RESULT:
		source_ldap_on_end(source, lane, flight, event, now);
		break;
	case DIRECTORY_SYNC:
	case DIRECTORY_NOTHING:
	case DIRECTORY_GONE:
		break;
	}
}

static void
source_ldap_on_up(struct ldap_link *link, uint64_t now)
{
	struct ldap_lane *lane = (struct ldap_lane *)link;
	struct source_ldap *source = link->owner;

	lane->late = 0;
	lane->used_at = now;
	source_set_up(&source->base);
}

static void
source_ldap_on_down(struct ldap_link *link, const struct err *why, uint64_t now)
{
	struct ldap_lane *lane = (struct ldap_lane *)link;
	struct source_ldap *source = link->owner;
	struct ldap_flight *flight;

	while ((flight = ldap_lane_take(lane)) != NULL)
		source_ldap_requeue(source, flight, why, now);
}

static const struct ldap_link_calls source_ldap_calls = {
    .up = source_ldap_on_up,
    .message = source_ldap_on_message,
    .down = source_ldap_on_down,
};

/* A search that wasn't answered in time is forgotten; a connection on which
 * none are is given up. */
static void
source_ldap_expire(struct source_ldap *source, uint64_t now)
{
	struct ldap_flight *flight;
	struct ldap_lane *lane;
	struct err why;

	while ((flight = TAILQ_FIRST(&source->all)) != NULL &&
	    flight->deadline <= now) {
		lane = flight->lane;
		err_set(&why, "%s: no answer within %s",
		    lane == NULL
			? "no connection"
			: source->servers.list[lane->link.server].conf->url,
		    text_time((int64_t)source->conf->timeout));
		if (lane != NULL && ++lane->late >= SOURCE_LDAP_LATE)
			ldap_link_give_up(&lane->link, &why);
		source_ldap_fail(source, flight, &why, now);
	}
}

/* Those that wait go to connections that can take them. */
static void
source_ldap_send_waiting(struct source_ldap *source, uint64_t now)
{
	struct ldap_flight *flight;
	struct ldap_lane *lane;
	struct err why;

	while ((flight = TAILQ_FIRST(&source->waiting)) != NULL &&
	    (lane = ldap_lanes_pick(&source->lanes)) != NULL) {
		TAILQ_REMOVE(&source->waiting, flight, waiting);
		if (ldap_search_send(&source->search, lane, flight, &why)) {
			lane->used_at = now;
			continue;
		}
		TAILQ_INSERT_HEAD(&source->waiting, flight, waiting);
		if (why.text[0] != '\0')
			source_ldap_fail(source, flight, &why, now);
	}
}

static void
source_ldap_fail_waiting(struct source_ldap *source, uint64_t now)
{
	const struct err *why = ldap_servers_why(&source->servers);
	struct ldap_flight *flight;

	source_set_down(&source->base, why, now);
	while ((flight = TAILQ_FIRST(&source->waiting)) != NULL)
		source_ldap_fail(source, flight, why, now);
}

/* Nobody has asked for a while: connections end, and what was known of the
 * servers is forgotten. */
static uint64_t
source_ldap_rest(struct source_ldap *source, uint64_t now)
{
	uint64_t at = source->asked_at + source->conf->idle_interval;

	if (source->idle || !TAILQ_EMPTY(&source->all))
		return CLOCK_NEVER;
	if (now < at)
		return at;
	source->idle = true;
	ldap_servers_forget(&source->servers);
	ldap_lanes_close(&source->lanes);
	return CLOCK_NEVER;
}

static uint64_t
source_ldap_sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
source_ldap_tick(struct source *base, uint64_t now)
{
	struct source_ldap *source = source_ldap_of(base);
	uint64_t next = ldap_lanes_tick(&source->lanes, now);

	if (source->watch != NULL)
		next = source_ldap_sooner(
		    next, ldap_watch_tick(source->watch, now));
	source_ldap_expire(source, now);
	next = source_ldap_sooner(next, source_ldap_rest(source, now));
	if (source->idle)
		return next;
	ldap_lanes_want(&source->lanes, now);
	source_ldap_send_waiting(source, now);
	if (source_ldap_is_down(source))
		source_ldap_fail_waiting(source, now);
	next = source_ldap_sooner(next, ldap_lanes_want_at(&source->lanes));
	if (!TAILQ_EMPTY(&source->all))
		next = source_ldap_sooner(
		    next, TAILQ_FIRST(&source->all)->deadline);
	return next;
}

static enum source_sight
source_ldap_look(struct source *base, uint64_t now)
{
	struct source_ldap *source = source_ldap_of(base);

	(void)now;
	return source->watch != NULL ? ldap_watch_look(source->watch)
				     : SOURCE_BLIND;
}

static bool
source_ldap_server(struct source *base, unsigned i, struct source_server *out)
{
	struct source_ldap *source = source_ldap_of(base);

	if (i >= source->servers.n)
		return false;
	ldap_servers_view(&source->servers, i, out);
	ldap_lanes_view(&source->lanes, i, out);
	if (source->watch != NULL)
		ldap_watch_view_server(source->watch, i, out);
	return true;
}

static void
source_ldap_watch(struct source *base, struct source_watch *out)
{
	struct source_ldap *source = source_ldap_of(base);

	if (source->watch != NULL)
		ldap_watch_view(source->watch, out);
	else
		out->why = "watch = no";
}

static void
source_ldap_tell(struct source *base, const struct source_ask *ask,
    source_told_fn *fn, void *arg)
{
	struct source_ldap *source = source_ldap_of(base);

	if (values_eligible(&source->rules, ask))
		ldap_search_tell(&source->search, ask, fn, arg);
	else
		source_told_skip(fn, arg);
}

static void
source_ldap_free(struct source *base)
{
	struct source_ldap *source = source_ldap_of(base);

	MUST(TAILQ_EMPTY(&source->all));
	ldap_lanes_fini(&source->lanes);
	if (source->watch != NULL)
		ldap_watch_fini(source->watch);
	free(source->watch);
	ldap_servers_fini(&source->servers);
	ldap_search_fini(&source->search);
	source->magic = 0;
	free(source);
}

static const struct source_ops source_ldap_ops = {
    .remote = true,
    .ask = source_ldap_ask,
    .cancel = source_ldap_cancel,
    .look = source_ldap_look,
    .tick = source_ldap_tick,
    .server = source_ldap_server,
    .watch = source_ldap_watch,
    .tell = source_ldap_tell,
    .free = source_ldap_free,
};

struct source *
source_ldap_new(const struct conf_table *table, const struct answers *answers,
    const struct source_env *env)
{
	const struct conf_ldap *conf = &table->ldap;
	struct source_ldap *source = mem_zalloc(sizeof(*source));

	source->base.ops = &source_ldap_ops;
	source->magic = SOURCE_LDAP_MAGIC;
	source->conf = conf;
	source->rules = (struct values_rules){
	    .domains = (const char *const *)conf->domains,
	    .ndomains = conf->ndomains,
	    .result_format = conf->result_format,
	    .expansion_limit = conf->expansion_limit,
	    .answers = answers,
	};
	source->idle = true;
	TAILQ_INIT(&source->all);
	TAILQ_INIT(&source->waiting);
	ldap_servers_init(&source->servers, conf, table->spec);
	ldap_lanes_init(&source->lanes, env, conf, &source->servers,
	    &source_ldap_calls, source);
	ldap_search_init(&source->search, conf);
	if (conf->watch) {
		source->watch = mem_zalloc(sizeof(*source->watch));
		ldap_watch_init(
		    source->watch, &source->base, env, conf, &source->servers);
	}
	return &source->base;
}
