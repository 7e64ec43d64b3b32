/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_WALK_H
#define FORCEENC_WATCH_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/ahead.h"
#include "forceenc-watch/correlate.h"
#include "forceenc-watch/front.h"
#include "forceenc-watch/maillog.h"
#include "forceenc-watch/when.h"
#include "forceenc/address.h"
#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * The walk of a line: bytes -> maillog -> event -> correlate -> tally. It
 * knows no file and no store: those who feed it decide when what was counted
 * is committed, together with how far they fed.
 */
#define WALK_LINE_MAX 65536

struct walk_counters {
	uint64_t lines;
	uint64_t bytes;
	uint64_t other;        /* lines of no format that we know */
	uint64_t unparsed;     /* of Postfix, that should have been counted */
	uint64_t cut;          /* longer than WALK_LINE_MAX */
	uint64_t repeats_lost; /* of a line that isn't there */
	uint64_t gaps;
	uint64_t evicted; /* before this run */
};

struct walk {
	struct names *names;
	struct scene *scene;
	struct fronts *fronts;
	struct tally *tally;
	struct inflight *inflight;
	struct relays *relays;
	struct when when;
	struct walk_counters counters;
	struct walk_counters told; /* of them, by walk_batch() */
	struct buf last;           /* the last line of what was fed before */
	struct ahead ahead;        /* empty between calls */
	bool cutting;         /* the rest of a line that is too long follows */
	int64_t since;        /* up to there another log was counted */
	int64_t quiet_last;   /* the log's time at the last walk_idle() */
	uint64_t quiet_since; /* when that was so for the first time, in ms */
};

struct walk_rules {
	const char *recipient_delimiter;
	bool fold_local_part;
	const char *syslog_names;
	const char *local_relays;
	size_t max_inflight;
	bool store_recipients;
};

/* now is the reference of stamps without a year. NULL with err if a rule is
 * wrong. */
struct walk *walk_new(const struct walk_rules *, int64_t now, struct err *);
void walk_free(struct walk *);

/*
 * Takes whole lines from the front of bytes, until there is no more or it's
 * time to commit; returns how much it took. What is left is fed again, with
 * more behind it.
 */
size_t walk_feed(struct walk *, const char *bytes, size_t len);
/* The last line of a file that is complete lacks its newline. */
void walk_feed_rest(struct walk *, const char *bytes, size_t len);

/*
 * An entry of the journal: it comes in parts, and is no line that could repeat
 * another one. NULL is one that makes no sense. The time must be set.
 */
void walk_entry(struct walk *, const struct maillog *);

/*
 * Nothing is left to read at this time, in ms from anywhere. What waits for a
 * line does so by the log's own clock, which goes on from its last line as
 * this one does: it's of no account how old the log is, or in which pieces it
 * was read.
 */
void walk_idle(struct walk *, uint64_t now);

/* Lines were lost, or another log begins. */
void walk_gap(struct walk *);

/* As tally_batch(), with what was missed since the last one. */
void walk_batch(struct walk *, struct store_batch *);
/* What was missed up to now was told by others. */
void walk_told(struct walk *);

/* Messages and processes that were pushed out, ever. */
uint64_t walk_evicted(const struct walk *);

#endif
