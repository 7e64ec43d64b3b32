/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct lookup_protocol *const socketmap = &lookup_socketmap;
static const struct lookup_protocol *const tcp = &lookup_tcp_table;

/* The longest request is taken, one byte more is not. */
static void
test_limits_of_questions(void **state)
{
	static char payload[LOOKUP_SOCKETMAP_MAX + 100];
	struct lookup_question q;
	struct buf in = {0};
	const char *why = NULL;
	size_t used;

	(void)state;
	memset(payload, 'k', sizeof(payload));
	socketmap->add_question(&in, "m", payload, LOOKUP_SOCKETMAP_MAX - 2);
	assert_int_equal(
	    socketmap->parse_question(in.data, in.len, &q, &used, &why),
	    LOOKUP_FRAME_QUESTION);
	assert_int_equal(q.key_len, LOOKUP_SOCKETMAP_MAX - 2);
	buf_clear(&in);
	socketmap->add_question(&in, "m", payload, LOOKUP_SOCKETMAP_MAX - 1);
	assert_int_equal(
	    socketmap->parse_question(in.data, in.len, &q, &used, &why),
	    LOOKUP_FRAME_BROKEN);

	buf_clear(&in);
	tcp->add_question(&in, NULL, payload, LOOKUP_TCP_MAX - 5);
	assert_int_equal(in.len, LOOKUP_TCP_MAX);
	assert_int_equal(
	    tcp->parse_question(in.data, in.len - 1, &q, &used, &why),
	    LOOKUP_FRAME_MORE);
	assert_int_equal(tcp->parse_question(in.data, in.len, &q, &used, &why),
	    LOOKUP_FRAME_QUESTION);
	assert_int_equal(q.key_len, LOOKUP_TCP_MAX - 5);
	buf_clear(&in);
	tcp->add_question(&in, NULL, payload, LOOKUP_TCP_MAX - 4);
	assert_int_equal(
	    tcp->parse_question(in.data, LOOKUP_TCP_MAX, &q, &used, &why),
	    LOOKUP_FRAME_BROKEN);
	assert_int_equal(tcp->parse_question(in.data, in.len, &q, &used, &why),
	    LOOKUP_FRAME_BROKEN);
	assert_non_null(why);
	buf_fini(&in);
}

static size_t
value_max(const struct lookup_protocol *protocol)
{
	return protocol == socketmap ? LOOKUP_VALUE_MAX : LOOKUP_TEXT_MAX;
}

static void
test_limit_of_reply(const struct lookup_protocol *protocol,
    enum lookup_reply reply, const char *text, size_t len, size_t want_len)
{
	struct buf out = {0};
	enum lookup_reply got = LOOKUP_NOTFOUND;
	const char *got_text, *why;
	size_t got_len, used;

	protocol->add_reply(&out, reply, text, len);
	assert_true(protocol == socketmap || out.len <= LOOKUP_TCP_MAX);
	assert_int_equal(protocol->parse_reply(out.data, out.len, &got,
			     &got_text, &got_len, &used, &why),
	    LOOKUP_FRAME_QUESTION);
	assert_int_equal(used, out.len);
	if (reply == LOOKUP_FOUND && len > value_max(protocol)) {
		assert_int_equal(got, LOOKUP_TEMP);
		assert_memory_equal(got_text, "value too long", got_len);
	} else {
		assert_int_equal(got, reply);
		assert_int_equal(got_len, want_len);
		assert_memory_equal(got_text, text, want_len);
	}
	buf_fini(&out);
}

/* A reason is cut, between two characters; a value never is. */
static void
test_limits_of_replies(void **state)
{
	const struct lookup_protocol *const both[] = {socketmap, tcp};
	char text[LOOKUP_VALUE_MAX + 10];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(text, '%', sizeof(text));
		test_limit_of_reply(both[i], LOOKUP_FOUND, text,
		    value_max(both[i]), value_max(both[i]));
		test_limit_of_reply(
		    both[i], LOOKUP_FOUND, text, value_max(both[i]) + 1, 0);
		test_limit_of_reply(
		    both[i], LOOKUP_TEMP, text, sizeof(text), LOOKUP_TEXT_MAX);
		memcpy(text + LOOKUP_TEXT_MAX - 2, "\xe2\x82\xac", 3);
		test_limit_of_reply(both[i], LOOKUP_TEMP, text, sizeof(text),
		    LOOKUP_TEXT_MAX - 2);
		memcpy(text + LOOKUP_TEXT_MAX - 3, "\xe2\x82\xac%", 4);
		test_limit_of_reply(
		    both[i], LOOKUP_TEMP, text, sizeof(text), LOOKUP_TEXT_MAX);
	}
}

/* Any byte goes there and back. */
static void
test_every_byte(void **state)
{
	const struct lookup_protocol *const both[] = {socketmap, tcp};
	struct lookup_question q;
	struct buf out = {0};
	char key[256];
	const char *why;
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (char)i;
	for (i = 0; i < 2; i++) {
		buf_clear(&out);
		both[i]->add_question(&out, "m", key, sizeof(key));
		assert_int_equal(
		    both[i]->parse_question(out.data, out.len, &q, &used, &why),
		    LOOKUP_FRAME_QUESTION);
		assert_int_equal(used, out.len);
		assert_int_equal(q.key_len, sizeof(key));
		assert_memory_equal(q.key, key, sizeof(key));
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits_of_questions),
	    cmocka_unit_test(test_limits_of_replies),
	    cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
