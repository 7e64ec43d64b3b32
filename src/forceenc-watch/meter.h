/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_METER_H
#define FORCEENC_WATCH_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/err.h"
#include "forceenc/store.h"

/*
 * What this run has committed, in figures that are few however much mail there
 * is: by service, outcome, level and reason, never by sender or destination.
 * A log may name any number of services; those beyond METER_SERVICES count as
 * "other". Counted when the store has it, so that nothing counts twice.
 */
#define METER_SERVICES    64 /* "other" included */
#define METER_SERVICE_MAX 64 /* bytes of a name, with its NUL */

struct meter_service {
	char name[METER_SERVICE_MAX]; /* printable */
	uint64_t delivered[STORE_LEVELS];
	/* [0] SOFT, [1] HARD */
	uint64_t enforced[2][STORE_REASONS];
	uint64_t undelivered[STORE_OUTCOMES]; /* for other reasons */
};

struct meter {
	struct meter_service service[METER_SERVICES];
	unsigned nservices;
	uint64_t inbound[STORE_LEVELS]; /* sessions */
	uint64_t sessions[STORE_LEVELS];
	uint64_t commits;
	uint64_t commits_failed;
	uint64_t tidies_failed;
	uint64_t
	    conflicts;    /* of somebody else's with ours: store_conflicts() */
	uint64_t reopens; /* of a store that was replaced */
	uint64_t reloads;
	uint64_t reloads_failed;

	/* As it is now; times are clock_now(). */
	bool failing;           /* the store can't be written ... */
	uint64_t failing_since; /* ... since then */
	struct err failing_why;
	bool caught_up; /* the last turn has read all that is there */
};

/* Services, separated by spaces or commas, that are shown from the start, with
 * zeros: what grows from nothing is noticed by those who look. */
void meter_expect(struct meter *, const char *names);

/* A batch that was committed. */
void meter_add(struct meter *, const struct store_batch *);

void meter_set_failing(struct meter *, const struct err *why, uint64_t now);
void meter_set_written(struct meter *);

#endif
