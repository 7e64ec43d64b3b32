/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/netstring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"

#define BYTES(s) s, sizeof(s) - 1

struct test_row {
	const char *in;
	size_t len;
	size_t max;
	enum netstring_status status;
	const char *payload; /* OK: what it holds; BAD: a word of why */
	size_t payload_len;
	size_t used;
};

static const struct test_row test_rows[] = {
    {BYTES("5:hello,"), 100, NETSTRING_OK, BYTES("hello"), 8},
    {BYTES("0:,"), 100, NETSTRING_OK, BYTES(""), 3},
    {BYTES("0:,"), 0, NETSTRING_OK, BYTES(""), 3},
    {BYTES("3:\0,:,x"), 100, NETSTRING_OK, BYTES("\0,:"), 6},
    {BYTES("5:hello,5:world,"), 5, NETSTRING_OK, BYTES("hello"), 8},
    {BYTES("12:hello, world,"), 12, NETSTRING_OK, BYTES("hello, world"), 16},
    {BYTES("4:\xff\xfe\r\n,"), 4, NETSTRING_OK, BYTES("\xff\xfe\r\n"), 7},

    {BYTES(""), 100, NETSTRING_MORE, NULL, 0, 0},
    {BYTES("9"), 100, NETSTRING_MORE, NULL, 0, 0},
    {BYTES("0"), 0, NETSTRING_MORE, NULL, 0, 0},
    {BYTES("100"), 100, NETSTRING_MORE, NULL, 0, 0},
    {BYTES("18446744073709551615:"), SIZE_MAX, NETSTRING_MORE, NULL, 0, 0},
    {BYTES("18446744073709551614:x"), SIZE_MAX, NETSTRING_MORE, NULL, 0, 0},

    {BYTES("5:hellox"), 100, NETSTRING_BAD, BYTES("comma"), 0},
    {BYTES("5:hello:"), 100, NETSTRING_BAD, BYTES("comma"), 0},
    {BYTES("0:x"), 100, NETSTRING_BAD, BYTES("comma"), 0},
    {BYTES(":"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("x"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("\0"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES(" 5:hello,"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("5 :hello,"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("+5:hello,"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("-1:"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("5;hello,"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("0x5:hello,"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("GET / HTTP/1.1\r\n"), 100, NETSTRING_BAD, BYTES("no length"), 0},
    {BYTES("05:hello,"), 100, NETSTRING_BAD, BYTES("leading zero"), 0},
    {BYTES("00"), 100, NETSTRING_BAD, BYTES("leading zero"), 0},
    {BYTES("101"), 100, NETSTRING_BAD, BYTES("too long"), 0},
    {BYTES("6:"), 5, NETSTRING_BAD, BYTES("too long"), 0},
    {BYTES("1"), 0, NETSTRING_BAD, BYTES("too long"), 0},
    {BYTES("18446744073709551616:"), SIZE_MAX, NETSTRING_BAD, BYTES("too long"),
	0},
    {BYTES("99999999999999999999999999:"), SIZE_MAX, NETSTRING_BAD,
	BYTES("too long"), 0},
};

#define TEST_ROWS (sizeof(test_rows) / sizeof(test_rows[0]))

struct test_result {
	const char *payload;
	size_t payload_len;
	size_t used;
	const char *why;
};

static enum netstring_status
test_parse(const char *in, size_t len, size_t max, struct test_result *result)
{
	*result = (struct test_result){0};
	return netstring_parse(in, len, max, &result->payload,
	    &result->payload_len, &result->used, &result->why);
}

static void
test_parse_rows(void **state)
{
	struct test_result got;
	enum netstring_status status;
	char *in;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_ROWS; i++) {
		const struct test_row *row = &test_rows[i];

		in = exact_copy(row->in, row->len);
		status = test_parse(in, row->len, row->max, &got);
		if (status != row->status)
			fail_msg("row %zu \"%s\": status %d", i, row->in,
			    (int)status);
		switch (status) {
		case NETSTRING_OK:
			assert_int_equal(got.payload_len, row->payload_len);
			assert_memory_equal(
			    got.payload, row->payload, row->payload_len);
			assert_int_equal(got.used, row->used);
			assert_ptr_equal(
			    got.payload + got.payload_len + 1, in + got.used);
			break;
		case NETSTRING_MORE:
			assert_null(got.payload);
			assert_int_equal(got.used, 0);
			break;
		case NETSTRING_BAD:
			assert_non_null(got.why);
			if (strstr(got.why, row->payload) == NULL)
				fail_msg("row %zu: why is \"%s\"", i, got.why);
			break;
		}
		free(in);
	}
}

/* A beginning of a good one is never refused, and what is BAD stays so
 * whatever follows. */
static void
test_split_everywhere(void **state)
{
	struct test_result got;
	enum netstring_status status;
	char *in;
	size_t i, n;

	(void)state;
	for (i = 0; i < TEST_ROWS; i++) {
		const struct test_row *row = &test_rows[i];
		bool bad = false;

		for (n = 0; n <= row->len; n++) {
			in = exact_copy(row->in, n);
			status = test_parse(in, n, row->max, &got);
			free(in);
			if (row->status == NETSTRING_OK)
				assert_int_equal(status,
				    n < row->used ? NETSTRING_MORE
						  : NETSTRING_OK);
			if (row->status == NETSTRING_MORE)
				assert_int_equal(status, NETSTRING_MORE);
			assert_false(bad && status != NETSTRING_BAD);
			bad = status == NETSTRING_BAD;
		}
	}
}

static void
test_add_bytes(void **state)
{
	struct buf out = {0};

	(void)state;
	netstring_add(&out, "hello", 5);
	netstring_add(&out, NULL, 0);
	netstring_add(&out, "\0,9:", 4);
	netstring_add(&out, "0123456789", 10);
	assert_int_equal(out.len, 8 + 3 + 7 + 14);
	assert_memory_equal(
	    out.data, "5:hello,0:,4:\0,9:,10:0123456789,", out.len);
	buf_fini(&out);
}

static void
test_round_trip_lengths(void **state)
{
	static char payload[100002];
	static const size_t lengths[] = {0, 1, 9, 10, 11, 99, 100, 101, 999,
	    1000, 1001, 9999, 10000, 10001, 99999, 100000, 100001};
	struct test_result got;
	struct buf out = {0};
	char head[32];
	size_t i, n;

	(void)state;
	memset(payload, 'p', sizeof(payload));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		n = lengths[i];
		buf_clear(&out);
		netstring_add(&out, payload, n);
		snprintf(head, sizeof(head), "%zu:", n);
		assert_int_equal(out.len, strlen(head) + n + 1);
		assert_memory_equal(out.data, head, strlen(head));
		assert_int_equal(
		    test_parse(out.data, out.len, n, &got), NETSTRING_OK);
		assert_int_equal(got.payload_len, n);
		assert_memory_equal(got.payload, payload, n);
		assert_int_equal(got.used, out.len);
		if (n > 0)
			assert_int_equal(
			    test_parse(out.data, out.len, n - 1, &got),
			    NETSTRING_BAD);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_rows),
	    cmocka_unit_test(test_split_everywhere),
	    cmocka_unit_test(test_add_bytes),
	    cmocka_unit_test(test_round_trip_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
