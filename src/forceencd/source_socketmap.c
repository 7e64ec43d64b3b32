/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/source_socketmap.h"

#include <stdlib.h>
#include <sys/random.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceencd/backoff.h"
#include "forceencd/socketmap_link.h"
#include "forceencd/socketmap_where.h"

#define SOURCE_SOCKETMAP_MAGIC 0x534d4150u
/* Connections at the same time, as many as questions on their way. */
#define SOURCE_SOCKETMAP_LINKS 32
/* As Postfix does: a connection that isn't used is closed. ms. */
#define SOURCE_SOCKETMAP_IDLE 10000
/* How long a connection may take to be made. */
#define SOURCE_SOCKETMAP_CONNECT 2000
/* How long the connections that there are have to do where no more are to be
 * had. */
#define SOURCE_SOCKETMAP_FULL 1000
/* The longest pause before a server that can't be reached is tried again. */
#define SOURCE_SOCKETMAP_RETRY 5000
/* Questions that fail by themselves are warned of this often. */
#define SOURCE_SOCKETMAP_QUIET 10000

struct source_socketmap_link {
	struct socketmap_link link;
	struct source_ask *ask; /* on its way, or waits for the connection */
	unsigned at;            /* the address that is tried */
	uint64_t until;         /* for the connection */
};

struct source_socketmap {
	struct source base;
	unsigned magic;
	const struct conf_upstream *conf;
	uint64_t time_limit;
	struct source_asks waiting; /* for a connection */
	struct source_socketmap_link link[SOURCE_SOCKETMAP_LINKS];

	struct socketmap_where where;
	uint64_t full_until; /* no connection is begun before */
	struct backoff backoff;
	struct err down; /* why it can't be reached */
	struct source_server_counts counts;
	uint64_t warned_at; /* 0: never */
};

static struct source_socketmap *
source_socketmap_of(void *arg)
{
	struct source_socketmap *source = arg;

	MUST_BE(source, SOURCE_SOCKETMAP_MAGIC);
	return source;
}

static void
source_socketmap_unsure(struct source_socketmap *source, struct source_ask *ask,
    const struct err *why, uint64_t now)
{
	struct source_reply reply = {.kind = SOURCE_UNSURE, .why = *why};

	source->base.unsure++;
	ask->done(ask, &reply, now);
}

/* This question failed; the next one may fare better. */
static void
source_socketmap_warn(struct source_socketmap *source,
    const struct source_ask *ask, const struct err *why, uint64_t now)
{
	if (source->warned_at != 0 &&
	    now - source->warned_at < SOURCE_SOCKETMAP_QUIET)
		return;
	source->warned_at = now;
	log_warn("%s: %s: %s", source->base.name, text_show(ask->key, ask->len),
	    why->text);
}

static void
source_socketmap_fail(struct source_socketmap *source, struct source_ask *ask,
    const struct err *why, uint64_t now)
{
	source_socketmap_warn(source, ask, why, now);
	source_socketmap_unsure(source, ask, why, now);
}

/* It can't be reached: everybody who waits hears so. */
static void
source_socketmap_down(
    struct source_socketmap *source, const struct err *why, uint64_t now)
{
	struct source_ask *ask;
	uint32_t random;
	unsigned i;

	MUST(getrandom(&random, sizeof(random), 0) == sizeof(random));
	backoff_fail(&source->backoff, now, SOURCE_SOCKETMAP_RETRY, random);
	/* The name may lead elsewhere by then. */
	socketmap_where_forget(&source->where);
	source->counts.failures++;
	source->down = *why;
	source_set_down(&source->base, why, now);
	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++) {
		if (source->link[i].link.connected)
			continue;
		socketmap_link_close(&source->link[i].link);
		ask = source->link[i].ask;
		source->link[i].ask = NULL;
		if (ask != NULL)
			source_socketmap_unsure(source, ask, why, now);
	}
	while ((ask = TAILQ_FIRST(&source->waiting)) != NULL) {
		TAILQ_REMOVE(&source->waiting, ask, link);
		source_socketmap_unsure(source, ask, why, now);
	}
}

