/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "forceencctl/state.h"

static const struct print_column print_columns[] = {
    {"name", "NAME", PRINT_TEXT, 8},
    {"count", "COUNT", PRINT_COUNT, 0},
    {"age", "AGE", PRINT_AGE, 0},
    {"ok", "OK", PRINT_YESNO, 0},
    {"time", "TIME", PRINT_TIME, 0},
};

#define PRINT_COLUMNS (sizeof(print_columns) / sizeof(*print_columns))

static const char *const print_records[] = {
    "{\"name\": \"a\", \"count\": 7, \"age\": 0.25, \"ok\": true, "
    "\"time\": 0, \"other\": \"x\"}",
    "{\"name\": \"\\u6771\\u4eac e\\u0301\", \"count\": 1}",
    "{\"name\": \"j\\u00f6rg\", \"count\": 12345, \"age\": 61, "
    "\"ok\": false, \"time\": 1700000000}",
    "{\"name\": \"longer than eight\", \"count\": 0, \"age\": 90061.5}",
    "{\"name\": \"t\\tn\\n\\u001b[2J\\\\\", \"ok\": null}",
};

static json_t *
print_parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (json == NULL)
		fail_msg("%s: %s", text, error.text);
	return json;
}

static void
print_all(enum print_form form, struct buf *out)
{
	struct print_rows *rows =
	    print_rows_new(form, print_columns, PRINT_COLUMNS);
	json_t *record;
	size_t i;

	for (i = 0; i < sizeof(print_records) / sizeof(*print_records); i++) {
		record = print_parse(print_records[i]);
		print_rows_add(rows, record);
		json_decref(record);
	}
	assert_int_equal(print_rows_count(rows), i);
	print_rows_end(rows, out);
}

static void
print_makes_tables(void **state)
{
	struct buf out = {0};

	(void)state;
	print_all(PRINT_TABLE, &out);
	assert_string_equal(buf_text(&out),
	    "NAME      COUNT  AGE    OK   TIME\n"
	    "a             7  <1s    yes  1970-01-01 00:00\n"
	    "\xe6\x9d\xb1\xe4\xba\xac e\xcc\x81        1  -      -    -\n"
	    "j\xc3\xb6rg      12345  1m 1s  no   2023-11-14 22:13\n"
	    "longer than eight      0  1d 1h  -    -\n"
	    "t\\x09n\\x0a\\x1b[2J\\\\      -  -      -    -\n");
	buf_fini(&out);
}

static void
print_makes_tsv(void **state)
{
	struct buf out = {0};

	(void)state;
	print_all(PRINT_TSV, &out);
	assert_string_equal(buf_text(&out),
	    "a\t7\t0.250\tyes\t1970-01-01T00:00:00Z\n"
	    "\xe6\x9d\xb1\xe4\xba\xac e\xcc\x81\t1\t\t\t\n"
	    "j\xc3\xb6rg\t12345\t61\tno\t2023-11-14T22:13:20Z\n"
	    "longer than eight\t0\t90061.500\t\t\n"
	    "t\\x09n\\x0a\\x1b[2J\\\\\t\t\t\t\n");
	buf_fini(&out);
}

/* JSON has all members, not only the columns, and loses nothing. */
static void
print_makes_json(void **state)
{
	json_t *list, *record;
	struct buf out = {0};
	size_t i;

	(void)state;
	print_all(PRINT_JSON, &out);
	list = print_parse(buf_text(&out));
	assert_int_equal(json_array_size(list),
	    sizeof(print_records) / sizeof(*print_records));
	for (i = 0; i < json_array_size(list); i++) {
		record = print_parse(print_records[i]);
		assert_true(json_equal(record, json_array_get(list, i)));
		json_decref(record);
	}
	json_decref(list);
	buf_fini(&out);
}

static void
print_shows_no_rows(void **state)
{
	static const char *const expected[] = {
	    [PRINT_TABLE] = "", [PRINT_TSV] = "", [PRINT_JSON] = "[]\n"};
	struct buf out = {0};
	int form;

	(void)state;
	for (form = PRINT_TABLE; form <= PRINT_JSON; form++) {
		buf_clear(&out);
		print_rows_end(print_rows_new((enum print_form)form,
				   print_columns, PRINT_COLUMNS),
		    &out);
		assert_string_equal(buf_text(&out), expected[form]);
	}
	buf_fini(&out);
}

