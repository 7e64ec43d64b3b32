/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DB_SQLITE_SEEN_H
#define FORCEENC_DB_SQLITE_SEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/*
 * SQLite knows a changed file by a counter in it. A database that cp(1) wrote
 * over ours may have the same one, if both were made in the same number of
 * steps: then SQLite goes on with what it remembers of the old. Writers that
 * are SQLite move the counter whenever they touch the file, so a file that
 * was touched while the counter stood still was written by something else.
 *
 * An all-zero struct has seen nothing yet.
 */
struct sqlite_seen {
	bool valid;
	int64_t version; /* the counter */
	off_t size;
	struct timespec changed;
};

/* Whether the file was touched since it was kept, while version stood still. */
bool sqlite_seen_touched(
    const struct sqlite_seen *, int64_t version, const struct stat *);
void sqlite_seen_keep(
    struct sqlite_seen *, int64_t version, const struct stat *);

#endif
