/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_CONF_TEST_H
#define TESTS_CONF_TEST_H

/* What the tests of configurations share. Include after cmocka.h. */

#include "folder.h"
#include "forceenc/conf.h"

/* A folder with a table that is fine, and what was said of the last load. */
struct conf_test {
	struct folder folder;
	struct problems problems;
};

#define CONF_TEST_TABLES "forceenc_tables = sqlite:policy.cf\n"

static inline int
conf_test_setup(void **state)
{
	struct conf_test *t = calloc(1, sizeof(*t));

	MUST(t != NULL);
	folder_open(&t->folder);
	folder_write_text(&t->folder, "policy.cf", "dbpath = policy.db\n");
	*state = t;
	return 0;
}

static inline int
conf_test_teardown(void **state)
{
	struct conf_test *t = *state;

	problems_fini(&t->problems);
	folder_close(&t->folder);
	free(t);
	return 0;
}

static inline struct conf *
conf_test_try(struct conf_test *t, const char *text)
{
	struct conf *conf;

	problems_fini(&t->problems);
	folder_write_text(&t->folder, "forceenc.cf", text);
	conf = conf_load(folder_path(&t->folder, "forceenc.cf"), &t->problems);
	assert_true((conf == NULL) == (t->problems.n > 0));
	return conf;
}

static inline struct conf *
conf_test_load(struct conf_test *t, const char *text)
{
	struct conf *conf = conf_test_try(t, text);

	if (conf == NULL)
		fail_msg("%s", t->problems.line[0]);
	return conf;
}

/* The i-th problem is "FOLDER/" and then what, up to an "*" if it has one,
 * behind which a word follows that occurs further on. */
static inline void
conf_test_problem(struct conf_test *t, size_t i, const char *what)
{
	size_t folder = strlen(t->folder.name) + 1;
	size_t front = strcspn(what, "*");
	const char *line;

	if (i >= t->problems.n)
		fail_msg("no problem like \"%s\"", what);
	line = t->problems.line[i];
	if (strncmp(line, t->folder.name, folder - 1) != 0 ||
	    strncmp(line + folder, what, front) != 0 ||
	    (what[front] == '*' &&
		strstr(line + folder + front, what + front + 1) == NULL))
		fail_msg("not \"%s\": %s", what, line);
}

/* Exactly one problem, as above. */
static inline void
conf_test_refused(struct conf_test *t, const char *text, const char *what)
{
	struct conf *conf = conf_test_try(t, text);

	if (conf != NULL)
		fail_msg("no problem with: %s", text);
	conf_test_problem(t, 0, what);
	if (t->problems.n > 1)
		fail_msg("one more: %s", t->problems.line[1]);
}

#endif
