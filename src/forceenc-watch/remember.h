/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_REMEMBER_H
#define FORCEENC_WATCH_REMEMBER_H

#include <stddef.h>

#include "forceenc-watch/scene.h"
#include "forceenc/buf.h"

/*
 * A line as it's kept for the case that the logger says "last message repeated"
 * next: what is counted of it is the same, but nothing in it tells who the
 * recipient was. Replaces what out holds.
 */
void remember_line(
    struct buf *out, struct scene *, const char *line, size_t len);

#endif
