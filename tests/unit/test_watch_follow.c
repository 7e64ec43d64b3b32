/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Logs that are followed while things happen to them: each line is counted
 * once. */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "followed.h"
#include "unit.h"

static void
follow_goes_on_in_a_log_that_was_renamed(void **state)
{
	struct followed *t = *state;
	struct keep_position position;
	uint64_t bytes;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	assert_false(follow_behind(t->follow, &bytes));
	followed_rename(t, "mail.log", "mail.log.1");
	followed_append(t, "mail.log.1", 3, 2);
	followed_append(t, "mail.log", 5, 1);
	/* In both files; all lines have the same length. */
	assert_true(follow_behind(t->follow, &bytes));
	follow_position(t->follow, &position);
	assert_int_equal(bytes, position.offset);
	followed_expect(t, 6, 0);
	assert_false(follow_behind(t->follow, &bytes));
}

/* Nobody has looked meanwhile. */
static void
follow_finds_all_of_several_rotations(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_append(t, "mail.log", 3, 1);
	followed_rename(t, "mail.log", "mail.log.2");
	followed_append(t, "mail.log.1", 4, 2);
	followed_append(t, "mail.log", 6, 2);
	followed_expect(t, 8, 0);
	/* The same, but copied and truncated. */
	followed_append(t, "mail.log", 8, 1);
	folder_copy(&t->folder, "mail.log", "mail.log.4");
	assert_int_equal(truncate(t->path, 0), 0);
	followed_append(t, "mail.log", 9, 2);
	folder_copy(&t->folder, "mail.log", "mail.log.3");
	assert_int_equal(truncate(t->path, 0), 0);
	/* It becomes longer than it was. */
	followed_append(t, "mail.log", 11, 20);
	followed_expect(t, 31, 0);
}

/* A file of the same inode and longer than the log was is another log. */
static void
follow_knows_a_log_by_its_beginning(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	assert_int_equal(truncate(t->path, 0), 0);
	followed_append(t, "mail.log", 3, 5);
	followed_start(t);
	followed_expect(t, 8, 1);
}

/* A copy that somebody made is no other log, though it looks rotated. */
static void
follow_counts_a_copy_of_the_live_log_once(void **state)
{
	struct followed *t = *state;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_rename(t, "mail.log", "mail.log.1");
	followed_append(t, "mail.log", 3, 3);
	folder_copy(&t->folder, "mail.log", "mail.log.bak");
	followed_append(t, "mail.log", 6, 1);
	followed_start(t);
	followed_expect(t, 7, 0);
	followed_append(t, "mail.log", 7, 1);
	followed_expect(t, 8, 0);
}

/* It was made in the middle of a line. */
static void
follow_counts_a_copy_with_half_a_line_once(void **state)
{
	struct followed *t = *state;
	size_t len;
	char *bytes;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_rename(t, "mail.log", "mail.log.1");
	followed_append(t, "mail.log", 3, 3);
	bytes = folder_read(&t->folder, "mail.log", &len);
	folder_write(&t->folder, "mail.log.bak", bytes, len - 20);
	free(bytes);
	followed_start(t);
	followed_expect(t, 6, 0);
	assert_int_equal(t->walk->counters.other, 0);
}

/* Where a piece holds more than is committed at once, it isn't read further
 * ahead with each commit. */
static void
follow_reads_no_more_than_it_feeds(void **state)
{
	const unsigned lines = 100000;
	struct followed *t = *state;
	enum input_step step = INPUT_MORE;
	size_t used, early = 0, most = 0;
	FILE *f = fopen(t->path, "w");
	unsigned i;

	assert_non_null(f);
	for (i = 0; i < lines; i++)
		fprintf(f,
		    "Nov 25 00:00:00 m postfix/smtp[1]: A0%05u: to=<r@y>, "
		    "relay=none, delay=1, delays=0/0/0/1, dsn=4.7.4, "
		    "status=deferred (TLS is required, but was not offered by "
		    "host m[::1])\n",
		    i);
	assert_int_equal(fclose(f), 0);
	followed_start(t);
	for (i = 0; step <= INPUT_COMMIT; i++) {
		step = followed_step(t);
		used = mallinfo2().hblkhd;
		if (i < 3)
			early = used;
		most = used > most ? used : most;
	}
	assert_int_equal(t->walk->counters.lines, lines);
	assert_true(i > 10);
	assert_true(most < early + (1 << 19));
}

/* What can't be read is told once, however often it's looked at. */
static void
follow_tells_once_what_it_cant_read(void **state)
{
	struct followed *t = *state;
	unsigned i;

	followed_append(t, "mail.log", 0, 3);
	followed_start(t);
	followed_expect(t, 3, 0);
	followed_rename(t, "mail.log", "lost");
	assert_int_equal(mkdir(t->path, 0700), 0);
	folder_write(&t->folder, "mail.log.2.gz", "\037\213\010\0rubbish", 11);
	followed_start(t);
	for (i = 0; i < 5; i++) {
		followed_settle(t);
		t->changes--;
		assert_int_equal(followed_run(t), INPUT_AGAIN);
	}
	/* Of the log, and of what was rotated. */
	assert_int_equal(t->warnings, 2);
	assert_int_equal(rmdir(t->path), 0);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, followed_open, followed_close)
	const struct CMUnitTest tests[] = {
	    TEST(follow_goes_on_in_a_log_that_was_renamed),
	    TEST(follow_finds_all_of_several_rotations),
	    TEST(follow_knows_a_log_by_its_beginning),
	    TEST(follow_counts_a_copy_of_the_live_log_once),
	    TEST(follow_counts_a_copy_with_half_a_line_once),
	    TEST(follow_reads_no_more_than_it_feeds),
	    TEST(follow_tells_once_what_it_cant_read),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
