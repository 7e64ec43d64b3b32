/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/inflight.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

struct inflight *
inflight_new(struct names *names, struct scene *scene, struct tally *tally,
    const struct inflight_rules *rules)
{
	struct inflight *inflight = mem_zalloc(sizeof(*inflight));

	inflight->names = names;
	inflight->scene = scene;
	inflight->tally = tally;
	inflight->rules = *rules;
	inflight->messages = messages_new(names, rules->max_inflight);
	inflight->processes = processes_new(names, rules->max_inflight);
	inflight->undecided = undecided_new(names, tally);
	return inflight;
}

void
inflight_free(struct inflight *inflight)
{
	if (inflight == NULL)
		return;
	arrivals_fini(&inflight->arrivals);
	messages_free(inflight->messages);
	processes_free(inflight->processes);
	undecided_free(inflight->undecided);
	free(inflight);
}

uint32_t
inflight_hour(int64_t time)
{
	return time < 0 ? 0 : (uint32_t)(time / 3600);
}

struct message *
inflight_message(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	struct scene_service *service = source->service;

	return messages_find(inflight->messages, service->host,
	    scene_owner(inflight->scene, service), event->queue_id.s,
	    event->queue_id.len);
}

/* An event of the process: the one that would have to make room may hold a
 * session that is still to be used, and without it a delivery would look
 * like plaintext. */
struct process *
inflight_process(
    struct inflight *inflight, const struct inflight_source *source)
{
	struct process *out = processes_next_out(inflight->processes);
	struct process *process;
	struct scene_host *host = NULL;
	uint64_t evicted = processes_evicted(inflight->processes);

	if (out != NULL && out->level != STORE_NO_LEVEL)
		host = out->service->host;
	process = processes_get(
	    inflight->processes, source->service, source->process, source->pid);
	if (host != NULL && processes_evicted(inflight->processes) != evicted)
		host->gap_until = source->time;
	return process;
}

struct process_request
inflight_request(const struct event *event, const struct message *message)
{
	struct process_request request = {0};

	request.id_len = (uint8_t)event->queue_id.len;
	request.attempt = message == NULL ? 0 : message->attempt;
	memcpy(request.id, event->queue_id.s, event->queue_id.len);
	return request;
}

bool
inflight_same_request(
    const struct process_request *a, const struct process_request *b)
{
	return a->id_len == b->id_len && a->attempt == b->attempt &&
	    memcmp(a->id, b->id, a->id_len) == 0;
}

bool
inflight_claim(struct process *process, const struct process_request *request)
{
	if (process->level == STORE_NO_LEVEL)
		return false;
	if (process->owner.id_len == 0)
		process->owner = *request;
	return inflight_same_request(&process->owner, request);
}

void
inflight_attempt(struct inflight *inflight,
    const struct inflight_source *source, const struct event *event)
{
	struct process *process = processes_find(
	    inflight->processes, source->service, source->process, source->pid);
	struct process_request request;

	if (process == NULL || process->level == STORE_NO_LEVEL ||
	    process->owner.id_len != 0)
		return;
	request =
	    inflight_request(event, inflight_message(inflight, source, event));
	inflight_claim(process, &request);
}
