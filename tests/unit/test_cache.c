/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The cache of facts: what it keeps, for how long, and what goes first. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/answer.h"
#include "forceencd/cache.h"

#define T0 1000000

static const struct fact absent = {.present = false};
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
test_keeps_facts_of_tables_apart(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;

	(void)state;
	assert_int_equal(get(cache, 1, "a@x", T0, &fact), CACHE_NONE);
	put(cache, 1, "a@x", 7, T0, &forced);
	put(cache, 2, "a@x", 7, T0, &absent);
	put(cache, 1, "b@x", 7, T0, &dunno);
	assert_int_equal(get(cache, 1, "a@x", T0, &fact), CACHE_FRESH);
	assert_true(fact.present);
	assert_int_equal(fact.answer, 0);
	assert_int_equal(get(cache, 2, "a@x", T0, &fact), CACHE_FRESH);
	assert_false(fact.present);
	assert_int_equal(get(cache, 1, "b@x", T0, &fact), CACHE_FRESH);
	assert_int_equal(fact.answer, ANSWER_DUNNO);
	assert_int_equal(get(cache, 3, "a@x", T0, &fact), CACHE_NONE);
	assert_int_equal(get(cache, 1, "a@", T0, &fact), CACHE_NONE);
	cache_free(cache);
}

static void
test_a_later_fact_replaces_an_earlier_one(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct cache_stats stats;
	struct fact fact;

	(void)state;
	put(cache, 1, "a@x", 7, T0, &absent);
	put(cache, 1, "a@x", 7, T0 + 1000, &forced);
	assert_int_equal(get(cache, 1, "a@x", T0 + 1000, &fact), CACHE_FRESH);
	assert_true(fact.present);
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 1);
	cache_free(cache);
}

static void
test_facts_grow_stale_by_their_kind(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;

	(void)state;
	put(cache, 1, "here@x", 7, T0, &forced);
	put(cache, 1, "gone@x", 7, T0, &absent);
	assert_int_equal(
	    get(cache, 1, "gone@x", T0 + 1700, &fact), CACHE_FRESH);
	assert_int_equal(
	    get(cache, 1, "gone@x", T0 + 2200, &fact), CACHE_STALE);
	assert_int_equal(
	    get(cache, 1, "here@x", T0 + 9700, &fact), CACHE_FRESH);
	assert_int_equal(
	    get(cache, 1, "here@x", T0 + 10200, &fact), CACHE_STALE);
	/* Stale is kept for when there's nothing better, and confirmed. */
	assert_true(fact.present);
	put(cache, 1, "here@x", 7, T0 + 10200, &forced);
	assert_int_equal(
	    get(cache, 1, "here@x", T0 + 10200, &fact), CACHE_FRESH);
	cache_free(cache);
}

static void
test_facts_of_another_epoch_are_stale(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;

	(void)state;
	put(cache, 1, "old@x", 6, T0, &forced);
	put(cache, 1, "new@x", 8, T0, &forced);
	assert_int_equal(get(cache, 1, "old@x", T0, &fact), CACHE_STALE);
	assert_int_equal(get(cache, 1, "new@x", T0, &fact), CACHE_STALE);
	cache_free(cache);
}

/* Room for every one of them: about 36 MB. */
static void
test_keys_of_every_length(void **state)
{
	struct cache *cache = cache_new(64 << 20);
	struct cache_stats stats;
	char key[CACHE_KEY_MAX + 2];
	struct fact fact;
	uint64_t age;
	size_t len;

	(void)state;
	memset(key, 'k', sizeof(key));
	for (len = 0; len <= CACHE_KEY_MAX + 1; len++)
		cache_put(cache, 1, key, len, cache_hash(cache, key, len), 7,
		    T0, &forced);
	for (len = 0; len <= CACHE_KEY_MAX + 1; len++)
		assert_int_equal(
		    cache_get(cache, 1, key, len, cache_hash(cache, key, len),
			&trust, T0, &fact, &age),
		    len >= 1 && len <= CACHE_KEY_MAX ? CACHE_FRESH
						     : CACHE_NONE);
	cache_flush(cache);
	while (cache_sweep(cache, 100))
		;
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 0);
	assert_int_equal(stats.bytes, 0);
	cache_free(cache);
}

