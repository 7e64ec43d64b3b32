/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_FIRST_H
#define FORCEENC_WATCH_FIRST_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/* What is to be known of a log before it's read. */
struct first {
	char *path;      /* owned */
	int64_t time;    /* of its first line that has one; INT64_MAX: none */
	int64_t mtime;   /* of the file */
	int64_t written; /* the same, in nanoseconds */
};

/* Looks into a file, but not into standard input, which has no time. After -1
 * there is nothing to free. */
int first_look(struct first *, const char *path, struct err *);
void first_fini(struct first *);

/* The time of the first line that has one; INT64_MAX if none has. mtime is
 * when it was written at the latest. */
int64_t first_time(const char *bytes, size_t len, int64_t mtime);

/* Sorts them by time; those that have the same stay in their order. */
void first_sort(struct first *, size_t n);

#endif
