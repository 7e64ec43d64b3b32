/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* journal.h, built without libsystemd. */

#include "config.h"

#ifndef HAVE_SYSTEMD

#include "forceenc-watch/journal.h"

#include "forceenc/must.h"

struct journal *
journal_open(const char *spec, struct keep *keep, int64_t after, bool anew,
    struct err *err)
{
	(void)spec;
	(void)keep;
	(void)after;
	(void)anew;
	err_set(err, "the journal can't be read: built without libsystemd");
	return NULL;
}

void
journal_close(struct journal *journal)
{
	MUST(journal == NULL);
}

/* What isn't open is never read. */
#define JOURNAL_NONE must_fatal("no journal can be open")

enum input_step
journal_step(struct journal *journal, struct walk *walk)
{
	(void)journal;
	(void)walk;
	JOURNAL_NONE;
}

int
journal_peek(
    struct journal *journal, struct walk *walk, int64_t *time, struct err *err)
{
	(void)journal;
	(void)walk;
	(void)time;
	(void)err;
	JOURNAL_NONE;
}

void
journal_look(const struct journal *journal, struct journal_state *out)
{
	(void)journal;
	(void)out;
	JOURNAL_NONE;
}

size_t
journal_places(struct journal *journal, const struct keep_cursor **out)
{
	(void)journal;
	(void)out;
	JOURNAL_NONE;
}

void
journal_committed(struct journal *journal)
{
	(void)journal;
	JOURNAL_NONE;
}

#else

/* ISO C wants something in a file. */
typedef int journal_none;

#endif