static void
test_long_keys_count_against_the_cap(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct cache_stats stats;
	char key[4000];
	unsigned i;

	(void)state;
	memset(key, 'k', sizeof(key));
	for (i = 0; i < 1000; i++) {
		snprintf(key, 10, "%09u", i);
		cache_put(cache, 1, key, sizeof(key),
		    cache_hash(cache, key, sizeof(key)), 7, T0, &forced);
		cache_stats(cache, &stats);
		assert_true(stats.bytes <= stats.bytes_max);
	}
	assert_int_equal(stats.facts, (1 << 20) / (sizeof(key) + 72));
	assert_int_equal(stats.evicted, 1000 - stats.facts);
	cache_free(cache);
}

static void
test_what_is_out_of_use_goes_first(void **state)
{
	struct cache *cache = cache_new(72 * 4);
	struct cache_stats stats;
	struct fact fact;

	(void)state;
	put(cache, 1, "a", 7, T0, &forced);
	put(cache, 1, "b", 7, T0, &forced);
	put(cache, 1, "c", 7, T0, &forced);
	put(cache, 1, "d", 7, T0, &forced);
	assert_int_equal(get(cache, 1, "a", T0, &fact), CACHE_FRESH);
	put(cache, 1, "e", 7, T0, &forced);
	assert_int_equal(get(cache, 1, "b", T0, &fact), CACHE_NONE);
	assert_int_equal(get(cache, 1, "a", T0, &fact), CACHE_FRESH);
	assert_int_equal(get(cache, 1, "c", T0, &fact), CACHE_FRESH);
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 4);
	assert_int_equal(stats.evicted, 1);
	cache_free(cache);
}

static void
test_drops_a_key_of_all_tables(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;

	(void)state;
	put(cache, 1, "a@x", 7, T0, &forced);
	put(cache, 2, "a@x", 7, T0, &absent);
	put(cache, 2, "b@x", 7, T0, &absent);
	assert_int_equal(cache_drop(cache, "a@x", 3), 2);
	assert_int_equal(cache_drop(cache, "a@x", 3), 0);
	assert_int_equal(get(cache, 2, "b@x", T0, &fact), CACHE_FRESH);
	put(cache, 1, "a@x", 7, T0, &forced);
	assert_int_equal(cache_drop_table(cache, 2), 1);
	assert_int_equal(get(cache, 1, "a@x", T0, &fact), CACHE_FRESH);
	assert_int_equal(cache_flush(cache), 1);
	cache_free(cache);
}

static void
test_time_since_start_may_be_long(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	uint64_t years = UINT64_C(1000) * 3600 * 24 * 365 * 16;
	struct fact fact;

	(void)state;
	put(cache, 1, "a@x", 7, years, &forced);
	assert_int_equal(
	    get(cache, 1, "a@x", years + 9700, &fact), CACHE_FRESH);
	assert_int_equal(
	    get(cache, 1, "a@x", years + 10200, &fact), CACHE_STALE);
	cache_free(cache);
}

/* Within a turn of the loop some look at the clock earlier than others. */
static void
test_what_is_learned_a_moment_later_is_new(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	struct fact fact;

	(void)state;
	put(cache, 1, "a@x", 7, T0 + 128, &forced);
	assert_int_equal(get(cache, 1, "a@x", T0, &fact), CACHE_FRESH);
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

static void
test_a_walk_sees_every_fact_once(void **state)
{
	struct cache *cache = cache_new(1 << 20);
	unsigned seen[1000] = {0}, i;
	uint32_t cursor = 0;
	char key[16];

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key%04u", i);
		put(cache, 1, key, 7, T0, &forced);
	}
	for (i = 0; i < 1000; i += 3) {
		snprintf(key, sizeof(key), "key%04u", i);
		assert_int_equal(cache_drop(cache, key, 7), 1);
	}
	while (cache_walk(cache, &cursor, 7, T0, count_entry, seen))
		;
	for (i = 0; i < 1000; i++)
		assert_int_equal(seen[i], i % 3 != 0);
	cache_free(cache);
}

