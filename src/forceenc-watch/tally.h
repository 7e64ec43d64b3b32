/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_TALLY_H
#define FORCEENC_WATCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/event.h"
#include "forceenc-watch/names.h"
#include "forceenc/store.h"

/*
 * What was counted since the last commit. Names are held until
 * tally_clear().
 */
struct tally;

struct tally *tally_new(struct names *);
void tally_free(struct tally *);

struct tally_count {
	uint32_t hour;
	struct name *sender;
	struct name *destination;
	struct name *service;
	enum store_outcome outcome;
	enum store_level level;
	enum store_reason reason;
};

void tally_add_count(struct tally *, const struct tally_count *, uint32_t n);

struct tally_session {
	struct name *destination;
	struct name *mx;
	struct name *version;
	struct name *cipher;
	enum store_level level;
};

void tally_add_session(
    struct tally *, const struct tally_session *, int64_t time, uint32_t n);

void tally_add_inbound(
    struct tally *, uint32_t hour, enum store_level, uint32_t n);

/* service is NULL where there is none. */
void tally_add_total(struct tally *, uint32_t hour, struct name *service,
    enum store_what, uint64_t n);

struct tally_failure {
	int64_t time;
	struct name *sender;
	struct name *destination;
	struct name *service;
	struct event_span queue_id;
	struct event_span recipient; /* "" if it isn't to be kept */
	struct event_span relay;
	struct event_span text;
	enum store_outcome outcome;
	enum store_reason reason;
};

void tally_add_failure(struct tally *, const struct tally_failure *);

/* Nothing was counted. */
bool tally_empty(const struct tally *);
/* It's time to commit. Adding still works. */
bool tally_full(const struct tally *);

/* Sets all of batch but its blobs; valid until the next change here. */
void tally_batch(struct tally *, struct store_batch *batch);
void tally_clear(struct tally *);

#endif
