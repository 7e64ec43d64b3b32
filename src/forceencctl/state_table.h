/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_STATE_TABLE_H
#define FORCEENC_FORCEENCCTL_STATE_TABLE_H

#include <jansson.h>

#include "forceenc/buf.h"

/* Adds the tables of all maps with their servers, and what is wrong with
 * each. */
void state_table_add_all(struct buf *out, const json_t *maps);

#endif
