/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "histogram.h"

static struct histogram h;

static int
test_histogram_empty(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

static void
test_histogram_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&h, 0.5), 0);
	assert_int_equal(histogram_quantile(&h, 1), 0);
}

/* A lone value is its own maximum, so that its bucket must hold it: the
 * quantile of two such values shows the bucket's upper edge. */
static void
test_histogram_edge(uint64_t value)
{
	uint64_t edge;

	memset(&h, 0, sizeof(h));
	histogram_add(&h, value);
	assert_int_equal(histogram_quantile(&h, 1), value);
	histogram_add(&h, UINT64_MAX);
	edge = histogram_quantile(&h, 0.5);
	assert_true(edge >= value);
	assert_true(edge - value <= value / 64);
}

static void
test_histogram_every_size(void **state)
{
	uint64_t power;

	(void)state;
	for (power = 1; power != 0; power <<= 1) {
		test_histogram_edge(power - 1);
		test_histogram_edge(power);
		test_histogram_edge(power + power / 3);
		test_histogram_edge(power + (power - 1));
	}
}

static int
test_histogram_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Against the sorted values themselves. */
static void
test_histogram_quantiles(void **state)
{
	static const double q[] = {0.001, 0.25, 0.5, 0.99, 0.999, 1};
	enum { N = 100000 };
	static uint64_t value[N];
	uint64_t exact, got, x = 1;
	size_t i;

	(void)state;
	for (i = 0; i < N; i++) {
		x = x * UINT64_C(6364136223846793005) + 1;
		value[i] = x >> (24 + x % 30);
		histogram_add(&h, value[i]);
	}
	qsort(value, N, sizeof(*value), test_histogram_order);
	for (i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		exact = value[(size_t)(q[i] * N + 0.5) - 1];
		got = histogram_quantile(&h, q[i]);
		assert_true(got >= exact);
		assert_true(got - exact <= exact / 64);
	}
	assert_int_equal(histogram_quantile(&h, 1), value[N - 1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
		test_histogram_of_nothing, test_histogram_empty),
	    cmocka_unit_test(test_histogram_every_size),
	    cmocka_unit_test_setup(
		test_histogram_quantiles, test_histogram_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
