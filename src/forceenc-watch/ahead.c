/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/ahead.h"

#include "forceenc-watch/correlate.h"

static void
ahead_expect_message(struct ahead_event *at, struct inflight *inflight)
{
	at->message = true;
	at->message_hash =
	    messages_expect(inflight->messages, at->source.service->host,
		at->event.queue_id.s, at->event.queue_id.len);
}

static void
ahead_expect_process(struct ahead_event *at, struct inflight *inflight)
{
	at->process = true;
	at->process_hash = processes_expect(inflight->processes,
	    at->source.service, at->source.process, at->source.pid);
}

static void
ahead_expect_names(struct ahead_event *at, struct inflight *inflight)
{
	const struct event *event = &at->event;
	bool is_sender = event->type == EVENT_SENDER;

	at->name_hash = is_sender ? names_expect(inflight->names, NAME_SENDER,
					event->address.s, event->address.len)
				  : names_expect(inflight->names, NAME_DOMAIN,
					event->domain.s, event->domain.len);
	at->name = true;
	if (is_sender || event->peer.s == NULL)
		return;
	at->host_hash = names_expect(
	    inflight->names, NAME_DOMAIN, event->host.s, event->host.len);
	at->host = true;
}

/* What correlate.c will look up. */
static void
ahead_expect(struct ahead_event *at, struct inflight *inflight)
{
	at->message = at->process = at->name = at->host = false;
	switch (at->event.type) {
	case EVENT_SENDER:
		ahead_expect_names(at, inflight);
		ahead_expect_message(at, inflight);
		break;
	case EVENT_DELIVERY:
		ahead_expect_names(at, inflight);
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

static void
ahead_approach(const struct ahead_event *at, const struct inflight *inflight)
{
	if (at->message)
		messages_approach(inflight->messages, at->message_hash);
	if (at->process)
		processes_approach(inflight->processes, at->process_hash);
	if (at->name)
		names_approach(inflight->names, at->name_hash);
	if (at->host)
		names_approach(inflight->names, at->host_hash);
}

static void
ahead_correlate(struct ahead_event *at, struct inflight *inflight)
{
	const struct event *event = &at->event;
	struct inflight_source *source = &at->source;
	struct names *names = inflight->names;

	source->sender = source->domain = source->host = NULL;
	if (event->type == EVENT_SENDER)
		source->sender = names_get_expected(names, NAME_SENDER,
		    event->address.s, event->address.len, at->name_hash);
	else if (at->name)
		source->domain = names_get_expected(names, NAME_DOMAIN,
		    event->domain.s, event->domain.len, at->name_hash);
	if (at->host)
		source->host = names_get_expected(names, NAME_DOMAIN,
		    event->host.s, event->host.len, at->host_hash);
	correlate_event(inflight, source, event, at->times);
	names_put(names, source->sender);
	names_put(names, source->domain);
	names_put(names, source->host);
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
	size_t i;

	for (i = 0; i < ahead->n; i++)
		ahead_approach(&ahead->event[i], inflight);
	for (i = 0; i < ahead->n; i++)
		ahead_correlate(&ahead->event[i], inflight);
	ahead->n = 0;
}
