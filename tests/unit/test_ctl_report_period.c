/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report_period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define KEEP 100000 /* everything is kept by hour */
#define HOUR INT64_C(3600)

static void
zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static int64_t
at(int year, int month, int day, int hour)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_isdst = -1};

	return mktime(&tm);
}

static struct report_period
found(enum report_span span, const char *day, int64_t now, unsigned keep)
{
	struct report_period period;
	struct err err;

	if (report_period_find(&period, span, day, now, keep, &err) == -1)
		fail_msg("%s", err.text);
	return period;
}

static void
assert_period(const struct report_period *period, int64_t since, int64_t until,
    const char *title)
{
	assert_int_equal(period->since, since);
	assert_int_equal(period->until, until);
	assert_string_equal(period->title, title);
}

static void
period_of_a_day(void **state)
{
	struct report_period period, before;
	int64_t now;

	(void)state;
	zone("Europe/Berlin");
	now = at(2026, 6, 22, 8);
	period = found(REPORT_DAY, "yesterday", now, KEEP);
	assert_period(&period, at(2026, 6, 21, 0), at(2026, 6, 22, 0),
	    "Sunday, 2026-06-21");
	assert_string_equal(period.zone, "CEST");
	assert_false(period.open);
	report_period_before(&before, &period, now, KEEP);
	assert_period(&before, at(2026, 6, 20, 0), at(2026, 6, 21, 0),
	    "Saturday, 2026-06-20");
	period = found(REPORT_DAY, "today", now, KEEP);
	assert_period(&period, at(2026, 6, 22, 0), at(2026, 6, 23, 0),
	    "Monday, 2026-06-22");
	assert_true(period.open);
	period = found(REPORT_DAY, "2025-12-31", now, KEEP);
	assert_period(&period, at(2025, 12, 31, 0), at(2026, 1, 1, 0),
	    "Wednesday, 2025-12-31");
	assert_string_equal(period.zone, "CET");
}

/* They have 23 and 25 hours. */
static void
period_of_a_day_of_the_clocks(void **state)
{
	struct report_period period;
	int64_t now;

	(void)state;
	zone("Europe/Berlin");
	now = at(2026, 11, 1, 0);
	period = found(REPORT_DAY, "2026-10-25", now, KEEP);
	assert_int_equal(period.until - period.since, 25 * HOUR);
	period = found(REPORT_DAY, "2026-03-29", now, KEEP);
	assert_int_equal(period.until - period.since, 23 * HOUR);
	/* Here midnight doesn't exist on that day. */
	zone("America/Santiago");
	now = at(2026, 11, 1, 0);
	period = found(REPORT_DAY, "2026-09-06", now, KEEP);
	assert_int_equal(period.until - period.since, 23 * HOUR);
	zone("Asia/Kolkata");
	now = at(2026, 6, 22, 1);
	period = found(REPORT_DAY, "yesterday", now, KEEP);
	assert_period(&period, at(2026, 6, 21, 0), at(2026, 6, 22, 0),
	    "Sunday, 2026-06-21");
}

static void
period_of_a_week_and_a_month(void **state)
{
	struct report_period period, before;
	int64_t now;

	(void)state;
	zone("Europe/Berlin");
	now = at(2026, 3, 31, 23);
	period = found(REPORT_WEEK, NULL, now, KEEP);
	assert_period(&period, at(2026, 3, 24, 0), at(2026, 3, 31, 0),
	    "2026-03-24 to 2026-03-30");
	report_period_before(&before, &period, now, KEEP);
	assert_period(&before, at(2026, 3, 17, 0), at(2026, 3, 24, 0),
	    "2026-03-17 to 2026-03-23");
	period = found(REPORT_MONTH, NULL, now, KEEP);
	assert_period(
	    &period, at(2026, 2, 1, 0), at(2026, 3, 1, 0), "February 2026");
	report_period_before(&before, &period, now, KEEP);
	assert_period(
	    &before, at(2026, 1, 1, 0), at(2026, 2, 1, 0), "January 2026");
	now = at(2026, 1, 1, 0);
	period = found(REPORT_MONTH, NULL, now, KEEP);
	assert_period(
	    &period, at(2025, 12, 1, 0), at(2026, 1, 1, 0), "December 2025");
}

/* What was rolled up is known by days of UTC only. */
static void
period_of_long_ago(void **state)
{
	struct report_period period;
	int64_t now;

	(void)state;
	zone("Europe/Berlin");
	now = at(2026, 6, 22, 8);
	period = found(REPORT_DAY, "2026-06-15", now, 192);
	assert_false(period.utc);
	period = found(REPORT_DAY, "2026-06-14", now, 192);
	assert_true(period.utc);
	assert_int_equal(period.since % 86400, 0);
	assert_int_equal(period.until - period.since, 86400);
	assert_int_equal(period.since, at(2026, 6, 14, 0) + 2 * HOUR);
	assert_string_equal(period.zone, "UTC");
	period = found(REPORT_MONTH, NULL, now, 192);
	assert_true(period.utc);
	assert_int_equal(period.until - period.since, 31 * 86400);
}

static void
period_refuses(void **state)
{
	static const char *const bad[] = {"", "tomorrow", "2026-02-30",
	    "2026-6-1", "2026-06-21x", "21.6.2026", "2026-06-23", "1969-01-01",
	    "7"};
	struct report_period period;
	struct err err;
	size_t i;

	(void)state;
	zone("Europe/Berlin");
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (report_period_find(&period, REPORT_DAY, bad[i],
			at(2026, 6, 22, 8), KEEP, &err) == 0)
			fail_msg("%s", bad[i]);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(period_of_a_day),
	    cmocka_unit_test(period_of_a_day_of_the_clocks),
	    cmocka_unit_test(period_of_a_week_and_a_month),
	    cmocka_unit_test(period_of_long_ago),
	    cmocka_unit_test(period_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
