/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_H
#define FORCEENC_WATCH_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc-watch/input_step.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/walk.h"
#include "forceenc/err.h"

/*
 * The systemd journal, read entry by entry: this machine's, or the files of
 * another one in a folder. How far it was read is its own cursor, kept by the
 * id of the machine: copies of a journal are that journal. Entries that were
 * removed before they could be read are a gap, which the walk is told. Files
 * that may not be read, or are cut off, are said to be. Without libsystemd it
 * can't be opened.
 */
struct journal;

/*
 * spec is what follows "journal:". Goes on from the cursor in keep, which must
 * outlive it. A journal that was never read, or any if anew is true, begins
 * behind the time after, with a gap, or at its beginning if that is 0. NULL
 * with err.
 */
struct journal *journal_open(const char *spec, struct keep *keep, int64_t after,
    bool anew, struct err *err);
void journal_close(struct journal *); /* NULL is fine */

/* Feeds a bounded number of entries. */
enum input_step journal_step(struct journal *, struct walk *);

/* The time of the next entry: 1, 0 if there is none, -1 with err. Before the
 * first step only. */
int journal_peek(
    struct journal *, struct walk *, int64_t *time, struct err *err);

/* As of the last step. */
struct journal_state {
	struct keep_cursor place; /* its cursor is NULL before any entry */
	bool open;                /* it can be read */
	bool behind;              /* there was more to read */
	bool young;               /* there is, a moment from now */
	int fd;     /* readable when there may be more; -1: nothing tells */
	bool hears; /* fd can be relied upon */
};

void journal_look(const struct journal *, struct journal_state *out);

#endif
