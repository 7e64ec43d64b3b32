/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_ANSWERER_H
#define FORCEENC_FORCEENCD_ANSWERER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/conf.h"
#include "forceencd/resolve_reply.h"
#include "forceencd/source.h"

/*
 * What answers in place of tables: the map is of a kind of its own, and gets
 * the key as it was asked, any bytes. A kind is a struct of functions. It
 * never blocks; what takes time is WAIT, and the reply comes later, never
 * before answerer_ask() returned, and not after a deadline that the kind sets.
 */
struct answerer;

/* One step on the way to an answer, for whoever wants to explain it. All is
 * borrowed for the call. */
struct answerer_step {
	const char *key;
	size_t len;
	const char *level;  /* what the key stands for, in words */
	const char *from;   /* who was asked */
	const char *cached; /* "none", "stale", "fresh" */
	uint64_t age;       /* unless cached is "none"; ms */
	const char *said;   /* "absent", "unsure", or the value */
	const char *why;    /* of unsure, or NULL */
};
typedef void answerer_step_fn(const struct answerer_step *, void *arg);

/* A question on its way: what a kind's own struct begins with. */
struct answerer_ticket {
	struct answerer *answerer;
	resolve_done_fn *done;
	void *arg;
};

struct answerer_question {
	const char *key; /* borrowed for the call */
	size_t len;
	const struct conf *conf; /* in force; stays for as long as it waits */
	answerer_step_fn *step;  /* may be NULL */
	void *step_arg;
};

struct answerer_ops {
	/* The reply's text is the answerer's until its next call. */
	enum resolve_status (*ask)(struct answerer *,
	    const struct answerer_question *, uint64_t now,
	    struct resolve_reply *, struct answerer_ticket **);
	void (*cancel)(struct answerer_ticket *);
	/* Whether an answer may leave: looked at once more where it does. */
	int (*check)(const char *text, size_t len, struct err *);
	uint64_t (*tick)(struct answerer *, uint64_t now);
	/* Nobody will ask any more. False: it's to be called again, since
	 * freeing it now would wait. NULL: there is nothing to wait for. */
	bool (*end)(struct answerer *);
	void (*free)(struct answerer *); /* no ticket may be out */
};

/* What a kind's own struct begins with. */
struct answerer {
	const struct answerer_ops *ops;
	struct source *source;  /* who is asked, for reports; or NULL */
	unsigned waiting;       /* tickets that are out */
	const uint64_t *raised; /* answers stricter than what was said; or
				      * NULL */
	const size_t *facts;    /* that are remembered of source; or NULL */
};

bool answerer_end(struct answerer *);
void answerer_free(struct answerer *); /* NULL is fine */

enum resolve_status answerer_ask(struct answerer *,
    const struct answerer_question *, uint64_t now, struct resolve_reply *,
    struct answerer_ticket **);
/* done is called once, from the loop, and ends the ticket. */
void answerer_wait(struct answerer_ticket *, resolve_done_fn *done, void *arg);
void answerer_cancel(struct answerer_ticket *);
int answerer_check(
    const struct answerer *, const char *text, size_t len, struct err *);
uint64_t answerer_tick(struct answerer *, uint64_t now);

#endif
