/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_RUN_H
#define FORCEENC_FORCEENCCTL_RUN_H

#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"

/* Other programs, run without a shell, with a limit on their time and on
 * what they say. */

enum run_status {
	RUN_DONE,    /* it ended by itself: see exit */
	RUN_MISSING, /* there is no such program; err */
	RUN_LATE,    /* the time limit; err */
	RUN_BROKE,   /* a signal, too much said, no process; err */
};

struct run {
	const char *const *argv; /* NULL at the end; argv[0] by PATH and where
				  * administrators' programs are */
	const char *input;       /* for standard input; NULL: nothing */
	uint64_t time_limit;     /* ms */
	size_t out_max;
	struct buf out;
	struct buf complaints; /* standard error, its beginning */
	int exit;
};

enum run_status run_program(struct run *, struct err *);
void run_fini(struct run *);

#endif
