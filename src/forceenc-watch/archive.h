/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_ARCHIVE_H
#define FORCEENC_WATCH_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "forceenc/err.h"

/* A file that is read once, from its beginning: plain, or compressed with
 * gzip, bzip2, xz or zstd. The only user of libarchive. */
struct archive_file;

/* "-" is standard input, which need not be complete to be read from. NULL with
 * err. */
struct archive_file *archive_open(const char *path, struct err *);
void archive_close(struct archive_file *); /* NULL is fine */

/* Up to size bytes; 0 at the end, -1 with err. */
ssize_t archive_get(
    struct archive_file *, char *out, size_t size, struct err *);

/* Goes to a place in a file without reading what is in front of it. 1, 0 if the
 * file is shorter than that, -1 if that can't be done. */
int archive_seek(struct archive_file *, uint64_t offset);

/* wait is called before each read(2) from standard input, by all those that are
 * opened later; false ends it there. NULL: nobody is asked. */
void archive_wait_for_input(bool (*wait)(void *arg), void *arg);

/* When it was written last: nanoseconds since the epoch. */
int64_t archive_written(const struct archive_file *);
/* Whether what is read is what is stored. Known after the first
 * archive_get(). */
bool archive_is_plain(const struct archive_file *);

#endif
