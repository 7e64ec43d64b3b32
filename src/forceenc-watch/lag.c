/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/lag.h"

#include <stdbool.h>
#include <sys/stat.h>

static uint64_t
lag_behind(const struct stat *st, uint64_t offset)
{
	uint64_t size = (uint64_t)st->st_size;

	return size < offset ? 0 : size - offset;
}

uint64_t
lag_bytes(int fd, uint64_t offset, const char *path)
{
	struct stat open, live;
	bool is_open = fd != -1 && fstat(fd, &open) == 0;
	uint64_t bytes = is_open ? lag_behind(&open, offset) : 0;

	if (stat(path, &live) == -1 || !S_ISREG(live.st_mode) ||
	    (is_open && live.st_ino == open.st_ino &&
		live.st_dev == open.st_dev))
		return bytes;
	return bytes + lag_behind(&live, 0);
}
