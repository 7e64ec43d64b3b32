/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "forceencctl/run.h"
#include "unit.h"

struct call {
	const char *argv[4];
	const char *input;
	enum run_status status;
	int exit;
	const char *out;
	const char *said; /* on standard error, or in err */
};

static void
run_tells_how_it_went(void **state)
{
	static const struct call calls[] = {
	    {{"cat"}, NULL, RUN_DONE, 0, "", ""},
	    {{"cat"}, "a\nb", RUN_DONE, 0, "a\nb", ""},
	    /* It doesn't read, which is its own affair. */
	    {{"sh", "-c", "echo x; echo y >&2; exit 3"}, "unread", RUN_DONE, 3,
		"x\n", "y\n"},
	    {{"sh", "-c", "kill -9 $$"}, NULL, RUN_BROKE, 0, "", "signal 9"},
	    {{"no-such-program"}, NULL, RUN_MISSING, 0, "", "no such program"},
	    {{"./cat"}, NULL, RUN_MISSING, 0, "", "no such program"},
	    {{"yes"}, NULL, RUN_BROKE, 0, NULL, "says more than"},
	    /* What it says of itself may be more than anybody reads. */
	    {{"sh", "-c", "yes | head -c 300000 >&2; echo x"}, NULL, RUN_DONE,
		0, "x\n", "y\ny"},
	};
	struct err err;
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		run = (struct run){.argv = calls[i].argv,
		    .input = calls[i].input,
		    .time_limit = 60000,
		    .out_max = 100000};
		err_set(&err, "%s", "");
		assert_int_equal(run_program(&run, &err), calls[i].status);
		if (calls[i].status == RUN_DONE)
			assert_int_equal(run.exit, calls[i].exit);
		if (calls[i].out != NULL)
			assert_string_equal(buf_text(&run.out), calls[i].out);
		assert_non_null(strstr(calls[i].status == RUN_DONE
			? buf_text(&run.complaints)
			: err.text,
		    calls[i].said));
		assert_true(run.complaints.len <= 64 * 1024);
		run_fini(&run);
	}
	/* None is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
run_ends_at_the_time_limit(void **state)
{
	static const char *const argv[] = {"tail", "-f", "/dev/null", NULL};
	struct run run = {.argv = argv, .time_limit = 20, .out_max = 10};
	struct err err;

	(void)state;
	assert_int_equal(run_program(&run, &err), RUN_LATE);
	assert_non_null(strstr(err.text, "tail: not done within 20ms"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	run_fini(&run);
}

/* More than a pipe holds, in both directions at once. */
static void
run_talks_both_ways(void **state)
{
	static const char *const argv[] = {"cat", NULL};
	size_t len = 1024 * 1024;
	char *input = malloc(len + 1);
	struct run run = {.argv = argv,
	    .input = input,
	    .time_limit = 60000,
	    .out_max = 2 * len};
	struct err err;

	(void)state;
	memset(input, 'x', len);
	input[len] = '\0';
	assert_int_equal(run_program(&run, &err), RUN_DONE);
	assert_string_equal(buf_text(&run.out), input);
	run_fini(&run);
	free(input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(run_tells_how_it_went),
	    cmocka_unit_test(run_ends_at_the_time_limit),
	    cmocka_unit_test(run_talks_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
