/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_FLIGHT_H
#define FORCEENC_FORCEENCD_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "forceencd/source.h"

/* A key that a source is asked for, and everybody who waits for it. */
struct flight;
struct table;

/* Waiters of a table that are told in one turn of the loop: where many wait
 * for the same key, or a table goes down under many, the rest have to wait for
 * the next ones. */
#define FLIGHT_TOLD_MAX 512

/* Somebody who waits; the waiter's, who keeps it until done was called or
 * flight_leave(). */
struct table_waiter {
	void (*done)(
	    struct table_waiter *, const struct source_reply *, uint64_t now);
	struct flight *flight;
	struct source_trace *trace; /* filled in before done; NULL: unwanted */
	TAILQ_ENTRY(table_waiter) link;
};

struct flight {
	struct source_ask ask; /* first: the source gives it back */
	struct table *table;
	uint32_t hash;
	uint32_t epoch; /* when it was asked */
	bool outdated;  /* the key has changed since */
	TAILQ_HEAD(, table_waiter) waiters;
	LIST_ENTRY(flight) link;
	struct source_reply *reply; /* if landed; owned */
	STAILQ_ENTRY(flight) landed;
	char key[];
};

/* Those that were answered, with waiters who aren't told yet. */
struct flight_landed {
	STAILQ_HEAD(, flight) list;
	unsigned told; /* waiters in this turn */
};

/* key is copied; ask.done, table and epoch are the caller's to set. */
struct flight *flight_new(const char *key, size_t len, uint32_t hash);
void flight_free(struct flight *); /* nobody may be waiting */

void flight_join(struct flight *, struct table_waiter *);
/* Waits no longer. The flight goes on. */
void flight_leave(struct table_waiter *);
/* The waiter's place in its flight goes to another one, whose done is set. */
void flight_move(struct table_waiter *to, struct table_waiter *from);

/* The flight, which is taken, has its reply: as many of its waiters are told
 * as may be in this turn. Each of them may ask on at once. */
void flight_land(struct flight_landed *, struct flight *,
    const struct source_reply *, uint64_t now);

void flight_landed_init(struct flight_landed *);
/* A turn begins: tells those that were left. False: some still are. */
bool flight_landed_go_on(struct flight_landed *, uint64_t now);
void flight_landed_fini(struct flight_landed *); /* nobody may be waiting */

#endif
