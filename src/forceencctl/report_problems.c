/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_problems.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forceenc/buf.h"
#include "forceencctl/print.h"
#include "forceencctl/report_rank.h"

/* A log that is busy is always a little ahead. */
#define REPORT_PROBLEMS_LATE 300

/* One that runs commits every ten minutes, even if nothing is logged. */
#define REPORT_PROBLEMS_SILENT 1500

/* Another host that is silent for longer is one that was taken away. */
#define REPORT_PROBLEMS_GONE (28 * 86400)

struct report_problems {
	json_t *report;
	json_t *list;
};

static void
report_problems_say(struct report_problems *problems, const char *severity,
    const char *id, struct buf *text)
{
	json_t *row = json_object();

	json_object_set_new(row, "id", json_string(id));
	json_object_set_new(row, "severity", json_string(severity));
	json_object_set_new(row, "text", print_string(text->data, text->len));
	json_array_append_new(problems->list, row);
	buf_fini(text);
}

/* "1 recipient", "2 recipients" */
static void
report_problems_count(struct buf *text, int64_t n, const char *what)
{
	buf_printf(text, "%" PRId64 " %s%s", n, what, n == 1 ? "" : "s");
}

static int64_t
report_problems_sum(const struct report_problems *problems, const char *what)
{
	return report_rank_get(
	    json_object_get(problems->report, "guarantee"), what);
}

/* How long a list is, what isn't shown included. */
static int64_t
report_problems_length(const struct report_problems *problems, const char *name)
{
	return (int64_t)json_array_size(
		   json_object_get(problems->report, name)) +
	    report_rank_get(json_object_get(problems->report, "more"), name);
}

static void
report_problems_guarantee(struct report_problems *problems)
{
	int64_t leaked = report_problems_sum(problems, "leaked");
	int64_t unproven = report_problems_sum(problems, "unproven");
	int64_t hard = report_problems_sum(problems, "hard");
	int64_t soft = report_problems_sum(problems, "soft");
	struct buf text = {0};

	if (leaked > 0) {
		report_problems_count(&text, leaked, "recipient");
		buf_add_text(&text,
		    " of forced mail got it in plaintext; run "
		    "\"forceencctl audit\"");
		report_problems_say(problems, "alarm", "leaked", &text);
	}
	if (unproven > 0) {
		report_problems_count(&text, unproven, "recipient");
		buf_add_text(&text,
		    " of forced mail got it, and the log doesn't say whether "
		    "over TLS");
		report_problems_say(problems, "alarm", "unproven", &text);
	}
	if (hard > 0) {
		report_problems_count(&text, hard, "recipient");
		buf_add_text(&text,
		    ": TLS was enforced and couldn't be had, so the mail came "
		    "back");
		report_problems_say(problems, "problem", "hard", &text);
	}
	if (soft > 0) {
		report_problems_count(&text, soft, "deferral");
		buf_add_text(
		    &text, ": TLS was enforced and couldn't be had for now");
		report_problems_say(problems, "problem", "soft", &text);
	}
}

static void
report_problems_lists(struct report_problems *problems)
{
	int64_t vanished = report_problems_length(problems, "tls_vanished");
	struct buf text = {0};

	if (vanished > 0) {
		buf_add_text(&text, "no TLS any more at ");
		report_problems_count(&text, vanished, "destination");
		report_problems_say(problems, "problem", "vanished", &text);
	}
	if (report_problems_length(problems, "gaps") > 0) {
		buf_add_text(&text,
		    "not all of the log was counted: see \"What wasn't "
		    "counted\"");
		report_problems_say(problems, "problem", "gaps", &text);
	}
}

static void
report_problems_time(struct buf *text, int64_t at, bool utc)
{
	time_t t = (time_t)at;
	struct tm tm;
	char shown[64];

	if ((utc ? gmtime_r(&t, &tm) : localtime_r(&t, &tm)) == NULL)
		return;
	strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M", &tm);
	buf_add_text(text, shown);
}

static void
report_problems_watcher(
    struct report_problems *problems, const json_t *row, int64_t now)
{
	int64_t time = report_rank_get(row, "time");
	int64_t behind = report_rank_get(row, "bytes_behind");
	struct buf text = {0};

	buf_printf(&text, "forceenc-watch on %s ", print_text_of(row, "host"));
	if (now - time > REPORT_PROBLEMS_GONE &&
	    json_object_get(row, "uncounted") == NULL) {
		buf_add_text(&text,
		    "has counted nothing for four weeks; a host that was "
		    "taken away?");
		report_problems_say(problems, "note", "gone", &text);
	} else if (now - time > REPORT_PROBLEMS_SILENT) {
		buf_add_text(&text,
		    "isn't running, or can't write; what it has counted ends "
		    "at ");
		report_problems_time(&text, time, false);
		report_problems_say(problems, "problem", "stopped", &text);
	} else if (report_rank_get(row, "uncounted") > REPORT_PROBLEMS_LATE) {
		buf_add_text(&text, "hasn't counted what was logged since ");
		report_problems_time(&text, time, false);
		report_problems_say(problems, "problem", "late", &text);
	} else if (behind > 0 && now - time <= REPORT_PROBLEMS_LATE) {
		buf_add_text(&text, "is behind by ");
		print_add_size(&text, behind);
		buf_add_text(&text, " of log");
		report_problems_say(problems, "note", "behind", &text);
	} else {
		buf_fini(&text);
	}
}

static void
report_problems_coverage(struct report_problems *problems, int64_t now)
{
	const json_t *watchers = json_object_get(problems->report, "watchers");
	const json_t *since = json_object_get(problems->report, "known_since");
	const json_t *period = json_object_get(problems->report, "period");
	bool utc = json_is_true(json_object_get(period, "utc"));
	struct buf text = {0};
	const json_t *row;
	size_t i;

	if (json_is_null(since)) {
		buf_add_text(&text,
		    "the statistics are empty: forceenc-watch "
		    "has counted nothing yet");
		report_problems_say(problems, "problem", "empty", &text);
	} else if (json_integer_value(since) >
	    report_rank_get(period, "since")) {
		buf_add_text(&text,
		    "not all of this time is known: the statistics begin at ");
		report_problems_time(&text, json_integer_value(since), utc);
		report_problems_say(problems, "note", "incomplete", &text);
	}
	json_array_foreach (watchers, i, row)
		report_problems_watcher(problems, row, now);
	if (json_array_size(watchers) == 0 && !json_is_null(since)) {
		buf_add_text(&text,
		    "forceenc-watch has never followed a log; what is known "
		    "was imported");
		report_problems_say(problems, "note", "imported", &text);
	}
}

void
report_problems_add(json_t *report, int64_t now)
{
	struct report_problems problems = {report, json_array()};

	report_problems_guarantee(&problems);
	report_problems_lists(&problems);
	report_problems_coverage(&problems, now);
	json_object_set_new(report, "problems", problems.list);
}
