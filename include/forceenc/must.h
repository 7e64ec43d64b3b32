/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_MUST_H
#define FORCEENC_MUST_H

/*
 * What can't happen ends the program at once, in production too: a daemon
 * that goes on with broken state may answer wrongly, and a wrong answer leaks
 * mail. "fatal" is the environment's fault, "panic" is ours.
 */

/* Prints "fatal: ..." to standard error and exits 71 (EX_OSERR). */
void must_fatal(const char *fmt, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Prints "panic: FILE:LINE: WHAT" to standard error and aborts. */
void must_panic(const char *file, int line, const char *what)
    __attribute__((noreturn));

#define MUST(cond)                                             \
	do {                                                   \
		if (!(cond))                                   \
			must_panic(__FILE__, __LINE__, #cond); \
	} while (0)

/* For objects that travel through void *: the first member is a magic number
 * of the type's own. */
#define MUST_BE(obj, number) MUST((obj) != NULL && (obj)->magic == (number))

#endif
