/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Logs that are followed while things happen to them: each line is counted
 * once. Nothing waits: the folder is made to look as if it had been left
 * alone for a while. */

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "forceenc-watch/follow.h"
#include "forceenc/log.h"
#include "unit.h"

#define STEPS_MAX 10000

struct followed {
	struct folder folder;
	char path[512];
	struct walk *walk;
	struct follow *follow;
	unsigned changes; /* of the folder's time */
	unsigned warnings;
};

static void
on_log(enum log_level level, const char *line, void *arg)
{
	struct followed *t = arg;

	(void)line;
	t->warnings += level <= LOG_LEVEL_WARN;
}

static int
followed_open(void **state)
{
	static struct followed t;
	struct walk_rules rules = {.recipient_delimiter = "",
	    .syslog_names = "postfix",
	    .local_relays = "127.0.0.1",
	    .max_inflight = 100000};
	struct err err;

	memset(&t, 0, sizeof(t));
	folder_open(&t.folder);
	snprintf(t.path, sizeof(t.path), "%s/mail.log", t.folder.name);
	t.walk = walk_new(&rules, 1795564800, &err);
	assert_non_null(t.walk);
	log_set_sink(on_log, &t);
	*state = &t;
	return 0;
}

static int
followed_close(void **state)
{
	struct followed *t = *state;

	log_set_sink(NULL, NULL);
	follow_free(t->follow);
	walk_free(t->walk);
	folder_close(&t->folder);
	return 0;
}

/* Goes on from where it was, as another process would. */
static void
followed_start(struct followed *t)
{
	struct keep_position position = {0};

	if (t->follow != NULL)
		follow_position(t->follow, &position);
	follow_free(t->follow);
	t->follow = follow_new(t->path, &position);
}

/* The folder has changed, and not in the last few moments. */
static void
followed_settle(struct followed *t)
{
	struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};

	times[1].tv_sec = 1000000000 + (time_t)t->changes++;
	assert_int_equal(utimensat(AT_FDCWD, t->folder.name, times, 0), 0);
}

static enum input_step
followed_step(struct followed *t)
{
	enum input_step step = follow_step(t->follow, t->walk);

	if (step == INPUT_COMMIT)
		tally_clear(t->walk->tally);
	return step;
}

/* Until there is nothing more to do. */
static enum input_step
followed_run(struct followed *t)
{
	enum input_step step = INPUT_MORE;
	unsigned i;

	for (i = 0; step <= INPUT_COMMIT; i++) {
		assert_true(i < STEPS_MAX);
		step = followed_step(t);
	}
	return step;
}

static void
followed_expect(struct followed *t, uint64_t lines, uint64_t gaps)
{
	followed_settle(t);
	assert_int_equal(followed_run(t), INPUT_IDLE);
	assert_int_equal(t->walk->counters.lines, lines);
	assert_int_equal(t->walk->counters.gaps, gaps);
}

static void
followed_append(
    struct followed *t, const char *name, unsigned first, unsigned n)
{
	FILE *f = fopen(folder_path(&t->folder, name), "a");
	unsigned i;

	assert_non_null(f);
	for (i = first; i < first + n; i++)
		fprintf(f,
		    "2026-11-25T00:%02u:%02u.000000+00:00 mx postfix/smtp[%u]: "
		    "4F%04uAB12: to=<r@y.example>, relay=mx.y.example"
		    "[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.7.4, "
		    "status=deferred (TLS is required, but was not offered by "
		    "host mx.y.example[192.0.2.1])\n",
		    i / 60 % 60, i % 60, 1000 + i, i % 10000);
	assert_int_equal(fclose(f), 0);
}

static void
followed_copy(struct followed *t, const char *from, const char *to)
{
	size_t len;
	char *bytes = folder_read(&t->folder, from, &len);

	folder_write(&t->folder, to, bytes, len);
	free(bytes);
}

static void
followed_rename(struct followed *t, const char *from, const char *to)
{
	assert_int_equal(
	    rename(folder_path(&t->folder, from), folder_path(&t->folder, to)),
	    0);
}

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
	followed_copy(t, "mail.log", "mail.log.4");
	assert_int_equal(truncate(t->path, 0), 0);
	followed_append(t, "mail.log", 9, 2);
	followed_copy(t, "mail.log", "mail.log.3");
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
	followed_copy(t, "mail.log", "mail.log.bak");
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
