/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_ANSWER_H
#define FORCEENC_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * What a directory's value means. A map has a list of permitted answers, the
 * strictest first; nothing else ever leaves, since the value may be writable
 * by its owner. A meaning is a small number (uint8_t), and of two meanings that match
 * the smaller (stricter) one wins, except that ANSWER_BAD beats all: doubt is
 * never resolved by a guess.
 */

#define ANSWER_MAX   200 /* permitted answers in a list */
#define ANSWER_DUNNO 253 /* "DUNNO", in any case: Postfix's "no opinion" */
#define ANSWER_OFF   254 /* a truth value that says no: as if absent */
#define ANSWER_BAD   255 /* a value that isn't permitted */

#define ANSWER_LEN_MAX 255 /* bytes of one permitted answer */

struct answers {
	char **list; /* owned strings; [0] is the strictest and what a truth
		      * value that says yes stands for */
	size_t n;
};

/*
 * "transport:" or "transport:nexthop": a transport of letters, digits, "_",
 * "-", "."; a nexthop of printable ASCII without white space or comma. Other
 * forms crash smtp(8) or stop qmgr(8) (a value that begins with ":", or one
 * with white space around it). err says what is wrong.
 */
int answer_check(const char *text, size_t len, struct err *);

/* Adds a copy of text, after answer_check(); a duplicate or one too many is
 * an error as well. */
int answers_add(struct answers *, const char *text, struct err *);
void answers_fini(struct answers *);
bool answers_equal(const struct answers *, const struct answers *);

/*
 * What one value means: TRUE yes 1 on t y / FALSE no 0 off f n (any case) are
 * truth values. White space around the value is ignored. An empty value has
 * no meaning and must not be asked for (Postfix skips such results too).
 */
uint8_t answer_of_value(const struct answers *, const char *value, size_t len);

/* The stricter of two, as said above. */
uint8_t answer_stricter(uint8_t, uint8_t);

/* "forceenc:", "DUNNO", "off", "(not permitted)". Borrowed. */
const char *answer_name(const struct answers *, uint8_t);

#endif
