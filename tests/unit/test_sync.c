/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/sync.h"

#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "unit.h"

#define UUID_A \
	"\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfa"
#define UUID_B \
	"\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfb"

#define BYTES(s) (s), sizeof(s) - 1

static int
state_of(const char *bytes, size_t len, struct sync_info *out)
{
	static char *exact;

	free(exact);
	exact = exact_copy(bytes, len);
	return sync_parse_state(exact, len, out);
}

static int
info_of(const char *bytes, size_t len, struct sync_info *out)
{
	static char *exact;

	free(exact);
	exact = exact_copy(bytes, len);
	return sync_parse_info(exact, len, out);
}

static void
test_request(void **state)
{
	struct buf out = {0};
	char cookie[300];

	(void)state;
	sync_add_request(&out, NULL, 0);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.data, "\x30\x03\x0a\x01\x03", 5);
	buf_clear(&out);
	sync_add_request(&out, "rid=1", 5);
	assert_int_equal(out.len, 12);
	assert_memory_equal(out.data, "\x30\x0a\x0a\x01\x03\x04\x05rid=1", 12);
	/* Lengths of one and two bytes. */
	memset(cookie, 'c', sizeof(cookie));
	buf_clear(&out);
	sync_add_request(&out, cookie, 200);
	assert_memory_equal(
	    out.data, "\x30\x81\xce\x0a\x01\x03\x04\x81\xc8", 9);
	assert_int_equal(out.len, 9 + 200);
	buf_clear(&out);
	sync_add_request(&out, cookie, 300);
	assert_memory_equal(
	    out.data, "\x30\x82\x01\x33\x0a\x01\x03\x04\x82\x01\x2c", 11);
	assert_int_equal(out.len, 11 + 300);
	buf_fini(&out);
}

static void
test_states(void **state)
{
	struct sync_info info;

	(void)state;
	assert_int_equal(
	    state_of(BYTES("\x30\x15\x0a\x01\x01\x04\x10" UUID_A), &info), 0);
	assert_int_equal(info.kind, SYNC_ADD);
	assert_memory_equal(info.uuid, UUID_A, SYNC_UUID_LEN);
	assert_null(info.cookie);
	assert_int_equal(
	    state_of(BYTES("\x30\x19\x0a\x01\x03\x04\x10" UUID_B "\x04\x02"
			   "ab"),
		&info),
	    0);
	assert_int_equal(info.kind, SYNC_DELETE);
	assert_memory_equal(info.uuid, UUID_B, SYNC_UUID_LEN);
	assert_int_equal(info.cookie_len, 2);
	assert_memory_equal(info.cookie, "ab", 2);
	/* A length in the long form, as some servers write it. */
	assert_int_equal(
	    state_of(
		BYTES("\x30\x84\x00\x00\x00\x15\x0a\x01\x02\x04\x10" UUID_A),
		&info),
	    0);
	assert_int_equal(info.kind, SYNC_MODIFY);
}

static void
test_states_refused(void **state)
{
	struct sync_info info;

	(void)state;
	assert_int_equal(state_of("", 0, &info), -1);
	assert_int_equal(state_of(BYTES("\x30"), &info), -1);
	assert_int_equal(state_of(BYTES("\x30\x00"), &info), -1);
	assert_int_equal(state_of(BYTES("\x30\x80"), &info), -1);
	assert_int_equal(state_of(BYTES("\x30\x7f\x0a\x01\x01"), &info), -1);
	assert_int_equal(
	    state_of(BYTES("\x30\xff\xff\xff\xff\xff"), &info), -1);
	/* No such state; a short uuid; something behind. */
	assert_int_equal(
	    state_of(BYTES("\x30\x15\x0a\x01\x04\x04\x10" UUID_A), &info), -1);
	assert_int_equal(state_of(BYTES("\x30\x07\x0a\x01\x01\x04\x02"
					"ab"),
			     &info),
	    -1);
	assert_int_equal(
	    state_of(
		BYTES("\x30\x15\x0a\x01\x01\x04\x10" UUID_A "\x00"), &info),
	    -1);
	assert_int_equal(
	    state_of(
		BYTES("\x30\x17\x0a\x01\x01\x04\x10" UUID_A "\x05\x00"), &info),
	    -1);
}

static void
test_infos(void **state)
{
	struct sync_info info;

	(void)state;
	assert_int_equal(info_of(BYTES("\x80\x03"
				       "abc"),
			     &info),
	    0);
	assert_int_equal(info.kind, SYNC_COOKIE);
	assert_memory_equal(info.cookie, "abc", 3);
	assert_false(info.refresh_done);
	/* refreshDone is TRUE where it's left out. */
	assert_int_equal(info_of(BYTES("\xa1\x00"), &info), 0);
	assert_int_equal(info.kind, SYNC_DELETES_DONE);
	assert_true(info.refresh_done);
	assert_int_equal(info_of(BYTES("\xa2\x06\x04\x01"
				       "c"
				       "\x01\x01\x00"),
			     &info),
	    0);
	assert_int_equal(info.kind, SYNC_PRESENTS_DONE);
	assert_false(info.refresh_done);
	assert_int_equal(info.cookie_len, 1);
	assert_int_equal(info_of(BYTES("\xa2\x03\x01\x01\x01"), &info), 0);
	assert_true(info.refresh_done);
}

static void
test_sets(void **state)
{
	static const char present[] =
	    "\xa3\x26\x31\x24\x04\x10" UUID_A "\x04\x10" UUID_B;
	struct sync_info info;
	const char *uuid;

	(void)state;
	assert_int_equal(info_of(BYTES(present), &info), 0);
	assert_int_equal(info.kind, SYNC_SET_PRESENT);
	uuid = sync_next_uuid(&info);
	assert_memory_equal(uuid, UUID_A, SYNC_UUID_LEN);
	uuid = sync_next_uuid(&info);
	assert_memory_equal(uuid, UUID_B, SYNC_UUID_LEN);
	assert_null(sync_next_uuid(&info));
	assert_null(sync_next_uuid(&info));
	assert_int_equal(info_of(BYTES("\xa3\x1a\x04\x01"
				       "c"
				       "\x01\x01\xff\x31\x12\x04\x10" UUID_A),
			     &info),
	    0);
	assert_int_equal(info.kind, SYNC_SET_DELETED);
	assert_int_equal(info_of(BYTES("\xa3\x02\x31\x00"), &info), 0);
	assert_null(sync_next_uuid(&info));
}

static void
test_infos_refused(void **state)
{
	struct sync_info info;

	(void)state;
	assert_int_equal(info_of("", 0, &info), -1);
	assert_int_equal(info_of(BYTES("\x04\x01"
				       "c"),
			     &info),
	    -1);
	assert_int_equal(info_of(BYTES("\x80\x04"
				       "abc"),
			     &info),
	    -1);
	assert_int_equal(info_of(BYTES("\x80\x02"
				       "abc"),
			     &info),
	    -1);
	assert_int_equal(info_of(BYTES("\xa1\x02\x01\x00"), &info), -1);
	assert_int_equal(info_of(BYTES("\xa1\x02\x05\x00"), &info), -1);
	assert_int_equal(info_of(BYTES("\xa3\x00"), &info), -1);
	/* A set whose second member is short is no set. */
	assert_int_equal(
	    info_of(BYTES("\xa3\x17\x31\x15\x04\x10" UUID_A "\x04\x01"
			  "x"),
		&info),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_states_refused),
	    cmocka_unit_test(test_infos),
	    cmocka_unit_test(test_sets),
	    cmocka_unit_test(test_infos_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
