/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 *            want                  connected            set up
 *   resting ------> connecting ---------------> setting up ----> ready
 *      ^              ^    | ^                       |             |
 *      |        time  |    | | next server           |             |
 *      |              |    v |                       |             |
 *      |            waiting  +-----------------------+-------------+
 *      |        (none is left)                           failed    |
 *      +-----------------------------------------------------------+
 *                                  idle
 *
 * "Down" is known from the first time that no server is left until one is
 * ready again.
 */

#include "forceencd/pgsql_link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/backoff.h"
#include "forceencd/pgsql_connect.h"
#include "forceencd/pgsql_servers.h"
#include "forceencd/wake.h"

/* A server that stops a query by itself gets this much more time to say so,
 * before it counts as silent. */
#define PGSQL_LINK_GRACE 500
/* Notices heard in one turn of the loop. */
#define PGSQL_LINK_NOTICES 256
/* Connections that are lost are logged this often at most. */
#define PGSQL_LINK_QUIET 10000

enum pgsql_link_phase {
	PGSQL_LINK_RESTING,
	PGSQL_LINK_WAITING,
	PGSQL_LINK_CONNECTING,
	PGSQL_LINK_SETTING_UP,
	PGSQL_LINK_AT_WORK,
};

struct pgsql_link {
	const char *name;
	const struct conf_pgsql *conf;
	const struct source_env *env;
	const struct pgsql_link_ops *ops;
	void *arg;
	bool lasts;

	enum pgsql_link_phase phase;
	bool wanted; /* while resting */
	bool down;
	struct backoff backoff;

	struct pgsql_servers servers;

	struct pgsql_connect *connect; /* CONNECTING */
	struct pq *pq;                 /* SETTING_UP, AT_WORK */
	struct wake wake;
	uint64_t used_at;   /* when something was sent or came last */
	bool busy;          /* queries are on their way */
	uint64_t silent_at; /* since when the oldest of them is the oldest */
	bool refused;       /* the server is there, and of no use */
	bool good;          /* this connection has proved itself */
	bool more;          /* notices that have come weren't heard yet */
	bool given_up;      /* give_up_why is set */
	struct err give_up_why;
	uint64_t logged_at; /* 0: never */
};

struct pgsql_link *
pgsql_link_new(const char *name, const struct conf_pgsql *conf,
    const struct source_env *env, bool lasts, const struct pgsql_link_ops *ops,
    void *arg)
{
	struct pgsql_link *link = mem_zalloc(sizeof(*link));

	link->name = name;
	link->conf = conf;
	link->env = env;
	link->lasts = lasts;
	link->ops = ops;
	link->arg = arg;
	pgsql_servers_init(&link->servers, conf);
	wake_init(&link->wake, env->base);
	return link;
}

static void
pgsql_link_hang_up(struct pgsql_link *link)
{
	wake_off(&link->wake);
	pq_close(link->pq);
	link->pq = NULL;
	link->more = false;
	link->given_up = false;
}

void
pgsql_link_free(struct pgsql_link *link)
{
	if (link == NULL)
		return;
	pgsql_connect_free(link->connect);
	pgsql_link_hang_up(link);
	wake_fini(&link->wake);
	pgsql_servers_fini(&link->servers);
	free(link);
}

enum pgsql_link_state
pgsql_link_state(const struct pgsql_link *link)
{
	if (link->phase == PGSQL_LINK_AT_WORK)
		return PGSQL_LINK_READY;
	if (link->down)
		return PGSQL_LINK_DOWN;
	return link->phase == PGSQL_LINK_RESTING && !link->wanted
	    ? PGSQL_LINK_OFF
	    : PGSQL_LINK_PENDING;
}

void
pgsql_link_want(struct pgsql_link *link)
{
	link->wanted = true;
}

struct pq *
pgsql_link_pq(const struct pgsql_link *link)
{
	MUST(link->phase == PGSQL_LINK_AT_WORK);
	return link->pq;
}

/* The server that is being tried, or used. */
static const struct conf_pgsql_host *
pgsql_link_host(const struct pgsql_link *link)
{
	return &link->conf->host[pgsql_servers_at(&link->servers)];
}

void
pgsql_link_good(struct pgsql_link *link)
{
	link->good = true;
	pgsql_servers_work(&link->servers);
	backoff_reset(&link->backoff);
}

const char *
pgsql_link_count(struct pgsql_link *link, uint64_t took_us)
{
	unsigned at = pgsql_servers_at(&link->servers);

	histogram_add(&link->servers.counts[at].took, took_us);
	return pgsql_link_host(link)->name;
}

