/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The loop's turns: how long they take, and the longest of late. */

#include "unit.h"

#include "forceencd/turn.h"

#define T0     UINT64_C(500000000000)
#define SECOND UINT64_C(1000000)
#define FUTURE ((uint64_t)INT64_MAX)

static void
turned(struct turn *turn, uint64_t from, uint64_t took)
{
	turn_begin(turn, from);
	turn_end(turn, from + took);
}

static void
test_a_turn_begins_with_its_first_event(void **state)
{
	struct turn turn = {0};

	(void)state;
	turn_begin(&turn, T0);
	turn_begin(&turn, T0 + 300);
	turn_end(&turn, T0 + 1000);
	turned(&turn, T0 + 5000, 7);
	assert_int_equal(turn.took.n, 2);
	assert_int_equal(turn.took.max, 1000);
	assert_int_equal(turn.took.sum, 1007);
	assert_int_equal(histogram_quantile(&turn.took, 0.5), 7);
}

static void
test_the_longest_of_a_minute(void **state)
{
	struct turn turn = {0};
	uint64_t at;

	(void)state;
	assert_int_equal(turn_longest_lately(&turn, T0), 0);
	turned(&turn, T0, 40000);
	for (at = T0 + SECOND; at < T0 + 55 * SECOND; at += SECOND) {
		turned(&turn, at, 30);
		assert_int_equal(turn_longest_lately(&turn, at), 40000);
	}
	/* A minute and a slice later it's no longer of late. */
	assert_int_equal(turn_longest_lately(&turn, T0 + 66 * SECOND), 30);
	assert_int_equal(turn.took.max, 40000);
	/* A loop that slept for long had none. */
	assert_int_equal(turn_longest_lately(&turn, T0 + 500 * SECOND), 0);
	turned(&turn, T0 + 500 * SECOND, 9);
	assert_int_equal(turn_longest_lately(&turn, T0 + 500 * SECOND), 9);
	assert_int_equal(turn_longest_lately(&turn, T0 + 559 * SECOND), 9);
}

static void
test_a_turn_takes_so_many_questions(void **state)
{
	struct turn turn = {0};
	unsigned i, j;

	(void)state;
	for (i = 0; i < 3; i++) {
		/* So that it hasn't taken any time, whatever the clock says. */
		turn_begin(&turn, FUTURE);
		assert_false(turn_is_full(&turn));
		for (j = 1; j < TURN_QUESTIONS; j++)
			turn_add_question(&turn);
		assert_false(turn_is_full(&turn));
		turn_add_question(&turn);
		assert_true(turn_is_full(&turn));
		turn_add_question(&turn);
		assert_true(turn_is_full(&turn));
		turn_end(&turn, FUTURE);
	}
}

static void
test_a_turn_takes_questions_for_so_long(void **state)
{
	struct turn turn = {0};

	(void)state;
	/* Nothing is said about a turn that hasn't begun. */
	turn_look(&turn, T0);
	assert_false(turn_is_full(&turn));
	turn_begin(&turn, T0);
	turn_look(&turn, T0 + TURN_ENOUGH_US - 1);
	assert_false(turn_is_full(&turn));
	turn_look(&turn, T0 + TURN_ENOUGH_US);
	assert_true(turn_is_full(&turn));
	turn_end(&turn, T0 + TURN_ENOUGH_US + 1);
	assert_false(turn_is_full(&turn));
}

static void
test_the_clock_is_looked_at_now_and_then(void **state)
{
	struct turn turn = {0};
	unsigned i;

	(void)state;
	turn_begin(&turn, 1); /* long ago */
	for (i = 1; i < TURN_LOOK; i++)
		turn_add_question(&turn);
	assert_false(turn_is_full(&turn));
	turn_add_question(&turn);
	assert_true(turn_is_full(&turn));
}

/* Each slice of time takes the place of the one a minute before it. */
static void
test_slices_are_used_again(void **state)
{
	struct turn turn = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 5 * TURN_SLICES; i++) {
		turned(&turn, T0 + i * TURN_SLICE_US, 10000 - i);
		assert_int_equal(
		    turn_longest_lately(&turn, T0 + i * TURN_SLICE_US),
		    10000 - (i < TURN_SLICES ? 0 : i - TURN_SLICES + 1));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_turn_begins_with_its_first_event),
	    cmocka_unit_test(test_the_longest_of_a_minute),
	    cmocka_unit_test(test_slices_are_used_again),
	    cmocka_unit_test(test_a_turn_takes_so_many_questions),
	    cmocka_unit_test(test_a_turn_takes_questions_for_so_long),
	    cmocka_unit_test(test_the_clock_is_looked_at_now_and_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
