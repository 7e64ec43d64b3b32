/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_LOOP_H
#define FORCEENC_WATCH_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;

/*
 * What goes on beside the reading of the log: signals, the pages, the service
 * manager's watchdog. They have their turn while somebody waits, be it for the
 * log or for a server of the database, and only then: so nothing that they
 * look at changes under their hands.
 */
struct loop {
	struct event_base *base;
	struct event *on_stop[2];
	struct event *on_hup;
	struct event *dog;
	bool stopping; /* SIGTERM or SIGINT has come */
	bool reload;   /* SIGHUP has come; who reloads clears it */
	int stop;      /* readable from then on, until it's cleared */
};

void loop_init(struct loop *);
void loop_fini(struct loop *);

/* Until fd (-1: none) is readable, the time is up or a signal has come. */
void loop_wait(struct loop *, int fd, uint64_t ms);

/* Waits as poll(2) does, signals or not; arg is the loop. */
int loop_poll(struct pollfd *, nfds_t, int ms, void *arg);

/* stop is as if no SIGHUP had come: servers are waited for again. */
void loop_clear_stop(struct loop *);

#endif