void
pgsql_link_view(
    const struct pgsql_link *link, unsigned i, struct source_server *out)
{
	if (out->name == NULL)
		pgsql_servers_view(&link->servers, i, out);
	if (out->health == SOURCE_DOWN && link->phase == PGSQL_LINK_WAITING)
		out->next_try = link->backoff.until;
	if (pgsql_servers_at(&link->servers) != i)
		return;
	switch (link->phase) {
	case PGSQL_LINK_RESTING:
	case PGSQL_LINK_WAITING:
		break;
	case PGSQL_LINK_CONNECTING:
	case PGSQL_LINK_SETTING_UP:
		if (out->health != SOURCE_UP)
			out->health = SOURCE_CONNECTING;
		break;
	case PGSQL_LINK_AT_WORK:
		out->health = SOURCE_UP;
		out->connections++;
		out->flights += pq_flights(link->pq);
		break;
	}
}

void
pgsql_link_give_up(struct pgsql_link *link, const struct err *why)
{
	link->given_up = true;
	link->give_up_why = *why;
}

static uint64_t
pgsql_link_random(void)
{
	uint64_t random;

	MUST(getrandom(&random, sizeof(random), 0) == sizeof(random));
	return random;
}

static void
pgsql_link_dial(struct pgsql_link *link, uint64_t now)
{
	link->phase = PGSQL_LINK_CONNECTING;
	link->good = false;
	link->refused = false;
	link->connect = pgsql_connect_new(pgsql_link_host(link), link->env,
	    now + link->conf->connect_time_limit);
}

static void
pgsql_link_begin_round(struct pgsql_link *link, uint64_t now)
{
	pgsql_servers_begin(&link->servers, pgsql_link_random());
	link->wanted = false;
	pgsql_link_dial(link, now);
}

/* This server is no good: on to the next, if there is one. */
static void
pgsql_link_next(struct pgsql_link *link, const struct err *why, uint64_t now)
{
	struct err all;

	pgsql_link_hang_up(link);
	pgsql_servers_fail(&link->servers, why);
	if (pgsql_servers_next(&link->servers)) {
		pgsql_link_dial(link, now);
		return;
	}
	link->phase = PGSQL_LINK_WAITING;
	backoff_fail(&link->backoff, now, link->conf->retry_interval,
	    (uint32_t)pgsql_link_random());
	link->down = true;
	pgsql_servers_explain(&link->servers, &all);
	link->ops->down(&all, link->arg, now);
}

/* One that can't be used any more is no news by itself: if it's the only one,
 * the table is down. */
static void
pgsql_link_warn_lost(
    struct pgsql_link *link, const struct err *why, uint64_t now)
{
	if (link->name == NULL || !link->good ||
	    (link->refused && link->conf->nhosts == 1))
		return;
	if (link->logged_at != 0 && now - link->logged_at < PGSQL_LINK_QUIET)
		return;
	log_warn("%s: connection %s: %s", link->name,
	    link->refused ? "given up" : "lost", why->text);
	link->logged_at = now;
}

/* A connection that was ready is gone. */
static void
pgsql_link_lose(struct pgsql_link *link, const struct err *why, uint64_t now)
{
	bool good = link->good;

	pgsql_link_warn_lost(link, why, now);
	link->phase = PGSQL_LINK_CONNECTING; /* for those who ask */
	link->ops->lost(why, link->arg, now);
	if (!good) {
		pgsql_link_next(link, why, now);
		return;
	}
	/* It did work, so it's worth a round over all of them. */
	pgsql_link_hang_up(link);
	pgsql_servers_fail(&link->servers, why);
	pgsql_link_begin_round(link, now);
}

/* In front of words that don't tell which server they are about. */
static void
pgsql_link_name_host(const struct pgsql_link *link, struct err *why)
{
	err_prefix(why, "%s", pgsql_link_host(link)->name);
}

static void
pgsql_link_fail(struct pgsql_link *link, struct err *why, uint64_t now)
{
	pgsql_link_name_host(link, why);
	if (link->phase == PGSQL_LINK_AT_WORK)
		pgsql_link_lose(link, why, now);
	else
		pgsql_link_next(link, why, now);
}

static void
pgsql_link_be_ready(struct pgsql_link *link, uint64_t now)
{
	link->phase = PGSQL_LINK_AT_WORK;
	link->down = false;
	link->used_at = now;
	link->ops->ready(link->arg, now);
}

static uint64_t
pgsql_link_connecting(struct pgsql_link *link, uint64_t now)
{
	uint64_t next = CLOCK_NEVER;
	struct err why;

	switch (
	    pgsql_connect_tick(link->connect, now, &next, &link->pq, &why)) {
	case PGSQL_CONNECT_WAIT:
		return next;
	case PGSQL_CONNECT_FAILED:
		pgsql_connect_free(link->connect);
		link->connect = NULL;
		pgsql_link_next(link, &why, now);
		return now;
	case PGSQL_CONNECT_DONE:
		break;
	}
	pgsql_connect_free(link->connect);
	link->connect = NULL;
	link->phase = PGSQL_LINK_SETTING_UP;
	link->busy = false;
	if (link->ops->setup(link->pq, link->arg, &why) == -1)
		pgsql_link_fail(link, &why, now);
	else if (pq_flights(link->pq) == 0)
		pgsql_link_be_ready(link, now);
	else
		pgsql_link_flush(link, now);
	return now;
}

