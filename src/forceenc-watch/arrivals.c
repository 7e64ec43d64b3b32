/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

static void
arrivals_remove(struct arrivals *arrivals, struct arrival *arrival)
{
	lru_remove(&arrivals->lru, &arrival->node);
	arrival->node.older = arrivals->spare;
	arrivals->spare = &arrival->node;
}

void
arrivals_fini(struct arrivals *arrivals)
{
	struct lru_node *node;

	while (arrivals->lru.oldest != NULL)
		arrivals_remove(arrivals, arrivals_oldest(arrivals));
	while ((node = arrivals->spare) != NULL) {
		arrivals->spare = node->older;
		free(node);
	}
	lru_fini(&arrivals->lru);
}

static struct arrival *
arrivals_new(struct arrivals *arrivals)
{
	struct arrival *arrival = (struct arrival *)arrivals->spare;

	if (arrival != NULL)
		arrivals->spare = arrivals->spare->older;
	else
		arrival = mem_alloc(sizeof(*arrival));
	memset(arrival, 0, sizeof(*arrival));
	return arrival;
}

static struct arrival *
arrivals_find(const struct arrivals *arrivals, const struct scene_host *host,
    uint32_t hash, const char *id, size_t len)
{
	struct lru_node *node;
	struct arrival *arrival;
	size_t at = 0;

	while ((node = lru_next(&arrivals->lru, hash, &at)) != NULL) {
		arrival = (struct arrival *)node;
		if (arrival->service->host == host && arrival->id_len == len &&
		    memcmp(arrival->id, id, len) == 0)
			return arrival;
	}
	return NULL;
}

void
arrivals_put(struct arrivals *arrivals, const struct scene_service *service,
    const char *id, size_t len, int64_t time)
{
	struct arrival *arrival;

	MUST(len <= MESSAGE_ID_MAX);
	arrival = arrivals_new(arrivals);
	arrival->service = service;
	arrival->time = time;
	arrival->id_len = (uint8_t)len;
	memcpy(arrival->id, id, len);
	arrival->node.hash =
	    (uint32_t)hash_bytes(service->host->number, id, len);
	lru_add(&arrivals->lru, &arrival->node);
}

static bool
arrivals_is_old(const struct arrival *arrival, int64_t time)
{
	return arrival->time < time - ARRIVALS_AGE;
}

/* An id is used again only when its message is gone. */
void
arrivals_add(struct arrivals *arrivals, const struct scene_service *service,
    const char *id, size_t len, int64_t time)
{
	uint32_t hash = (uint32_t)hash_bytes(service->host->number, id, len);
	struct arrival *arrival =
	    arrivals_find(arrivals, service->host, hash, id, len);

	if (arrival != NULL)
		arrivals_remove(arrivals, arrival);
	while ((arrival = arrivals_oldest(arrivals)) != NULL &&
	    (arrivals->lru.n >= ARRIVALS_MAX || arrivals_is_old(arrival, time)))
		arrivals_remove(arrivals, arrival);
	arrivals_put(arrivals, service, id, len, time);
}

bool
arrivals_take(struct arrivals *arrivals, const struct scene_service *instance,
    const char *id, size_t len, int64_t time)
{
	struct arrival *arrival = arrivals_find(arrivals, instance->host,
	    (uint32_t)hash_bytes(instance->host->number, id, len), id, len);
	bool fresh;

	/* Of two instances that use one id, the other one's stays. */
	if (arrival == NULL || !scene_is_of(arrival->service, instance))
		return false;
	/* Whether it has had to make room by now is no matter. */
	fresh = !arrivals_is_old(arrival, time);
	arrivals_remove(arrivals, arrival);
	return fresh;
}

struct arrival *
arrivals_oldest(const struct arrivals *arrivals)
{
	return (struct arrival *)arrivals->lru.oldest;
}

struct arrival *
arrivals_newer(const struct arrival *arrival)
{
	return (struct arrival *)arrival->node.newer;
}
