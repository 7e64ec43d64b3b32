/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_TOTALS_H
#define FORCEENC_FORCEENCCTL_REPORT_TOTALS_H

#include "forceencctl/report_ask.h"

/* Adds what a postmaster counts: totals, services, hours; and gaps, the hours
 * of which something wasn't counted. */
int report_totals_gather(
    const struct report_ask *, json_t *report, struct err *);

#endif
