/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_STATE_H
#define FORCEENC_WATCH_STATE_H

#include "forceenc-watch/walk.h"
#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * All that the walk knows besides what it has counted, as bytes: with them,
 * the next line means the same to another process.
 */
void state_write(const struct walk *, struct buf *out);

/* Into a new walk, of the same rules or others. -1 with err if the bytes
 * aren't of this version, or damaged; the walk is of no more use then. Bytes
 * that pass the checksum are still not trusted. */
int state_read(struct walk *, const void *bytes, size_t len, struct err *);

#endif
