/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_PROBLEMS_H
#define FORCEENC_PROBLEMS_H

#include <stddef.h>

/*
 * All that is wrong with a configuration, not only the first: each problem is
 * one line "FILE:LINE: what, and what would be right". An all-zero struct is
 * an empty list.
 */
struct problems {
	char **line; /* owned strings */
	size_t n;
};

/* line 0: the file as a whole, "FILE: what". */
void problems_add(struct problems *, const char *file, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void problems_fini(struct problems *);

#endif
