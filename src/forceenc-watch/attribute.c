/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A line about a TLS session has no queue id, a delivery says nothing of TLS.
 * What joins them: one process handles one delivery request at a time, so
 * its lines are in order.
 *
 * - A session belongs to the process that logged it, and to the first request
 *   of that process that is heard of afterwards, be it by a delivery or by a
 *   remark. A request is a queue id and qmgr's attempt at it.
 * - A delivery by that request to the same relay went over that session. A
 *   delivery that no session fits went in plaintext: a session that is used
 *   again is logged again, a plaintext one isn't.
 * - That holds only where lines about TLS are logged at all (undecided.h
 *   waits for the proof) and where none is missing: a request that began
 *   before a gap in the log ended is unknown. So is a delivery to which
 *   Postfix's own "tls=" says another thing than the session.
 *
 * Sender and queue id are joined by qmgr's "from=". Ids are used again, so
 * "removed" ends one, and a gap ends all of the short kind.
 */

#include "forceenc-watch/attribute.h"

#include <string.h>

#include "forceenc-watch/totals.h"

/* How far the stamps of two lines may be off, besides the two digits that
 * "delays=" has. */
#define ATTRIBUTE_SLACK_MS 2000

/* All that is known about a delivery. */
struct attribute_delivery {
	const struct inflight_source *source;
	const struct event *event;
	uint32_t times;
	struct message *message; /* NULL: unknown */
	struct process *process; /* NULL: not needed */
	struct process_request request;
	bool outside;
	bool session; /* process's session is the request's */
	struct name *sender;
};

/* When the request began, at the earliest; in ms. */
static int64_t
attribute_began(const struct attribute_delivery *delivery)
{
	int64_t took = delivery->event->duration;

	return delivery->source->time * 1000 - took - took / 10 -
	    ATTRIBUTE_SLACK_MS;
}

/* A delivery to another relay takes the session, too, and makes no use of it:
 * the next request needs one of its own. */
static bool
attribute_has_session(const struct attribute_delivery *delivery)
{
	struct process *process = delivery->process;
	struct event_span relay = delivery->event->relay;

	return delivery->source->pid != 0 &&
	    inflight_claim(process, &delivery->request) &&
	    process->relay_len == relay.len &&
	    memcmp(process->relay, relay.s, relay.len) == 0;
}

/* Whether the request may have begun while lines were missing; stamps are cut
 * to whole seconds, and the gap may have ended late in its last. */
static bool
attribute_is_in_gap(const struct attribute_delivery *delivery)
{
	const struct inflight_source *source = delivery->source;
	int64_t took = delivery->event->duration;

	return source->time * 1000 - took - took / 10 <
	    (source->service->host->gap_until + 1) * 1000;
}

static enum store_level
attribute_without_session(
    struct inflight *inflight, struct attribute_delivery *delivery)
{
	const struct event *event = delivery->event;

	if (event->tls == EVENT_TLS_PLAIN)
		return STORE_NONE;
	if (event->tls == EVENT_TLS_ENCRYPTED) {
		if (delivery->source->service->logs_tls)
			inflight->disagreements += delivery->times;
		return STORE_UNKNOWN;
	}
	if (delivery->source->pid == 0 || attribute_is_in_gap(delivery))
		return STORE_UNKNOWN;
	return delivery->source->service->logs_tls ? STORE_NONE
						   : STORE_NO_LEVEL;
}

/* NO_LEVEL: undecided. */
static enum store_level
attribute_level(struct inflight *inflight, struct attribute_delivery *delivery)
{
	const struct process *process = delivery->process;

	if (!delivery->outside)
		return STORE_LOCAL;
	if (!delivery->session)
		return attribute_without_session(inflight, delivery);
	if (process->time * 1000 < attribute_began(delivery))
		return STORE_UNKNOWN;
	if (delivery->event->tls == EVENT_TLS_PLAIN) {
		inflight->disagreements += delivery->times;
		return STORE_UNKNOWN;
	}
	return (enum store_level)process->level;
}

/* Whether this request's session with that destination wasn't counted yet. */
static bool
attribute_is_new_session(struct inflight *inflight,
    struct attribute_delivery *delivery, enum store_level level)
{
	struct process *process = delivery->process;

