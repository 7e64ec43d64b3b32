/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_period.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forceenc/text.h"

#define REPORT_PERIOD_HOUR 3600
#define REPORT_PERIOD_DAY  86400

/* Days are numbers: of the date, whatever the zone. */
static int64_t
report_period_number(const struct tm *date)
{
	struct tm tm = {.tm_year = date->tm_year,
	    .tm_mon = date->tm_mon,
	    .tm_mday = date->tm_mday};

	return timegm(&tm) / REPORT_PERIOD_DAY;
}

static void
report_period_date(int64_t day, struct tm *tm)
{
	time_t t = (time_t)(day * REPORT_PERIOD_DAY);

	gmtime_r(&t, tm);
}

/* When a day begins here. */
static int64_t
report_period_midnight(int64_t day)
{
	struct tm tm;

	report_period_date(day, &tm);
	tm.tm_isdst = -1;
	return mktime(&tm);
}

static int64_t
report_period_today(int64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;

	localtime_r(&t, &tm);
	return report_period_number(&tm);
}

static void
report_period_title(struct report_period *period)
{
	time_t since = (time_t)period->since;
	char first[32], last[32];
	struct tm tm;

	report_period_date(period->first, &tm);
	if (period->span == REPORT_DAY) {
		strftime(
		    period->title, sizeof(period->title), "%A, %Y-%m-%d", &tm);
	} else if (period->span == REPORT_MONTH) {
		strftime(period->title, sizeof(period->title), "%B %Y", &tm);
	} else {
		strftime(first, sizeof(first), "%Y-%m-%d", &tm);
		report_period_date(period->first + period->days - 1, &tm);
		strftime(last, sizeof(last), "%Y-%m-%d", &tm);
		snprintf(period->title, sizeof(period->title), "%s to %s",
		    first, last);
	}
	snprintf(period->zone, sizeof(period->zone), "UTC");
	if (!period->utc && localtime_r(&since, &tm) != NULL)
		strftime(period->zone, sizeof(period->zone), "%Z", &tm);
}

static void
report_period_set(struct report_period *period, enum report_span span,
    int64_t first, int64_t days, int64_t now, unsigned keep_hours)
{
	/* Whole days of UTC that end before were rolled up. */
	int64_t hours = (now / REPORT_PERIOD_HOUR - keep_hours) / 24 * 24;

	*period =
	    (struct report_period){.span = span, .first = first, .days = days};
	period->since = report_period_midnight(first);
	period->until = report_period_midnight(first + days);
	period->first_end = report_period_midnight(first + 1);
	period->utc = period->since < hours * REPORT_PERIOD_HOUR;
	if (period->utc) {
		period->since = first * REPORT_PERIOD_DAY;
		period->until = (first + days) * REPORT_PERIOD_DAY;
		period->first_end = (first + 1) * REPORT_PERIOD_DAY;
	}
	period->open = period->until > now;
	report_period_title(period);
}

/* The month in front of the one that a day is in. */
static void
report_period_month(
    struct report_period *period, int64_t day, int64_t now, unsigned keep_hours)
{
	int64_t first, end;
	struct tm tm;

	report_period_date(day, &tm);
	tm.tm_mday = 1;
	end = report_period_number(&tm);
	tm.tm_mon--;
	first = report_period_number(&tm);
	report_period_set(
	    period, REPORT_MONTH, first, end - first, now, keep_hours);
}

static int
report_period_day(const char *text, int64_t today, int64_t *day)
{
	struct tm tm = {0};
	const char *end;
	struct tm same;

	if (strcmp(text, "today") == 0) {
		*day = today;
		return 0;
	}
	if (strcmp(text, "yesterday") == 0) {
		*day = today - 1;
		return 0;
	}
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end == NULL || *end != '\0' || strlen(text) != 10)
		return -1;
	*day = report_period_number(&tm);
	report_period_date(*day, &same);
	return same.tm_mday == tm.tm_mday && *day >= 0 ? 0 : -1;
}

int
report_period_find(struct report_period *period, enum report_span span,
    const char *text, int64_t now, unsigned keep_hours, struct err *err)
{
	int64_t today = report_period_today(now), day;

	if (span == REPORT_WEEK) {
		report_period_set(period, span, today - 7, 7, now, keep_hours);
		return 0;
	}
	if (span == REPORT_MONTH) {
		report_period_month(period, today, now, keep_hours);
		return 0;
	}
	if (report_period_day(text, today, &day) == -1)
		return err_set(err,
		    "%s: no such day; write today, yesterday, or a date such "
		    "as 2026-06-21",
		    text_show_str(text));
	if (day > today)
		return err_set(
		    err, "%s: that day is still to come", text_show_str(text));
	report_period_set(period, span, day, 1, now, keep_hours);
	return 0;
}

void
report_period_before(struct report_period *before,
    const struct report_period *period, int64_t now, unsigned keep_hours)
{
	if (period->span == REPORT_MONTH)
		report_period_month(before, period->first, now, keep_hours);
	else
		report_period_set(before, period->span,
		    period->first - period->days, period->days, now,
		    keep_hours);
}
