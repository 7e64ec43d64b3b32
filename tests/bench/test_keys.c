/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"

#define TEST_SENDERS 1000

static struct keys
test_keys_new(enum keys_kind kind, double skew, uint64_t seed)
{
	struct keys keys = {.kind = kind,
	    .senders = TEST_SENDERS,
	    .forced = 30,
	    .skew = skew,
	    .seed = seed};

	keys_init(&keys, "forceenc");
	return keys;
}

/* The shares of the ranks must be those of the formula; five standard
 * deviations are never exceeded by chance, and the seed is fixed anyway. */
static void
test_keys_weights(enum keys_kind kind, double skew)
{
	struct keys keys = test_keys_new(kind, skew, 7);
	unsigned count[TEST_SENDERS] = {0};
	double sum = 0, want;
	uint32_t i, number;

	if (kind == KEYS_UNIFORM)
		skew = 0;
	for (i = 0; i < KEYS_DRAWN; i++) {
		number = keys_next(&keys);
		assert_true(number < TEST_SENDERS);
		count[number]++;
	}
	for (i = 0; i < TEST_SENDERS; i++)
		sum += pow(i + 1, -skew);
	for (i = 0; i < TEST_SENDERS; i++) {
		want = KEYS_DRAWN * pow(i + 1, -skew) / sum;
		assert_true(fabs(count[i] - want) < 5 * sqrt(want));
	}
	keys_fini(&keys);
}

static void
test_keys_distributions(void **state)
{
	(void)state;
	test_keys_weights(KEYS_UNIFORM, 1);
	test_keys_weights(KEYS_ZIPF, 0.5);
	test_keys_weights(KEYS_ZIPF, 0.99);
	test_keys_weights(KEYS_ZIPF, 1);
	test_keys_weights(KEYS_ZIPF, 1.5);
}

static void
test_keys_seeds(void **state)
{
	struct keys a = test_keys_new(KEYS_UNIFORM, 1, 1);
	struct keys b = test_keys_new(KEYS_UNIFORM, 1, 1);
	struct keys c = test_keys_new(KEYS_UNIFORM, 1, 2);
	unsigned i, same = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(a.drawn[i], b.drawn[i]);
		same += a.drawn[i] == c.drawn[i];
	}
	assert_true(same < 20);
	keys_fini(&a);
	keys_fini(&b);
	keys_fini(&c);
}

static void
test_keys_sequence(void **state)
{
	struct keys keys = test_keys_new(KEYS_SEQUENCE, 1, 1);
	uint32_t i;

	(void)state;
	for (i = 0; i < 2 * TEST_SENDERS + 1; i++)
		assert_int_equal(keys_next(&keys), i % TEST_SENDERS);
	keys_fini(&keys);
}

static void
test_keys_frames(void **state)
{
	static const char forced[] = "32:forceenc user0000042@example.com,";
	static const char absent[] = "32:forceenc none0000042@example.com,";
	struct keys keys = test_keys_new(KEYS_SEQUENCE, 1, 1);
	unsigned i, n = 0;

	(void)state;
	assert_int_equal(keys.frame_len, strlen(forced));
	for (i = 0; i < TEST_SENDERS; i++)
		n += keys_forced(&keys, i);
	assert_in_range(n, TEST_SENDERS / 4, TEST_SENDERS * 35 / 100);
	keys.forced = 100;
	assert_memory_equal(keys_frame(&keys, 42), forced, keys.frame_len);
	keys.forced = 0;
	assert_memory_equal(keys_frame(&keys, 42), absent, keys.frame_len);
	assert_memory_equal(
	    keys_frame(&keys, KEYS_SENDERS_MAX - 1) + keys.name_at,
	    "none9999999@", 12);
	keys_fini(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys_distributions),
	    cmocka_unit_test(test_keys_seeds),
	    cmocka_unit_test(test_keys_sequence),
	    cmocka_unit_test(test_keys_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
