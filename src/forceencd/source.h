/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOURCE_H
#define FORCEENC_FORCEENCD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "forceenc/answer.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceenc/histogram.h"

/*
 * A source is one table file asked for facts: a driver behind a struct of
 * functions. It knows keys and permitted answers, nothing of questions, maps
 * or caches. A source never blocks; what takes time is WAIT, and the reply
 * comes later through the asker's function, never before source_ask()
 * returned.
 */

enum source_kind {
	SOURCE_PRESENT, /* answer is set; may be ANSWER_BAD */
	SOURCE_ABSENT,  /* asked, and the key isn't there */
	SOURCE_UNSURE,  /* couldn't be asked; why says it */
};

struct source_reply {
	enum source_kind kind;
	uint8_t answer;
	struct err why; /* UNSURE: the reason. BAD: the value, printable */
	/* PRESENT, of a driver that knows no permitted answers: the value as
	 * it came, until done returns. */
	const char *value;
	size_t value_len;
};

/* Unsure, for no reason yet: what a reply is until it's known. Its long text
 * isn't cleared. */
void source_reply_init(struct source_reply *);

/* How an answer came about, for whoever explains it. */
#define SOURCE_ENTRY_MAX 400
struct source_trace {
	const char *server;           /* that answered, or NULL; the source's */
	uint64_t took_us;             /* it */
	unsigned entries;             /* that it found */
	char entry[SOURCE_ENTRY_MAX]; /* the first one's name, or "" */
};

/* One key on its way; the asker's, who keeps it and the key where they are
 * until done was called or source_cancel() returned. */
struct source_ask {
	const char *key;
	size_t len;
	void (*done)(
	    struct source_ask *, const struct source_reply *, uint64_t now);
	TAILQ_ENTRY(source_ask) link; /* the driver's while it waits */
	uint64_t until;               /* the same */
	uint64_t asked_us;            /* source_ask()'s */
	struct source_trace *trace;   /* set by the driver; NULL: nobody wants
				       * to know */
};

TAILQ_HEAD(source_asks, source_ask);

enum source_status {
	SOURCE_DONE, /* *reply is set */
	SOURCE_WAIT,
};

/* What the source knows of changes behind our back. */
enum source_sight {
	SOURCE_SAME,    /* nothing changed since the last look */
	SOURCE_CHANGED, /* something did: what was learned before is in doubt */
	SOURCE_BEGUN,   /* changes are noticed from now on; something may have
			 * changed before */
	SOURCE_BLIND,   /* it can't tell: facts live by their time alone */
};

/* Told of what would be asked for a key, in its own words; no secrets. */
typedef void source_told_fn(
    const char *name, const char *value, size_t len, void *arg);

enum source_health {
	SOURCE_IDLE, /* no connection, and nothing against it */
	SOURCE_CONNECTING,
	SOURCE_UP,   /* connected */
	SOURCE_DOWN, /* it failed last */
};

/* What a driver counts of each of its servers. */
struct source_server_counts {
	uint64_t failures;     /* to connect, or of connections */
	struct histogram took; /* its answers: us since they were asked for */
};

/* How a server is doing. Everything is borrowed, for now. */
struct source_server {
	const char *name; /* without secrets */
	enum source_health health;
	uint64_t next_try; /* of one that is DOWN; CLOCK_NEVER: when it's its
			    * turn */
	const char *why;   /* of one that failed last; NULL */
	unsigned connections;
	unsigned flights; /* questions it hasn't answered yet */
	const struct source_server_counts *counts;
};

enum source_watch_state {
	SOURCE_WATCH_OFF, /* changes aren't noticed: why */
	SOURCE_WATCH_REFRESHING,
	SOURCE_WATCH_LIVE,
};

struct source_watch {
	enum source_watch_state state;
	const char *why; /* of OFF; borrowed, for now */
};

struct dial;
struct event_base;
struct leavings;
struct source;

struct source_ops {
	bool remote; /* asking takes time: it's worth doing beforehand */
	enum source_status (*ask)(struct source *, struct source_ask *,
	    uint64_t now, struct source_reply *);
	void (*cancel)(struct source *, struct source_ask *);
	enum source_sight (*look)(struct source *, uint64_t now);
	uint64_t (*tick)(struct source *, uint64_t now);
	/* For status; either may be NULL. server is false where there are no
	 * more than i. */
	bool (*server)(struct source *, unsigned i, struct source_server *);
	void (*watch)(struct source *, struct source_watch *);
	/* For who explains an answer; may be NULL. */
	void (*tell)(struct source *, const struct source_ask *,
	    source_told_fn *, void *arg);
	void (*free)(struct source *);
};

/* What a driver's own struct begins with. */
struct source {
	const struct source_ops *ops;
	const char *name; /* "sqlite:/etc/forceenc/service.cf", owned by conf */
	const struct answers *answers;
	/* Told of a key whose entries have changed; set by the owner. */
	void (*changed)(void *arg, const char *key, size_t len);
	void *changed_arg;
	/* For forceencctl status. */
	uint64_t asked;
	uint64_t unsure;
	uint64_t flaps;        /* times it went down */
	struct histogram took; /* us from a question to what came of it */
	bool due;              /* it was asked something since its last tick */
	bool down;             /* the last attempt failed */
	bool logged_down;
	uint64_t logged_at;
	struct err trouble; /* why it went down last */
};

/* What drivers that must wait need of the loop. */
struct source_env {
	struct event_base *base;
	struct dial *dial; /* collected, and ticked, by whoever owns it */
	struct leavings *leavings; /* for what takes long to be freed */
};

void source_free(struct source *); /* no ask may be waiting */

enum source_status source_ask(
    struct source *, struct source_ask *, uint64_t now, struct source_reply *);
void source_cancel(struct source *, struct source_ask *);

/* Cheap enough to be asked every watch_interval. */
enum source_sight source_look(struct source *, uint64_t now);

/* Does what is due; returns when it wants to be called again, CLOCK_NEVER if
 * only an event can wake it. */
uint64_t source_tick(struct source *, uint64_t now);

/* It wants its tick: it was asked something since the last one, and may only
 * send it there. */
bool source_is_due(const struct source *);

/* For whoever is told of an answer that took time. */
void source_answered(struct source *, const struct source_ask *);

/* For status. False: there are no more than i servers. */
bool source_server(struct source *, unsigned i, struct source_server *);
void source_watch(struct source *, struct source_watch *);

/* Tells what is asked for a key: a filter, a query, their values. */
void source_tell(
    struct source *, const char *key, size_t len, source_told_fn *, void *arg);
/* For drivers: nothing is, as Postfix does it. */
void source_told_skip(source_told_fn *, void *arg);

/* For drivers: what is known of this key is no longer so, nor what is being
 * asked. */
void source_changed(struct source *, const char *key, size_t len);

/* For drivers: a change of state is logged once, and with a count where it
 * keeps changing. */
void source_set_down(struct source *, const struct err *why, uint64_t now);
void source_set_up(struct source *);

#endif
