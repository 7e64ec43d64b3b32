/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_ENTRY_H
#define FORCEENC_WATCH_JOURNAL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/maillog.h"
#include "forceenc/buf.h"
#include "forceenc/journal_spec.h"

struct sd_journal;

/* What the library has to tell of a field, its name included. */
#define JOURNAL_ENTRY_MAX (65536 + 256)

enum journal_entry_part {
	JOURNAL_ENTRY_TEXT,
	JOURNAL_ENTRY_PROGRAM,
	JOURNAL_ENTRY_HOST,
	JOURNAL_ENTRY_SYSLOG_PID,
	JOURNAL_ENTRY_PID,
	JOURNAL_ENTRY_PARTS
};

/* An entry of the journal, as the walk takes it. All-zero is empty. */
struct journal_entry {
	struct maillog log; /* points into these */
	struct buf part[JOURNAL_ENTRY_PARTS];
	bool has[JOURNAL_ENTRY_PARTS];
};

void journal_entry_fini(struct journal_entry *);

/* Has the library look for the entries that are wanted. 0 or its error. */
int journal_entry_select(struct sd_journal *, const struct journal_spec *);

/* Copies the one that the library is at. False if it makes no sense: it has
 * no text, or nobody wrote it. */
bool journal_entry_read(
    struct journal_entry *, struct sd_journal *, int64_t time);

/* The id of the machine that wrote it, printable, or "unknown". */
void journal_entry_machine(
    struct journal_entry *, struct sd_journal *, char *out, size_t size);
#endif
