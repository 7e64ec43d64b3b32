/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/state.h"

#include <string.h>

#include "forceenc-watch/pack.h"
#include "forceenc-watch/unpack.h"

/* Its last byte is the version. */
#define STATE_NAME "fe-watc2"

#define STATE_COUNT_MAX 16777216
/* Times are kept within what can be multiplied by 1000. */
#define STATE_TIME_MAX (INT64_MAX / 4000)

static void
state_write_name(struct buf *buf, const struct name *name)
{
	pack_number(buf, name == NULL ? 0 : name->kind + 1u);
	if (name != NULL)
		pack_bytes(buf, name->raw, name->raw_len);
}

static void
state_write_request(struct buf *buf, const struct process_request *request)
{
	pack_bytes(buf, request->id, request->id_len);
	pack_number(buf, request->attempt);
}

static void
state_write_counters(struct buf *buf, const struct walk *walk)
{
	const struct walk_counters *counters = &walk->counters;

	pack_number(buf, counters->lines);
	pack_number(buf, counters->bytes);
	pack_number(buf, counters->other);
	pack_number(buf, counters->unparsed);
	pack_number(buf, counters->cut);
	pack_number(buf, counters->repeats_lost);
	pack_number(buf, counters->gaps);
	pack_number(buf, walk_evicted(walk));
	pack_number(buf, walk->inflight->disagreements);
	pack_number(buf, walk->inflight->senders_unknown);
	pack_number(buf, (uint64_t)walk->inflight->last);
	pack_number(buf, (uint64_t)walk->when.last);
	pack_number(buf, walk->cutting);
	pack_bytes(buf, walk->last.data, walk->last.len);
}

static void
state_write_scene(struct buf *buf, struct scene *scene)
{
	const struct scene_service *service;
	const struct scene_host *host;
	size_t i;

	pack_number(buf, scene_hosts(scene));
	for (i = 0; i < scene_hosts(scene); i++) {
		host = scene_host_at(scene, i);
		pack_bytes(buf, host->name->raw, host->name->raw_len);
	}
	pack_number(buf, scene_services(scene));
	for (i = 0; i < scene_services(scene); i++) {
		service = scene_service_at(scene, i);
		pack_number(buf, service->host->number);
		pack_bytes(buf, service->name->raw, service->name->raw_len);
		pack_number(buf, service->instance);
		pack_number(buf, service->logs_tls);
	}
	for (i = 0; i < scene_hosts(scene); i++) {
		host = scene_host_at(scene, i);
		pack_number(buf, host->fresh);
		pack_number(buf, (uint64_t)host->gap_until);
	}
}

static void
state_write_messages(struct buf *buf, const struct messages *messages)
{
	const struct message *message;
	size_t i;

	pack_number(buf, messages_attempts(messages));
	pack_number(buf, messages_count(messages));
	for (message = messages_oldest(messages); message != NULL;
	     message = messages_newer(message)) {
		pack_number(buf, message->instance->number);
		pack_bytes(buf, message->id, message->id_len);
		state_write_name(buf, message->sender);
		pack_number(buf, message->attempt);
		pack_number(buf, message->ndeferrals);
		for (i = 0; i < message->ndeferrals; i++) {
			state_write_name(buf, message->deferral[i].destination);
			state_write_name(buf, message->deferral[i].service);
			pack_number(buf, message->deferral[i].reason);
			pack_number(buf, message->deferral[i].n);
		}
	}
}

static void
state_write_processes(struct buf *buf, const struct processes *processes)
{
	const struct process *process;

	pack_number(buf, processes_count(processes));
	for (process = processes_oldest(processes); process != NULL;
	     process = processes_newer(process)) {
		pack_number(buf, process->service->number);
		pack_number(buf, process->kind);
		pack_number(buf, process->pid);
		pack_number(buf, process->level);
		pack_number(buf, process->inbound);
		/* As a name, which it was once. */
		pack_number(buf, process->relay_len > 0 ? NAME_TEXT + 1u : 0);
		if (process->relay_len > 0)
			pack_bytes(buf, process->relay, process->relay_len);
		state_write_name(buf, process->version);
		state_write_name(buf, process->cipher);
		pack_number(buf, (uint64_t)process->time);
		state_write_request(buf, &process->owner);
		state_write_request(buf, &process->counted);
		pack_number(buf, process->counted_level);
		state_write_name(buf, process->counted_destination);
	}
}

