/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/ahead.h"

#include "forceenc-watch/correlate.h"

#define AHEAD_LINE 64 /* of the processor's cache */

static void
ahead_expect_message(struct ahead_event *at, struct inflight *inflight)
{
	at->node[0] =
	    messages_expect(inflight->messages, at->source.service->host,
		at->event.queue_id.s, at->event.queue_id.len);
}

static void
ahead_expect_process(struct ahead_event *at, struct inflight *inflight)
{
	at->node[1] = processes_expect(inflight->processes, at->source.service,
	    at->source.process, at->source.pid);
}

/* What correlate.c will look up. */
static void
ahead_expect(struct ahead_event *at, struct inflight *inflight)
{
	const struct event *event = &at->event;

	at->node[0] = at->node[1] = NULL;
	at->name[0] = at->name[1] = NULL;
	switch (event->type) {
	case EVENT_SENDER:
		at->name[0] = names_expect(inflight->names, NAME_SENDER,
		    event->address.s, event->address.len);
		ahead_expect_message(at, inflight);
		break;
	case EVENT_DELIVERY:
		at->name[0] = names_expect(inflight->names, NAME_DOMAIN,
		    event->domain.s, event->domain.len);
		if (event->host.len > 0)
			at->name[1] = names_expect(inflight->names, NAME_DOMAIN,
			    event->host.s, event->host.len);
		ahead_expect_message(at, inflight);
		ahead_expect_process(at, inflight);
		break;
	case EVENT_REMOVED:
		ahead_expect_message(at, inflight);
		break;
	case EVENT_TLS:
	case EVENT_TLS_FROM:
	case EVENT_CLIENT_GONE:
		ahead_expect_process(at, inflight);
		break;
	default:
		break;
	}
}

/* The first two lines of what it is. */
static inline void
ahead_fetch(const void *p)
{
	if (p == NULL)
		return;
	__builtin_prefetch(p);
	__builtin_prefetch((const char *)p + AHEAD_LINE);
}

static void
ahead_approach(const struct ahead_event *at)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (at->node[i] != NULL)
			ahead_fetch(*at->node[i]);
		if (at->name[i] != NULL)
			ahead_fetch(*at->name[i]);
	}
}

void
ahead_add(struct ahead *ahead, struct inflight *inflight)
{
	ahead_expect(&ahead->event[ahead->n++], inflight);
	if (ahead->n == AHEAD_MAX)
		ahead_settle(ahead, inflight);
}

void
ahead_settle(struct ahead *ahead, struct inflight *inflight)
{
	const struct ahead_event *at;
	size_t i;

	for (i = 0; i < ahead->n; i++)
		ahead_approach(&ahead->event[i]);
	for (i = 0; i < ahead->n; i++) {
		at = &ahead->event[i];
		correlate_event(inflight, &at->source, &at->event, at->times);
	}
	ahead->n = 0;
}
