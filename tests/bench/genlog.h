/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef BENCH_GENLOG_H
#define BENCH_GENLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"
#include "keys.h"

/* A mail log in the making, and the truth about it. */
#define GENLOG_SLOTS             48         /* delivery processes */
#define GENLOG_START             1790000000 /* September 2026 */
#define GENLOG_HARD_DESTINATIONS 200
#define GENLOG_HARD_IDS          5000
#define GENLOG_NULL_SENDER       0
#define GENLOG_ID_MAX            32
#define GENLOG_WAITING           4096

enum genlog_end {
	GENLOG_NONE,
	GENLOG_ANONYMOUS,
	GENLOG_UNTRUSTED,
	GENLOG_TRUSTED,
	GENLOG_VERIFIED,
	GENLOG_LOCAL,
	GENLOG_SOFT,
	GENLOG_HARD,
	GENLOG_DEFERRED,
	GENLOG_BOUNCED,
	GENLOG_ENDS
};

struct genlog_slot {
	const char *service;
	unsigned pid;
	struct buf lines; /* of its request */
	size_t at;        /* from here on they aren't written yet */
	unsigned requests;
};

/* A message that stays in the queue until it's tried again. */
struct genlog_waiting {
	uint32_t sender;
	uint32_t destination;
	char id[GENLOG_ID_MAX];
};

struct genlog {
	uint64_t random;
	bool site; /* hard otherwise */
	int64_t now;
	unsigned fraction; /* of a second: lines (hard), microseconds (site) */
	char stamp[48];
	bool iso;
	uint64_t written; /* bytes */
	bool long_ids;
	uint64_t ids;
	uint64_t ids_period; /* short ones come back */
	struct genlog_slot slot[GENLOG_SLOTS];
	unsigned next_pid;
	size_t senders, destinations;
	uint32_t *by_sender; /* [sender][end] */
	uint32_t *by_destination;
	/* Of the site's log alone. */
	bool uniform;
	uint32_t hourly; /* messages */
	struct keys who, where;
	struct genlog_waiting *waiting; /* a ring */
	uint64_t waited, retried;       /* ever */
};

/* What both logs are made of; genlog_lines.c. */
uint32_t genlog_lines_random(struct genlog *, uint32_t below);
void genlog_lines_stamp(struct genlog *);
/* Time goes by, up to the next line. */
void genlog_lines_tick(struct genlog *);
/* Writes the next line of a slot: its own process's, or behind a "!" whatever
 * is there. False if it has none. */
bool genlog_lines_next(struct genlog *, struct genlog_slot *);
void genlog_lines_queue_id(struct genlog *, char *out, size_t size);
void genlog_lines_count(
    struct genlog *, size_t sender, size_t destination, enum genlog_end);
/* "Trusted"; end is a level. */
const char *genlog_lines_trust(enum genlog_end);

/* All that is hard to get right, as often as it can be; genlog_hard.c. */
void genlog_hard_tick(struct genlog *);
void genlog_hard_message(struct genlog *);
void genlog_hard_sender(size_t sender, char *out, size_t size);

/* What a site's log is like; genlog_site.c begins with what that is. */
void genlog_site_start(struct genlog *);
void genlog_site_tick(struct genlog *);
void genlog_site_message(struct genlog *);
void genlog_site_sender(size_t sender, char *out, size_t size);
void genlog_site_end(struct genlog *);

#endif
