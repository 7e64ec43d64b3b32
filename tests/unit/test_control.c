/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"
#include "forceenc/netstring.h"

#define BYTES(s) s, sizeof(s) - 1

struct request_row {
	const char *in;
	size_t len;
	enum control_status status;
	size_t used;
	const char *words; /* OK: each with "|" behind it; BAD: a word of why */
};

static const struct request_row request_rows[] = {
    {BYTES("30:6:lookup,17:alice@example.com,,"), CONTROL_OK, 34,
	"lookup|alice@example.com|"},
    {BYTES("9:6:status,,9:6:status,,"), CONTROL_OK, 12, "status|"},
    {BYTES("3:0:,,"), CONTROL_OK, 6, "|"},
    {BYTES("6:0:,0:,,"), CONTROL_OK, 9, "||"},
    {BYTES("32:1:1,1:2,1:3,1:4,1:5,1:6,1:7,1:8,,"), CONTROL_OK, 36,
	"1|2|3|4|5|6|7|8|"},
    {BYTES("8:5:,:1\n,,,"), CONTROL_OK, 11, ",:1\n,|"},
    {BYTES(""), CONTROL_MORE, 0, NULL},
    {BYTES("8192:"), CONTROL_MORE, 0, NULL},
    {BYTES("30:6:lookup,17:alice@exa"), CONTROL_MORE, 0, NULL},
    {BYTES("0:,"), CONTROL_BAD, 0, "without a word"},
    {BYTES("36:1:1,1:2,1:3,1:4,1:5,1:6,1:7,1:8,1:9,,"), CONTROL_BAD, 0,
	"too many"},
    {BYTES("8:6:status,"), CONTROL_BAD, 0, "whole netstrings"},
    {BYTES("10:6:status,x,"), CONTROL_BAD, 0, "whole netstrings"},
    {BYTES("9:7:status,,"), CONTROL_BAD, 0, "whole netstrings"},
    {BYTES("6:status,"), CONTROL_BAD, 0, "whole netstrings"},
    {BYTES("9:99:stat,,,"), CONTROL_BAD, 0, "whole netstrings"},
    {BYTES("8193:"), CONTROL_BAD, 0, "too long"},
    {BYTES("status\n"), CONTROL_BAD, 0, "no length"},
    {BYTES("9:6:status,x"), CONTROL_BAD, 0, "comma"},
};

#define REQUEST_ROWS (sizeof(request_rows) / sizeof(request_rows[0]))

struct reply_row {
	const char *in;
	size_t len;
	enum control_status status;
	size_t used;
	bool end;
	int exit_status;
	const char *text; /* BAD: a word of why */
};

