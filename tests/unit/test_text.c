/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"

#define BYTES(s) s, sizeof(s) - 1

struct printable_row {
	size_t size;
	const char *in;
	size_t len;
	const char *out;
};

static const struct printable_row printable_rows[] = {
    {64, BYTES(""), ""},
    {64, BYTES("alice@example.com"), "alice@example.com"},
    {64, BYTES(" ~\"'%s"), " ~\"'%s"},
    {64, BYTES("a\nb\r\t\0c"), "a\\x0ab\\x0d\\x09\\x00c"},
    {64, BYTES("\x1b[2J\x7f"), "\\x1b[2J\\x7f"},
    {64, BYTES("a\\x0ab"), "a\\\\x0ab"},
    {64, BYTES("j\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80"),
	"j\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x98\x80"},
    {64, BYTES("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0"},
    /* Text that would be read in another order, or on another line. */
    {64, BYTES("x\xe2\x80\xaey"), "x\\xe2\\x80\\xaey"},
    {64, BYTES("\xe2\x80\xa8\xe2\x80\x8f"), "\\xe2\\x80\\xa8\\xe2\\x80\\x8f"},
    {64, BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},
    {64, BYTES("\xd8\x9c\xd8\x9d"), "\\xd8\\x9c\xd8\x9d"},
    {64, BYTES("\xe2\x80\x8d\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5"),
	"\xe2\x80\x8d\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5"},
    {64, BYTES("\xff\xc3"), "\\xff\\xc3"},
    {64, BYTES("\xc0\xaf\xed\xa0\x80"), "\\xc0\\xaf\\xed\\xa0\\x80"},

    /* What fits is whole; what doesn't is cut between two characters. */
    {8, BYTES("1234"), "1234"},
    {8, BYTES("1234567"), "1234567"},
    {8, BYTES("12345678"), "1234..."},
    {8, BYTES("123\xc3\xb6\xc3\xb6"), "123\xc3\xb6\xc3\xb6"},
    {8, BYTES("123\xc3\xb6\xc3\xb6\xc3\xb6"), "123..."},
    {8, BYTES("\n"), "\\x0a"},
    {8, BYTES("123\n"), "123\\x0a"},
    {8, BYTES("1234\n"), "1234..."},
    {8, BYTES("\n\n"), "\\x0a..."},
    {8, BYTES("123\\\\"), "123\\\\\\\\"},
    {8, BYTES("123\\\\\\"), "123..."},
};

static void
test_printable(void **state)
{
	char out[64];
	char *in;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(printable_rows) / sizeof(printable_rows[0]);
	     i++) {
		const struct printable_row *row = &printable_rows[i];

		in = exact_copy(row->in, row->len);
		memset(out, '#', sizeof(out));
		assert_ptr_equal(
		    text_printable(out, row->size, in, row->len), out);
		free(in);
		if (strcmp(out, row->out) != 0)
			fail_msg("row %zu: %s", i, out);
		if (row->size < sizeof(out))
			assert_int_equal(out[row->size], '#');
	}
}

/* Four texts may stand in one message. */
static void
test_show(void **state)
{
	char in[300];
	const char *shown[4];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(in, sizeof(in), "text %zu\n", i);
		shown[i] = text_show_str(in);
	}
	assert_string_equal(shown[0], "text 0\\x0a");
	assert_string_equal(shown[3], "text 3\\x0a");
	memset(in, 'a', sizeof(in));
	assert_int_equal(strlen(text_show(in, sizeof(in))), 255);
	assert_int_equal(strlen(text_show(in, 255)), 255);
	assert_null(strchr(text_show(in, 255), '.'));
}

static void
test_trim(void **state)
{
	static const char *const rows[][2] = {
	    {"", ""},
	    {"a", "a"},
	    {" \t\r\na b\n\r\t ", "a b"},
	    {" \t\r\n", ""},
	    {"\va\f", "\va\f"},
	};
	const char *trimmed;
	char *in;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = strlen(rows[i][0]);
		in = exact_copy(rows[i][0], len);
		trimmed = text_trim(in, &len);
		assert_int_equal(len, strlen(rows[i][1]));
		assert_memory_equal(trimmed, rows[i][1], len);
		free(in);
	}
}

