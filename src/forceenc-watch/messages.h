/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_MESSAGES_H
#define FORCEENC_WATCH_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/lru.h"
#include "forceenc-watch/scene.h"

/*
 * Messages in the queue: who sent them, by instance and queue id. The least
 * recently used one is pushed out when there are too many.
 */
#define MESSAGE_ID_MAX        31 /* QUEUE_ID_MAX */
#define MESSAGE_DEFERRALS_MAX 64

/* Recipients that the last attempt left in the queue. */
struct message_deferral {
	struct name *destination;
	struct name *service;
	uint32_t reason;
	uint32_t n;
};

struct message {
	struct lru_node node;
	const struct scene_service *instance;
	struct name *sender;
	struct message_deferral *deferral; /* NULL while ndeferrals is 0 */
	uint64_t size;                     /* 0: unknown */
	int32_t deferred_day; /* it was deferred last on that day; 0: never */
	uint32_t attempt;     /* unlike that of any other message, or none */
	uint8_t ndeferrals;
	uint8_t id_len;
	char id[MESSAGE_ID_MAX];
};

struct messages;

struct messages *messages_new(struct names *, size_t max);
void messages_free(struct messages *);

/*
 * The message of this id that belongs to the owner of the service. With owner
 * NULL any instance of the host will do, if it is the only one that has the
 * id. NULL if there is none, or more than one.
 */
struct message *messages_find(struct messages *, const struct scene_host *,
    const struct scene_service *owner, const char *id, size_t len);

/* It will be looked for soon: lru_expect() of what is returned, and
 * lru_approach(). */
uint32_t messages_expect(const struct messages *, const struct scene_host *,
    const char *id, size_t len);
void messages_approach(const struct messages *, uint32_t);

/* It became active: finds it or adds it, with this sender, and begins its
 * next attempt. */
struct message *messages_activate(struct messages *,
    const struct scene_service *instance, const char *id, size_t len,
    struct name *sender);

void messages_remove(struct messages *, struct message *);
/* After a gap, an id may belong to another message; long ones don't. */
void messages_remove_short(struct messages *);

void messages_defer(
    struct messages *, struct message *, const struct message_deferral *);

/* How many attempts there were, of all messages: the next one's number. */
uint32_t messages_attempts(const struct messages *);
void messages_set_attempts(struct messages *, uint32_t);

size_t messages_count(const struct messages *);
uint64_t messages_evicted(const struct messages *);
/* From the least recently used on; NULL at the end. */
struct message *messages_oldest(const struct messages *);
struct message *messages_newer(const struct message *);

#endif
