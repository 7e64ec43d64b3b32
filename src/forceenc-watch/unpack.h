/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_UNPACK_H
#define FORCEENC_WATCH_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/pack.h"

/* Reads what pack.h writes. */
struct unpack {
	const unsigned char *at;
	const unsigned char *end;
	bool bad; /* something was missing or out of range: all that was read
		   * since is 0 or empty */
};

/* False if name or checksum are others. */
bool unpack_begin(
    struct unpack *, const char *name, const void *bytes, size_t len);
/* A number of at most max. */
uint64_t unpack_number(struct unpack *, uint64_t max);
int64_t unpack_time(struct unpack *);
/* Borrowed. */
const char *unpack_bytes(struct unpack *, size_t max, size_t *len);
/* Everything was read, and nothing was bad. */
bool unpack_end(const struct unpack *);

#endif
