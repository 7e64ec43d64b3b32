/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/backoff.h"

#include "forceencd/ldap_servers.h"
#include "unit.h"

#define LONGEST 5000

static void
test_pauses_double_up_to_the_longest(void **state)
{
	static const uint64_t whole[] = {
	    100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000};
	struct backoff backoff = {0};
	uint64_t now = 1000;
	unsigned i;

	(void)state;
	assert_true(backoff_is_over(&backoff, 0));
	for (i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		backoff_fail(&backoff, now, LONGEST, 0);
		assert_int_equal(backoff.until - now, whole[i]);
		assert_false(backoff_is_over(&backoff, now));
		assert_false(backoff_is_over(&backoff, backoff.until - 1));
		assert_true(backoff_is_over(&backoff, backoff.until));
		now = backoff.until;
	}
	backoff_reset(&backoff);
	backoff_fail(&backoff, now, LONGEST, 0);
	assert_int_equal(backoff.until - now, 100);
}

/* Chance never makes a pause longer, nor less than half of it. */
static void
test_chance(void **state)
{
	uint64_t shortest = UINT64_MAX, longest = 0, pause;
	struct backoff backoff;
	uint32_t random;

	(void)state;
	for (random = 0; random < 100000; random += 37) {
		backoff = (struct backoff){.failures = 3};
		backoff_fail(&backoff, 0, LONGEST, random * 2654435761u);
		pause = backoff.until;
		shortest = pause < shortest ? pause : shortest;
		longest = pause > longest ? pause : longest;
	}
	assert_int_equal(shortest, 400);
	assert_int_equal(longest, 800);
}

static void
test_any_number_of_failures(void **state)
{
	struct backoff backoff = {.failures = UINT32_MAX - 1};

	(void)state;
	backoff_fail(&backoff, 0, LONGEST, 0);
	assert_int_equal(backoff.until, LONGEST);
	/* A limit below the first pause holds. */
	backoff_reset(&backoff);
	backoff_fail(&backoff, 0, 10, 0);
	assert_int_equal(backoff.until, 10);
}

static void
test_servers_are_tried_in_their_order(void **state)
{
	char first[] = "ldap://one", second[] = "ldap://two";
	struct conf_ldap_server list[] = {{.url = first}, {.url = second}};
	struct conf_ldap conf = {
	    .server = list, .nservers = 2, .retry_interval = LONGEST};
	struct err why = {"gone"}, other = {"away"};
	struct ldap_servers servers;

	(void)state;
	ldap_servers_init(&servers, &conf, "ldap:test");
	assert_int_equal(ldap_servers_pick(&servers, 2, 0), 0);
	ldap_servers_fail(&servers, 0, &why, 1000, 0);
	assert_int_equal(ldap_servers_pick(&servers, 2, 1000), 1);
	assert_int_equal(ldap_servers_pick(&servers, 1, 1000), -1);
	assert_false(ldap_servers_are_down(&servers));
	ldap_servers_fail(&servers, 1, &other, 1050, 0);
	assert_true(ldap_servers_are_down(&servers));
	assert_string_equal(ldap_servers_why(&servers)->text, "gone; away");
	assert_int_equal(ldap_servers_pick(&servers, 2, 1099), -1);
	assert_int_equal(ldap_servers_next(&servers, 2), 1100);
	assert_int_equal(ldap_servers_next(&servers, 0), UINT64_MAX);
	assert_int_equal(ldap_servers_pick(&servers, 2, 1100), 0);
	/* Being allowed to try isn't being up. */
	assert_true(ldap_servers_are_down(&servers));
	ldap_servers_work(&servers, 1);
	assert_false(ldap_servers_are_down(&servers));
	assert_int_equal(ldap_servers_pick(&servers, 2, 1060), 1);
	ldap_servers_fail(&servers, 1, &why, 2000, 0);
	ldap_servers_forget(&servers);
	assert_int_equal(ldap_servers_pick(&servers, 2, 2000), 0);
	assert_false(ldap_servers_are_down(&servers));
	ldap_servers_fini(&servers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pauses_double_up_to_the_longest),
	    cmocka_unit_test(test_chance),
	    cmocka_unit_test(test_any_number_of_failures),
	    cmocka_unit_test(test_servers_are_tried_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
