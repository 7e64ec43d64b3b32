/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/processes.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

struct processes {
	struct lru lru;
	struct names *names;
	size_t max;
	uint64_t evicted;
};

struct processes *
processes_new(struct names *names, size_t max)
{
	struct processes *processes = mem_zalloc(sizeof(*processes));

	MUST(max > 0);
	processes->names = names;
	processes->max = max;
	return processes;
}

void
processes_free(struct processes *processes)
{
	if (processes == NULL)
		return;
	processes_remove_all(processes);
	lru_fini(&processes->lru);
	free(processes);
}

static void
processes_put_names(struct processes *processes, struct process *process)
{
	names_put(processes->names, process->version);
	names_put(processes->names, process->cipher);
	names_put(processes->names, process->counted_destination);
	process->relay_len = 0;
	process->version = process->cipher = NULL;
	process->counted_destination = NULL;
}

static void
processes_remove(struct processes *processes, struct process *process)
{
	processes_put_names(processes, process);
	lru_remove(&processes->lru, &process->node);
	free(process->relay);
	free(process);
}

void
processes_remove_all(struct processes *processes)
{
	while (processes->lru.oldest != NULL)
		processes_remove(processes, processes_oldest(processes));
}

static uint32_t
processes_hash(
    const struct scene_service *service, enum event_process kind, uint32_t pid)
{
	return (uint32_t)hash_mix(
	    hash_mix(service->number, (uint64_t)kind << 32 | pid), 0);
}

struct process *
processes_find(struct processes *processes, const struct scene_service *service,
    enum event_process kind, uint32_t pid)
{
	uint32_t hash = processes_hash(service, kind, pid);
	struct lru_node *node;
	struct process *process;
	size_t at = 0;

	while ((node = lru_next(&processes->lru, hash, &at)) != NULL) {
		process = (struct process *)node;
		if (process->pid == pid && process->service == service &&
		    process->kind == kind) {
			lru_touch(&processes->lru, node);
			return process;
		}
	}
	return NULL;
}

uint32_t
processes_expect(const struct processes *processes,
    const struct scene_service *service, enum event_process kind, uint32_t pid)
{
	uint32_t hash = processes_hash(service, kind, pid);

	lru_expect(&processes->lru, hash);
	return hash;
}

void
processes_approach(const struct processes *processes, uint32_t hash)
{
	lru_approach(&processes->lru, hash);
}

struct process *
processes_get(struct processes *processes, const struct scene_service *service,
    enum event_process kind, uint32_t pid)
{
	struct process *process = processes_find(processes, service, kind, pid);

	if (process != NULL)
		return process;
	if (processes->lru.n >= processes->max) {
		processes_remove(processes, processes_oldest(processes));
		processes->evicted++;
	}
	process = mem_zalloc(sizeof(*process));
	process->service = service;
	process->kind = (uint8_t)kind;
	process->pid = pid;
	process->level = STORE_NO_LEVEL;
	process->inbound = STORE_NO_LEVEL;
	process->counted_level = STORE_NO_LEVEL;
	process->node.hash = processes_hash(service, kind, pid);
	lru_add(&processes->lru, &process->node);
	return process;
}

void
processes_forget_session(struct processes *processes, struct process *process)
{
	processes_put_names(processes, process);
	process->level = STORE_NO_LEVEL;
	process->owner.id_len = 0;
	process->counted.id_len = 0;
	process->counted_level = STORE_NO_LEVEL;
}

void
processes_set_relay(struct process *process, const char *relay, size_t len)
{
	if (len > PROCESS_RELAY_MAX)
		len = PROCESS_RELAY_MAX;
	if (len > process->relay_size) {
		process->relay_size = (uint16_t)(len + len / 2);
		process->relay =
		    mem_resize(process->relay, process->relay_size, 1);
	}
	memcpy(process->relay, relay, len);
	process->relay_len = (uint16_t)len;
}

void
processes_set_counted(struct processes *processes, struct process *process,
    const struct process_request *request, struct name *destination,
    enum store_level level)
{
	names_hold(processes->names, destination);
	names_put(processes->names, process->counted_destination);
	process->counted_destination = destination;
	process->counted = *request;
	process->counted_level = (uint8_t)level;
}

uint64_t
processes_evicted(const struct processes *processes)
{
	return processes->evicted;
}

struct process *
processes_next_out(const struct processes *processes)
{
	return processes->lru.n < processes->max ? NULL
						 : processes_oldest(processes);
}

size_t
processes_count(const struct processes *processes)
{
	return processes->lru.n;
}

struct process *
processes_oldest(const struct processes *processes)
{
	return (struct process *)processes->lru.oldest;
}

struct process *
processes_newer(const struct process *process)
{
	return (struct process *)process->node.newer;
}
