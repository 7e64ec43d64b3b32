/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_WORDS_H
#define FORCEENC_CONF_WORDS_H

#include <stddef.h>

/* The next word of a list that is separated by commas and white space, as
 * Postfix's lists are. *at moves on. The caller frees the word; NULL at the
 * end of the list. */
char *words_next(const char **at);

/*
 * For "did you mean": what looks most like a word. An all-zero struct knows
 * of nothing yet.
 */
struct words_closest {
	const char *word; /* borrowed from words_closer() */
	unsigned distance;
};

/* Takes candidate if it is nearer to word than what was there, and near
 * enough to be meant. */
void words_closer(
    struct words_closest *, const char *word, const char *candidate);

#endif
