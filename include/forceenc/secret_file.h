/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_SECRET_FILE_H
#define FORCEENC_SECRET_FILE_H

#include "forceenc/err.h"
#include "forceenc/secret.h"

#define SECRET_FILE_MAX 4096 /* bytes of a secret */

/* The first line of the regular file at path. -1 if it can't be read, is
 * empty, or too long. */
int secret_file_read(struct secret *, const char *path, struct err *);

/* The same of what a descriptor gives, read to the end of its line; it may be
 * a pipe or a terminal, and then this waits. */
int secret_file_read_fd(struct secret *, int fd, struct err *);

#endif
