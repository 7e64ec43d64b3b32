/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_FILE_H
#define FORCEENC_CONF_FILE_H

#include <stddef.h>

#include "forceenc/problems.h"

/*
 * A configuration file in Postfix's syntax, as it stands: what the names mean
 * is not known here.
 *
 *   name = value             white space around both is dropped
 *   name = the first line
 *       and the second       a line that begins with white space continues
 *                            the one before, blank lines and comments between
 *                            them notwithstanding
 *   # a comment              only where # is the first visible character
 *
 * Nothing is expanded, nothing is quoted: a value may hold any byte but NUL.
 * A CR at the end of a line is dropped.
 */
struct file_entry {
	char *name;
	char *value;
	unsigned line; /* where it begins */
};

struct file {
	char *path;
	struct file_entry *entry; /* in the order of the file */
	size_t n;
};

/*
 * Pure. Always sets file, which the caller gives to file_fini(); path is for
 * messages. -1 if problems were added; what could be read is there anyway. A
 * name that occurs twice is a problem, and so is a line without "=".
 */
int file_parse(struct file *, const char *path, const char *bytes, size_t len,
    struct problems *);

/* The same for the regular file at path, of at most CONF_FILE_MAX bytes. */
int file_read(struct file *, const char *path, struct problems *);

void file_fini(struct file *);

/* NULL if the file doesn't set name. */
const struct file_entry *file_find(const struct file *, const char *name);

/* A path that stands in the file: relative to the file's own folder. The
 * caller frees it. */
char *file_beside(const struct file *, const char *path);

#endif
