/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* All facts of a table are dropped at once, and swept in pieces. */

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "forceenc/answer.h"
#include "forceencd/cache.h"

#define T0 1000000

static const struct fact forced = {.present = true, .answer = 0};
static const struct fact dunno = {.present = true, .answer = ANSWER_DUNNO};
static const struct cache_trust trust = {
    .epoch = 7, .present_ttl = 10000, .absent_ttl = 2000};

static void
put(struct cache *cache, uint8_t table, const char *key, uint32_t epoch,
    uint64_t now, const struct fact *fact)
{
	cache_put(cache, table, key, strlen(key),
	    cache_hash(cache, key, strlen(key)), epoch, now, fact);
}

static enum cache_state
get(struct cache *cache, uint8_t table, const char *key, uint64_t now,
    struct fact *fact)
{
	uint64_t age;

	return cache_get(cache, table, key, strlen(key),
	    cache_hash(cache, key, strlen(key)), &trust, now, fact, &age);
}

static void
fill(struct cache *cache, uint8_t table, unsigned n, const struct fact *fact)
{
	char key[64];
	unsigned i;

	for (i = 0; i < n; i++) {
		/* Some of them don't fit into a node. */
		snprintf(key, sizeof(key), "user%05u@%*s", i,
		    i % 10 == 0 ? 50 : 5, "x");
		put(cache, table, key, 7, T0, fact);
	}
}

static unsigned
known(struct cache *cache, uint8_t table, unsigned n, uint8_t answer)
{
	unsigned i, there = 0;
	struct fact fact;
	char key[64];

	for (i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "user%05u@%*s", i,
		    i % 10 == 0 ? 50 : 5, "x");
		if (get(cache, table, key, T0, &fact) == CACHE_NONE)
			continue;
		assert_true(fact.present);
		assert_int_equal(fact.answer, answer);
		there++;
	}
	return there;
}

/* Gone at once; the memory comes back in pieces of the asked size. */
static void
test_a_table_is_dropped_without_a_walk(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct cache_stats stats;
	uint64_t bytes;
	unsigned pieces = 0;

	(void)state;
	fill(cache, 1, 3000, &forced);
	fill(cache, 2, 3000, &dunno);
	cache_stats(cache, &stats);
	bytes = stats.bytes;
	assert_int_equal(cache_drop_table(cache, 1), 3000);
	assert_int_equal(cache_drop_table(cache, 1), 0);
	assert_int_equal(known(cache, 1, 3000, 0), 0);
	assert_int_equal(known(cache, 2, 3000, ANSWER_DUNNO), 3000);
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 3000);
	assert_int_equal(stats.bytes, bytes);
	/* The number is another table's meanwhile. */
	fill(cache, 1, 10, &dunno);
	while (cache_sweep(cache, 100)) {
		cache_stats(cache, &stats);
		assert_true(bytes - stats.bytes <= 100 * (72 + 100));
		bytes = stats.bytes;
		pieces++;
	}
	assert_in_range(pieces, 29, 61);
	assert_int_equal(known(cache, 1, 3000, ANSWER_DUNNO), 10);
	assert_int_equal(known(cache, 2, 3000, ANSWER_DUNNO), 3000);
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 3010);
	assert_false(cache_sweep(cache, 1));
	cache_free(cache);
}

/* What was dropped is never believed again, however often that happens and
 * however little is swept. */
static void
test_the_dropped_stay_dropped(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;
	unsigned i;

	(void)state;
	put(cache, 1, "first@x", 7, T0, &forced);
	for (i = 0; i < 1000; i++) {
		if (i % 3 == 0)
			assert_int_equal(cache_flush(cache), 1);
		else
			assert_int_equal(cache_drop_table(cache, 1), 1);
		assert_int_equal(
		    get(cache, 1, "first@x", T0, &fact), CACHE_NONE);
		assert_int_equal(
		    get(cache, 1, "later@x", T0, &fact), CACHE_NONE);
		put(cache, 1, "later@x", 7, T0, &forced);
		assert_int_equal(
		    get(cache, 1, "later@x", T0, &fact), CACHE_FRESH);
	}
	cache_free(cache);
}

static void
count_entry(const struct cache_entry *entry, void *arg)
{
	unsigned *seen = arg;
	unsigned i;

	assert_int_equal(sscanf(entry->key, "key%4u", &i), 1);
	assert_true(i < 1000);
	seen[i]++;
}

/* The dead make room before anybody else, and nobody sees them. */
static void
test_the_dropped_make_room(void **state)
{
	struct cache *cache = cache_new(72 * 1000);
	unsigned seen[1000] = {0}, i;
	struct cache_stats stats;
	uint32_t cursor = 0;
	char key[16];

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "old%u", i);
		put(cache, 2, key, 7, T0, &forced);
	}
	assert_int_equal(cache_flush(cache), 1000);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key%04u", i);
		put(cache, 1, key, 7, T0, &forced);
	}
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 1000);
	assert_int_equal(stats.evicted, 0);
	while (cache_walk(cache, &cursor, 7, T0, count_entry, seen))
		;
	for (i = 0; i < 1000; i++)
		assert_int_equal(seen[i], 1);
	assert_false(cache_sweep(cache, 1));
	cache_free(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_table_is_dropped_without_a_walk),
	    cmocka_unit_test(test_the_dropped_stay_dropped),
	    cmocka_unit_test(test_the_dropped_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
