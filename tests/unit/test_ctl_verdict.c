/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct verdict_row {
	enum verdict_level level;
	int64_t delivered[STORE_NO_LEVEL];
	int64_t sessions[STORE_NO_LEVEL];
	struct verdict want;
};

/* none, anonymous, untrusted, trusted, verified, local, unknown */
static const struct verdict_row verdict_rows[] = {
    {VERDICT_ENCRYPT, {0, 1, 2, 3, 4, 9, 0}, {0, 0, 5, 0, 5, 9, 9},
	{VERDICT_PASSES, 10, 0, 0, 10, 10, false}},
    {VERDICT_ENCRYPT, {0, 1, 0, 0, 0, 0, 0}, {0, 9, 0, 0, 0, 0, 0},
	{VERDICT_PASSES, 1, 0, 0, 9, 9, true}},
    {VERDICT_ENCRYPT, {7, 0, 0, 0, 0, 0, 0}, {20, 0, 0, 0, 0, 0, 0},
	{VERDICT_FAILS, 0, 7, 0, 20, 0, false}},
    /* Nobody's session was seen, but the delivery was. */
    {VERDICT_ENCRYPT, {7, 0, 0, 0, 0, 0, 0}, {0},
	{VERDICT_FAILS, 0, 7, 0, 0, 0, true}},
    /* Others had TLS there. */
    {VERDICT_ENCRYPT, {7, 0, 0, 0, 0, 0, 0}, {20, 0, 1, 0, 0, 0, 0},
	{VERDICT_MIXED, 0, 7, 0, 21, 1, false}},
    {VERDICT_ENCRYPT, {0, 0, 1, 0, 0, 0, 0}, {1, 0, 30, 0, 0, 0, 0},
	{VERDICT_MIXED, 1, 0, 0, 31, 30, false}},
    /* What isn't known is judged by what others saw. */
    {VERDICT_ENCRYPT, {0, 0, 0, 0, 0, 0, 3}, {0},
	{VERDICT_UNKNOWN, 0, 0, 3, 0, 0, true}},
    {VERDICT_ENCRYPT, {0, 0, 0, 0, 0, 0, 3}, {12, 0, 0, 0, 0, 0, 0},
	{VERDICT_FAILS, 0, 0, 3, 12, 0, false}},
    {VERDICT_ENCRYPT, {0, 0, 0, 0, 0, 0, 3}, {0, 0, 0, 0, 12, 0, 0},
	{VERDICT_PASSES, 0, 0, 3, 12, 12, false}},
    {VERDICT_ENCRYPT, {0, 0, 0, 0, 0, 5, 0}, {0},
	{VERDICT_UNKNOWN, 0, 0, 0, 0, 0, true}},
    {VERDICT_VERIFY, {0, 0, 0, 0, 4, 0, 0}, {0, 0, 0, 8, 10, 0, 0},
	{VERDICT_PASSES, 4, 0, 0, 10, 10, false}},
    {VERDICT_VERIFY, {1, 2, 3, 0, 0, 0, 0}, {4, 4, 4, 0, 0, 0, 0},
	{VERDICT_FAILS, 0, 6, 0, 12, 0, false}},
    /* A trusted chain, but nobody looked at the name. */
    {VERDICT_VERIFY, {0, 0, 0, 6, 0, 0, 0}, {0, 0, 0, 90, 0, 0, 0},
	{VERDICT_UNKNOWN, 0, 0, 6, 0, 0, true}},
};

static void
verdict_judges(void **state)
{
	const struct verdict_row *row = verdict_rows;
	struct stats_evidence evidence;
	struct verdict got;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(verdict_rows) / sizeof(*row); i++, row++) {
		evidence = (struct stats_evidence){.destination = "x"};
		for (j = 0; j < STORE_NO_LEVEL; j++) {
			evidence.delivered[j] = row->delivered[j];
			evidence.sessions[j] = row->sessions[j];
		}
		verdict_judge(&got, &evidence, row->level);
		if (got.word != row->want.word)
			fail_msg("row %zu: %s", i, verdict_name(got.word));
		assert_int_equal(got.pass, row->want.pass);
		assert_int_equal(got.fail, row->want.fail);
		assert_int_equal(got.unsure, row->want.unsure);
		assert_int_equal(got.sessions, row->want.sessions);
		assert_int_equal(got.sessions_pass, row->want.sessions_pass);
		assert_int_equal(got.handful, row->want.handful);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdict_judges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
