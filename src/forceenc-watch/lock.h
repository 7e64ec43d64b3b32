/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_LOCK_H
#define FORCEENC_WATCH_LOCK_H

#include "forceenc/err.h"

/* One forceenc-watch writes a database at a time: takes the lock of the file
 * (path with ".lock" behind it), in place of the one that this process had
 * before, until another one is taken or the process ends. -1 with err if
 * another process has it; the one from before is kept. */
int lock_take(const char *path, struct err *);

#endif
