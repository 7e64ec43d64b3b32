/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_READY_H
#define FORCEENC_FORCEENCD_READY_H

#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceencd/view.h"

/*
 * Whether questions get an answer that is more than "try again later": the
 * daemon listens, isn't ending, and for each map every table can be asked, or
 * the map's on_failure bridges those that can't: with one of its answers, or
 * with stale facts while stale_max allows any and something is remembered of
 * that table. Adds a line to why for each thing that is wrong, bridged or not.
 */
bool ready_ask(const struct view *, struct buf *why);

#endif