static void
state_write_undecided(struct buf *buf, const struct undecided *undecided)
{
	const struct undecided_item *item;
	size_t i;

	pack_number(buf, undecided_count(undecided));
	for (i = 0; i < undecided_count(undecided); i++) {
		item = undecided_at(undecided, i);
		pack_number(buf, item->service->number);
		pack_number(buf, (uint64_t)item->time);
		state_write_name(buf, item->sender);
		state_write_name(buf, item->destination);
		state_write_name(buf, item->mx);
		pack_number(buf, item->n);
	}
}

/* Sizes are those of the messages that were written, in their order. */
static void
state_write_more(struct buf *buf, const struct inflight *inflight)
{
	const struct message *message;
	const struct arrival *arrival;

	for (message = messages_oldest(inflight->messages); message != NULL;
	     message = messages_newer(message)) {
		pack_number(buf, message->size);
		pack_number(buf, (uint64_t)message->deferred_day);
	}
	pack_number(buf, inflight->arrivals.lru.n);
	for (arrival = arrivals_oldest(&inflight->arrivals); arrival != NULL;
	     arrival = arrivals_newer(arrival)) {
		pack_number(buf, arrival->service->number);
		pack_bytes(buf, arrival->id, arrival->id_len);
		pack_number(buf, (uint64_t)arrival->time);
	}
	pack_number(buf, (uint64_t)inflight->gap_since);
}

void
state_write(const struct walk *walk, struct buf *out)
{
	pack_begin(out, STATE_NAME);
	state_write_counters(out, walk);
	state_write_scene(out, walk->scene);
	state_write_messages(out, walk->inflight->messages);
	state_write_processes(out, walk->inflight->processes);
	state_write_undecided(out, walk->inflight->undecided);
	state_write_more(out, walk->inflight);
	pack_end(out);
}

/* Holds it. NULL where there was none, or something is wrong. */
static struct name *
state_read_name(struct unpack *in, struct walk *walk)
{
	uint64_t kind = unpack_number(in, NAME_TEXT + 1);
	const char *raw;
	size_t len;

	if (kind == 0)
		return NULL;
	raw = unpack_bytes(in, NAME_RAW_MAX, &len);
	if (in->bad)
		return NULL;
	return names_get(walk->names, (enum name_kind)(kind - 1), raw, len);
}

/* One that must be there: an empty one otherwise. */
static struct name *
state_need_name(struct unpack *in, struct walk *walk)
{
	struct name *name = state_read_name(in, walk);

	if (name != NULL)
		return name;
	in->bad = true;
	return names_get(walk->names, NAME_TEXT, "", 0);
}

static int64_t
state_read_time(struct unpack *in)
{
	int64_t time = unpack_time(in);

	if (time > STATE_TIME_MAX || time < -STATE_TIME_MAX) {
		in->bad = true;
		return 0;
	}
	return time;
}

static void
state_read_request(struct unpack *in, struct process_request *request)
{
	size_t len;
	const char *id = unpack_bytes(in, MESSAGE_ID_MAX, &len);

	memset(request, 0, sizeof(*request));
	memcpy(request->id, id, len);
	request->id_len = (uint8_t)len;
	request->attempt = (uint32_t)unpack_number(in, UINT32_MAX);
}

static void
state_read_counters(struct unpack *in, struct walk *walk)
{
	struct walk_counters *counters = &walk->counters;
	const char *last;
	size_t len;

	counters->lines = unpack_number(in, UINT64_MAX);
	counters->bytes = unpack_number(in, UINT64_MAX);
	counters->other = unpack_number(in, UINT64_MAX);
	counters->unparsed = unpack_number(in, UINT64_MAX);
	counters->cut = unpack_number(in, UINT64_MAX);
	counters->repeats_lost = unpack_number(in, UINT64_MAX);
	counters->gaps = unpack_number(in, UINT64_MAX);
	counters->evicted = unpack_number(in, UINT64_MAX);
	walk->inflight->disagreements = unpack_number(in, UINT64_MAX);
	walk->inflight->senders_unknown = unpack_number(in, UINT64_MAX);
	walk->inflight->last = state_read_time(in);
	walk->when.last = state_read_time(in);
	walk->cutting = unpack_number(in, 1) != 0;
	last = unpack_bytes(in, WALK_LINE_MAX, &len);
	buf_clear(&walk->last);
	if (len > 0)
		buf_add(&walk->last, last, len);
}

