/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_MEM_H
#define FORCEENC_MEM_H

#include <stddef.h>

/*
 * Memory that is there or the program ends: sizes from outside are capped
 * before they reach these functions, so that running out is the machine's
 * condition, and a restart is the way out of it. The caller owns what is
 * returned and frees it with free(3).
 */

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/* As reallocarray(3): an overflow of n * size ends the program too. */
void *mem_resize(void *old, size_t n, size_t size);
char *mem_strdup(const char *s);
/* Copies len bytes and adds a NUL; the bytes may hold NULs of their own. */
char *mem_dup(const char *s, size_t len);

#endif
