/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_IMPORTED_H
#define FORCEENC_WATCH_IMPORTED_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc-watch/keep.h"
#include "forceenc-watch/loop.h"
#include "forceenc-watch/outage.h"
#include "forceenc-watch/reader.h"
#include "forceenc-watch/walk.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceenc/store.h"

/* What import.c has read so far, and the store that it goes into. */
struct imported {
	const struct conf *conf;
	const struct walk_rules *rules;
	struct loop *loop; /* of standard input while it's followed; or NULL */
	struct store *store;
	struct outage outage;
	uint64_t away_since; /* 0: it isn't */
	struct keep keep;
	struct walk *walk;
	struct keep_position position; /* as of the last commit */

	const struct reader *reader; /* of what is read just now, or NULL */
	uint64_t committed;          /* up to there, and when */
	uint64_t committed_at;
	uint64_t tidied; /* when */
	bool has_failed; /* while nothing came, as idle_err says */
	struct err idle_err;
};

int64_t imported_now(void); /* seconds since the epoch */

/* A signal has come. */
bool imported_is_stopped(const struct imported *);

/* Opens the store and loads what was left by the last one. wait: as long as it
 * may be. -1 with err. */
int imported_begin(struct imported *, bool wait, struct err *);
void imported_end(struct imported *);

/* After something that has failed: whether that was since the store was lost,
 * and another try is of use. */
bool imported_reopen(struct imported *, struct err *);

/* Commits, in the end. -1 with err if there was no end. */
int imported_keep(struct imported *, const struct keep_place *,
    const struct keep_report *, struct err *);
/* The same with the place in a file; print NULL: where it was. */
int imported_commit(struct imported *, const struct fingerprint *print,
    uint64_t offset, struct err *);

/* A log that isn't the continuation of what was read last: queue ids and pids
 * mean others. */
int imported_begin_anew(struct imported *, struct err *);

void imported_tidy(struct imported *);

#endif
