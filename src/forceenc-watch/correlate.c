/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/correlate.h"

#include "forceenc-watch/attribute.h"
#include "forceenc-watch/totals.h"

static void
correlate_on_sender(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	scene_set_instance(inflight->scene, source->service);
	totals_active(inflight, source,
	    messages_activate(inflight->messages, source->service,
		event->queue_id.s, event->queue_id.len, source->sender),
	    event);
}

static void
correlate_on_removed(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	struct message *message;

	scene_set_instance(inflight->scene, source->service);
	message = messages_find(inflight->messages, source->service->host,
	    source->service, event->queue_id.s, event->queue_id.len);
	if (message != NULL)
		messages_remove(inflight->messages, message);
}

/* Postfix gave up what the last attempt left over. */
static void
correlate_on_expired(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	struct message *message =
	    messages_find(inflight->messages, source->service->host,
		source->service, event->queue_id.s, event->queue_id.len);
	struct name *sender = names_get(
	    inflight->names, NAME_SENDER, event->address.s, event->address.len);
	struct name *nowhere = names_get(inflight->names, NAME_DOMAIN, "", 0);
	struct tally_count count = {
	    .hour = inflight_hour(source->time),
	    .sender = sender,
	    .destination = nowhere,
	    .service = source->service->name,
	    .outcome = STORE_EXPIRED,
	    .level = STORE_NO_LEVEL,
	};
	size_t i, n = message == NULL ? 0 : message->ndeferrals;

	for (i = 0; i < n; i++) {
		count.destination = message->deferral[i].destination;
		count.service = message->deferral[i].service;
		count.reason = (enum store_reason)message->deferral[i].reason;
		tally_add_count(
		    inflight->tally, &count, message->deferral[i].n);
	}
	if (n == 0)
		tally_add_count(inflight->tally, &count, 1);
	names_put(inflight->names, sender);
	names_put(inflight->names, nowhere);
}

static void
correlate_on_tls(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	struct process *process = inflight_process(inflight, source);

	processes_forget_session(inflight->processes, process);
	processes_set_relay(process, event->relay.s, event->relay.len);
	process->version = names_get(
	    inflight->names, NAME_TEXT, event->version.s, event->version.len);
	process->cipher = names_get(
	    inflight->names, NAME_TEXT, event->cipher.s, event->cipher.len);
	process->level = (uint8_t)event->level;
	process->time = source->time;
	if (source->service->logs_tls)
		return;
	source->service->logs_tls = true;
	undecided_plaintext(inflight->undecided, source->service);
}

static void
correlate_on_tls_error(
    struct inflight *inflight, const struct inflight_source *source)
{
	struct process *process = processes_find(
	    inflight->processes, source->service, source->process, source->pid);

	if (process != NULL)
		processes_forget_session(inflight->processes, process);
}

/* A client's session has a process of its own until the client is gone. */
static void
correlate_on_client_gone(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event,
    uint32_t times)
{
	struct process *process = processes_find(
	    inflight->processes, source->service, source->process, source->pid);
	enum store_level level = STORE_NO_LEVEL;

	if (process != NULL) {
		level = (enum store_level)process->inbound;
		process->inbound = STORE_NO_LEVEL;
	}
	if (event->inbound_told && !event->inbound_mail)
		return;
	if (level == STORE_NO_LEVEL)
		level = event->inbound_told && !event->inbound_tls &&
			!source->service->is_smtps
		    ? STORE_NONE
		    : STORE_UNKNOWN;
	tally_add_inbound(
	    inflight->tally, inflight_hour(source->time), level, times);
}

static void
correlate_on_lost(
    struct inflight *inflight, const struct inflight_source *source, uint64_t n)
{
	source->service->host->gap_until = source->time;
	tally_add_total(
	    inflight->tally, inflight_hour(source->time), NULL, STORE_LOST, n);
}

/* A new configuration may log TLS no more. */
static void
correlate_forget_logs_tls(
    struct inflight *inflight, const struct scene_host *host)
{
	struct scene_service *service;
	size_t i;

	undecided_unknown(inflight->undecided, host);
	for (i = 0; i < scene_services(inflight->scene); i++) {
		service = scene_service_at(inflight->scene, i);
		if (service->host == host)
			service->logs_tls = false;
	}
}

/* What came before the first line is missing, unless Postfix began there. */
static void
correlate_begin_host(const struct inflight_source *source, bool starts)
{
	struct scene_host *host = source->service->host;

	host->fresh = false;
	host->gap_until = starts ? SCENE_NO_GAP : source->time;
}

void
correlate_event(struct inflight *inflight, const struct inflight_source *source,
    const struct event *event, uint32_t times)
{
	if (source->service->host->fresh)
		correlate_begin_host(source, event->type == EVENT_START);
	if (inflight->gap_since != 0) {
		totals_gap(inflight, inflight->gap_since, source->time);
		inflight->gap_since = 0;
	}
	inflight->last = source->time;
	undecided_expire(inflight->undecided, source->time);
	switch (event->type) {
	case EVENT_NONE:
	case EVENT_UNPARSED:
		break;
	case EVENT_SENDER:
		correlate_on_sender(inflight, source, event);
		break;
	case EVENT_REMOVED:
		correlate_on_removed(inflight, source, event);
		break;
	case EVENT_EXPIRED:
		correlate_on_expired(inflight, source, event);
		break;
	case EVENT_TLS:
		correlate_on_tls(inflight, source, event);
		break;
	case EVENT_TLS_ERROR:
		correlate_on_tls_error(inflight, source);
		break;
	case EVENT_DELIVERY:
		attribute_delivered(inflight, source, event, times);
		break;
	case EVENT_ATTEMPT:
	case EVENT_PROBE:
		inflight_attempt(inflight, source, event);
		break;
	case EVENT_TLS_FROM:
		inflight_process(inflight, source)->inbound =
		    (uint8_t)event->level;
		break;
	case EVENT_CLIENT_GONE:
		correlate_on_client_gone(inflight, source, event, times);
		break;
	case EVENT_START:
	case EVENT_RELOAD:
		correlate_forget_logs_tls(inflight, source->service->host);
		break;
	case EVENT_LOST:
		correlate_on_lost(inflight, source, event->n * times);
		break;
	case EVENT_RECEIVED:
		totals_received(inflight, source, event, times);
		break;
	case EVENT_TOTAL:
		totals_add(inflight, source, event->what, times);
		break;
	}
}

void
correlate_gap(struct inflight *inflight)
{
	size_t i;

	undecided_unknown(inflight->undecided, NULL);
	messages_remove_short(inflight->messages);
	processes_remove_all(inflight->processes);
	for (i = 0; i < scene_hosts(inflight->scene); i++)
		scene_host_at(inflight->scene, i)->fresh = true;
	if (inflight->gap_since == 0)
		inflight->gap_since = inflight->last;
}

void
correlate_idle(struct inflight *inflight, int64_t now)
{
	undecided_expire(inflight->undecided, now);
}

void
correlate_end(struct inflight *inflight)
{
	undecided_unknown(inflight->undecided, NULL);
}