void
pgsql_link_flush(struct pgsql_link *link, uint64_t now)
{
	struct err why;
	int rc = pq_flush(link->pq, &why);

	if (rc == -1) {
		pgsql_link_give_up(link, &why);
		return;
	}
	if (!link->busy && pq_flights(link->pq) > 0) {
		link->busy = true;
		link->silent_at = now;
	}
	link->used_at = now;
	link->wanted = false;
	wake_on(&link->wake, pq_fd(link->pq), true, rc == 1);
}

/* False: *why says why the connection is no good any more. */
static bool
pgsql_link_take(struct pgsql_link *link, const struct pq_answer *answer,
    uint64_t now, struct err *why)
{
	link->silent_at = now;
	link->busy = pq_flights(link->pq) > 0;
	if (answer->tag != NULL)
		return link->ops->answer(answer, link->arg, now, why);
	if (answer->kind == PQ_KIND_FAILED) {
		*why = *answer->why;
		return false;
	}
	if (link->phase == PGSQL_LINK_SETTING_UP && pq_flights(link->pq) == 0)
		pgsql_link_be_ready(link, now);
	return true;
}

/* What has come. What a server said before the connection ended is heard. */
static bool
pgsql_link_hear(struct pgsql_link *link, uint64_t now, struct err *why)
{
	bool alive = pq_read(link->pq, why) == 0;
	struct pq_answer answer;
	const char *text;
	unsigned n = 0;
	size_t len;

	while (!link->refused && pq_next_answer(link->pq, &answer))
		link->refused = !pgsql_link_take(link, &answer, now, why);
	if (link->refused)
		return false;
	while (
	    n < PGSQL_LINK_NOTICES && pq_next_notice(link->pq, &text, &len)) {
		link->ops->notice(text, len, link->arg, now);
		n++;
	}
	link->more = n == PGSQL_LINK_NOTICES;
	return alive;
}

static bool
pgsql_link_is_idle(const struct pgsql_link *link, uint64_t now)
{
	return !link->lasts && !link->wanted && link->conf->idle_interval > 0 &&
	    pq_flights(link->pq) == 0 &&
	    now - link->used_at >= link->conf->idle_interval;
}

/* Set up, or being so. */
static uint64_t
pgsql_link_working(struct pgsql_link *link, uint64_t now)
{
	uint64_t limit = link->conf->query_time_limit + PGSQL_LINK_GRACE;
	struct err why;
	bool fine = true;

	if (wake_take(&link->wake) || link->more) {
		fine = pgsql_link_hear(link, now, &why);
		if (fine)
			pgsql_link_flush(link, now);
	}
	if (fine && link->given_up) {
		why = link->give_up_why;
		fine = false;
	}
	if (fine && pq_flights(link->pq) > 0 &&
	    now - link->silent_at >= limit) {
		err_set(&why, "connected, but silent for %s",
		    text_time((int64_t)limit));
		fine = false;
	}
	if (!fine) {
		pgsql_link_fail(link, &why, now);
		return now;
	}
	if (pgsql_link_is_idle(link, now)) {
		pgsql_link_hang_up(link);
		link->phase = PGSQL_LINK_RESTING;
		return CLOCK_NEVER;
	}
	if (link->more)
		return now;
	if (pq_flights(link->pq) > 0)
		return link->silent_at + limit;
	return link->lasts || link->conf->idle_interval == 0
	    ? CLOCK_NEVER
	    : link->used_at + link->conf->idle_interval;
}

static uint64_t
pgsql_link_step(struct pgsql_link *link, uint64_t now)
{
	switch (link->phase) {
	case PGSQL_LINK_RESTING:
		if (!link->wanted)
			return CLOCK_NEVER;
		pgsql_link_begin_round(link, now);
		return now;
	case PGSQL_LINK_WAITING:
		if (!backoff_is_over(&link->backoff, now))
			return link->backoff.until;
		pgsql_link_begin_round(link, now);
		return now;
	case PGSQL_LINK_CONNECTING:
		return pgsql_link_connecting(link, now);
	case PGSQL_LINK_SETTING_UP:
	case PGSQL_LINK_AT_WORK:
		break;
	}
	return pgsql_link_working(link, now);
}

uint64_t
pgsql_link_tick(struct pgsql_link *link, uint64_t now)
{
	enum pgsql_link_phase phase;
	uint64_t next;

	/* What has changed its phase may have more to do at once. */
	do {
		phase = link->phase;
		next = pgsql_link_step(link, now);
	} while (link->phase != phase);
	return next;
}
