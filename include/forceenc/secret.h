/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_SECRET_H
#define FORCEENC_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A password. A type of its own, so that none is printed by mistake; it's
 * wiped before its memory is given back. An all-zero struct is an empty one.
 */
struct secret {
	char *bytes; /* owned, with a NUL behind them; NULL: empty */
	size_t len;
};

/* Copies; what was there before is wiped. bytes hold no NUL. */
void secret_set(struct secret *, const char *bytes, size_t len);
void secret_fini(struct secret *);
bool secret_equal(const struct secret *, const struct secret *);

#endif
