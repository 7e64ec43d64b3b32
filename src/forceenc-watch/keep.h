/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_KEEP_H
#define FORCEENC_WATCH_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/head.h"
#include "forceenc-watch/meter.h"
#include "forceenc-watch/walk.h"
#include "forceenc/buf.h"
#include "forceenc/store.h"

/*
 * What is kept in the store besides the counters, and committed with them:
 * how far the log was read, what the walk knows, which logs were read before.
 */

/*
 * Where reading goes on. With KEEP_POSITION_END, behind the whole log that
 * begins so; with an empty print too, in front of every log: there was none.
 */
struct keep_position {
	uint64_t device; /* of a file nothing of which was read yet */
	uint64_t inode;
	uint64_t offset;          /* of the uncompressed bytes */
	struct fingerprint print; /* of the bytes in front of offset */
};
#define KEEP_POSITION_END ((uint64_t)INT64_MAX)

/* The same, of one machine's journal. Both strings are borrowed. */
struct keep_cursor {
	const char *machine;
	const char *cursor; /* "": at its beginning */
};

/* How far the log was read, whatever kind of log it is. */
struct keep_place {
	const struct keep_position *position; /* NULL: no file was read */
	/* Of the file's start, as far as that was read; NULL if it wasn't. */
	const struct fingerprint *print;
	/* Of the machines of which something was read since the last commit. */
	const struct keep_cursor *cursor;
	size_t cursors;
};

/* One log's place in the list of those that were read. */
struct keep_input {
	uint64_t offset; /* read up to there */
};

struct keep {
	struct store *store;
	const char *prefix; /* of the names: "follow", "import" */
	int64_t since;      /* walk->since, as long as a file needs it */
	struct buf state, position, input, counters;
	struct buf *cursor; /* one for each of a commit */
	size_t cursors;
	struct meter *meter; /* told of what was committed, if set; borrowed */
	uint64_t commits;
};

void keep_init(struct keep *, struct store *, const char *prefix);
void keep_fini(struct keep *); /* the store isn't closed */

/* 1, 0 if there is none, -1 with err, also for what can't be read. */
int keep_load_state(
    struct keep *, const char *prefix, struct walk *, struct err *);
/* With keep->since. 2: a journal was read last, not a file; 3: it was read by
 * a version that took all machines of a folder for one. */
int keep_load_position(struct keep *, struct keep_position *, struct err *);
/* How far a log that begins so was read, or one that has grown since, while it
 * was shorter than a head; 0 if it never was. */
int keep_find_input(
    struct keep *, const struct head *, struct keep_input *, struct err *);
/* How far a machine's journal was read. 1 with *cursor for the caller to
 * free, 0 if it never was, -1 with err. 2: by that version, which began with
 * this machine's entries; it's the place of all of them. */
int keep_load_cursor(
    struct keep *, const char *machine, char **cursor, struct err *);

/* What is told about a run, besides the walk's own counters. */
struct keep_report {
	bool behind;          /* there is more to read */
	int64_t bytes_behind; /* -1: it isn't measured in bytes */
	int64_t now;          /* seconds since the epoch */
};

/*
 * Commits what the walk has counted, with all of this, and clears its tally.
 * -1: nothing is lost; call it again with the same walk and place.
 */
int keep_commit(struct keep *, struct walk *, const struct keep_place *,
    const struct keep_report *, struct err *);

/* After that, when the store was lost and keep->store has been opened anew:
 * whether the batch is in it after all, whose tally is cleared then. 1, 0, or
 * -1 with err. */
int keep_is_committed(struct keep *, struct walk *, struct err *);

#endif