/* A connection can't be made. Where there are others the question waits for
 * one of these: the server may be out of room, or about to start anew. */
static void
source_socketmap_unreached(struct source_socketmap *source,
    struct source_socketmap_link *link, const struct err *why, uint64_t now)
{
	unsigned i = 0;

	while (i < SOURCE_SOCKETMAP_LINKS && !source->link[i].link.connected)
		i++;
	if (i == SOURCE_SOCKETMAP_LINKS) {
		source_socketmap_down(source, why, now);
		return;
	}
	source->counts.failures++;
	source->full_until = now + SOURCE_SOCKETMAP_FULL;
	TAILQ_INSERT_HEAD(&source->waiting, link->ask, link);
	link->ask = NULL;
}

/* The link's question on the next address that a connection can be begun
 * with. False: there is none, *why is the last one's reason. */
static bool
source_socketmap_connect(struct source_socketmap *source,
    struct source_socketmap_link *link, uint64_t now, struct err *why)
{
	struct sockaddr_storage addr;
	socklen_t len;

	for (; link->at < source->where.n; link->at++) {
		len = socketmap_where_get(&source->where, link->at, &addr);
		if (len == 0) {
			err_set(why, "no address to connect to");
			continue;
		}
		if (socketmap_link_open(
			&link->link, (struct sockaddr *)&addr, len, why) == -1)
			continue;
		link->until = now + SOURCE_SOCKETMAP_CONNECT;
		socketmap_link_ask(&link->link, source->conf->map,
		    link->ask->key, link->ask->len);
		return true;
	}
	return false;
}

static void
source_socketmap_next_address(struct source_socketmap *source,
    struct source_socketmap_link *link, struct err *why, uint64_t now)
{
	link->at++;
	if (!source_socketmap_connect(source, link, now, why))
		source_socketmap_unreached(source, link, why, now);
}

/* The server has gone, and may be back: what is idle is closed, and the
 * question asked once more, on a new connection. */
static void
source_socketmap_again(struct source_socketmap *source, struct source_ask *ask)
{
	unsigned i;

	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++)
		if (source->link[i].ask == NULL)
			socketmap_link_close(&source->link[i].link);
	TAILQ_INSERT_HEAD(&source->waiting, ask, link);
}

static void
source_socketmap_reply(struct source_socketmap *source, struct source_ask *ask,
    enum lookup_reply word, const char *text, size_t len, uint64_t now)
{
	struct source_reply reply = {.kind = SOURCE_UNSURE};

	backoff_reset(&source->backoff);
	source_set_up(&source->base);
	histogram_add(&source->counts.took, clock_us() - ask->asked_us);
	switch (word) {
	case LOOKUP_FOUND:
		reply.kind = SOURCE_PRESENT;
		reply.value = text;
		reply.value_len = len;
		break;
	case LOOKUP_NOTFOUND:
		reply.kind = SOURCE_ABSENT;
		break;
	case LOOKUP_TEMP:
	case LOOKUP_PERM:
		source->base.unsure++;
		err_set(&reply.why, "it says %s: %s",
		    word == LOOKUP_TEMP ? "TEMP" : "PERM",
		    text_show(text, len));
		break;
	}
	ask->done(ask, &reply, now);
}

static void
source_socketmap_turn(struct source_socketmap *source,
    struct source_socketmap_link *link, uint64_t now)
{
	struct source_ask *ask = link->ask;
	enum lookup_reply word;
	const char *text;
	struct err err;
	size_t len;

