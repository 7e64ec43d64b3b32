/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_EXPANSION_H
#define WIRE_EXPANSION_H

#include <stddef.h>

#include "forceenc/template.h"

/* Which part of a key the byte behind a "%" asks for: 's', 'u', 'd' (for the
 * upper case letters too) or '1' to '9'. '%' for a percent sign, 0 for what
 * has no meaning. */
char expansion_part(char c);

/* That part, borrowed from the key; SKIP if it is missing or empty. part is
 * one of s u d 1..9. */
enum template_status expansion_value(
    const struct template_key *, char part, const char **value, size_t *len);

/* Explains what is wrong with the "%" that text begins with, for which
 * expansion_part() was 0. Always returns -1. */
int expansion_refuse(const char *text, struct err *);

#endif
