/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_ROTATED_H
#define FORCEENC_WATCH_ROTATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "forceenc-watch/fingerprint.h"
#include "forceenc-watch/first.h"

/*
 * The logs that were once called path and stand beside it now: mail.log.1,
 * mail.log.2.gz, mail.log-20261122, mail-20261122.log.
 */
struct rotated {
	struct first *log; /* oldest first; one for each content */
	struct fingerprint *print;
	size_t n;
	struct timespec changed; /* the folder, before they were looked for */
};

/* Where path lies; the caller frees it. */
char *rotated_folder(const char *path);

/* Those that can't be read are logged and left out: once for each time that
 * the folder has changed, which told remembers, all-zero at first. False, with
 * nothing to be freed, while somebody is just rotating them: try again soon. */
bool rotated_find(struct rotated *, const char *path, struct timespec *told);
/* Whether the folder is as it was then. */
bool rotated_still(const struct rotated *, const char *path);
void rotated_fini(struct rotated *);

/* Nothing has happened since the folder changed, when path was empty. */
bool rotated_still_empty(const struct timespec *changed, const char *path);
/* Whether path is another file by now than the open one, and something was
 * written to it. */
bool rotated_away(int fd, const char *path);

/* Whether path begins with print and has at least so many bytes, or is still
 * the file of this inode while print is empty. */
bool rotated_fits(const char *path, const struct fingerprint *print,
    uint64_t offset, uint64_t device, uint64_t inode);
/* The one that does; n if there is none. */
size_t rotated_match(const struct rotated *, const struct fingerprint *print,
    uint64_t offset, uint64_t device, uint64_t inode);

#endif
