/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/messages.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

struct messages {
	struct lru lru;
	struct names *names;
	size_t max;
	uint64_t evicted;
	uint32_t attempts;
	struct lru_node *spare; /* used again, so that a line allocates none */
};

struct messages *
messages_new(struct names *names, size_t max)
{
	struct messages *messages = mem_zalloc(sizeof(*messages));

	MUST(max > 0);
	messages->names = names;
	messages->max = max;
	return messages;
}

void
messages_free(struct messages *messages)
{
	struct lru_node *node;

	if (messages == NULL)
		return;
	while (messages->lru.oldest != NULL)
		messages_remove(messages, messages_oldest(messages));
	while ((node = messages->spare) != NULL) {
		messages->spare = node->older;
		free(node);
	}
	lru_fini(&messages->lru);
	free(messages);
}

static uint32_t
messages_hash(const struct scene_host *host, const char *id, size_t len)
{
	return (uint32_t)hash_bytes(host->number, id, len);
}

static bool
messages_is(const struct message *message, const struct scene_host *host,
    const char *id, size_t len)
{
	return message->id_len == len && message->instance->host == host &&
	    memcmp(message->id, id, len) == 0;
}

struct message *
messages_find(struct messages *messages, const struct scene_host *host,
    const struct scene_service *owner, const char *id, size_t len)
{
	uint32_t hash = messages_hash(host, id, len);
	struct message *message, *found = NULL;
	struct lru_node *node;
	size_t at = 0;

	while ((node = lru_next(&messages->lru, hash, &at)) != NULL) {
		message = (struct message *)node;
		if (!messages_is(message, host, id, len))
			continue;
		if (owner == NULL && found != NULL)
			return NULL;
		if (owner == NULL || message->instance == owner)
			found = message;
	}
	if (found != NULL)
		lru_touch(&messages->lru, &found->node);
	return found;
}

static void
messages_clear_deferrals(struct messages *messages, struct message *message)
{
	size_t i;

	for (i = 0; i < message->ndeferrals; i++) {
		names_put(messages->names, message->deferral[i].destination);
		names_put(messages->names, message->deferral[i].service);
	}
	free(message->deferral);
	message->deferral = NULL;
	message->ndeferrals = 0;
}

uint32_t
messages_expect(const struct messages *messages, const struct scene_host *host,
    const char *id, size_t len)
{
	uint32_t hash = messages_hash(host, id, len);

	lru_expect(&messages->lru, hash);
	return hash;
}

void
messages_approach(const struct messages *messages, uint32_t hash)
{
	lru_approach(&messages->lru, hash);
}

static struct message *
messages_add(struct messages *messages, const struct scene_service *instance,
    const char *id, size_t len)
{
	struct message *message;

	MUST(len <= MESSAGE_ID_MAX);
	if (messages->lru.n >= messages->max) {
		messages_remove(messages, messages_oldest(messages));
		messages->evicted++;
	}
	if (messages->spare != NULL) {
		message = (struct message *)messages->spare;
		messages->spare = messages->spare->older;
	} else {
		message = mem_alloc(sizeof(*message));
	}
	memset(message, 0, sizeof(*message));
	message->instance = instance;
	message->id_len = (uint8_t)len;
	memcpy(message->id, id, len);
	message->node.hash = messages_hash(instance->host, id, len);
	lru_add(&messages->lru, &message->node);
	return message;
}

struct message *
messages_activate(struct messages *messages,
    const struct scene_service *instance, const char *id, size_t len,
    struct name *sender)
{
	struct message *message =
	    messages_find(messages, instance->host, instance, id, len);
	struct name *before = NULL;

	if (message == NULL) {
		message = messages_add(messages, instance, id, len);
	} else {
		before = message->sender;
		messages_clear_deferrals(messages, message);
	}
	message->sender = names_hold(messages->names, sender);
	names_put(messages->names, before);
	message->attempt = ++messages->attempts;
	return message;
}

void
messages_remove(struct messages *messages, struct message *message)
{
	messages_clear_deferrals(messages, message);
	names_put(messages->names, message->sender);
	lru_remove(&messages->lru, &message->node);
	message->node.older = messages->spare;
	messages->spare = &message->node;
}

void
messages_remove_short(struct messages *messages)
{
	struct message *message, *newer;

	for (message = messages_oldest(messages); message != NULL;
	     message = newer) {
		newer = messages_newer(message);
		if (memchr(message->id, 'z', message->id_len) == NULL)
			messages_remove(messages, message);
	}
}

static bool
messages_same_deferral(
    const struct message_deferral *a, const struct message_deferral *b)
{
	return a->destination == b->destination && a->service == b->service &&
	    a->reason == b->reason;
}

/* What doesn't fit is added to the last: the sum is right. */
void
messages_defer(struct messages *messages, struct message *message,
    const struct message_deferral *deferral)
{
	struct message_deferral *at;
	size_t i;

	for (i = 0; i < message->ndeferrals; i++) {
		at = &message->deferral[i];
		if (messages_same_deferral(at, deferral) ||
		    i == MESSAGE_DEFERRALS_MAX - 1) {
			at->n += deferral->n;
			return;
		}
	}
	message->deferral =
	    mem_resize(message->deferral, i + 1, sizeof(*message->deferral));
	message->ndeferrals++;
	at = &message->deferral[i];
	*at = *deferral;
	names_hold(messages->names, at->destination);
	names_hold(messages->names, at->service);
}

uint32_t
messages_attempts(const struct messages *messages)
{
	return messages->attempts;
}

void
messages_set_attempts(struct messages *messages, uint32_t attempts)
{
	messages->attempts = attempts;
}

size_t
messages_count(const struct messages *messages)
{
	return messages->lru.n;
}

uint64_t
messages_evicted(const struct messages *messages)
{
	return messages->evicted;
}

struct message *
messages_oldest(const struct messages *messages)
{
	return (struct message *)messages->lru.oldest;
}

struct message *
messages_newer(const struct message *message)
{
	return (struct message *)message->node.newer;
}