static void
print_flattens_a_record(void **state)
{
	json_t *record = print_parse(
	    "{\"a\": \"x\\ty\", \"b\": {\"c\": 1, \"d\": {\"e\": true}},"
	    " \"list\": [{\"n\": 1}, {\"n\": 2.5}], \"words\": [\"p\", \"q\"],"
	    " \"none\": null, \"empty\": []}");
	struct buf out = {0};

	(void)state;
	print_record(PRINT_TSV, record, &out);
	assert_string_equal(buf_text(&out),
	    "a\tx\\x09y\nb.c\t1\nb.d.e\tyes\nlist.0.n\t1\n"
	    "list.1.n\t2.500\nwords\tp, q\nnone\t\nempty\t\n");
	json_decref(record);
	buf_fini(&out);
}

static void
print_makes_strings_of_any_bytes(void **state)
{
	json_t *string = print_string("a\xff\x00z\xc3\xa4", 6);

	(void)state;
	assert_string_equal(json_string_value(string), "a\\xff\\x00z\xc3\xa4");
	json_decref(string);
	string = print_string("\xc3\xa4\\", 3);
	assert_string_equal(json_string_value(string), "\xc3\xa4\\");
	json_decref(string);
}

/* Longer than any buffer that text is made printable in. */
static void
print_cuts_no_text(void **state)
{
	struct buf in = {0}, out = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 2000; i++)
		buf_add(&in, "\xe2\x82\xac\x01", 4);
	print_add_text(&out, in.data, in.len);
	assert_int_equal(out.len, 2000 * 7);
	for (i = 0; i < 2000; i++)
		assert_memory_equal(out.data + i * 7, "\xe2\x82\xac\\x01", 7);
	buf_fini(&in);
	buf_fini(&out);
}

static void
print_writes_times_and_sizes(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} ages[] = {{-1, "<1s"}, {0.999, "<1s"}, {1, "1s"}, {59.9, "59s"},
	    {60, "1m 0s"}, {3599, "59m 59s"}, {3600, "1h 0m"},
	    {86399, "23h 59m"}, {86400, "1d 0h"}, {1e9, "11574d 1h"}};
	static const struct {
		int64_t bytes;
		const char *text;
	} sizes[] = {{0, "0 bytes"}, {1023, "1023 bytes"}, {1024, "1.0K"},
	    {1536, "1.5K"}, {64 << 20, "64.0M"}, {INT64_C(32) << 30, "32.0G"},
	    {INT64_C(5000) << 40, "5000.0T"}};
	static const struct {
		double ms;
		const char *text;
	} times[] = {{0, "0.00"}, {0.023, "0.02"}, {1, "1.0"}, {9.94, "9.9"},
	    {12.4, "12"}, {240000, "240000"}};
	struct buf out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		buf_clear(&out);
		print_add_ms(&out, times[i].ms);
		assert_string_equal(buf_text(&out), times[i].text);
	}
	for (i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		buf_clear(&out);
		print_add_age(&out, ages[i].seconds);
		assert_string_equal(buf_text(&out), ages[i].text);
	}
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		buf_clear(&out);
		print_add_size(&out, sizes[i].bytes);
		assert_string_equal(buf_text(&out), sizes[i].text);
	}
	buf_fini(&out);
}

/* A busy daemon with turns of every length. */
static void
status_fits_a_terminal(void **state)
{
	static const int below_ms[] = {1, 2, 5, 10, 20, 50, 100};
	json_t *steps = json_array(), *record;
	struct buf out = {0};
	const char *line;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(below_ms) / sizeof(*below_ms); i++)
		json_array_append_new(steps,
		    json_pack("{s:i, s:i}", "below_ms", below_ms[i], "turns",
			100000000));
	json_array_append_new(
	    steps, json_pack("{s:n, s:i}", "below_ms", "turns", 7654321));
	record = json_pack("{s:{s:o}}", "loop", "by_time", steps);
	state_print_status(record, &out);
	assert_non_null(strstr(buf_text(&out), "<1ms: 100000000 <2ms"));
	assert_non_null(strstr(buf_text(&out), "more: 7654321\n"));
	for (line = buf_text(&out); *line != '\0'; line += len + 1) {
		len = strcspn(line, "\n");
		assert_true(len <= 80);
	}
	json_decref(record);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(print_makes_tables),
	    cmocka_unit_test(print_makes_tsv),
	    cmocka_unit_test(print_makes_json),
	    cmocka_unit_test(print_shows_no_rows),
	    cmocka_unit_test(print_flattens_a_record),
	    cmocka_unit_test(print_makes_strings_of_any_bytes),
	    cmocka_unit_test(print_cuts_no_text),
	    cmocka_unit_test(print_writes_times_and_sizes),
	    cmocka_unit_test(status_fits_a_terminal),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