	switch (
	    socketmap_link_turn(&link->link, now, &word, &text, &len, &err)) {
	case SOCKETMAP_LINK_WAIT:
		break;
	case SOCKETMAP_LINK_REPLY:
		link->ask = NULL;
		source_socketmap_reply(source, ask, word, text, len, now);
		break;
	case SOCKETMAP_LINK_CLOSED:
		link->ask = NULL;
		if (ask != NULL)
			source_socketmap_again(source, ask);
		break;
	case SOCKETMAP_LINK_UNREACHED:
		source_socketmap_next_address(source, link, &err, now);
		break;
	case SOCKETMAP_LINK_FAILED:
		link->ask = NULL;
		source_socketmap_fail(source, ask, &err, now);
		break;
	}
}

/* What has come to its time. Returns the next such time. */
static uint64_t
source_socketmap_expire(struct source_socketmap *source,
    struct source_socketmap_link *link, uint64_t now)
{
	struct source_ask *ask = link->ask;
	struct err why;

	if (link->link.fd == -1)
		return CLOCK_NEVER;
	if (ask == NULL) {
		if (now < link->link.idle_since + SOURCE_SOCKETMAP_IDLE)
			return link->link.idle_since + SOURCE_SOCKETMAP_IDLE;
		socketmap_link_close(&link->link);
		return CLOCK_NEVER;
	}
	if (now >= ask->until) {
		socketmap_link_close(&link->link);
		link->ask = NULL;
		err_set(&why, "no reply within %s",
		    text_time((int64_t)source->time_limit));
		source_socketmap_fail(source, ask, &why, now);
		return CLOCK_NEVER;
	}
	if (link->link.connected || now < link->until)
		return link->link.connected || ask->until < link->until
		    ? ask->until
		    : link->until;
	socketmap_link_close(&link->link);
	err_set(&why, "no connection within %s",
	    text_time(SOURCE_SOCKETMAP_CONNECT));
	source_socketmap_next_address(source, link, &why, now);
	return now;
}

static struct source_socketmap_link *
source_socketmap_free_link(struct source_socketmap *source, uint64_t now)
{
	struct source_socketmap_link *link, *closed = NULL;
	unsigned i;

	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++) {
		link = &source->link[i];
		if (link->ask != NULL)
			continue;
		if (link->link.fd != -1)
			return link;
		if (closed == NULL)
			closed = link;
	}
	return now < source->full_until ? NULL : closed;
}

/* Those that wait go on their way, as many as may. */
static void
source_socketmap_send(struct source_socketmap *source, uint64_t now)
{
	struct source_socketmap_link *link;
	struct source_ask *ask;
	struct err why = {"no address is known"};

	while ((ask = TAILQ_FIRST(&source->waiting)) != NULL) {
		link = source_socketmap_free_link(source, now);
		if (link == NULL ||
		    (link->link.fd == -1 &&
			socketmap_where_known(&source->where,
			    now + SOURCE_SOCKETMAP_CONNECT) == 0))
			return;
		TAILQ_REMOVE(&source->waiting, ask, link);
		link->ask = ask;
		link->at = 0;
		if (link->link.fd != -1)
			socketmap_link_ask(
			    &link->link, source->conf->map, ask->key, ask->len);
		else if (!source_socketmap_connect(source, link, now, &why))
			source_socketmap_unreached(source, link, &why, now);
	}
}

static enum source_status
source_socketmap_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct source_socketmap *source = source_socketmap_of(base);

	if (source->base.down && !backoff_is_over(&source->backoff, now)) {
		reply->why = source->down;
		return SOURCE_DONE;
	}
	ask->until = now + source->time_limit;
	TAILQ_INSERT_TAIL(&source->waiting, ask, link);
	return SOURCE_WAIT;
}

static void
source_socketmap_cancel(struct source *base, struct source_ask *ask)
{
	struct source_socketmap *source = source_socketmap_of(base);
	unsigned i;

	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++) {
		if (source->link[i].ask != ask)
			continue;
		/* Its reply would be taken for the next question's. */
		socketmap_link_close(&source->link[i].link);
		source->link[i].ask = NULL;
		return;
	}
	TAILQ_REMOVE(&source->waiting, ask, link);
}

static enum source_sight
source_socketmap_look(struct source *base, uint64_t now)
{
	(void)base;
	(void)now;
	return SOURCE_BLIND;
}

