/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "followed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forceenc/log.h"
#include "unit.h"

#define STEPS_MAX 10000

static void
on_log(enum log_level level, const char *line, void *arg)
{
	struct followed *t = arg;

	(void)line;
	t->warnings += level <= LOG_LEVEL_WARN;
}

int
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

int
followed_close(void **state)
{
	struct followed *t = *state;

	log_set_sink(NULL, NULL);
	follow_free(t->follow);
	walk_free(t->walk);
	folder_close(&t->folder);
	return 0;
}

void
followed_start(struct followed *t)
{
	struct keep_position position = {0};

	if (t->follow != NULL)
		follow_position(t->follow, &position);
	follow_free(t->follow);
	t->follow = follow_new(t->path, &position);
}

void
followed_settle(struct followed *t)
{
	struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};

	times[1].tv_sec = 1000000000 + (time_t)t->changes++;
	assert_int_equal(utimensat(AT_FDCWD, t->folder.name, times, 0), 0);
}

enum input_step
followed_step(struct followed *t)
{
	enum input_step step = follow_step(t->follow, t->walk);

	if (step == INPUT_COMMIT)
		tally_clear(t->walk->tally);
	return step;
}

enum input_step
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

void
followed_expect(struct followed *t, uint64_t lines, uint64_t gaps)
{
	followed_settle(t);
	assert_int_equal(followed_run(t), INPUT_IDLE);
	assert_int_equal(t->walk->counters.lines, lines);
	assert_int_equal(t->walk->counters.gaps, gaps);
}

void
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

void
followed_rename(struct followed *t, const char *from, const char *to)
{
	assert_int_equal(
	    rename(folder_path(&t->folder, from), folder_path(&t->folder, to)),
	    0);
}

void
followed_copytruncate(struct followed *t, const char *to)
{
	folder_copy(&t->folder, "mail.log", to);
	assert_int_equal(truncate(t->path, 0), 0);
}

void
followed_compress(struct followed *t, const char *name)
{
	char command[1100];

	snprintf(command, sizeof(command), "gzip %s/%s", t->folder.name, name);
	assert_int_equal(system(command), 0);
}
