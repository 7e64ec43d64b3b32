/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_ARRAY_H
#define FORCEENC_STORE_STORE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/buf.h"

/*
 * Arrays as PostgreSQL reads them, '{1,2}' and '{"a","b"}', which carry a
 * column of many rows as one parameter; and what text has to be for it.
 *
 * PostgreSQL takes well-formed UTF-8 only, and what is written to a log need
 * not be. A byte that is no part of such a text becomes a character of its
 * own, U+EF00 plus its value, in Unicode's private area; bytes that would be
 * one of these characters themselves are taken for odd ones too. So nothing
 * is lost, no two texts become the same, and what people see is readable.
 */

/* An index holds 2704 bytes a row. Longer names are cut to so many. */
#define STORE_ARRAY_NAME_MAX 1100

/* Adds "{" or "," and the element; text is NUL-terminated. */
void store_array_number(struct buf *, int64_t);
void store_array_name(struct buf *, const char *text, size_t len);
void store_array_text(struct buf *, const char *text);

/* Ends it, and returns it as a string; an array without elements is "{}". */
const char *store_array_end(struct buf *);

/* The same text without an array around it, whatever its length. */
void store_array_encode(struct buf *, const char *text, size_t len);
/* What it was made of. */
void store_array_decode(struct buf *, const char *text, size_t len);

/* A bytea, '\x00ff': there and back. Odd digits are left out. */
void store_array_hex(struct buf *, const void *bytes, size_t len);
void store_array_unhex(struct buf *, const char *hex, size_t len);

#endif
