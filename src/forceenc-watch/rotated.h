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
	bool partial;            /* some can't be read */
	struct timespec changed; /* the folder, before they were looked for */
};

/* Where path lies; the caller frees it. */
char *rotated_folder(const char *path);

/* Those that can't be read are logged and left out: once for each time that
 * the folder has changed, which told remembers, all-zero at first. False, with
 * nothing to be freed, while somebody is just rotating them: try again soon. */
bool rotated_find(struct rotated *, const char *path, struct timespec *told);
void rotated_fini(struct rotated *);

/* Whether path's folder has not changed since; all-zero: it has. */
bool rotated_still(const struct timespec *changed, const char *path);
/* Nor was anything written to path, which was empty or missing. */
bool rotated_still_empty(const struct timespec *changed, const char *path);
/* Whether path is the open file. */
bool rotated_is_open(int fd, const char *path);
/* Whether path is another file by now than the open one, and something was
 * written to it. */
bool rotated_away(int fd, const char *path);

/* Whether path begins with print and has at least so many bytes, or is still
 * the file of this inode while print is empty. How long a compressed one is
 * isn't looked at, nor with KEEP_POSITION_END. */
bool rotated_fits(const char *path, const struct fingerprint *print,
    uint64_t offset, uint64_t device, uint64_t inode);
/* The one that does; n if there is none. */
size_t rotated_match(const struct rotated *, const struct fingerprint *print,
    uint64_t offset, uint64_t device, uint64_t inode);

#endif
