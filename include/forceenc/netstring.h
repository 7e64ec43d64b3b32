/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_NETSTRING_H
#define FORCEENC_NETSTRING_H

#include <stddef.h>

#include "forceenc/buf.h"

/* Netstrings as D. J. Bernstein defines them: "5:hello,". Lengths are decimal
 * without leading zeros and without blanks. */

enum netstring_status {
	NETSTRING_OK,   /* a whole one: payload, used are set */
	NETSTRING_MORE, /* a beginning of one; nothing is set */
	NETSTRING_BAD,  /* can't become one, however it goes on: *why is set */
};

/*
 * Looks at the front of in. max is the longest payload allowed; a longer one
 * is BAD as soon as its length is read, before its bytes arrive. *payload
 * points into in; *used counts the whole netstring. *why is a static text.
 */
enum netstring_status netstring_parse(const char *in, size_t len, size_t max,
    const char **payload, size_t *payload_len, size_t *used, const char **why);

void netstring_add(struct buf *out, const char *payload, size_t len);

#endif
