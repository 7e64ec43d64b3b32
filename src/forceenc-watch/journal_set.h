/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_SET_H
#define FORCEENC_WATCH_JOURNAL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc-watch/journal_files.h"
#include "forceenc-watch/journal_machine.h"
#include "forceenc/err.h"
#include "forceenc/journal_spec.h"

/*
 * The machines of a journal, each with its files. One handle of the library,
 * the ear, is for all files: it's asked whether any of them has grown, appeared
 * or gone. In a folder the files of each machine are read by a handle of their
 * own; this machine's own journal is read by the ear. Machines stay when their
 * files have gone.
 */
struct journal_set {
	const char *name; /* for the log */
	const struct journal_spec *spec;
	struct sd_journal *ear;     /* NULL: nothing is open */
	int fd;                     /* that tells of changes; -1: none does */
	uint64_t opened;            /* when the ear was, by clock_now() */
	struct journal_files files; /* of a folder, as of the last look */
	bool look;                  /* into it, since it has changed */
	struct journal_machine *machine;
	size_t n;
	size_t waiting; /* more than there may be, which aren't read */
};

/* Both are borrowed. */
void journal_set_init(
    struct journal_set *, const char *name, const struct journal_spec *);
void journal_set_fini(struct journal_set *);

/* From then on changes are told, before anything is read. -1 with err. */
int journal_set_open(struct journal_set *, struct err *err);
void journal_set_close(struct journal_set *);
/* Whether fd can be relied upon. */
bool journal_set_hears(const struct journal_set *);

/* What has happened to the files since the last time. Whoever has read
 * everything asks each machine again (all). Less than 0: the library's
 * error. */
int journal_set_hear(struct journal_set *, bool all);

/* Whose the first entry of all is that is wanted. 1, 0 if there is none, or
 * the library's error. */
int journal_set_first(struct journal_set *, char id[JOURNAL_FILES_MACHINE]);

#endif
