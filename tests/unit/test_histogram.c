/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/histogram.h"

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
	for (power = 1; power < HISTOGRAM_TOP; power <<= 1) {
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
		value[i] = x >> (28 + x % 30);
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

/* Larger ones are counted, and the largest is known. */
static void
test_histogram_beyond_the_top(void **state)
{
	(void)state;
	histogram_add(&h, HISTOGRAM_TOP);
	histogram_add(&h, UINT64_MAX / 2);
	assert_int_equal(histogram_quantile(&h, 0.5), UINT64_MAX / 2);
	assert_int_equal(histogram_below(&h, HISTOGRAM_TOP), 0);
	assert_int_equal(histogram_below(&h, UINT64_MAX), 2);
	histogram_add(&h, HISTOGRAM_TOP - 1);
	assert_int_equal(histogram_below(&h, HISTOGRAM_TOP), 1);
}

/* What Prometheus wants to know of each of its edges. */
static void
test_histogram_below(void **state)
{
	uint64_t edge, value, n = 0;

	(void)state;
	assert_int_equal(histogram_below(&h, 1024), 0);
	for (value = 0; value < 5000; value++)
		histogram_add(&h, value);
	assert_int_equal(h.n, 5000);
	assert_int_equal(h.sum, 4999 * 5000 / 2);
	assert_int_equal(histogram_below(&h, 0), 0);
	for (edge = 1; edge <= 128; edge++)
		assert_int_equal(histogram_below(&h, edge), edge);
	for (edge = 128; edge <= 4096; edge *= 2)
		assert_int_equal(histogram_below(&h, edge), edge);
	assert_int_equal(histogram_below(&h, 8192), 5000);
	for (edge = 0; edge < 6000; edge++) {
		assert_true(histogram_below(&h, edge) >= n);
		n = histogram_below(&h, edge);
		assert_true(n <= edge + edge / 64);
	}
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
	    cmocka_unit_test_setup(
		test_histogram_beyond_the_top, test_histogram_empty),
	    cmocka_unit_test_setup(test_histogram_below, test_histogram_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
