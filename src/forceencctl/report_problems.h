/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_PROBLEMS_H
#define FORCEENC_FORCEENCCTL_REPORT_PROBLEMS_H

#include <jansson.h>
#include <stdint.h>

/* Adds "problems", the worst first, each with id, severity ("alarm", "problem"
 * or "note") and text, as they follow from what else was gathered. */
void report_problems_add(json_t *report, int64_t now);

#endif