/* However many others come by. */
static void
test_facts_in_use_survive_a_flood(void **state)
{
	struct cache *cache = cache_new(72 * 1000);
	struct cache_stats stats;
	struct fact fact;
	unsigned i, k;
	char key[16];

	(void)state;
	for (i = 0; i < 100000; i++) {
		if (i % 500 == 0)
			for (k = 0; k < 50; k++) {
				snprintf(key, sizeof(key), "used%u", k);
				if (i > 0)
					assert_int_equal(
					    get(cache, 1, key, T0, &fact),
					    CACHE_FRESH);
				put(cache, 1, key, 7, T0, &forced);
			}
		snprintf(key, sizeof(key), "flood%u", i);
		put(cache, 1, key, 7, T0, &absent);
	}
	cache_stats(cache, &stats);
	assert_int_equal(stats.facts, 1000);
	assert_int_equal(stats.evicted, 100000 + 50 - 1000);
	cache_free(cache);
}

/* With all of them in use, one goes all the same, and soon. */
static void
test_room_is_made_among_facts_in_use(void **state)
{
	struct cache *cache = cache_new(72 * 1000);
	struct fact fact;
	unsigned i, there = 0;
	char key[16];

	(void)state;
	for (i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "k%u", i % 1000);
		put(cache, 1, key, 7, T0, &forced);
	}
	put(cache, 1, "new", 7, T0, &dunno);
	assert_int_equal(get(cache, 1, "new", T0, &fact), CACHE_FRESH);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		there += get(cache, 1, key, T0, &fact) == CACHE_FRESH;
	}
	assert_int_equal(there, 999);
	cache_free(cache);
}

/* Against a model: an array of all keys. What was put and not dropped may
 * have been evicted, but never changes. */
#define MODEL_KEYS 300
#define MODEL_ROOM 100

struct model {
	bool in;
	uint8_t answer;
};

static void
model_check(struct model *model, struct cache *cache, const char *key)
{
	struct fact fact;

	switch (get(cache, 1, key, T0, &fact)) {
	case CACHE_FRESH:
		assert_true(model->in);
		assert_int_equal(fact.answer, model->answer);
		break;
	case CACHE_NONE:
		model->in = false;
		break;
	case CACHE_STALE:
		fail();
	}
}

static void
test_behaves_as_its_model(void **state)
{
	struct cache *cache = cache_new(72 * MODEL_ROOM);
	struct model model[MODEL_KEYS] = {{0}};
	struct cache_stats stats;
	struct fact fact;
	unsigned turn;
	char key[16];
	int k;

	(void)state;
	srand(4711);
	for (turn = 1; turn < 60000; turn++) {
		k = rand() % MODEL_KEYS;
		snprintf(key, sizeof(key), "k%d", k);
		fact = (struct fact){true, (uint8_t)(rand() % 200)};
		switch (rand() % 8) {
		case 0:
			if (cache_drop(cache, key, strlen(key)) > 0)
				assert_true(model[k].in);
			model[k].in = false;
			assert_int_equal(
			    get(cache, 1, key, T0, &fact), CACHE_NONE);
			break;
		case 1:
		case 2:
		case 3:
			put(cache, 1, key, 7, T0, &fact);
			model[k] = (struct model){true, fact.answer};
			assert_int_equal(
			    get(cache, 1, key, T0, &fact), CACHE_FRESH);
			break;
		default:
			model_check(&model[k], cache, key);
		}
		cache_stats(cache, &stats);
		assert_true(stats.facts <= MODEL_ROOM);
	}
	assert_int_equal(stats.facts, MODEL_ROOM);
	cache_free(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keeps_facts_of_tables_apart),
	    cmocka_unit_test(test_a_later_fact_replaces_an_earlier_one),
	    cmocka_unit_test(test_facts_grow_stale_by_their_kind),
	    cmocka_unit_test(test_facts_of_another_epoch_are_stale),
	    cmocka_unit_test(test_keys_of_every_length),
	    cmocka_unit_test(test_long_keys_count_against_the_cap),
	    cmocka_unit_test(test_what_is_out_of_use_goes_first),
	    cmocka_unit_test(test_drops_a_key_of_all_tables),
	    cmocka_unit_test(test_time_since_start_may_be_long),
	    cmocka_unit_test(test_what_is_learned_a_moment_later_is_new),
	    cmocka_unit_test(test_a_walk_sees_every_fact_once),
	    cmocka_unit_test(test_facts_in_use_survive_a_flood),
	    cmocka_unit_test(test_room_is_made_among_facts_in_use),
	    cmocka_unit_test(test_behaves_as_its_model),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
