/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_RESOLVE_H
#define FORCEENC_FORCEENCD_RESOLVE_H

#include <stdint.h>

#include "forceenc/address.h"
#include "forceencd/resolve_reply.h"
#include "forceencd/service.h"

/*
 * From a question to its answer: resolve.c opens with the walk. A question is
 * answered once, before its deadline.
 */
struct resolve;
struct resolve_ticket; /* a question on its way */

#define RESOLVE_TICKETS_MAX 16384 /* on their way at once, all clients */
#define RESOLVE_LATE_MAX    512   /* answered at their deadline in one turn */

/* One step of the walk, for whoever wants to explain the answer. */
struct resolve_step {
	const struct address_key *key;
	const struct table *table;
	const struct table_answer *answer;
	enum table_status status;
	bool used_stale;
	const struct fact *stale; /* if used_stale */
	const struct source_trace *trace;
};
typedef void resolve_step_fn(const struct resolve_step *, void *arg);

/* Whoever listens to a walk. */
struct resolve_listener {
	resolve_step_fn *step;
	void *arg;
	/* The walk's: of the step at hand. */
	struct table_answer seen; /* all but the reply, before it was asked */
	struct source_trace trace;
};

struct resolve *resolve_new(void);
void resolve_free(struct resolve *); /* no ticket may be out */

/* keys are copied if it takes time. The listener, who may be NULL, stays until
 * the answer has come or was given up. */
enum resolve_status resolve_ask(struct resolve *, struct service *,
    struct map *, const struct address_keys *keys, uint64_t now,
    struct resolve_listener *, struct resolve_reply *,
    struct resolve_ticket **);

/* done is called once, from the loop, and ends the ticket. */
void resolve_wait(struct resolve_ticket *, resolve_done_fn *done, void *arg);

/* Nobody wants the answer any more; done is not called. */
void resolve_cancel(struct resolve *, struct resolve_ticket *);

/* Answers what is at its deadline, RESOLVE_LATE_MAX of them. Returns when to
 * call again: now, if there are more. */
uint64_t resolve_tick(struct resolve *, uint64_t now);

unsigned resolve_tickets(const struct resolve *);

#endif