/* Those that never got a connection. */
static uint64_t
source_socketmap_expire_waiting(struct source_socketmap *source, uint64_t now)
{
	struct source_ask *ask;
	struct err why;

	while ((ask = TAILQ_FIRST(&source->waiting)) != NULL) {
		if (now < ask->until)
			return ask->until;
		TAILQ_REMOVE(&source->waiting, ask, link);
		err_set(&why, "all of its connections were busy for %s",
		    text_time((int64_t)source->time_limit));
		source_socketmap_fail(source, ask, &why, now);
	}
	return CLOCK_NEVER;
}

static uint64_t
source_socketmap_tick(struct source *base, uint64_t now)
{
	struct source_socketmap *source = source_socketmap_of(base);
	uint64_t next, at;
	struct err why;
	unsigned i;

	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++)
		source_socketmap_turn(source, &source->link[i], now);
	if (socketmap_where_failed(&source->where)) {
		why = source->where.why;
		source_socketmap_down(source, &why, now);
	}
	source_socketmap_send(source, now);
	next = source_socketmap_expire_waiting(source, now);
	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++) {
		at = source_socketmap_expire(source, &source->link[i], now);
		if (at < next)
			next = at;
	}
	if (TAILQ_EMPTY(&source->waiting))
		return next;
	if (now < source->full_until && source->full_until < next)
		next = source->full_until;
	/* Who was told just now may have asked something else. */
	return source->where.job == NULL &&
		source_socketmap_free_link(source, now) != NULL
	    ? now
	    : next;
}

static bool
source_socketmap_server(
    struct source *base, unsigned i, struct source_server *out)
{
	struct source_socketmap *source = source_socketmap_of(base);
	const struct source_socketmap_link *link;
	unsigned n;

	if (i > 0)
		return false;
	*out = (struct source_server){
	    .name = source->conf->spec,
	    .health = source->base.down ? SOURCE_DOWN : SOURCE_IDLE,
	    .next_try = source->base.down ? source->backoff.until : CLOCK_NEVER,
	    .why = source->base.down ? source->down.text : NULL,
	    .counts = &source->counts,
	};
	for (n = 0; n < SOURCE_SOCKETMAP_LINKS; n++) {
		link = &source->link[n];
		out->flights += link->ask != NULL;
		if (link->link.connected) {
			out->connections++;
			out->health = SOURCE_UP;
		} else if (link->link.fd != -1 && out->health == SOURCE_IDLE) {
			out->health = SOURCE_CONNECTING;
		}
	}
	return true;
}

static void
source_socketmap_free(struct source *base)
{
	struct source_socketmap *source = source_socketmap_of(base);
	unsigned i;

	MUST(TAILQ_EMPTY(&source->waiting));
	socketmap_where_fini(&source->where);
	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++) {
		MUST(source->link[i].ask == NULL);
		socketmap_link_fini(&source->link[i].link);
	}
	source->magic = 0;
	free(source);
}

static const struct source_ops source_socketmap_ops = {
    .remote = true,
    .ask = source_socketmap_ask,
    .cancel = source_socketmap_cancel,
    .look = source_socketmap_look,
    .tick = source_socketmap_tick,
    .server = source_socketmap_server,
    .free = source_socketmap_free,
};

struct source *
source_socketmap_new(const struct conf_upstream *conf, uint64_t time_limit,
    const struct source_env *env)
{
	struct source_socketmap *source = mem_zalloc(sizeof(*source));
	unsigned i;

	source->base.ops = &source_socketmap_ops;
	source->base.name = conf->spec;
	source->magic = SOURCE_SOCKETMAP_MAGIC;
	source->conf = conf;
	source->time_limit = time_limit;
	socketmap_where_init(&source->where, conf, env);
	TAILQ_INIT(&source->waiting);
	for (i = 0; i < SOURCE_SOCKETMAP_LINKS; i++)
		socketmap_link_init(&source->link[i].link, env->base);
	return &source->base;
}