static void
state_read_services(
    struct unpack *in, struct scene *scene, const char **host, size_t *host_len)
{
	size_t hosts = (size_t)unpack_number(in, SCENE_HOSTS_MAX), n, i, len;
	struct scene_service *service;
	uint64_t number;
	const char *name;

	for (i = 0; i < hosts; i++)
		host[i] = unpack_bytes(in, NAME_RAW_MAX, &host_len[i]);
	n = (size_t)unpack_number(in, SCENE_SERVICES_MAX);
	for (i = 0; i < n && !in->bad; i++) {
		number = unpack_number(in, hosts == 0 ? 0 : hosts - 1);
		name = unpack_bytes(in, NAME_RAW_MAX, &len);
		if (in->bad || hosts == 0)
			break;
		service = scene_service(
		    scene, host[number], host_len[number], name, len);
		/* Names that are there twice would shift the numbers. */
		if (service == NULL || service->number != i) {
			in->bad = true;
			return;
		}
		if (unpack_number(in, 1) != 0)
			scene_set_instance(scene, service);
		service->logs_tls = unpack_number(in, 1) != 0;
	}
	if (scene_hosts(scene) != hosts || scene_services(scene) != n)
		in->bad = true;
}

static void
state_read_scene(struct unpack *in, struct scene *scene)
{
	const char *host[SCENE_HOSTS_MAX];
	size_t host_len[SCENE_HOSTS_MAX];
	struct scene_host *at;
	size_t i;

	state_read_services(in, scene, host, host_len);
	for (i = 0; i < scene_hosts(scene); i++) {
		at = scene_host_at(scene, i);
		if (at->name->raw_len != host_len[i] ||
		    memcmp(at->name->raw, host[i], host_len[i]) != 0)
			in->bad = true;
		at->fresh = unpack_number(in, 1) != 0;
		at->gap_until = state_read_time(in);
	}
}

/* NULL with in->bad set if there is no such service. */
static struct scene_service *
state_read_service(struct unpack *in, struct walk *walk)
{
	uint64_t number = unpack_number(in, SCENE_SERVICES_MAX);

	if (in->bad || number >= scene_services(walk->scene)) {
		in->bad = true;
		return NULL;
	}
	return scene_service_at(walk->scene, (size_t)number);
}

static void
state_read_deferral(
    struct unpack *in, struct walk *walk, struct message *message)
{
	struct message_deferral deferral;

	deferral.destination = state_need_name(in, walk);
	deferral.service = state_need_name(in, walk);
	deferral.reason = (uint32_t)unpack_number(in, STORE_REASONS - 1);
	deferral.n = (uint32_t)unpack_number(in, UINT32_MAX);
	if (!in->bad)
		messages_defer(walk->inflight->messages, message, &deferral);
	names_put(walk->names, deferral.destination);
	names_put(walk->names, deferral.service);
}

/* How many of the oldest are gone again: max_inflight may be lower now. */
static uint64_t
state_read_messages(struct unpack *in, struct walk *walk)
{
	uint32_t attempts = (uint32_t)unpack_number(in, UINT32_MAX);
	uint64_t n = unpack_number(in, STATE_COUNT_MAX), read = n, deferrals;
	struct scene_service *instance;
	struct message *message;
	struct name *sender;
	const char *id;
	size_t len;

	for (; n > 0 && !in->bad; n--) {
		instance = state_read_service(in, walk);
		id = unpack_bytes(in, MESSAGE_ID_MAX, &len);
		sender = state_need_name(in, walk);
		if (!in->bad) {
			message = messages_activate(walk->inflight->messages,
			    instance, id, len, sender);
			message->attempt =
			    (uint32_t)unpack_number(in, UINT32_MAX);
			deferrals = unpack_number(in, MESSAGE_DEFERRALS_MAX);
			for (; deferrals > 0; deferrals--)
				state_read_deferral(in, walk, message);
		}
		names_put(walk->names, sender);
	}
	messages_set_attempts(walk->inflight->messages, attempts);
	return read - messages_count(walk->inflight->messages);
}

