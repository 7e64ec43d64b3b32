/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/mem.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/must.h"

static void *
mem_check(void *p, size_t size)
{
	if (p == NULL && size > 0)
		must_fatal("out of memory (asked for %zu bytes)", size);
	return p;
}

void *
mem_alloc(size_t size)
{
	return mem_check(malloc(size), size);
}

void *
mem_zalloc(size_t size)
{
	return mem_check(calloc(1, size), size);
}

void *
mem_resize(void *old, size_t n, size_t size)
{
	return mem_check(reallocarray(old, n, size), n > 0 ? size : 0);
}

char *
mem_strdup(const char *s)
{
	return mem_dup(s, strlen(s));
}

char *
mem_dup(const char *s, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}
