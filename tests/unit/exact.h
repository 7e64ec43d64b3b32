/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_EXACT_H
#define TESTS_EXACT_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A copy of exactly len bytes on the heap, so that the sanitizers see a read
 * behind its end. The caller frees it. */
static inline char *
exact_copy(const char *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (copy != NULL && len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

#endif
