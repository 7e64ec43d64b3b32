/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"

#define BYTES(s) s, sizeof(s) - 1

static const struct lookup_protocol *const socketmap = &lookup_socketmap;
static const struct lookup_protocol *const tcp = &lookup_tcp_table;

struct question_row {
	const struct lookup_protocol *const *protocol;
	const char *in;
	size_t len;
	enum lookup_frame frame;
	size_t used;
	const char *map;
	const char *key; /* REFUSED, BROKEN: a word of why */
	size_t key_len;
};

static const struct question_row question_rows[] = {
    {&socketmap, BYTES("26:forceenc alice@example.com,"), LOOKUP_FRAME_QUESTION,
	30, "forceenc", BYTES("alice@example.com")},
    {&socketmap, BYTES("13:forceenc \"<>\","), LOOKUP_FRAME_QUESTION, 17,
	"forceenc", BYTES("\"<>\"")},
    {&socketmap, BYTES("11:forceenc <>,"), LOOKUP_FRAME_QUESTION, 15,
	"forceenc", BYTES("<>")},
    {&socketmap, BYTES("9:forceenc ,"), LOOKUP_FRAME_QUESTION, 12, "forceenc",
	BYTES("")},
    {&socketmap, BYTES("10:m \"a b\"@d ,"), LOOKUP_FRAME_QUESTION, 14, "m",
	BYTES("\"a b\"@d ")},
    {&socketmap, BYTES("4:m  k,4:m  k,"), LOOKUP_FRAME_QUESTION, 7, "m",
	BYTES(" k")},
    {&socketmap, BYTES("5:m a\0b,"), LOOKUP_FRAME_QUESTION, 8, "m",
	BYTES("a\0b")},
    {&socketmap, BYTES("6:m %40z,"), LOOKUP_FRAME_QUESTION, 9, "m",
	BYTES("%40z")},
    {&socketmap, BYTES("10:m j\xc3\xb6rg@x,"), LOOKUP_FRAME_MORE, 0, NULL, NULL,
	0},
    {&socketmap, BYTES("9:m j\xc3\xb6rg@x,"), LOOKUP_FRAME_QUESTION, 12, "m",
	BYTES("j\xc3\xb6rg@x")},
    {&socketmap, BYTES(""), LOOKUP_FRAME_MORE, 0, NULL, NULL, 0},
    {&socketmap, BYTES("10000:m "), LOOKUP_FRAME_MORE, 0, NULL, NULL, 0},
    {&socketmap, BYTES("8:forceenc,"), LOOKUP_FRAME_REFUSED, 11, NULL,
	BYTES("space")},
    {&socketmap, BYTES("0:,x"), LOOKUP_FRAME_REFUSED, 3, NULL, BYTES("space")},
    {&socketmap, BYTES("1: ,"), LOOKUP_FRAME_REFUSED, 4, NULL,
	BYTES("without a map")},
    {&socketmap, BYTES("18: alice@example.com,"), LOOKUP_FRAME_REFUSED, 22,
	NULL, BYTES("without a map")},
    {&socketmap, BYTES("10001:"), LOOKUP_FRAME_BROKEN, 0, NULL,
	BYTES("too long")},
    {&socketmap, BYTES("5:m abcd"), LOOKUP_FRAME_BROKEN, 0, NULL,
	BYTES("comma")},
    {&socketmap, BYTES("get alice@example.com\n"), LOOKUP_FRAME_BROKEN, 0, NULL,
	BYTES("no length")},
    {&socketmap, BYTES("05:m abc,"), LOOKUP_FRAME_BROKEN, 0, NULL,
	BYTES("leading zero")},

    {&tcp, BYTES("get alice@example.com\n"), LOOKUP_FRAME_QUESTION, 22, NULL,
	BYTES("alice@example.com")},
    {&tcp, BYTES("get alice@example.com\r\n"), LOOKUP_FRAME_QUESTION, 23, NULL,
	BYTES("alice@example.com")},
    {&tcp, BYTES("get \"a%20b\"@example.com\nget x\n"), LOOKUP_FRAME_QUESTION,
	24, NULL, BYTES("\"a b\"@example.com")},
    {&tcp, BYTES("get \"<>\"\n"), LOOKUP_FRAME_QUESTION, 9, NULL,
	BYTES("\"<>\"")},
    {&tcp, BYTES("get \n"), LOOKUP_FRAME_QUESTION, 5, NULL, BYTES("")},
    {&tcp, BYTES("get %25%0a%0D%00%fF%25\n"), LOOKUP_FRAME_QUESTION, 23, NULL,
	BYTES("%\n\r\0\xff%")},
    {&tcp, BYTES("get %2541\n"), LOOKUP_FRAME_QUESTION, 10, NULL, BYTES("%41")},
    {&tcp, BYTES("get a%0D\r\n"), LOOKUP_FRAME_QUESTION, 10, NULL,
	BYTES("a\r")},
    {&tcp, BYTES("get j%C3%B6rg@x\n"), LOOKUP_FRAME_QUESTION, 16, NULL,
	BYTES("j\xc3\xb6rg@x")},
    {&tcp, BYTES("get a b\n"), LOOKUP_FRAME_QUESTION, 8, NULL, BYTES("a b")},
    {&tcp, BYTES(""), LOOKUP_FRAME_MORE, 0, NULL, NULL, 0},
    {&tcp, BYTES("get alice"), LOOKUP_FRAME_MORE, 0, NULL, NULL, 0},
    {&tcp, BYTES("get %zz"), LOOKUP_FRAME_MORE, 0, NULL, NULL, 0},
    {&tcp, BYTES("get %zz\n"), LOOKUP_FRAME_REFUSED, 8, NULL,
	BYTES("hexadecimal")},
    {&tcp, BYTES("get %4\n41"), LOOKUP_FRAME_REFUSED, 7, NULL,
	BYTES("hexadecimal")},
    {&tcp, BYTES("get %\n"), LOOKUP_FRAME_REFUSED, 6, NULL,
	BYTES("hexadecimal")},
    {&tcp, BYTES("get %4\r\n"), LOOKUP_FRAME_REFUSED, 8, NULL,
	BYTES("hexadecimal")},
    {&tcp, BYTES("get %41%4g\n"), LOOKUP_FRAME_REFUSED, 11, NULL,
	BYTES("hexadecimal")},
    {&tcp, BYTES("\n"), LOOKUP_FRAME_REFUSED, 1, NULL, BYTES("get")},
    {&tcp, BYTES("\r\n"), LOOKUP_FRAME_REFUSED, 2, NULL, BYTES("get")},
    {&tcp, BYTES("get\n"), LOOKUP_FRAME_REFUSED, 4, NULL, BYTES("get")},
    {&tcp, BYTES("get\tx\n"), LOOKUP_FRAME_REFUSED, 6, NULL, BYTES("get")},
    {&tcp, BYTES("GET x\n"), LOOKUP_FRAME_REFUSED, 6, NULL, BYTES("get")},
    {&tcp, BYTES(" get x\n"), LOOKUP_FRAME_REFUSED, 7, NULL, BYTES("get")},
    {&tcp, BYTES("put key value\n"), LOOKUP_FRAME_REFUSED, 14, NULL,
	BYTES("get")},
    {&tcp, BYTES("GET / HTTP/1.1\r\nHost: x\r\n"), LOOKUP_FRAME_REFUSED, 16,
	NULL, BYTES("get")},
};

