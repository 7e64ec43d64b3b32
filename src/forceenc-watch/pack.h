/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_PACK_H
#define FORCEENC_WATCH_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"

/*
 * Numbers and strings as bytes, for what we read again ourselves: eight bytes
 * a number, the lowest first; a string has its length in front. Around it go
 * a name with a version in front and a checksum behind.
 */
#define PACK_NAME_LEN 8
#define PACK_SUM_LEN  16

void pack_begin(struct buf *, const char *name);
void pack_number(struct buf *, uint64_t);
void pack_bytes(struct buf *, const void *, size_t len);
void pack_end(struct buf *);

#endif
