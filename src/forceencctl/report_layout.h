/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_LAYOUT_H
#define FORCEENC_FORCEENCCTL_REPORT_LAYOUT_H

#include <jansson.h>
#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceencctl/print.h"

/*
 * What a report shows, in which order and words, whatever it's shown as.
 */
enum report_section_kind {
	REPORT_LIST,   /* rows, if there are any */
	REPORT_LEVELS, /* shares with a bar each */
	REPORT_TOTALS, /* names and numbers */
};

struct report_section {
	enum report_section_kind kind;
	const char *name; /* in the record */
	const char *title;
	const char *lead; /* what it's about, NULL: nothing to be said */
	const struct print_column *column;
	unsigned n;
};

extern const struct report_section report_sections[];
extern const unsigned report_sections_n;

/* The lines of the totals. */
struct report_total {
	const char *name; /* in "totals" */
	const char *label;
	bool always; /* also if it's 0 */
	bool bytes;
};

extern const struct report_total report_totals_lines[];
extern const unsigned report_totals_lines_n;

/* "mail.example.com: Sunday, 2026-06-21: 2 problems", without control
 * characters. */
void report_layout_subject(const json_t *report, struct buf *out);
/* "Sunday, 2026-06-21, from 00:00 CEST on; compared with ..." */
void report_layout_period(const json_t *report, struct buf *out);
/* "and 12 more", or nothing. */
void report_layout_more(
    const json_t *report, const char *list, struct buf *out);
/* What stands beside a total: "deferred (39 deferrals)". */
void report_layout_label(
    const json_t *totals, const struct report_total *, struct buf *out);
/* "80.0 %", "-" */
void report_layout_share(const json_t *level, struct buf *out);
/* "+3.0", "-0.5", "0.0", "-": percentage points since the period before. */
void report_layout_change(const json_t *level, struct buf *out);

/* What is said where there is no problem. */
#define REPORT_NO_PROBLEM                                                     \
	"None: no forced mail left without TLS, and none came back for want " \
	"of it."

#endif
