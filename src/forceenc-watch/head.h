/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_HEAD_H
#define FORCEENC_WATCH_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc-watch/fingerprint.h"

/* What an open log began with when it was looked at, as far as its fingerprint
 * goes. It may be truncated and filled anew at any moment. */
struct head {
	size_t len;
	char bytes[FINGERPRINT_SPAN];
};

void head_read(struct head *, int fd);
/* Whether it still begins so. */
bool head_is_same(const struct head *, int fd);
/* More of it, if it has grown and still begins so. */
void head_extend(struct head *, int fd);

#endif
