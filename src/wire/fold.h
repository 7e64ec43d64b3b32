/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_FOLD_H
#define WIRE_FOLD_H

#include <stddef.h>

/*
 * Unicode text without its case, so that what differs only in case or in how
 * its accents are composed becomes the same bytes. in is well-formed UTF-8;
 * out may be the same memory. -1 if the result is longer than size: folding
 * can make a text longer.
 */
int fold_utf8(
    const char *in, size_t len, char *out, size_t size, size_t *out_len);

#endif
