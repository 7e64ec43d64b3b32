/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_LAG_H
#define FORCEENC_WATCH_LAG_H

#include <stdint.h>

/* Bytes that are still to be read: behind offset in the open file, if there is
 * one (or -1), and all of path, if that is another file. */
uint64_t lag_bytes(int fd, uint64_t offset, const char *path);

#endif
