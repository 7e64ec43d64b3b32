/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "db/sqlite_seen.h"

bool
sqlite_seen_touched(
    const struct sqlite_seen *seen, int64_t version, const struct stat *st)
{
	return seen->valid && seen->version == version &&
	    (seen->size != st->st_size ||
		seen->changed.tv_sec != st->st_mtim.tv_sec ||
		seen->changed.tv_nsec != st->st_mtim.tv_nsec);
}

void
sqlite_seen_keep(
    struct sqlite_seen *seen, int64_t version, const struct stat *st)
{
	seen->valid = true;
	seen->version = version;
	seen->size = st->st_size;
	seen->changed = st->st_mtim;
}
