/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_FOLLOW_H
#define FORCEENC_WATCH_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc-watch/head.h"
#include "forceenc-watch/input_step.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/walk.h"

/*
 * A log that is written to, by one writer at a time: followed across
 * rotation by renaming, by copying and truncating, across deletion, and
 * across our own absence, in which it may have been rotated several times.
 * Lines that can't be found any more are a gap, which the walk is told.
 */
struct follow;

/* position: where to go on; its offset is 0 and its inode 0 for a start.
 * The path need not be there. */
struct follow *follow_new(const char *path, const struct keep_position *);
void follow_free(struct follow *);

enum input_step follow_step(struct follow *, struct walk *);

/* As of the last step. */
void follow_position(const struct follow *, struct keep_position *out);
/* The fingerprint of the log's start, as far as it was read; false if nothing
 * was. */
bool follow_print(const struct follow *, struct fingerprint *out);
/* Whether there are some that weren't fed yet. Bytes are those of the log that
 * is read, unless it is compressed, and of the live one. */
bool follow_behind(const struct follow *, uint64_t *bytes);
/* Whether a log is read, or would be if anything was in it. */
bool follow_is_there(const struct follow *);
/* The file that is read, if it may still be written to; -1 if there is none. */
int follow_fd(const struct follow *);

/* At a start: what of this log was imported before isn't read again. */
bool follow_start_head(struct follow *, struct head *out);
void follow_start_at(struct follow *, uint64_t offset);

#endif
