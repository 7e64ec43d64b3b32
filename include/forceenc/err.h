/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_ERR_H
#define FORCEENC_ERR_H

/*
 * The callee explains, the caller decides and logs. A function that can fail
 * returns -1 and takes a struct err * last; NULL is allowed where nobody asks
 * for the reason. The text is printable: foreign bytes go through text.h first.
 */

#define ERR_MAX 1024

struct err {
	char text[ERR_MAX];
};

/* Sets the text, cut at ERR_MAX. Always returns -1, so that it can be
 * returned at once. */
int err_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of a text that is there. Always returns -1. */
int err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
