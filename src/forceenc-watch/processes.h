/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_PROCESSES_H
#define FORCEENC_WATCH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/lru.h"
#include "forceenc-watch/messages.h"
#include "forceenc-watch/scene.h"
#include "forceenc/store.h"

/*
 * Processes of Postfix: what each said last about TLS. One handles one
 * request at a time, so its lines are in order; pids come back, so what it
 * said last replaces what was there.
 */
#define PROCESS_RELAY_MAX 4096

struct process_request { /* one delivery request */
	uint32_t attempt;
	uint8_t id_len; /* 0: none */
	char id[MESSAGE_ID_MAX];
};

struct process {
	struct lru_node node;
	const struct scene_service *service;
	uint32_t pid;
	uint8_t kind;          /* enum event_process */
	uint8_t level;         /* of the session; STORE_NO_LEVEL: none */
	uint8_t inbound;       /* the same for a client's session */
	uint8_t counted_level; /* of the session that was counted last */
	uint16_t relay_len;    /* 0: no session */
	uint16_t relay_size;
	char *relay; /* owned; its bytes stay for the next session's */
	struct name *version;
	struct name *cipher;
	struct name *counted_destination; /* NULL: none */
	int64_t time;                     /* when the session began */
	struct process_request owner;     /* whom the session belongs to */
	struct process_request counted;
};

struct processes;

struct processes *processes_new(struct names *, size_t max);
void processes_free(struct processes *);

struct process *processes_find(struct processes *, const struct scene_service *,
    enum event_process, uint32_t pid);
/* It will be looked for soon: lru_expect() of what is returned, and
 * lru_approach(). */
uint32_t processes_expect(const struct processes *,
    const struct scene_service *, enum event_process, uint32_t pid);
void processes_approach(const struct processes *, uint32_t);
/* Finds or adds it. */
struct process *processes_get(struct processes *, const struct scene_service *,
    enum event_process, uint32_t pid);

/* The session's; what is longer than PROCESS_RELAY_MAX is cut. */
void processes_set_relay(struct process *, const char *relay, size_t len);
/* No session, nothing counted. */
void processes_forget_session(struct processes *, struct process *);
void processes_set_counted(struct processes *, struct process *,
    const struct process_request *, struct name *destination, enum store_level);

void processes_remove_all(struct processes *);

uint64_t processes_evicted(const struct processes *);
/* The process that will be pushed out by the next new one, NULL: none. */
struct process *processes_next_out(const struct processes *);
size_t processes_count(const struct processes *);
struct process *processes_oldest(const struct processes *);
struct process *processes_newer(const struct process *);

#endif
