/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_totals.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forceencctl/figures.h"
#include "forceencctl/report_rank.h"

#define REPORT_TOTALS_HOURS 24
#define REPORT_TOTALS_HOUR  3600

/* Columns of the table by hour, and the totals that are added up in each: as
 * pflogsumm does it. */
static const struct {
	const char *name;
	unsigned whats; /* bits of enum store_what */
} report_totals_columns[] = {
    {"received", 1u << STORE_RECEIVED},
    {"delivered", 1u << STORE_HANDED_ON},
    {"deferred", 1u << STORE_DEFERRALS},
    {"bounced", 1u << STORE_RETURNED},
    {"rejected",
	1u << STORE_REJECTED | 1u << STORE_WARNED | 1u << STORE_HELD |
	    1u << STORE_DISCARDED},
};

#define REPORT_TOTALS_COLUMNS \
	(sizeof(report_totals_columns) / sizeof(*report_totals_columns))

struct report_totals {
	const struct report_ask *ask;
	int64_t sum[STORE_WHATS];
	int64_t hour[REPORT_TOTALS_HOURS][REPORT_TOTALS_COLUMNS];
	bool rolled; /* hours of some days aren't known any more */
	json_t *services;
	json_t *gaps;
};

/* Several hours one after the other are one row. */
static const char *
report_totals_why(enum store_what what)
{
	switch ((unsigned)what) {
	case STORE_GAPS:
		return "rotated unread";
	case STORE_LOST:
		return "lost by the logger";
	case STORE_EVICTED:
		return "max_inflight";
	case STORE_UNPARSED:
		return "not understood";
	case STORE_CUT:
		return "line too long";
	default:
		return "repeats nothing";
	}
}

static void
report_totals_gap(struct report_totals *totals, const struct stats_total *total,
    enum store_what what)
{
	int64_t since = total->hour * REPORT_TOTALS_HOUR;
	int64_t until = since + (total->rolled ? 24 : 1) * REPORT_TOTALS_HOUR;
	size_t i = json_array_size(totals->gaps);
	json_t *row;

	while (i-- > 0) {
		row = json_array_get(totals->gaps, i);
		if (strcmp(json_string_value(json_object_get(row, "what")),
			total->what) != 0 ||
		    strcmp(json_string_value(json_object_get(row, "host")),
			total->host) != 0)
			continue;
		if (report_rank_get(row, "until") != since)
			break;
		json_object_set_new(row, "until", json_integer(until));
		report_rank_add(row, "count", total->n);
		return;
	}
	row = json_object();
	json_object_set_new(row, "host", figures_text(total->host));
	json_object_set_new(row, "what", figures_text(total->what));
	json_object_set_new(row, "why", json_string(report_totals_why(what)));
	report_rank_add(row, "since", since);
	report_rank_add(row, "until", until);
	report_rank_add(row, "count", total->n);
	json_array_append_new(totals->gaps, row);
}

static void
report_totals_hour(struct report_totals *totals,
    const struct stats_total *total, enum store_what what)
{
	time_t t = (time_t)(total->hour * REPORT_TOTALS_HOUR);
	struct tm tm;
	size_t i;

	if (total->rolled) {
		totals->rolled = true;
		return;
	}
	if ((totals->ask->period.utc ? gmtime_r(&t, &tm)
				     : localtime_r(&t, &tm)) == NULL)
		return;
	for (i = 0; i < REPORT_TOTALS_COLUMNS; i++)
		if ((report_totals_columns[i].whats & 1u << what) != 0)
			totals->hour[tm.tm_hour][i] += total->n;
}

/* On the first day a message counts that was deferred before as well; on the
 * others it was counted on an earlier one. */
static bool
report_totals_is_first_day(
    const struct report_totals *totals, const struct stats_total *total)
{
	return total->hour * REPORT_TOTALS_HOUR < totals->ask->period.first_end;
}

static void
report_totals_add(const struct stats_total *total, void *arg)
{
	struct report_totals *totals = arg;
	enum store_what what = store_what_find(total->what);

	if (what == STORE_WHATS)
		return;
	if (what >= STORE_GAPS) {
		report_totals_gap(totals, total, what);
		return;
	}
	if (what == STORE_PUT_OFF_BEFORE) {
		if (!report_totals_is_first_day(totals, total))
			return;
		what = STORE_PUT_OFF;
	}
	totals->sum[what] += total->n;
	report_rank_add(report_rank_of(totals->services, total->service),
	    store_what_name(what), total->n);
	report_totals_hour(totals, total, what);
}

static json_t *
report_totals_hours(const struct report_totals *totals)
{
	json_t *list = json_array(), *row;
	unsigned hour, i;
	char text[16];

	for (hour = 0; hour < REPORT_TOTALS_HOURS; hour++) {
		row = json_object();
		snprintf(text, sizeof(text), "%02u-%02u", hour, hour + 1);
		json_object_set_new(row, "hour", json_string(text));
		for (i = 0; i < REPORT_TOTALS_COLUMNS; i++)
			report_rank_add(row, report_totals_columns[i].name,
			    totals->hour[hour][i]);
		json_array_append_new(list, row);
	}
	return list;
}

static void
report_totals_put(struct report_totals *totals, json_t *report)
{
	json_t *sums = json_object();
	unsigned what;

	for (what = 0; what < STORE_GAPS; what++)
		if (what != STORE_PUT_OFF_BEFORE)
			report_rank_add(
			    sums, store_what_name(what), totals->sum[what]);
	json_object_set_new(report, "totals", sums);
	json_object_set(report, "services", totals->services);
	report_rank_put(
	    report, "gaps", json_incref(totals->gaps), totals->ask->limit);
	/* What isn't known by hour isn't said by hour. */
	json_object_set_new(report, "hours",
	    totals->rolled ? json_array() : report_totals_hours(totals));
}

static void
report_totals_distinct(const char *const value[], int64_t count, void *arg)
{
	int64_t *n = arg;

	(void)value;
	(void)count;
	(*n)++;
}

/* How many senders had mail delivered, and where to. */
static int
report_totals_names(
    const struct report_ask *ask, json_t *report, struct err *err)
{
	static const struct {
		enum stats_dimension by;
		const char *name;
	} names[] = {
	    {STATS_SENDER, "senders"}, {STATS_DESTINATION, "destinations"}};
	struct stats_filter filter = {.since = ask->period.since,
	    .until = ask->period.until,
	    .outcomes = 1u << STORE_DELIVERED};
	json_t *totals = json_object_get(report, "totals");
	int64_t n;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		n = 0;
		if (stats_count(ask->store, &filter, &names[i].by, 1,
			report_totals_distinct, &n, err) == -1)
			return -1;
		report_rank_add(totals, names[i].name, n);
	}
	return 0;
}

int
report_totals_gather(
    const struct report_ask *ask, json_t *report, struct err *err)
{
	struct report_totals totals = {
	    .ask = ask, .services = json_object(), .gaps = json_array()};
	struct stats_filter filter = {
	    .since = ask->period.since, .until = ask->period.until};
	int rc =
	    stats_totals(ask->store, &filter, report_totals_add, &totals, err);

	if (rc == 0)
		report_totals_put(&totals, report);
	if (rc == 0)
		rc = report_totals_names(ask, report, err);
	json_decref(totals.services);
	json_decref(totals.gaps);
	return rc;
}