static const struct reply_row reply_rows[] = {
    {BYTES("10:R{\"a\": 10},"), CONTROL_OK, 14, false, 0, "{\"a\": 10}"},
    {BYTES("3:R{},3:E0 ,"), CONTROL_OK, 6, false, 0, "{}"},
    {BYTES("3:E0 ,"), CONTROL_OK, 6, true, 0, ""},
    {BYTES("12:E75 locked 1,"), CONTROL_OK, 16, true, 75, "locked 1"},
    {BYTES("6:E255  ,"), CONTROL_OK, 9, true, 255, " "},
    {BYTES("3:E0"), CONTROL_MORE, 0, false, 0, NULL},
    {BYTES("1048576:R"), CONTROL_MORE, 0, false, 0, NULL},
    {BYTES("1048577:"), CONTROL_BAD, 0, false, 0, "too long"},
    {BYTES("0:,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("1:R,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("1:E,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("2:E0,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("2:E ,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("4:E00 ,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("4:E-1 ,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("5:E256 ,"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("22:E99999999999999999999 ,"), CONTROL_BAD, 0, false, 0,
	"a reply is"},
    {BYTES("4:X{ },"), CONTROL_BAD, 0, false, 0, "a reply is"},
    {BYTES("3:r{},"), CONTROL_BAD, 0, false, 0, "a reply is"},
};

#define REPLY_ROWS (sizeof(reply_rows) / sizeof(reply_rows[0]))

static void
test_why(size_t row, const char *why, const char *word)
{
	if (why == NULL || strstr(why, word) == NULL)
		fail_msg("row %zu: why is \"%s\"", row,
		    why != NULL ? why : "(nothing)");
}

static void
test_request_words(const struct control_request *request, const char *words)
{
	const char *bar;
	unsigned i;

	for (i = 0; *words != '\0'; i++, words = bar + 1) {
		bar = strchr(words, '|');
		assert_true(i < request->n);
		assert_int_equal(request->len[i], bar - words);
		assert_memory_equal(request->word[i], words, request->len[i]);
	}
	assert_int_equal(request->n, i);
}

static void
test_requests(void **state)
{
	struct control_request request;
	enum control_status status;
	const char *why;
	size_t i, n, used;
	char *in;

	(void)state;
	for (i = 0; i < REQUEST_ROWS; i++) {
		const struct request_row *row = &request_rows[i];

		for (n = 0; n <= row->used && n < row->len; n++) {
			in = exact_copy(row->in, n);
			status =
			    control_parse_request(in, n, &request, &used, &why);
			free(in);
			if (row->status == CONTROL_OK)
				assert_int_equal(status,
				    n < row->used ? CONTROL_MORE : CONTROL_OK);
		}
		why = NULL;
		in = exact_copy(row->in, row->len);
		status =
		    control_parse_request(in, row->len, &request, &used, &why);
		if (status != row->status)
			fail_msg("row %zu: status %d", i, (int)status);
		if (status == CONTROL_OK) {
			assert_int_equal(used, row->used);
			test_request_words(&request, row->words);
		} else if (status == CONTROL_BAD) {
			test_why(i, why, row->words);
		}
		free(in);
	}
}

static void
test_replies(void **state)
{
	struct control_reply reply;
	enum control_status status;
	const char *why;
	size_t i, n, used;
	char *in;

	(void)state;
	for (i = 0; i < REPLY_ROWS; i++) {
		const struct reply_row *row = &reply_rows[i];

		for (n = 0; n < row->used; n++) {
			in = exact_copy(row->in, n);
			assert_int_equal(
			    control_parse_reply(in, n, &reply, &used, &why),
			    CONTROL_MORE);
			free(in);
		}
		why = NULL;
		in = exact_copy(row->in, row->len);
		memset(&reply, 0xff, sizeof(reply));
		status = control_parse_reply(in, row->len, &reply, &used, &why);
		if (status != row->status)
			fail_msg("row %zu: status %d", i, (int)status);
		if (status == CONTROL_OK) {
			assert_int_equal(used, row->used);
			assert_int_equal(reply.end, row->end);
			assert_int_equal(reply.status, row->exit_status);
			assert_int_equal(reply.len, strlen(row->text));
			assert_memory_equal(reply.text, row->text, reply.len);
		} else if (status == CONTROL_BAD) {
			test_why(i, why, row->text);
		}
		free(in);
	}
}

static void
test_written(void **state)
{
	static const char *const lookup[] = {"lookup", "alice@example.com"};
	static const char *const eight[] = {
	    "1", "", "3", "4", "5", "6", "7", "8"};
	struct buf out = {0};

	(void)state;
	control_add_request(&out, lookup, 2);
	control_add_request(&out, eight, 8);
	assert_string_equal(buf_text(&out),
	    "30:6:lookup,17:alice@example.com,,"
	    "31:1:1,0:,1:3,1:4,1:5,1:6,1:7,1:8,,");
	buf_clear(&out);
	control_add_record(&out, "{\"a\": 10}", 9);
	control_add_end(&out, 0, "");
	control_add_end(&out, 255, "no such map");
	assert_string_equal(
	    buf_text(&out), "10:R{\"a\": 10},3:E0 ,16:E255 no such map,");
	buf_fini(&out);
}

static void
test_word_is(void **state)
{
	static const char in[] = "16:5:cache,5:flush,,";
	struct control_request request;
	const char *why;
	size_t used;

	(void)state;
	assert_int_equal(
	    control_parse_request(in, sizeof(in) - 1, &request, &used, &why),
	    CONTROL_OK);
	assert_true(control_word_is(&request, 0, "cache"));
	assert_true(control_word_is(&request, 1, "flush"));
	assert_false(control_word_is(&request, 0, "flush"));
	assert_false(control_word_is(&request, 0, "cach"));
	assert_false(control_word_is(&request, 0, "cache,"));
	assert_false(control_word_is(&request, 0, ""));
	assert_false(control_word_is(&request, 2, ""));
}

/* The longest of each goes through; one byte more doesn't. */
static void
test_limits(void **state)
{
	struct control_request request;
	struct control_reply reply;
	struct buf out = {0};
	const char *words[1], *why;
	size_t used, n;
	char *text = malloc(CONTROL_REPLY_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'w', CONTROL_REPLY_MAX + 1);
	words[0] = text;
	for (n = CONTROL_REQUEST_MAX - 6; n <= CONTROL_REQUEST_MAX - 5; n++) {
		text[n] = '\0';
		buf_clear(&out);
		control_add_request(&out, words, 1);
		assert_int_equal(control_parse_request(
				     out.data, out.len, &request, &used, &why),
		    n == CONTROL_REQUEST_MAX - 6 ? CONTROL_OK : CONTROL_BAD);
		text[n] = 'w';
	}
	buf_clear(&out);
	control_add_record(&out, text, CONTROL_REPLY_MAX - 1);
	assert_int_equal(
	    control_parse_reply(out.data, out.len, &reply, &used, &why),
	    CONTROL_OK);
	assert_int_equal(reply.len, CONTROL_REPLY_MAX - 1);
	buf_clear(&out);
	netstring_add(&out, text, CONTROL_REPLY_MAX + 1);
	assert_int_equal(
	    control_parse_reply(out.data, out.len, &reply, &used, &why),
	    CONTROL_BAD);
	free(text);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_written),
	    cmocka_unit_test(test_word_is),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
