/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_READER_H
#define FORCEENC_WATCH_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc-watch/archive.h"
#include "forceenc-watch/fingerprint.h"
#include "forceenc-watch/head.h"
#include "forceenc-watch/walk.h"
#include "forceenc/buf.h"

/*
 * A log that grows no more, from some place to its end, into the walk. What
 * was fed last and how far that was is for the caller to commit.
 */
struct reader {
	struct archive_file *file;
	struct head head;
	struct fingerprint print; /* of the head */
	struct buf buf;           /* read, but not fed */
	uint64_t offset;          /* fed up to there */
	bool ended;               /* nothing is behind buf */
	int64_t mtime;
};

enum reader_step {
	READER_MORE, /* fed some; call it again */
	READER_FULL, /* the tally wants to be committed first */
	READER_DONE, /* all was fed */
	READER_FAILED,
};

/* Opens it and works out its fingerprint; nothing is fed. */
int reader_open(struct reader *, const char *path, struct err *);
void reader_close(struct reader *);

/* Goes to an offset that was fed before. 1, 0 if the log is shorter than
 * that, -1 with err. */
int reader_seek(struct reader *, uint64_t offset, struct err *);

/* The same in pieces, each of which takes little time: 1 when it's there or on
 * its way (offset tells), 0, -1. */
int reader_skip(struct reader *, uint64_t offset, struct err *);

/* Whether there is anything from here on. */
int reader_has_more(struct reader *, struct err *);

/* open_end: the last line counts though it has no newline. */
enum reader_step reader_feed(
    struct reader *, struct walk *, bool open_end, struct err *);

#endif
