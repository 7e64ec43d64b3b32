/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_ARRIVALS_H
#define FORCEENC_WATCH_ARRIVALS_H

#include <stdint.h>

#include "forceenc-watch/lru.h"
#include "forceenc-watch/messages.h"
#include "forceenc-watch/scene.h"

/*
 * Queue ids of messages that came in through smtpd(8) or pickup(8) and that
 * qmgr(8) hasn't told the size of yet. Many never get there, since the client
 * goes away: what is older than a day is forgotten, and the oldest when there
 * are too many.
 */
#define ARRIVALS_MAX 65536
#define ARRIVALS_AGE 86400

struct arrival {
	struct lru_node node;
	const struct scene_service *service;
	int64_t time;
	uint8_t id_len;
	char id[MESSAGE_ID_MAX];
};

/* All-zero is empty. */
struct arrivals {
	struct lru lru;
	struct lru_node *spare; /* used again; linked by ->older */
};

void arrivals_fini(struct arrivals *);

void arrivals_add(struct arrivals *, const struct scene_service *,
    const char *id, size_t len, int64_t time);

/* One more, as it was before, behind those that are there; what is old stays,
 * and so do others with its id. */
void arrivals_put(struct arrivals *, const struct scene_service *,
    const char *id, size_t len, int64_t time);

/* Whether the message of this instance came in so; it has arrived now. */
bool arrivals_take(struct arrivals *, const struct scene_service *instance,
    const char *id, size_t len, int64_t time);

/* From the oldest on; NULL at the end. */
struct arrival *arrivals_oldest(const struct arrivals *);
struct arrival *arrivals_newer(const struct arrival *);

#endif
