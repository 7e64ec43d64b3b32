/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What is known of a directory's entries, and how it's let go. */

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "forceencd/ldap_known.h"
#include "forceencd/leavings.h"

#define ENTRIES 20000

static void
known_fill(struct ldap_known *known)
{
	char uuid[SYNC_UUID_LEN] = {0}, key[32];
	struct buf keys = {0};
	unsigned i;

	for (i = 0; i < ENTRIES; i++) {
		memcpy(uuid, &i, sizeof(i));
		snprintf(key, sizeof(key), "user%u@example.com", i);
		buf_clear(&keys);
		ldap_known_add_key(&keys, key, strlen(key));
		ldap_known_set(known, uuid, &keys);
	}
	buf_fini(&keys);
	assert_int_equal(ldap_known_count(known), ENTRIES);
}

static void
test_freed_in_pieces(void **state)
{
	struct ldap_known *known = ldap_known_new();
	size_t left = ENTRIES;
	unsigned pieces = 0;

	(void)state;
	known_fill(known);
	while (ldap_known_free_piece(known)) {
		/* Of 20,000 in 65,536 chains, those of 256. */
		assert_in_range(left - ldap_known_count(known), 0, 400);
		left = ldap_known_count(known);
		pieces++;
	}
	assert_in_range(left, 0, 400);
	assert_in_range(pieces, 200, 300);
	known = ldap_known_new();
	known_fill(known);
	ldap_known_free(known);
	ldap_known_free(NULL);
}

static bool
leave_count(void *what)
{
	unsigned *left = what;

	assert_true(*left > 0);
	return --*left > 0;
}

static void
test_leavings_one_piece_at_a_time(void **state)
{
	struct leavings *leavings = leavings_new();
	unsigned first = 2, second = 1, third = 3;

	(void)state;
	assert_false(leavings_go_on(leavings));
	leavings_add(leavings, leave_count, &first);
	leavings_add(leavings, leave_count, &second);
	assert_true(leavings_go_on(leavings));
	assert_int_equal(first, 1);
	assert_true(leavings_go_on(leavings));
	assert_int_equal(first + second, 1);
	assert_false(leavings_go_on(leavings));
	assert_int_equal(second, 0);
	/* At the end nothing stays. */
	leavings_add(leavings, leave_count, &third);
	leavings_free(leavings);
	assert_int_equal(third, 0);
	leavings_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_freed_in_pieces),
	    cmocka_unit_test(test_leavings_one_piece_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