#define QUESTION_ROWS (sizeof(question_rows) / sizeof(question_rows[0]))

struct reply_row {
	const struct lookup_protocol *const *protocol;
	const char *in;
	size_t len;
	enum lookup_frame frame;
	size_t used;
	enum lookup_reply reply;
	const char *text; /* REFUSED, BROKEN: a word of why */
	size_t text_len;
};

static const struct reply_row reply_rows[] = {
    {&socketmap, BYTES("12:OK forceenc:,"), LOOKUP_FRAME_QUESTION, 16,
	LOOKUP_FOUND, BYTES("forceenc:")},
    {&socketmap, BYTES("4:OK  ,"), LOOKUP_FRAME_QUESTION, 7, LOOKUP_FOUND,
	BYTES(" ")},
    {&socketmap, BYTES("9:NOTFOUND ,9:"), LOOKUP_FRAME_QUESTION, 12,
	LOOKUP_NOTFOUND, BYTES("")},
    {&socketmap, BYTES("8:NOTFOUND,"), LOOKUP_FRAME_QUESTION, 11,
	LOOKUP_NOTFOUND, BYTES("")},
    {&socketmap, BYTES("10:TEMP a bad,"), LOOKUP_FRAME_QUESTION, 14,
	LOOKUP_TEMP, BYTES("a bad")},
    {&socketmap, BYTES("4:TEMP,"), LOOKUP_FRAME_QUESTION, 7, LOOKUP_TEMP,
	BYTES("")},
    {&socketmap, BYTES("12:TIMEOUT late,"), LOOKUP_FRAME_QUESTION, 16,
	LOOKUP_TEMP, BYTES("late")},
    {&socketmap, BYTES("5:PERM ,"), LOOKUP_FRAME_QUESTION, 8, LOOKUP_PERM,
	BYTES("")},
    {&socketmap, BYTES("12:OK forceenc:"), LOOKUP_FRAME_MORE, 0, 0, NULL, 0},
    {&socketmap, BYTES("2:OK,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("without a value")},
    {&socketmap, BYTES("3:OK ,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("without a value")},
    {&socketmap, BYTES("12:ok forceenc:,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("0:,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("1:O,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("10:NOTFOUNDER,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("4:OKAY,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("9:notfound ,"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("unknown word")},
    {&socketmap, BYTES("100001:"), LOOKUP_FRAME_BROKEN, 0, 0,
	BYTES("too long")},
    {&socketmap, BYTES("100000:"), LOOKUP_FRAME_MORE, 0, 0, NULL, 0},
    {&socketmap, BYTES("NOTFOUND "), LOOKUP_FRAME_BROKEN, 0, 0,
	BYTES("no length")},

    {&tcp, BYTES("200 forceenc:\n"), LOOKUP_FRAME_QUESTION, 14, LOOKUP_FOUND,
	BYTES("forceenc:")},
    {&tcp, BYTES("200 a b%25%20\nx"), LOOKUP_FRAME_QUESTION, 14, LOOKUP_FOUND,
	BYTES("a b% ")},
    {&tcp, BYTES("500 not found\n"), LOOKUP_FRAME_QUESTION, 14, LOOKUP_NOTFOUND,
	BYTES("not found")},
    {&tcp, BYTES("400 please%20wait\r\n"), LOOKUP_FRAME_QUESTION, 19,
	LOOKUP_TEMP, BYTES("please wait")},
    {&tcp, BYTES("400 \n"), LOOKUP_FRAME_QUESTION, 5, LOOKUP_TEMP, BYTES("")},
    {&tcp, BYTES("200 forceenc:"), LOOKUP_FRAME_MORE, 0, 0, NULL, 0},
    {&tcp, BYTES("200 \n"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("without a value")},
    {&tcp, BYTES("200\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("500\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("300 text\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("2000 text\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("garbage\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("\n"), LOOKUP_FRAME_REFUSED, 0, 0, BYTES("200, 400")},
    {&tcp, BYTES("500 %zz\n"), LOOKUP_FRAME_REFUSED, 0, 0,
	BYTES("hexadecimal")},
};

#define REPLY_ROWS (sizeof(reply_rows) / sizeof(reply_rows[0]))

struct write_row {
	const struct lookup_protocol *const *protocol;
	enum lookup_reply reply;
	const char *text;
	size_t len;
	const char *out;
	size_t out_len;
};

static const struct write_row write_rows[] = {
    {&socketmap, LOOKUP_FOUND, BYTES("forceenc:"), BYTES("12:OK forceenc:,")},
    {&socketmap, LOOKUP_FOUND, BYTES("f:[h]:25"), BYTES("11:OK f:[h]:25,")},
    {&socketmap, LOOKUP_FOUND, BYTES("\x01\xff"), BYTES("5:OK \x01\xff,")},
    {&socketmap, LOOKUP_FOUND, BYTES(""), BYTES("16:TEMP empty value,")},
    {&socketmap, LOOKUP_NOTFOUND, BYTES(""), BYTES("9:NOTFOUND ,")},
    {&socketmap, LOOKUP_NOTFOUND, BYTES("nobody"), BYTES("9:NOTFOUND ,")},
    {&socketmap, LOOKUP_TEMP, BYTES("please wait"),
	BYTES("16:TEMP please wait,")},
    {&socketmap, LOOKUP_TEMP, BYTES(""), BYTES("5:TEMP ,")},
    {&socketmap, LOOKUP_PERM, BYTES("no map \"x\""),
	BYTES("15:PERM no map \"x\",")},
    {&socketmap, LOOKUP_TEMP, BYTES("a\nb\0c\x7f%"), BYTES("12:TEMP a?b?c?%,")},
    {&socketmap, LOOKUP_TEMP, BYTES("\xc3\xb6\xc3\xff"),
	BYTES("9:TEMP \xc3\xb6??,")},

    {&tcp, LOOKUP_FOUND, BYTES("forceenc:"), BYTES("200 forceenc:\n")},
    {&tcp, LOOKUP_FOUND, BYTES("a b%c\n\r\0\x7f\xff\t~!"),
	BYTES("200 a%20b%25c%0A%0D%00%7F%FF%09~!\n")},
    {&tcp, LOOKUP_FOUND, BYTES(""), BYTES("400 empty%20value\n")},
    {&tcp, LOOKUP_NOTFOUND, BYTES(""), BYTES("500 not found\n")},
    {&tcp, LOOKUP_NOTFOUND, BYTES("nobody"), BYTES("500 not found\n")},
    {&tcp, LOOKUP_TEMP, BYTES("please wait"), BYTES("400 please%20wait\n")},
    {&tcp, LOOKUP_PERM, BYTES("never"), BYTES("400 never\n")},
    {&tcp, LOOKUP_TEMP, BYTES(""), BYTES("400 \n")},
};

#define WRITE_ROWS (sizeof(write_rows) / sizeof(write_rows[0]))

static void
test_why(size_t row, const char *why, const char *word)
{
	if (why == NULL || strstr(why, word) == NULL)
		fail_msg("row %zu: why is \"%s\"", row,
		    why != NULL ? why : "(nothing)");
}

static void
test_question_row(size_t i, const struct question_row *row)
{
	const struct lookup_protocol *p = *row->protocol;
	struct lookup_question q = {0};
	char *in = exact_copy(row->in, row->len);
	const char *why = NULL;
	size_t used = 0;
	enum lookup_frame frame =
	    p->parse_question(in, row->len, &q, &used, &why);

	if (frame != row->frame)
		fail_msg("row %zu: frame %d", i, (int)frame);
	assert_int_equal(used, row->used);
	if (frame == LOOKUP_FRAME_QUESTION) {
		assert_int_equal(
		    q.map_len, row->map != NULL ? strlen(row->map) : 0);
		if (row->map != NULL)
			assert_memory_equal(q.map, row->map, q.map_len);
		else
			assert_null(q.map);
		assert_int_equal(q.key_len, row->key_len);
		assert_memory_equal(q.key, row->key, q.key_len);
	} else {
		assert_memory_equal(in, row->in, row->len);
		if (frame != LOOKUP_FRAME_MORE)
			test_why(i, why, row->key);
	}
	free(in);
}

static void
test_questions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < QUESTION_ROWS; i++)
		test_question_row(i, &question_rows[i]);
}

/* Every proper beginning of a frame asks for more and changes nothing. */
static void
test_questions_split(void **state)
{
	struct lookup_question q;
	enum lookup_frame frame;
	const char *why;
	size_t i, n, used;
	char *in;

	(void)state;
	for (i = 0; i < QUESTION_ROWS; i++) {
		const struct question_row *row = &question_rows[i];

		for (n = 0; n < row->used; n++) {
			in = exact_copy(row->in, n);
			frame = (*row->protocol)
				    ->parse_question(in, n, &q, &used, &why);
			assert_int_equal(frame, LOOKUP_FRAME_MORE);
			assert_memory_equal(in, row->in, n);
			free(in);
		}
	}
}

static void
test_reply_row(size_t i, const struct reply_row *row)
{
	const struct lookup_protocol *p = *row->protocol;
	enum lookup_reply reply = LOOKUP_PERM;
	char *in = exact_copy(row->in, row->len);
	const char *why = NULL, *text = NULL;
	size_t used = 0, text_len = 0;
	enum lookup_frame frame =
	    p->parse_reply(in, row->len, &reply, &text, &text_len, &used, &why);

	if (frame != row->frame)
		fail_msg("row %zu: frame %d", i, (int)frame);
	if (frame == LOOKUP_FRAME_QUESTION) {
		assert_int_equal(used, row->used);
		assert_int_equal(reply, row->reply);
		assert_int_equal(text_len, row->text_len);
		assert_memory_equal(text, row->text, text_len);
	} else {
		assert_memory_equal(in, row->in, row->len);
		if (frame != LOOKUP_FRAME_MORE)
			test_why(i, why, row->text);
	}
	free(in);
}

static void
test_replies(void **state)
{
	enum lookup_frame frame;
	enum lookup_reply reply;
	const char *why, *text;
	size_t i, n, used, text_len;
	char *in;

	(void)state;
	for (i = 0; i < REPLY_ROWS; i++) {
		const struct reply_row *row = &reply_rows[i];
		const struct lookup_protocol *p = *row->protocol;

		test_reply_row(i, row);
		for (n = 0; n < row->used; n++) {
			in = exact_copy(row->in, n);
			frame = p->parse_reply(
			    in, n, &reply, &text, &text_len, &used, &why);
			assert_int_equal(frame, LOOKUP_FRAME_MORE);
			free(in);
		}
	}
}

static void
test_written_replies(void **state)
{
	struct buf out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < WRITE_ROWS; i++) {
		const struct write_row *row = &write_rows[i];
		char *text = exact_copy(row->text, row->len);

		buf_clear(&out);
		(*row->protocol)->add_reply(&out, row->reply, text, row->len);
		free(text);
		if (out.len != row->out_len ||
		    memcmp(out.data, row->out, out.len) != 0)
			fail_msg("row %zu: \"%s\"", i, buf_text(&out));
	}
	/* Replies follow each other. */
	buf_clear(&out);
	socketmap->add_reply(&out, LOOKUP_NOTFOUND, NULL, 0);
	socketmap->add_reply(&out, LOOKUP_FOUND, "a:", 2);
	tcp->add_reply(&out, LOOKUP_NOTFOUND, NULL, 0);
	tcp->add_reply(&out, LOOKUP_FOUND, "a:", 2);
	assert_string_equal(
	    buf_text(&out), "9:NOTFOUND ,5:OK a:,500 not found\n200 a:\n");
	buf_fini(&out);
}

static void
test_written_questions(void **state)
{
	struct buf out = {0};

	(void)state;
	socketmap->add_question(&out, "forceenc", "alice@example.com", 17);
	socketmap->add_question(&out, "m", "", 0);
	assert_string_equal(
	    buf_text(&out), "26:forceenc alice@example.com,2:m ,");
	buf_clear(&out);
	tcp->add_question(&out, NULL, "\"a b\"@example.com", 17);
	tcp->add_question(&out, "ignored", "\"<>\"", 4);
	tcp->add_question(&out, NULL, "j\xc3\xb6rg%\n", 7);
	assert_string_equal(buf_text(&out),
	    "get \"a%20b\"@example.com\nget \"<>\"\nget j%C3%B6rg%25%0A\n");
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_questions_split),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_written_replies),
	    cmocka_unit_test(test_written_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
