/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "forceenc/endpoint.h"
#include "forceenc/histogram.h"
#include "keys.h"

/* One run: what is asked for, and what came of it. Times without a unit are
 * nanoseconds of the monotonic clock. */
struct load {
	/* Set by the caller; the rest is zero. */
	struct endpoint server;
	struct keys keys;
	unsigned nclients;
	double warmup;     /* seconds that don't count */
	double seconds;    /* 0: until requests are asked */
	uint64_t requests; /* UINT64_MAX: until the seconds are over */
	bool echo;         /* every answer is "OK forceenc:" */
	bool all_at_once;  /* latency counts from the first connect */
	bool reconnect;    /* as Postfix: once, before an answer */

	int epoll;
	struct client *client;
	uint64_t began, begin, end, last;
	uint64_t asking; /* questions on their way */
	uint64_t asked;
	uint64_t answered;
	uint64_t found;
	uint64_t wrong;
	uint64_t refused; /* connections */
	uint64_t resent;  /* questions */
	uint64_t lost;    /* questions without an answer */
	char first_wrong[400];
	struct histogram latency; /* of answers within begin and end */
};

void load_run(struct load *);

#endif
