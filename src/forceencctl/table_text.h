/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_TABLE_TEXT_H
#define FORCEENC_FORCEENCCTL_TABLE_TEXT_H

#include <stddef.h>

#include "forceenc/buf.h"

/*
 * The text of a table file, bytes to entries "key TAB value NEWLINE". Of
 * pcre_table(5) and regexp_table(5) the key is the pattern with its
 * delimiters; "if" and "endif" are no entries. Whatever can't be an entry is
 * passed over, as Postfix does with a warning.
 */
enum table_text {
	TABLE_TEXT_PLAIN,    /* cidr: the key ends at white space */
	TABLE_TEXT_PATTERNS, /* pcre, regexp */
};

void table_text_parse(
    enum table_text, const char *bytes, size_t len, struct buf *out);

/* The lines of a table that stands in its own name, "{ { line }, { line } }";
 * what is closed wrongly ends it. */
void table_text_inline(const char *spec, struct buf *out);

#endif
