/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_H
#define FORCEENC_WATCH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/input_step.h"
#include "forceenc-watch/keep.h"
#include "forceenc-watch/walk.h"
#include "forceenc/err.h"

/*
 * The systemd journal, read entry by entry: this machine's, or the files in a
 * folder, which may be those of several machines. Each machine's entries are
 * read in their order, the earliest of all first; one machine's that come
 * late, since they were sent late, come late, and that is all.
 *
 * How far a machine's journal was read is a cursor of its own, kept by the id
 * of the machine: copies of a journal are that journal. Entries that were
 * removed before they could be read are a gap, which the walk is told. Files
 * that may not be read, or are cut off, are said to be. Without libsystemd it
 * can't be opened.
 */
struct journal;

/*
 * spec is what follows "journal:". Goes on from the cursors in keep, which must
 * outlive it. Machines that were never read, or any if anew is true, begin
 * behind the time after, with a gap, or at their beginning if that is 0; those
 * that come later at their beginning. NULL with err.
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
	bool open;   /* it can be read */
	bool behind; /* there was more to read */
	int fd;      /* readable when there may be more; -1: nothing tells */
	bool hears;  /* fd can be relied upon */
};

void journal_look(const struct journal *, struct journal_state *out);

/* The places of the machines of which something was read since the last call
 * of journal_committed(), until the next step; their number. */
size_t journal_places(struct journal *, const struct keep_cursor **out);
/* They are in the store. */
void journal_committed(struct journal *);

#endif
