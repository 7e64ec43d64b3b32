/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_HEAD_H
#define FORCEENC_WATCH_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/fingerprint.h"

/* What an open log began with when it was looked at, as far as its fingerprint
 * goes. It may be truncated and filled anew at any moment. */
struct head {
	size_t len;
	char bytes[FINGERPRINT_SPAN];
};

void head_read(struct head *, int fd);
/* Of a log that begins so. */
void head_set(struct head *, const char *bytes, size_t len);
/* Whether it still begins so. */
bool head_is_same(const struct head *, int fd);
/* More of it, if it has grown and still begins so. */
void head_extend(struct head *, int fd);

/* The fingerprint of what is in front of offset, or of all of it. */
void head_print(const struct head *, uint64_t offset, struct fingerprint *out);
/* Where its last whole line in front of offset ends; 0 if there is none. */
size_t head_line_end(const struct head *, size_t offset);

#endif