/* By the definition: a code point's range gives the length of its sequence,
 * and everything that encodes no code point in that length is malformed. */
static unsigned
test_encode(uint32_t c, char *out)
{
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned i;

	for (i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(heads[n] | c);
	return n;
}

static void
test_utf8_every_code_point(void **state)
{
	char in[4], *exact;
	uint32_t c;
	unsigned n, got;

	(void)state;
	for (c = 0; c < 0x140000; c += c < 0x3000 ? 1 : 7) {
		n = test_encode(c, in);
		exact = exact_copy(in, n);
		got = text_utf8_len(exact, n);
		if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
			n = 0;
		if (got != n)
			fail_msg("U+%04X: %u", (unsigned)c, got);
		if (n > 1)
			assert_int_equal(text_utf8_len(exact, n - 1), 0);
		free(exact);
	}
	for (c = 0xd800; c <= 0xdfff; c++)
		assert_int_equal(text_utf8_len(in, test_encode(c, in)), 0);
}

static void
test_utf8_malformed(void **state)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80",
	    "\xc1\xbf", "\xc3", "\xc3(", "\xc3\xc3", "\xe0\x80\x80",
	    "\xe0\x9f\xbf", "\xe2\x82", "\xe2(\xa1", "\xe2\x82(",
	    "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
	    "\xf0\x9f\x98", "\xf0\x9f\x98(", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_utf8_len(bad[i], strlen(bad[i])) != 0)
			fail_msg("row %zu", i);
	assert_int_equal(text_utf8_len("", 0), 0);
	assert_int_equal(text_utf8_len("\0", 1), 1);
	/* Only the first sequence counts. */
	assert_int_equal(text_utf8_len("a\xff", 2), 1);
	assert_int_equal(text_utf8_len("\xc3\xb6\xff", 3), 2);
}

struct number_row {
	const char *in;
	const char *unit;
	int64_t value; /* -1: none */
};

static const struct number_row time_rows[] = {
    {"0", "s", 0},
    {"5", "s", 5000},
    {"5", "ms", 5},
    {"5", "d", 5 * 86400000LL},
    {"50ms", "s", 50},
    {"2s", "d", 2000},
    {"2S", "d", 2000},
    {"3m", "s", 180000},
    {"1h", "s", 3600000},
    {"1d", "s", 86400000},
    {"1w", "s", 604800000},
    {"007s", "s", 7000},
    {"9223372036854775807ms", "s", INT64_MAX},
    {"9223372036854775808ms", "s", -1},
    {"9223372036854775s", "s", 9223372036854775000LL},
    {"9223372036854776s", "s", -1},
    {"99999999999999999999", "s", -1},
    {"15250284452w", "s", 9223372036569600000LL},
    {"15250284453w", "s", -1},
    {"", "s", -1},
    {"s", "s", -1},
    {"-1s", "s", -1},
    {"+1s", "s", -1},
    {" 1s", "s", -1},
    {"1 s", "s", -1},
    {"1s ", "s", -1},
    {"1.5s", "s", -1},
    {"0x10", "s", -1},
    {"1y", "s", -1},
    {"1sec", "s", -1},
    {"1h30m", "s", -1},
};

static const struct number_row size_rows[] = {
    {"0", NULL, 0},
    {"4096", NULL, 4096},
    {"1K", NULL, 1024},
    {"64M", NULL, 64 * 1048576LL},
    {"64m", NULL, 64 * 1048576LL},
    {"2G", NULL, 2147483648LL},
    {"8589934591G", NULL, 8589934591LL << 30},
    {"8589934592G", NULL, -1},
    {"9223372036854775807", NULL, INT64_MAX},
    {"9223372036854775808", NULL, -1},
    {"", NULL, -1},
    {"M", NULL, -1},
    {"-1", NULL, -1},
    {"1T", NULL, -1},
    {"1KB", NULL, -1},
    {"1 K", NULL, -1},
    {"1.5G", NULL, -1},
};

