/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SNAPSHOTS_H
#define FORCEENC_FORCEENCD_SNAPSHOTS_H

#include "forceenc/conf.h"
#include "forceencd/snapshot.h"

/* When facts are written to disk, and read. All-zero: they never were. The
 * functions that take view's parts take those in force now. */
struct snapshots {
	struct snapshot *current;  /* being written, or NULL */
	struct snapshot *given_up; /* its thread hasn't ended, or NULL */
	uint64_t at;               /* when the next one is due */
	uint64_t nap;              /* between two looks at a disk that's busy */
	bool failed;               /* the last one, and it was logged */
};

/* At the start: what was written before. */
void snapshots_restore(
    struct snapshots *, const struct conf *, struct tables *, uint64_t now);

/* Does a piece of what is due; returns when it wants to be called again. */
uint64_t snapshots_tick(struct snapshots *, const struct conf *,
    const struct cache *, struct tables *, uint64_t now);

/* The tables, and the interval, may have changed. */
void snapshots_reload(struct snapshots *, const struct conf *, uint64_t now);

/* At the end: one from its beginning, waiting for the disk. */
void snapshots_last(struct snapshots *, const struct conf *,
    const struct cache *, struct tables *);
void snapshots_fini(struct snapshots *);

#endif
