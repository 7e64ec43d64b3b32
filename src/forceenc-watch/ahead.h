/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_AHEAD_H
#define FORCEENC_WATCH_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/inflight.h"

/*
 * Events on their way to the correlator, some lines ahead of it. Each needs
 * what is known of a message, a process, a name or two, and these are seldom
 * in a cache of the processor: to wait for them took longer than all else. So
 * they are asked for when the event is read, and used some lines later.
 *
 * Nothing but the time it takes depends on this: events are correlated in
 * their order, and none is left when a batch ends.
 */
#define AHEAD_MAX 32

struct ahead_event {
	struct inflight_source source;
	struct event event;
	uint32_t times;
	/* What comes nearer. */
	bool message, process;
	uint32_t message_hash, process_hash;
	bool name, host;
	uint32_t name_hash, host_hash;
};

/* All-zero is empty. */
struct ahead {
	size_t n;
	struct ahead_event event[AHEAD_MAX];
};

/* The next one's place; there always is one. */
static inline struct ahead_event *
ahead_next(struct ahead *ahead)
{
	return &ahead->event[ahead->n];
}

/* It's filled but for what comes nearer. The text it points into must stay
 * until ahead_settle(). */
void ahead_add(struct ahead *, struct inflight *);

/* Correlates all of them. */
void ahead_settle(struct ahead *, struct inflight *);

#endif