static void
test_times_and_sizes(void **state)
{
	const struct number_row *row;
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(time_rows) / sizeof(time_rows[0]); i++) {
		row = &time_rows[i];
		got = text_parse_time(row->in, row->unit);
		if (got != row->value)
			fail_msg("\"%s\": %lld", row->in, (long long)got);
	}
	for (i = 0; i < sizeof(size_rows) / sizeof(size_rows[0]); i++) {
		row = &size_rows[i];
		got = text_parse_size(row->in);
		if (got != row->value)
			fail_msg("\"%s\": %lld", row->in, (long long)got);
	}
}

static void
test_ints(void **state)
{
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1x",
	    "0x1", "--1", "1.0", "-6", "11", "9223372036854775808",
	    "-9223372036854775809", "99999999999999999999"};
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		got = 42;
		if (text_parse_int(bad[i], -5, 10, &got) != -1 || got != 42)
			fail_msg("\"%s\"", bad[i]);
	}
	assert_int_equal(text_parse_int("-5", -5, 10, &got), 0);
	assert_int_equal(got, -5);
	assert_int_equal(text_parse_int("10", -5, 10, &got), 0);
	assert_int_equal(got, 10);
	assert_int_equal(text_parse_int("010", -5, 10, &got), 0);
	assert_int_equal(got, 10);
	assert_int_equal(
	    text_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &got),
	    0);
	assert_true(got == INT64_MIN);
}

static void
test_figures(void **state)
{
	(void)state;
	assert_string_equal(text_time(0), "0s");
	assert_string_equal(text_time(1), "1ms");
	assert_string_equal(text_time(1500), "1500ms");
	assert_string_equal(text_time(2000), "2s");
	assert_string_equal(text_time(60000), "1m");
	assert_string_equal(text_time(90000), "90s");
	assert_string_equal(text_time(86400000), "1d");
	assert_string_equal(text_time(14 * 86400000LL), "2w");
	assert_string_equal(text_time(INT64_MAX), "9223372036854775807ms");
	assert_string_equal(text_size(0), "0");
	assert_string_equal(text_size(1), "1");
	assert_string_equal(text_size(1536), "1536");
	assert_string_equal(text_size(65536), "64K");
	assert_string_equal(text_size(64 << 20), "64M");
	assert_string_equal(text_size(3LL << 30), "3G");
}

/* What is written for people is read back as the same. */
static void
test_figures_round_trip(void **state)
{
	static const int64_t values[] = {0, 1, 999, 1000, 1001, 60000, 3600000,
	    86400000, 604800000, 1023, 1024, 1025, 1048576, 1LL << 30,
	    INT64_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(
		    text_parse_time(text_time(values[i]), "s") == values[i]);
		assert_true(text_parse_size(text_size(values[i])) == values[i]);
	}
}

static void
test_fold(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++)
		assert_int_equal((unsigned char)text_lower((char)c),
		    c >= 'A' && c <= 'Z' ? c + 32 : c);
	assert_true(text_equal_fold("DUNNO", 5, "dunno"));
	assert_true(text_equal_fold("dunnox", 5, "DUNNO"));
	assert_true(text_equal_fold("", 0, ""));
	assert_false(text_equal_fold("dunn", 4, "dunno"));
	assert_false(text_equal_fold("dunno", 5, "dunn"));
	assert_false(text_equal_fold("dunno\0", 6, "dunno"));
	assert_false(text_equal_fold("[", 1, "{"));
	assert_false(text_equal_fold("\xc4", 1, "\xe4"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printable),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_utf8_every_code_point),
	    cmocka_unit_test(test_utf8_malformed),
	    cmocka_unit_test(test_times_and_sizes),
	    cmocka_unit_test(test_ints),
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_figures_round_trip),
	    cmocka_unit_test(test_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
