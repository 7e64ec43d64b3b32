/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_WALK_H
#define FORCEENC_FORCEENCCTL_WALK_H

#include <jansson.h>

#include "forceenc/buf.h"

/* Shows the walk of a question, as forceencd has written it down, to a
 * person: each key with what each table said, the answer and why. */
void walk_print(json_t *record, struct buf *out);

#endif
