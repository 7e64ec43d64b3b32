/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_STATS_WORKER_H
#define FORCEENC_FORCEENCD_STATS_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "forceenc/conf.h"
#include "forceenc/err.h"

/*
 * Asks the statistics about senders. A report may take its time, and its
 * database has no way to be asked without waiting: so it's a thread that does
 * it, with a handle of its own, one job after the other. It shares nothing with
 * the loop but the lists of jobs. The only file that knows the room of the
 * store is the one behind this header.
 */
struct stats_worker;

/* A question; its asker's until stats_worker_put(), and from
 * stats_worker_take() on. */
struct stats_job {
	char *key;  /* NUL-terminated */
	char *line; /* "delivered=12 none=3 ..."; NULL: nothing is known */
	bool failed;
	struct err why;
	TAILQ_ENTRY(stats_job) link; /* the worker's */
};

TAILQ_HEAD(stats_jobs, stats_job);

/* conf stays until it's freed. Nothing is opened before the first job. */
struct stats_worker *stats_worker_new(const struct conf *conf);

/* Asks it to end. True: it has, and freeing it won't wait. Jobs that aren't
 * done then are still to be taken. */
bool stats_worker_end(struct stats_worker *);
void stats_worker_join(struct stats_worker *); /* waits until it has */
void stats_worker_free(struct stats_worker *);

void stats_worker_put(struct stats_worker *, struct stats_job *);
/* The next one that is done, or, once it has ended, that never will be. NULL:
 * there is none. */
struct stats_job *stats_worker_take(struct stats_worker *);

/* Becomes readable when there is something to take, or it has ended. */
int stats_worker_fd(const struct stats_worker *);

#endif