	if (process->counted_destination == delivery->source->domain &&
	    process->counted_level == level &&
	    inflight_same_request(&process->counted, &delivery->request))
		return false;
	processes_set_counted(inflight->processes, process, &delivery->request,
	    delivery->source->domain, level);
	return true;
}

static void
attribute_count_session(struct inflight *inflight,
    struct attribute_delivery *delivery, enum store_level level)
{
	struct process *process = delivery->process;
	struct tally_session session = {
	    .destination = delivery->source->domain,
	    .mx = delivery->source->host,
	    .level = level,
	};

	if (!attribute_is_new_session(inflight, delivery, level))
		return;
	if (level != STORE_NONE) {
		session.version = process->version;
		session.cipher = process->cipher;
	}
	tally_add_session(
	    inflight->tally, &session, delivery->source->time, delivery->times);
}

static void
attribute_wait(struct inflight *inflight, struct attribute_delivery *delivery)
{
	struct undecided_item item = {
	    .service = delivery->source->service,
	    .time = delivery->source->time,
	    .sender = delivery->sender,
	    .destination = delivery->source->domain,
	    .n = delivery->times,
	};

	if (attribute_is_new_session(inflight, delivery, STORE_NO_LEVEL))
		item.mx = delivery->source->host;
	undecided_add(inflight->undecided, &item);
}

static void
attribute_failed(struct inflight *inflight, struct attribute_delivery *delivery)
{
	const struct event *event = delivery->event;
	struct tally_failure failure = {
	    .time = delivery->source->time,
	    .sender = delivery->sender,
	    .destination = delivery->source->domain,
	    .service = delivery->source->service->name,
	    .queue_id = event->queue_id,
	    .recipient = {"", 0},
	    .relay = event->relay,
	    .text = event->text,
	    .outcome = event->outcome,
	    .reason = event->reason,
	};
	struct message_deferral deferral = {
	    .destination = delivery->source->domain,
	    .service = delivery->source->service->name,
	    .reason = event->reason,
	    .n = delivery->times,
	};

	if (inflight->rules.store_recipients)
		failure.recipient = event->address;
	if (event->reason != STORE_NO_REASON)
		tally_add_failure(inflight->tally, &failure);
	if (delivery->message != NULL &&
	    (event->outcome == STORE_SOFT || event->outcome == STORE_DEFERRED))
		messages_defer(
		    inflight->messages, delivery->message, &deferral);
}

static void
attribute_count(struct inflight *inflight, struct attribute_delivery *delivery)
{
	const struct event *event = delivery->event;
	struct tally_count count = {
	    .hour = inflight_hour(delivery->source->time),
	    .sender = delivery->sender,
	    .destination = delivery->source->domain,
	    .service = delivery->source->service->name,
	    .outcome = event->outcome,
	    .level = STORE_NO_LEVEL,
	    .reason = event->reason,
	};

	if (event->outcome == STORE_DELIVERED) {
		count.level = attribute_level(inflight, delivery);
		if (count.level == STORE_NO_LEVEL) {
			attribute_wait(inflight, delivery);
			return;
		}
	}
	tally_add_count(inflight->tally, &count, delivery->times);
	if (delivery->session)
		attribute_count_session(inflight, delivery,
		    (enum store_level)delivery->process->level);
	else if (count.level == STORE_NONE)
		attribute_count_session(inflight, delivery, STORE_NONE);
	if (event->outcome != STORE_DELIVERED)
		attribute_failed(inflight, delivery);
}

void
attribute_delivered(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event,
    uint32_t times)
{
	struct attribute_delivery delivery = {
	    .source = source, .event = event, .times = times};
	struct names *names = inflight->names;

	delivery.message = inflight_message(inflight, source, event);
	delivery.request = inflight_request(event, delivery.message);
	delivery.outside = event->peer.s != NULL &&
	    !relays_have(
		inflight->rules.local_relays, event->peer.s, event->peer.len);
	if (delivery.outside) {
		delivery.process = inflight_process(inflight, source);
		delivery.session = attribute_has_session(&delivery);
	} else {
		inflight_attempt(inflight, source, event);
	}
	if (delivery.message == NULL)
		inflight->senders_unknown += times;
	delivery.sender = delivery.message != NULL
	    ? names_hold(names, delivery.message->sender)
	    : names_get(names, NAME_TEXT, "", 0);
	attribute_count(inflight, &delivery);
	totals_delivered(inflight, source, delivery.message, event, times);
	names_put(names, delivery.sender);
}
