/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SNAPSHOT_H
#define FORCEENC_FORCEENCD_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"
#include "forceencd/cache.h"
#include "forceencd/tables.h"

/*
 * The facts on disk, so that they survive a restart: written in pieces now
 * and then, and at the end. Those that let mail pass are left out once their
 * table is known to have changed since. What comes back is stale until its
 * source has confirmed it. The file is believed only as a whole: a checksum
 * over all of it comes last.
 *
 *   "forceenc facts 2\n"
 *   'T' table: number, name, permitted answers with a hash of its settings
 *   'F' fact: table's number, present, answer, when it was learned, key
 *   'E' end: BLAKE2b-256 over everything before
 *
 * Numbers are little-endian; texts have their length in front.
 */
struct snapshot;

#define SNAPSHOT_FILE_MAX ((size_t)8 << 30)

/* Begins one beside path. Both are borrowed until its end. */
struct snapshot *snapshot_begin(
    const char *path, const struct cache *, const struct tables *);

enum snapshot_status {
	SNAPSHOT_MORE,
	SNAPSHOT_BUSY, /* the disk is: nothing could be done */
	SNAPSHOT_DONE,
	SNAPSHOT_FAILED
};

/* Hands the next piece to the thread that writes (snapshot_writer.h); DONE has
 * put the file in its place. After DONE or FAILED only snapshot_free() is left
 * to call. wall: milliseconds since the epoch, now. */
enum snapshot_status snapshot_step(
    struct snapshot *, uint64_t now, uint64_t wall, struct err *);
uint64_t snapshot_facts(const struct snapshot *);

/* Gives up an unfinished one. What was borrowed isn't looked at any more;
 * freeing it won't wait once it isn't busy. */
void snapshot_abandon(struct snapshot *);
bool snapshot_is_busy(const struct snapshot *);
void snapshot_wait(const struct snapshot *); /* until it isn't */
void snapshot_free(struct snapshot *);       /* abandons it, and waits */

/*
 * Reads path into the tables that are alive and have the same name,
 * answers and settings. Facts older than stale_max, or from the future, are left out.
 * Returns how many were taken, 0 if there is no file; -1 with err if it can't
 * be read, isn't whole, or isn't ours.
 */
int64_t snapshot_load(const char *path, struct tables *, uint64_t stale_max,
    uint64_t now, uint64_t wall, struct err *);

/* The same for a file's bytes without their checksum: what is fuzzed. */
int64_t snapshot_read(const char *bytes, size_t len, struct tables *,
    uint64_t stale_max, uint64_t now, uint64_t wall);

#endif
