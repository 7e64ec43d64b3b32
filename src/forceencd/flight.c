/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/flight.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

struct flight *
flight_new(const char *key, size_t len, uint32_t hash)
{
	struct flight *flight = mem_alloc(sizeof(*flight) + len);

	*flight = (struct flight){.hash = hash, .ask = {.len = len}};
	memcpy(flight->key, key, len);
	flight->ask.key = flight->key;
	TAILQ_INIT(&flight->waiters);
	return flight;
}

void
flight_free(struct flight *flight)
{
	MUST(TAILQ_EMPTY(&flight->waiters));
	free(flight->reply);
	free(flight);
}

void
flight_join(struct flight *flight, struct table_waiter *waiter)
{
	waiter->flight = flight;
	TAILQ_INSERT_TAIL(&flight->waiters, waiter, link);
	if (flight->ask.trace == NULL)
		flight->ask.trace = waiter->trace;
}

/* The one who traced it is leaving; others may want to know as well. */
static void
flight_trace_on(struct flight *flight)
{
	struct table_waiter *waiter;

	flight->ask.trace = NULL;
	TAILQ_FOREACH (waiter, &flight->waiters, link)
		if (waiter->trace != NULL)
			flight->ask.trace = waiter->trace;
}

/* What is known of it, for all who want to know. */
static void
flight_spread_trace(struct flight *flight)
{
	struct source_trace *trace = flight->ask.trace;
	struct table_waiter *waiter;

	if (trace == NULL)
		return;
	TAILQ_FOREACH (waiter, &flight->waiters, link)
		if (waiter->trace != NULL && waiter->trace != trace)
			*waiter->trace = *trace;
	flight->ask.trace = NULL;
}

void
flight_leave(struct table_waiter *waiter)
{
	if (waiter->flight == NULL)
		return;
	TAILQ_REMOVE(&waiter->flight->waiters, waiter, link);
	if (waiter->trace != NULL && waiter->flight->ask.trace == waiter->trace)
		flight_trace_on(waiter->flight);
	waiter->flight = NULL;
}

void
flight_move(struct table_waiter *to, struct table_waiter *from)
{
	struct flight *flight = from->flight;

	MUST(flight != NULL);
	TAILQ_INSERT_AFTER(&flight->waiters, from, to, link);
	to->flight = flight;
	to->trace = from->trace;
	flight_leave(from);
}

/* False: some are left. */
static bool
flight_tell(struct flight *flight, unsigned *told,
    const struct source_reply *reply, uint64_t now)
{
	struct table_waiter *waiter;

	while ((waiter = TAILQ_FIRST(&flight->waiters)) != NULL) {
		if (*told == FLIGHT_TOLD_MAX)
			return false;
		++*told;
		TAILQ_REMOVE(&flight->waiters, waiter, link);
		waiter->flight = NULL;
		waiter->done(waiter, reply, now);
	}
	return true;
}

void
flight_land(struct flight_landed *landed, struct flight *flight,
    const struct source_reply *reply, uint64_t now)
{
	flight_spread_trace(flight);
	if (flight_tell(flight, &landed->told, reply, now)) {
		flight_free(flight);
		return;
	}
	flight->reply = mem_alloc(sizeof(*reply));
	*flight->reply = *reply;
	STAILQ_INSERT_TAIL(&landed->list, flight, landed);
}

void
flight_landed_init(struct flight_landed *landed)
{
	STAILQ_INIT(&landed->list);
	landed->told = 0;
}

bool
flight_landed_go_on(struct flight_landed *landed, uint64_t now)
{
	struct flight *flight;

	landed->told = 0;
	while ((flight = STAILQ_FIRST(&landed->list)) != NULL) {
		if (!flight_tell(flight, &landed->told, flight->reply, now))
			return false;
		STAILQ_REMOVE_HEAD(&landed->list, landed);
		flight_free(flight);
	}
	return true;
}

void
flight_landed_fini(struct flight_landed *landed)
{
	struct flight *flight;

	while ((flight = STAILQ_FIRST(&landed->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&landed->list, landed);
		flight_free(flight);
	}
}
