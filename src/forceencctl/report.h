/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_H
#define FORCEENC_FORCEENCCTL_REPORT_H

#include <jansson.h>

#include "forceencctl/report_ask.h"

/*
 * A report is a JSON object: report.c gathers it, report_text.c and
 * report_html.c show it, by the sections of report_layout.c. Whatever names
 * are in it may hold control characters.
 */
/* -1 with err if the statistics can't be asked. */
int report_gather(const struct report_ask *, json_t **report, struct err *);

#endif
