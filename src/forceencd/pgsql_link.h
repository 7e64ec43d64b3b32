/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_PGSQL_LINK_H
#define FORCEENC_FORCEENCD_PGSQL_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/conf_pgsql.h"
#include "forceenc/pq.h"
#include "forceencd/source.h"

/*
 * A connection to one of several servers, whichever can be had. It is made
 * when it's wanted; where one fails the next is tried; when none is left the
 * link is down, and tries again by itself, ever less often. A server that
 * takes connections and then fails counts as one that fails until it has
 * proved good.
 */
struct pgsql_link;

/* What its user is told. All of it happens in pgsql_link_tick(); every
 * function may use the link but for freeing it. */
struct pgsql_link_ops {
	/* Connected. Sends the queries that must work before anything else,
	 * their tags NULL; there may be none. */
	int (*setup)(struct pq *, void *arg, struct err *);
	/* They did: from here on the link is ready. */
	void (*ready)(void *arg, uint64_t now);
	/* One of the user's own queries was answered. False with *why: this
	 * server is no good. */
	bool (*answer)(
	    const struct pq_answer *, void *arg, uint64_t now, struct err *why);
	void (*notice)(const char *, size_t, void *arg, uint64_t now);
	/* A link that was ready isn't any more: what is on its way won't be
	 * answered. */
	void (*lost)(const struct err *why, void *arg, uint64_t now);
	/* No server can be asked; why has a word of each. */
	void (*down)(const struct err *why, void *arg, uint64_t now);
};

enum pgsql_link_state {
	PGSQL_LINK_OFF,     /* not wanted yet, or idle for too long */
	PGSQL_LINK_PENDING, /* not known to be down, and not ready yet */
	PGSQL_LINK_READY,
	PGSQL_LINK_DOWN, /* that's known; attempts may be under way */
};

/* conf, env and ops are borrowed. name is the table's, for the log; NULL
 * to log nothing. A link that lasts is never closed for being idle. */
struct pgsql_link *pgsql_link_new(const char *name, const struct conf_pgsql *,
    const struct source_env *, bool lasts, const struct pgsql_link_ops *,
    void *arg);
void pgsql_link_free(struct pgsql_link *); /* tells nobody; NULL is fine */

enum pgsql_link_state pgsql_link_state(const struct pgsql_link *);
void pgsql_link_want(struct pgsql_link *);

/* The connection of a link that is ready; what is sent over it is written by
 * the next pgsql_link_flush(). */
struct pq *pgsql_link_pq(const struct pgsql_link *);
void pgsql_link_flush(struct pgsql_link *, uint64_t now);

/* This server does what it's for. */
void pgsql_link_good(struct pgsql_link *);
/* It doesn't: the connection ends in the next tick. */
void pgsql_link_give_up(struct pgsql_link *, const struct err *why);

/* The server that it's connected to has answered; us since it was asked.
 * Returns its name. */
const char *pgsql_link_count(struct pgsql_link *, uint64_t took_us);

/* Adds what it has to do with the i-th server. */
void pgsql_link_view(
    const struct pgsql_link *, unsigned i, struct source_server *);

/* Does what is due; returns when it wants to be called again. */
uint64_t pgsql_link_tick(struct pgsql_link *, uint64_t now);

#endif
