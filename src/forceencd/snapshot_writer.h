/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SNAPSHOT_WRITER_H
#define FORCEENC_FORCEENCD_SNAPSHOT_WRITER_H

#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * A file that a thread writes, since a disk may block for as long as it likes.
 * It does one thing at a time and shares nothing else with the loop: whoever
 * finds it busy comes back later. All functions are for the loop's thread, and
 * none but _wait() and _free() waits.
 */
struct snapshot_writer;

/* Writes path.new, and puts it in the place of path at the end. Opening it is
 * its first work. */
struct snapshot_writer *snapshot_writer_new(const char *path);

bool snapshot_writer_is_busy(struct snapshot_writer *);
/* Until it isn't. */
void snapshot_writer_wait(struct snapshot_writer *);

/* The rest is for one that isn't busy. -1: something failed before. */
int snapshot_writer_failed(struct snapshot_writer *, struct err *);
/* Takes the bytes; *bytes is empty afterwards. */
void snapshot_writer_put(struct snapshot_writer *, struct buf *bytes);
/* The file is complete. */
void snapshot_writer_commit(struct snapshot_writer *);

/* In any state: no more is wanted of it, and what isn't complete is removed.
 * It's busy until that's done. */
void snapshot_writer_end(struct snapshot_writer *);
/* Ends it and waits. */
void snapshot_writer_free(struct snapshot_writer *);

#endif
