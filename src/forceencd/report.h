/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_REPORT_H
#define FORCEENC_FORCEENCD_REPORT_H

#include <jansson.h>
#include <stdint.h>

#include "forceencd/view.h"

/* The daemon's state as JSON, for forceencctl. The caller owns the value. */
json_t *report_status(const struct view *, uint64_t now);
json_t *report_cache(const struct view *);
json_t *report_fact(const struct view *, const struct cache_entry *);

#endif
