/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_FILES_H
#define FORCEENC_WATCH_JOURNAL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_FILES_ID      16
#define JOURNAL_FILES_MACHINE 33

/*
 * The files of a folder in which journals of several machines may lie. A file
 * is the machine's that has written its first entry: one into which several
 * machines' entries were put is one machine's, in the order in which they are
 * in it. Its name and place say nothing.
 */
struct journal_file {
	int fd; /* open, until journal_files_close() */
	uint64_t device, inode;
	unsigned char id[JOURNAL_FILES_ID]; /* it was made with */
	char machine[JOURNAL_FILES_MACHINE];
};

struct journal_files {
	struct journal_file *file; /* those of a machine side by side */
	size_t n;
	bool unsure; /* there are some that have no entry yet */
};

/* What was found before is known; files of which nothing can be read are left
 * out. Who reads a folder while a file is renamed may miss it, and a machine's
 * place with it: so it's read until nothing has changed. 0, or -EAGAIN if
 * that's never so; there is nothing to be freed then. */
int journal_files_find(struct journal_files *,
    const struct journal_files *before, const char *folder);
void journal_files_fini(struct journal_files *);
/* Those that nobody has taken, by setting fd to -1. */
void journal_files_close(struct journal_files *);

/* Of how many machines they are. */
size_t journal_files_machines(const struct journal_files *);
/* How many from the one at i on are of the same machine. */
size_t journal_files_run(const struct journal_files *, size_t i);
/* Whether it has the same files in both. */
bool journal_files_same(const struct journal_files *,
    const struct journal_files *, const char *machine);

#endif
