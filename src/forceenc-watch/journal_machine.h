/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_MACHINE_H
#define FORCEENC_WATCH_JOURNAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/journal_files.h"
#include "forceenc/journal_spec.h"

struct sd_journal;

/*
 * The entries of one machine in their order, from the one behind its cursor
 * on, however late they come. All-zero is one of which nothing is known yet.
 * Where a function returns int, what is less than 0 is the library's error.
 */
struct journal_machine {
	char id[JOURNAL_FILES_MACHINE]; /* "": it has no entry yet */
	struct sd_journal *handle;      /* NULL: it isn't open */
	bool borrowed;                  /* the handle */
	char *cursor;  /* of what was fed last; "": nothing; NULL: unknown */
	char *horizon; /* of the last entry of a pass */
	bool moved;    /* the cursor, since it was committed */
	bool changed;  /* files have come or gone: is it still there? */
	bool passing;  /* the handle is between cursor and horizon */
	bool ready;    /* it's at the next entry */
	uint64_t time; /* of that one, in microseconds */
	bool quiet;    /* there was nothing behind the cursor */
	bool ended;    /* and nothing has come since, as far as we know */
	bool lost;     /* the cursor's entry was gone, and what followed it */
};

/* The handle selects what is wanted; it is borrowed, and forgotten by
 * _close(). */
void journal_machine_borrow(struct journal_machine *, struct sd_journal *);
/* Takes the n open files. */
int journal_machine_open(struct journal_machine *, struct journal_file *,
    size_t n, const struct journal_spec *);
void journal_machine_close(struct journal_machine *);
void journal_machine_fini(struct journal_machine *);

/* Files of a borrowed handle have come or gone. */
void journal_machine_change(struct journal_machine *);

/* Where it goes on, if nothing is known: at its beginning, behind a time in
 * seconds if that isn't 0, or at a place, the cursor of another machine's
 * entry or its own. 1 if it's its own; 0. */
int journal_machine_begin(struct journal_machine *, int64_t after);
int journal_machine_begin_at(struct journal_machine *, const char *cursor);
/* Takes it. */
void journal_machine_go_on(struct journal_machine *, char *cursor);

/* Goes to the next entry, if it isn't there. 1, 0 if there is none, or it isn't
 * open. */
int journal_machine_look(struct journal_machine *, const struct journal_spec *);
/* That one becomes the last one that was fed. */
int journal_machine_pass(struct journal_machine *);

#endif
