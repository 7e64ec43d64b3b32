/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/prometheus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void
test_page_is(struct prometheus *page, const char *wanted)
{
	assert_string_equal(buf_text(&page->out), wanted);
	prometheus_fini(page);
}

static void
test_families(void **state)
{
	struct prometheus page = {0};

	(void)state;
	prometheus_counter(&page, "lines_total", "Lines.", 7);
	prometheus_gauge(&page, "bytes", "Bytes.", UINT64_MAX);
	prometheus_family(&page, PROMETHEUS_COUNTER, "asked_total", "Asked.");
	prometheus_label(&page, "map", "a");
	prometheus_label(&page, "outcome", "b");
	prometheus_count(&page, 1);
	prometheus_count(&page, 0);
	test_page_is(&page,
	    "# HELP lines_total Lines.\n# TYPE lines_total counter\n"
	    "lines_total 7\n"
	    "# HELP bytes Bytes.\n# TYPE bytes gauge\n"
	    "bytes 18446744073709551615\n"
	    "# HELP asked_total Asked.\n# TYPE asked_total counter\n"
	    "asked_total{map=\"a\",outcome=\"b\"} 1\n"
	    "asked_total 0\n");
}

struct label_row {
	const char *in;
	const char *out;
};

static const struct label_row label_rows[] = {
    {"", ""},
    {"sqlite:/etc/forceenc/policy.cf", "sqlite:/etc/forceenc/policy.cf"},
    {"a\"b", "a\\\"b"},
    {"a\\", "a\\\\"},
    {"\\n", "\\\\n"},
    {"a\nb", "a\\nb"},
    {"{},= #", "{},= #"},
    {"j\xc3\xb6rg \xf0\x9f\x98\x80", "j\xc3\xb6rg \xf0\x9f\x98\x80"},
    {"\x01\x1b\x7f\r", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a\xff"
     "b",
	"a\xef\xbf\xbd"
	"b"},
    {"\xc3", "\xef\xbf\xbd"},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc0\xa2", "\xef\xbf\xbd\xef\xbf\xbd"},
};

static void
test_labels(void **state)
{
	struct prometheus page;
	char wanted[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(label_rows) / sizeof(*label_rows); i++) {
		page = (struct prometheus){.name = "n"};
		prometheus_label(&page, "l", label_rows[i].in);
		prometheus_count(&page, 1);
		snprintf(wanted, sizeof(wanted), "n{l=\"%s\"} 1\n",
		    label_rows[i].out);
		test_page_is(&page, wanted);
	}
}

static void
test_reals(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {{0, "n 0\n"}, {-1.5, "n -1.5\n"}, {1e-6, "n 1e-06\n"},
	    {1700000000.125, "n 1700000000.125\n"}, {INFINITY, "n +Inf\n"},
	    {-INFINITY, "n -Inf\n"}, {NAN, "n NaN\n"}};
	struct prometheus page;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		page = (struct prometheus){.name = "n"};
		prometheus_real(&page, rows[i].value);
		test_page_is(&page, rows[i].text);
	}
}

static void
test_histogram(void **state)
{
	static const struct prometheus_bucket buckets[] = {
	    {0.001, 3}, {0.002, 0}, {0.004, 2}};
	struct prometheus page = {0};

	(void)state;
	prometheus_family(&page, PROMETHEUS_HISTOGRAM, "took_seconds", "Took.");
	prometheus_label(&page, "map", "m");
	prometheus_histogram(&page, buckets, 3, 1, 0.25);
	prometheus_histogram(&page, buckets, 0, 0, 0);
	test_page_is(&page,
	    "# HELP took_seconds Took.\n# TYPE took_seconds histogram\n"
	    "took_seconds_bucket{map=\"m\",le=\"0.001\"} 3\n"
	    "took_seconds_bucket{map=\"m\",le=\"0.002\"} 3\n"
	    "took_seconds_bucket{map=\"m\",le=\"0.004\"} 5\n"
	    "took_seconds_bucket{map=\"m\",le=\"+Inf\"} 6\n"
	    "took_seconds_sum{map=\"m\"} 0.25\n"
	    "took_seconds_count{map=\"m\"} 6\n"
	    "took_seconds_bucket{le=\"+Inf\"} 0\n"
	    "took_seconds_sum 0\n"
	    "took_seconds_count 0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_reals),
	    cmocka_unit_test(test_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
