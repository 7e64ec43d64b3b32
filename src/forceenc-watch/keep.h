/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_KEEP_H
#define FORCEENC_WATCH_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/fingerprint.h"
#include "forceenc-watch/meter.h"
#include "forceenc-watch/walk.h"
#include "forceenc/buf.h"
#include "forceenc/store.h"

/*
 * What is kept in the store besides the counters, and committed with them:
 * how far the log was read, what the walk knows, which logs were read before.
 */

/* Where reading goes on. */
struct keep_position {
	uint64_t device; /* of a file nothing of which was read yet */
	uint64_t inode;
	uint64_t offset;          /* of the uncompressed bytes */
	struct fingerprint print; /* of the bytes in front of offset */
};

/* One log's place in the list of those that were read. */
struct keep_input {
	uint64_t offset; /* read up to there */
};

struct keep {
	struct store *store;
	const char *prefix; /* of the names: "follow", "import" */
	struct buf state, position, input, counters;
	struct meter *meter; /* told of what was committed, if set; borrowed */
	uint64_t commits;
};

void keep_init(struct keep *, struct store *, const char *prefix);
void keep_fini(struct keep *); /* the store isn't closed */

/* 1, 0 if there is none, -1 with err, also for what can't be read. */
int keep_load_state(
    struct keep *, const char *prefix, struct walk *, struct err *);
int keep_load_position(struct keep *, struct keep_position *, struct err *);
/* How far a log that begins so was read; 0 if it never was. */
int keep_load_input(struct keep *, const struct fingerprint *,
    struct keep_input *, struct err *);

/* What is told about a run, besides the walk's own counters. */
struct keep_report {
	uint64_t bytes_behind;
	int64_t now; /* seconds since the epoch */
};

/*
 * Commits what the walk has counted, with all of this, and clears its tally.
 * -1: nothing is lost; call it again with the same walk and position. print
 * is of the whole log's start, or NULL where it's too short to tell.
 */
int keep_commit(struct keep *, struct walk *, const struct keep_position *,
    const struct fingerprint *print, const struct keep_report *, struct err *);

#endif