static void
state_read_session(
    struct unpack *in, struct walk *walk, struct process *process)
{
	struct processes *processes = walk->inflight->processes;
	struct process_request counted;
	struct name *destination;
	const char *relay;
	uint64_t level;
	size_t len;

	process->level = (uint8_t)unpack_number(in, STORE_NO_LEVEL);
	process->inbound = (uint8_t)unpack_number(in, STORE_NO_LEVEL);
	if (unpack_number(in, NAME_TEXT + 1) != 0) {
		relay = unpack_bytes(in, PROCESS_RELAY_MAX, &len);
		processes_set_relay(process, relay, len);
	}
	process->version = state_read_name(in, walk);
	process->cipher = state_read_name(in, walk);
	process->time = state_read_time(in);
	state_read_request(in, &process->owner);
	state_read_request(in, &counted);
	level = unpack_number(in, STORE_NO_LEVEL);
	destination = state_read_name(in, walk);
	if (destination != NULL)
		processes_set_counted(processes, process, &counted, destination,
		    (enum store_level)level);
	names_put(walk->names, destination);
	if (process->level != STORE_NO_LEVEL &&
	    (process->relay_len == 0 || process->version == NULL ||
		process->cipher == NULL))
		in->bad = true;
}

static void
state_read_processes(struct unpack *in, struct walk *walk)
{
	uint64_t n = unpack_number(in, STATE_COUNT_MAX), kind, pid;
	struct scene_service *service;
	struct process *process;

	for (; n > 0 && !in->bad; n--) {
		service = state_read_service(in, walk);
		kind = unpack_number(in, EVENT_PROCESS_ANY);
		pid = unpack_number(in, UINT32_MAX);
		if (in->bad)
			return;
		process = processes_get(walk->inflight->processes, service,
		    (enum event_process)kind, (uint32_t)pid);
		/* One that is there twice would lose its names. */
		processes_forget_session(walk->inflight->processes, process);
		state_read_session(in, walk, process);
	}
}

static void
state_read_undecided(struct unpack *in, struct walk *walk)
{
	uint64_t n = unpack_number(in, UNDECIDED_MAX);
	struct undecided_item item;

	for (; n > 0 && !in->bad; n--) {
		item.service = state_read_service(in, walk);
		item.time = state_read_time(in);
		item.sender = state_need_name(in, walk);
		item.destination = state_need_name(in, walk);
		item.mx = state_read_name(in, walk);
		item.n = (uint32_t)unpack_number(in, UINT32_MAX);
		if (!in->bad)
			undecided_add(walk->inflight->undecided, &item);
		names_put(walk->names, item.sender);
		names_put(walk->names, item.destination);
		names_put(walk->names, item.mx);
	}
}

static void
state_read_more(struct unpack *in, struct walk *walk, uint64_t gone)
{
	struct inflight *inflight = walk->inflight;
	const struct scene_service *service;
	struct message *message;
	const char *id;
	uint64_t n;
	int64_t time;
	size_t id_len;

	for (; gone > 0 && !in->bad; gone--) {
		unpack_number(in, UINT64_MAX);
		unpack_number(in, INT32_MAX);
	}
	for (message = messages_oldest(inflight->messages); message != NULL;
	     message = messages_newer(message)) {
		message->size = unpack_number(in, UINT64_MAX);
		message->deferred_day = (int32_t)unpack_number(in, INT32_MAX);
	}
	for (n = unpack_number(in, ARRIVALS_MAX); n > 0 && !in->bad; n--) {
		service = state_read_service(in, walk);
		id = unpack_bytes(in, MESSAGE_ID_MAX, &id_len);
		time = state_read_time(in);
		if (!in->bad)
			arrivals_put(
			    &inflight->arrivals, service, id, id_len, time);
	}
	inflight->gap_since = state_read_time(in);
}

int
state_read(struct walk *walk, const void *bytes, size_t len, struct err *err)
{
	struct unpack in;
	uint64_t gone;

	if (!unpack_begin(&in, STATE_NAME, bytes, len))
		return err_set(err, "damaged, or of another version");
	state_read_counters(&in, walk);
	state_read_scene(&in, walk->scene);
	gone = state_read_messages(&in, walk);
	state_read_processes(&in, walk);
	state_read_undecided(&in, walk);
	state_read_more(&in, walk, gone);
	walk_told(walk);
	if (!unpack_end(&in))
		return err_set(err, "damaged");
	return 0;
}
