/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Log lines on a standard error that somebody reads, or nobody. */

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/log.h"

/* More than a pipe holds. */
#define LINES 2000

static int saved;
static int reader;
static char got[1 << 20];

static int
setup(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	reader = ends[0];
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	saved = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_open("test");
	/* A line that isn't written and doesn't return ends the test. */
	alarm(30);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	alarm(0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(reader);
	return 0;
}

/* What has been written since the last call. */
static const char *
read_log(void)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(reader, got + len, sizeof(got) - 1 - len)) > 0)
		len += (size_t)n;
	got[len] = '\0';
	return got;
}

static unsigned
count(const char *text, const char *word)
{
	unsigned n = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

static void
test_a_line_has_its_level(void **state)
{
	char line[80];

	(void)state;
	log_debug("never");
	log_warn("%d is odd", 3);
	snprintf(line, sizeof(line), "test[%ld]: warning: 3 is odd\n",
	    (long)getpid());
	assert_string_equal(read_log(), line);
}

static void
test_a_log_that_nobody_reads_blocks_nobody(void **state)
{
	char line[80];
	unsigned i, seen;

	(void)state;
	for (i = 0; i < LINES; i++)
		log_info("number %u, %0100d", i, 0);
	seen = count(read_log(), "number ");
	assert_in_range(seen, 10, LINES - 10);
	/* Each of them is whole. */
	assert_int_equal(count(got, "0\n"), seen);
	assert_int_equal(got[strlen(got) - 1], '\n');
	log_info("on again");
	snprintf(line, sizeof(line), "warning: lines lost: %u ", LINES - seen);
	assert_non_null(strstr(read_log(), line));
	assert_int_equal(count(got, "on again"), 1);
	assert_true(strstr(got, line) < strstr(got, "on again"));
	log_info("and again");
	assert_int_equal(count(read_log(), "lost"), 0);
}

static void
test_a_closed_log_is_no_reason_to_end(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	close(reader);
	log_info("to nobody");
	close(STDERR_FILENO);
	log_info("to nowhere");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_a_line_has_its_level, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_log_that_nobody_reads_blocks_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_closed_log_is_no_reason_to_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
