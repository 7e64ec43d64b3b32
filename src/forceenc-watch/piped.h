/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_PIPED_H
#define FORCEENC_WATCH_PIPED_H

#include <stdint.h>

#include "forceenc-watch/loop.h"

/*
 * Standard input, to which somebody may write for months: signals and the
 * service manager's watchdog are seen to while nothing comes.
 */
struct piped {
	struct loop *loop;
	/* Called while nothing comes. Returns in how many ms again, -1 to read
	 * no further. */
	int (*idle)(void *arg);
	void *arg;
};

/* From now on standard input ends once SIGTERM or SIGINT has come. It is the
 * process's only one; the struct must outlive the reading. */
void piped_begin(struct piped *);
/* It's read as any other file again. */
void piped_end(void);

#endif
