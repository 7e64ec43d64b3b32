/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "unit.h"

#include "forceencd/order.h"

static void
order_is_a_permutation(void **state)
{
	bool failed[ORDER_MAX] = {false}, seen[ORDER_MAX];
	unsigned out[ORDER_MAX], n, i, turn;

	(void)state;
	for (n = 0; n <= ORDER_MAX; n++) {
		for (turn = 0; turn < 100; turn++) {
			order_make(out, failed, n,
			    (turn + 1) * UINT64_C(11400714819323198485));
			for (i = 0; i < n; i++)
				seen[i] = false;
			for (i = 0; i < n; i++) {
				assert_in_range(out[i], 0, n - 1);
				assert_false(seen[out[i]]);
				seen[out[i]] = true;
			}
		}
	}
}

/* The six orders of three come equally often. */
static void
order_is_fair(void **state)
{
	static const bool failed[3] = {false};
	unsigned out[3], count[27] = {0}, i, kinds = 0;

	(void)state;
	for (i = 0; i < 600; i++) {
		order_make(out, failed, 3, i);
		count[out[0] * 9 + out[1] * 3 + out[2]]++;
	}
	for (i = 0; i < 27; i++) {
		if (count[i] == 0)
			continue;
		kinds++;
		assert_int_equal(count[i], 100);
	}
	assert_int_equal(kinds, 6);
}

static void
order_puts_failed_ones_last(void **state)
{
	static const bool failed[4] = {true, false, true, false};
	unsigned out[4], first[4] = {0}, i;

	(void)state;
	for (i = 0; i < 240; i++) {
		order_make(out, failed, 4, i);
		assert_false(failed[out[0]]);
		assert_false(failed[out[1]]);
		assert_true(failed[out[2]]);
		assert_true(failed[out[3]]);
		first[out[0]]++;
	}
	assert_int_equal(first[1], 120);
	assert_int_equal(first[3], 120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(order_is_a_permutation),
	    cmocka_unit_test(order_is_fair),
	    cmocka_unit_test(order_puts_failed_ones_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
