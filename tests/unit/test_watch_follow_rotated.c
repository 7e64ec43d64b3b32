/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Logs that are rotated while nothing is written behind it, or that are
 * compressed, or gone, when we look: each line is counted once. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "followed.h"
#include "unit.h"

/* With nobody writing since: what is read isn't to wait for the next line. */
static void
follow_reads_what_was_copied_while_the_log_is_empty(void **state)
{
	const char *const names[] = {"mail.log.4", "mail.log.3", "mail.log.2"};
	struct followed *t = *state;
	unsigned i;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_append(t, "mail.log", 3, 1);
	followed_copytruncate(t, "mail.log.1");
	followed_expect(t, 4, 0);
	for (i = 0; i < 3; i++) {
		followed_rename(t, "mail.log.1", names[i]);
		followed_append(t, "mail.log", 4 + 2 * i, 2);
		followed_copytruncate(t, "mail.log.1");
		if (i == 1)
			followed_start(t);
		followed_expect(t, 6 + 2 * i, 0);
		assert_true(follow_is_there(t->follow));
	}
	followed_append(t, "mail.log", 10, 1);
	followed_expect(t, 11, 0);
}

static void
follow_reads_what_was_renamed_while_the_log_is_empty(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_rename(t, "mail.log", "mail.log.1");
	folder_write(&t->folder, "mail.log", "", 0);
	followed_expect(t, 3, 0);
	/* Its writer hasn't noticed. */
	followed_append(t, "mail.log.1", 3, 1);
	followed_expect(t, 4, 0);
	followed_rename(t, "mail.log.1", "mail.log.2");
	followed_append(t, "mail.log", 4, 2);
	followed_rename(t, "mail.log", "mail.log.1");
	folder_write(&t->folder, "mail.log", "", 0);
	followed_expect(t, 6, 0);
	followed_append(t, "mail.log.1", 6, 1);
	followed_expect(t, 7, 0);
}

/* What lies there at the very first start isn't read, whatever comes later
 * is; the log itself may be missing then. */
static void
follow_begins_at_an_empty_log(struct followed *t, bool missing, bool older)
{
	if (older)
		followed_append(t, "mail.log.8", 0, 3);
	if (!missing)
		folder_write(&t->folder, "mail.log", "", 0);
	followed_start(t);
	/* Somebody is just rotating. */
	assert_int_equal(followed_run(t), INPUT_AGAIN);
	followed_settle(t);
	assert_int_equal(followed_step(t), INPUT_COMMIT);
	followed_expect(t, 0, 0);
	assert_int_equal(follow_is_there(t->follow), !missing);
	followed_append(t, "mail.log", 3, 2);
	followed_copytruncate(t, "mail.log.2");
	followed_start(t);
	followed_append(t, "mail.log", 5, 2);
	followed_copytruncate(t, "mail.log.1");
	followed_expect(t, 4, 0);
	followed_append(t, "mail.log", 7, 1);
	followed_expect(t, 5, 0);
}

static void
follow_begins_at_a_missing_log_alone(void **state)
{
	follow_begins_at_an_empty_log(*state, true, false);
}

static void
follow_begins_at_an_empty_log_alone(void **state)
{
	follow_begins_at_an_empty_log(*state, false, false);
}

static void
follow_begins_at_an_empty_log_behind_others(void **state)
{
	follow_begins_at_an_empty_log(*state, false, true);
}

/* We had gone by the time that it was a whole one. */
static void
follow_knows_a_log_by_half_a_line(void **state)
{
	struct followed *t = *state;
	size_t len;
	char *bytes;

	followed_append(t, "mail.log", 0, 1);
	bytes = folder_read(&t->folder, "mail.log", &len);
	folder_write(&t->folder, "mail.log", bytes, len - 9);
	followed_start(t);
	followed_expect(t, 0, 0);
	folder_write(&t->folder, "mail.log", bytes, len);
	free(bytes);
	followed_append(t, "mail.log", 1, 2);
	followed_copytruncate(t, "mail.log.1");
	followed_append(t, "mail.log", 3, 1);
	followed_start(t);
	followed_expect(t, 4, 0);
}

/* Somebody keeps few of them. */
static void
follow_goes_on_behind_what_was_removed(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	assert_int_equal(unlink(t->path), 0);
	followed_append(t, "mail.log.2", 5, 2);
	followed_append(t, "mail.log.1", 7, 2);
	followed_append(t, "mail.log", 9, 2);
	followed_start(t);
	followed_expect(t, 9, 1);
}

/* Hours of them may be in front of the place, and none is fed twice. */
static void
follow_finds_its_place_in_a_compressed_log_in_steps(void **state)
{
	struct followed *t = *state;
	unsigned i;

	followed_append(t, "mail.log", 0, 6000);
	followed_start(t);
	followed_expect(t, 6000, 0);
	followed_append(t, "mail.log", 6000, 10);
	followed_rename(t, "mail.log", "mail.log.1");
	followed_compress(t, "mail.log.1");
	followed_append(t, "mail.log", 6010, 1);
	followed_start(t);
	followed_settle(t);
	for (i = 0; t->walk->counters.lines == 6000; i++)
		assert_true(followed_step(t) <= INPUT_COMMIT);
	assert_true(i > 5);
	followed_expect(t, 6011, 0);
}

/* It was cut short when it was compressed. */
static void
follow_goes_on_behind_a_compressed_log_that_is_short(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 6000);
	followed_start(t);
	followed_expect(t, 6000, 0);
	assert_int_equal(truncate(t->path, 1000000), 0);
	followed_rename(t, "mail.log", "mail.log.1");
	followed_compress(t, "mail.log.1");
	followed_append(t, "mail.log", 6010, 1);
	followed_start(t);
	followed_expect(t, 6001, 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, followed_open, followed_close)
	const struct CMUnitTest tests[] = {
	    TEST(follow_reads_what_was_copied_while_the_log_is_empty),
	    TEST(follow_reads_what_was_renamed_while_the_log_is_empty),
	    TEST(follow_begins_at_a_missing_log_alone),
	    TEST(follow_begins_at_an_empty_log_alone),
	    TEST(follow_begins_at_an_empty_log_behind_others),
	    TEST(follow_knows_a_log_by_half_a_line),
	    TEST(follow_goes_on_behind_what_was_removed),
	    TEST(follow_finds_its_place_in_a_compressed_log_in_steps),
	    TEST(follow_goes_on_behind_a_compressed_log_that_is_short),
	};

	return cmocka_run_group_tests_name("follow_rotated", tests, NULL, NULL);
}
