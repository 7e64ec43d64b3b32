/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_TLS_ATTRIBUTE_H
#define WIRE_TLS_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/err.h"

/* The attributes behind the level of a TLS policy. */

/* In the order of strictness, but for NONE and MAY, which allow plaintext,
 * and DANE, which may. */
enum tls_level {
	TLS_LEVEL_NONE,
	TLS_LEVEL_MAY,
	TLS_LEVEL_ENCRYPT,
	TLS_LEVEL_FINGERPRINT,
	TLS_LEVEL_DANE,
	TLS_LEVEL_DANE_ONLY,
	TLS_LEVEL_VERIFY,
	TLS_LEVEL_SECURE,
};

/* Those seen so far in one policy. All-zero: none. */
struct tls_attributes {
	unsigned seen; /* bits, by their place in the table */
};

/* One more, as it stands there: NAME=VALUE or {NAME = VALUE}. *weak tells
 * whether it would let weaker TLS in than there was before TLS 1.0. -1 with
 * err for what Postfix refuses at that level. */
int tls_attribute_add(struct tls_attributes *, enum tls_level,
    const char *token, size_t len, bool *weak, struct err *);

/* Behind the last one. */
int tls_attribute_end(const struct tls_attributes *, struct err *);

#endif
