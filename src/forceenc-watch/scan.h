/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_SCAN_H
#define FORCEENC_WATCH_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Reads bytes from the front. Everything here stops at end. */
struct scan {
	const char *at;
	const char *end;
};

static inline size_t
scan_left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

/* Whether the bytes at hand are word; moves over it if they are. */
#define scan_skip(scan, word) scan_skip_bytes(scan, word, sizeof(word) - 1)

static inline bool
scan_skip_bytes(struct scan *scan, const char *word, size_t len)
{
	if (scan_left(scan) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

/* The next occurrence of word, NULL if there is none. */
#define scan_find(scan, word)  \
	((const char *)memmem( \
	    (scan)->at, scan_left(scan), word, sizeof(word) - 1))

#define scan_ends_with(s, len, word)                       \
	((len) >= sizeof(word) - 1 &&                      \
	    memcmp((s) + (len) - (sizeof(word) - 1), word, \
		sizeof(word) - 1) == 0)

#endif
