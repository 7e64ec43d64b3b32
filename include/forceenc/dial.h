/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DIAL_H
#define FORCEENC_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * What can't be done without blocking: looking up a name, and the beginning
 * of a connection whose library knows no other way (TLS, logging in). A
 * helper thread does it and hands over the result; nothing else is shared
 * with it. All functions are for the loop's thread.
 *
 * At its deadline a job fails, whatever it waits for: the thread's socket is
 * shut down under it, which ends every wait on it at once. The name service
 * can't be interrupted; a thread that hangs there is left to itself and throws
 * away what it gets, but takes one of the places until then.
 */
struct dial;
struct dial_job;

#define DIAL_ADDRESS_LEN   64
#define DIAL_ADDRESSES_MAX 16

/* What is done in the thread with a socket that is connected, blocking and
 * close-on-exec. arg is the job's own; nothing in it may be in use elsewhere.
 */
struct dial_step {
	/* Takes fd in any case. NULL with err for failure. */
	void *(*run)(int fd, void *arg, struct err *);
	/* For a result that nobody wants any more; in either thread. */
	void (*drop_result)(void *result);
	void (*drop_arg)(void *arg); /* in either thread */
};

struct dial_request {
	const char *name; /* of the peer, printable, for messages */
	const char *host; /* a name or an address; NULL: path is set */
	const char *port;
	const char *path;             /* of a unix socket */
	uint64_t deadline;            /* as clock_now() counts */
	const struct dial_step *step; /* NULL: resolve only */
	void *arg;                    /* the step's; the job takes it */
};

struct dial_outcome {
	void *result;   /* the step's, now the receiver's; NULL: failed */
	struct err why; /* of a failure */
	/* Resolve only: numeric, the best first; none: failed. */
	unsigned naddresses;
	char address[DIAL_ADDRESSES_MAX][DIAL_ADDRESS_LEN];
};

/* Borrowed for the call, but for the result. */
typedef void dial_done_fn(struct dial_outcome *, void *arg);

/* At most so many threads at once; further jobs wait for one. */
struct dial *dial_new(unsigned threads_max);
/* No job may be under way any more. Waits for threads, though not for long:
 * one that hangs in the name service outlives this, and harms nobody. */
void dial_free(struct dial *);

/* The texts of the request are copied. done is called once, from
 * dial_collect() or dial_tick(), and ends the job. */
struct dial_job *dial_start(
    struct dial *, const struct dial_request *, dial_done_fn *done, void *arg);
/* done won't be called. */
void dial_cancel(struct dial_job *);

/* A descriptor that becomes readable when dial_collect() has something to
 * do. Borrowed. */
int dial_fd(const struct dial *);
void dial_collect(struct dial *);

/* Fails what is at its deadline. Returns the next deadline. */
uint64_t dial_tick(struct dial *, uint64_t now);

/* Threads at work now, forgotten ones included. */
unsigned dial_threads(struct dial *);

#endif
