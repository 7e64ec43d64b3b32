/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_SECRET_FILE_H
#define FORCEENC_CONF_SECRET_FILE_H

#include "forceenc/err.h"
#include "forceenc/secret.h"

#define SECRET_FILE_MAX 4096 /* bytes of a secret */

/* The first line of the regular file at path. -1 if it can't be read, is
 * empty, or too long. */
int secret_file_read(struct secret *, const char *path, struct err *);

#endif
