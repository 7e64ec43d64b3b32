/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/secret.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

void
secret_set(struct secret *secret, const char *bytes, size_t len)
{
	char *copy = len > 0 ? mem_dup(bytes, len) : NULL;

	secret_fini(secret);
	secret->bytes = copy;
	secret->len = len;
}

void
secret_fini(struct secret *secret)
{
	if (secret->bytes != NULL)
		explicit_bzero(secret->bytes, secret->len);
	free(secret->bytes);
	*secret = (struct secret){0};
}

bool
secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}
