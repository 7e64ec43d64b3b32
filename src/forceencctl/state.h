/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_STATE_H
#define FORCEENC_FORCEENCCTL_STATE_H

#include <jansson.h>

#include "forceenc/buf.h"

/* forceencd's reports for people. */
void state_print_status(json_t *record, struct buf *out);
void state_print_cache(json_t *record, struct buf *out);

#endif
