/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_PERIOD_H
#define FORCEENC_FORCEENCCTL_REPORT_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * What a report is about: whole days of the local time. What is older than
 * keep_hours is kept by days of UTC; a period that begins there is made of
 * days of UTC with the same dates.
 */
enum report_span {
	REPORT_DAY,
	REPORT_WEEK,  /* the last seven whole days */
	REPORT_MONTH, /* the last whole month of the calendar */
};

struct report_period {
	enum report_span span;
	int64_t first; /* day, since 1970 */
	int64_t days;
	int64_t since;     /* seconds since the epoch */
	int64_t until;     /* not included */
	int64_t first_end; /* where its first day ends */
	bool utc;
	bool open; /* it isn't over */
	char title[80];
	char zone[32];
};

/* day is "today", "yesterday" or a date, and looked at only for REPORT_DAY.
 * -1 with err if it's none of them, or not here yet. */
int report_period_find(struct report_period *, enum report_span,
    const char *day, int64_t now, unsigned keep_hours, struct err *);

/* The one before, as long. */
void report_period_before(struct report_period *, const struct report_period *,
    int64_t now, unsigned keep_hours);

#endif
