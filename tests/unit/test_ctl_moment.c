/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "forceenc/stats.h"

#define NOW 1782000000 /* 2026-06-21T00:00:00Z */

static void
moment_reads_what_people_write(void **state)
{
	static const struct {
		const char *text;
		int64_t moment;
	} table[] = {
	    {"all", STATS_ALWAYS},
	    {"7d", NOW - 7 * 86400},
	    {"7", NOW - 7 * 86400},
	    {"12h", NOW - 12 * 3600},
	    {"2w", NOW - 14 * 86400},
	    {"0", NOW},
	    {"2026-06-21Z", NOW},
	    {"2026-06-21T00:00Z", NOW},
	    {"2026-06-21T00:00:09Z", NOW + 9},
	    {"2026-06-21 02:00", NOW}, /* summer time */
	    {"2026-06-21", NOW - 7200},
	    {"2026-01-21T01:00", NOW - 151 * 86400},
	    {"1970-01-01Z", 0},
	};
	struct err err;
	int64_t moment;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (moment_parse(table[i].text, NOW, &moment, &err) == -1)
			fail_msg("%s", err.text);
		if (moment != table[i].moment)
			fail_msg("%s: %lld", table[i].text, (long long)moment);
	}
}

static void
moment_refuses_the_rest(void **state)
{
	static const char *const table[] = {"", "yesterday", "7x", "-7d", "ALL",
	    "2026-02-30", "2026-13-01", "2026-06-21T25:00", "2026-06-21T",
	    "2026-06-21ZZ", "Z", "21.06.2026", "2026-06-21T00:00+02:00",
	    "99999999999999999999d",
	    "2026-06-21T00:00:00.000000000000000000000Z"};
	struct err err;
	int64_t moment;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (moment_parse(table[i], NOW, &moment, &err) != -1)
			fail_msg("%s: %lld", table[i], (long long)moment);
		assert_non_null(strstr(err.text, "no such time"));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moment_reads_what_people_write),
	    cmocka_unit_test(moment_refuses_the_rest),
	};

	/* A rule, since the machine may know no names of zones. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
