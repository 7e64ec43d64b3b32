/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stddef.h>

#include "forceenc/lookup.h"

/* What both protocols make of an answer before they write it: NOTFOUND has no
 * text, a reason is cut at LOOKUP_TEXT_MAX between two characters, and a value
 * that is empty, or longer than value_max, becomes a TEMP that says so. */
void reply_settle(
    enum lookup_reply *, const char **text, size_t *len, size_t value_max);

#endif
