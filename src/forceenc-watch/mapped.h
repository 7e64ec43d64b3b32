/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_MAPPED_H
#define FORCEENC_WATCH_MAPPED_H

#include <stdbool.h>

/*
 * Where a library reads files through maps and somebody makes such a file
 * shorter, the next touch ends the program with SIGBUS. Between begin and end
 * this thread finds zeros there instead, and is told: what it has read since
 * isn't to be believed, and the maps are to be closed. Elsewhere SIGBUS is
 * what it was before.
 */
void mapped_begin(void);
bool mapped_missed(void); /* since the begin */
void mapped_end(void);

#endif
