/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The SQLite source against real files that are written, locked, replaced,
 * spoilt and gone, in simulated time. */

#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/sqlite.h"
#include "forceencd/source.h"

#define T0 1000000

static const char schema[] =
    "CREATE TABLE policy (address TEXT PRIMARY KEY, answer TEXT);";

struct world {
	char folder[64];
	char path[80];
	char spec[16];
	struct conf_table table;
	struct answers answers;
	struct source *source;
	struct sqlite *writer;
	struct source_ask ask;
	unsigned done;
	struct source_reply reply;
	unsigned errors;
	unsigned warnings;
};

static struct world *current;

static void
on_log(enum log_level level, const char *line, void *arg)
{
	struct world *w = arg;

	(void)line;
	w->errors += level == LOG_LEVEL_ERROR;
	w->warnings += level == LOG_LEVEL_WARN;
}

static void
on_done(struct source_ask *ask, const struct source_reply *reply, uint64_t now)
{
	(void)now;
	assert_ptr_equal(ask, &current->ask);
	current->done++;
	current->reply = *reply;
}

/* By somebody else, and waiting for nobody. */
static void
write_sql(struct world *w, const char *sql)
{
	struct err err;

	if (w->writer == NULL)
		w->writer = sqlite_open(w->path, SQLITE_MODE_WRITE, 0, &err);
	assert_non_null(w->writer);
	if (sqlite_exec(w->writer, sql, &err) == -1)
		fail_msg("%s", err.text);
}

static void
writer_leaves(struct world *w)
{
	sqlite_close(w->writer);
	w->writer = NULL;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->folder, "/tmp/forceenc-test-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/db", w->folder);
	strcpy(w->spec, "sqlite:test");
	answers_add(&w->answers, "forceenc:", NULL);
	answers_add(&w->answers, "lenient:", NULL);
	w->table.spec = w->spec;
	w->table.type = CONF_TABLE_SQLITE;
	w->table.sqlite.dbpath = w->path;
	w->table.sqlite.query =
	    strdup("SELECT answer FROM policy WHERE address = '%s'");
	w->table.sqlite.result_format = strdup("%s");
	w->table.sqlite.query_time_limit = 20;
	w->source = source_new(&w->table, &w->answers, NULL);
	w->ask.done = on_done;
	write_sql(w, schema);
	write_sql(w,
	    "INSERT INTO policy VALUES ('alice@x', 'on'), ('off@x', 'no'),"
	    "('bad@x', 'smtp:'), ('null@x', NULL), ('empty@x', ' '),"
	    "('dunno@x', 'dunno'), ('low@x', 'lenient:')");
	writer_leaves(w);
	log_set_sink(on_log, w);
	current = w;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	char command[100];

	log_set_sink(NULL, NULL);
	source_free(w->source);
	writer_leaves(w);
	answers_fini(&w->answers);
	free(w->table.sqlite.query);
	free(w->table.sqlite.result_format);
	snprintf(command, sizeof(command), "rm -rf %s", w->folder);
	assert_int_equal(system(command), 0);
	free(w);
	return 0;
}

static void
remake(struct world *w)
{
	source_free(w->source);
	w->source = source_new(&w->table, &w->answers, NULL);
}

static enum source_status
ask(struct world *w, const char *key, uint64_t now)
{
	w->done = 0;
	w->ask.key = key;
	w->ask.len = strlen(key);
	return source_ask(w->source, &w->ask, now, &w->reply);
}

static void
expect_present(struct world *w, const char *key, uint64_t now, uint8_t answer)
{
	assert_int_equal(ask(w, key, now), SOURCE_DONE);
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
	assert_int_equal(w->reply.answer, answer);
}

static void
expect_absent(struct world *w, const char *key, uint64_t now)
{
	assert_int_equal(ask(w, key, now), SOURCE_DONE);
	assert_int_equal(w->reply.kind, SOURCE_ABSENT);
}

static void
expect_unsure(struct world *w, const char *key, uint64_t now, const char *word)
{
	assert_int_equal(ask(w, key, now), SOURCE_DONE);
	assert_int_equal(w->reply.kind, SOURCE_UNSURE);
	if (strstr(w->reply.why.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, w->reply.why.text);
}

static void
test_values(void **state)
{
	struct world *w = *state;

	expect_present(w, "alice@x", T0, 0);
	expect_present(w, "low@x", T0, 1);
	expect_present(w, "off@x", T0, ANSWER_OFF);
	expect_present(w, "dunno@x", T0, ANSWER_DUNNO);
	expect_present(w, "bad@x", T0, ANSWER_BAD);
	assert_string_equal(w->reply.why.text, "\"smtp:\"");
	expect_absent(w, "null@x", T0);
	expect_absent(w, "empty@x", T0);
	expect_absent(w, "nobody@x", T0);
	expect_absent(w, "' OR 1=1 --", T0);
}

static void
test_several_rows(void **state)
{
	struct world *w = *state;

	free(w->table.sqlite.query);
	w->table.sqlite.query =
	    strdup("SELECT answer FROM policy WHERE address IN ('%s', '%u')");
	w->table.sqlite.expansion_limit = 2;
	remake(w);
	write_sql(w, "CREATE TABLE more AS SELECT 'a@x' k, 'lenient:' v");
	write_sql(w,
	    "INSERT INTO policy VALUES ('a@x', 'lenient:'), ('a', 'on'),"
	    "('b@x', 'off'), ('b', 'dunno'), ('c@x', 'on'), ('c', 'smtp:')");
	writer_leaves(w);
	remake(w);
	expect_present(w, "a@x", T0, 0);
	expect_present(w, "b@x", T0, ANSWER_DUNNO);
	expect_present(w, "c@x", T0, ANSWER_BAD);
	w->table.sqlite.expansion_limit = 1;
	remake(w);
	expect_unsure(w, "a@x", T0, "expansion_limit");
	expect_present(w, "alice@x", T0, 0);
}

static void
test_domains_limit_the_keys(void **state)
{
	char name[] = "x";
	char *domains[] = {name};
	struct world *w = *state;

	w->table.sqlite.domains = domains;
	w->table.sqlite.ndomains = 1;
	remake(w);
	write_sql(w,
	    "INSERT INTO policy VALUES ('a@y', 'on'), ('@x', 'on'),"
	    "('joe', 'on')");
	writer_leaves(w);
	expect_present(w, "alice@x", T0, 0);
	expect_absent(w, "a@y", T0);
	expect_absent(w, "@x", T0);
	expect_absent(w, "joe", T0);
	/* Nothing is asked for those, so nothing can fail. */
	assert_int_equal(unlink(w->path), 0);
	expect_absent(w, "a@y", T0);
	expect_unsure(w, "alice@x", T0, "No such file");
	expect_absent(w, "a@y", T0);
	assert_true(w->source->down);
}

static void
test_result_format(void **state)
{
	struct world *w = *state;

	free(w->table.sqlite.result_format);
	w->table.sqlite.result_format = strdup("%s:");
	remake(w);
	write_sql(w, "INSERT INTO policy VALUES ('f@x', 'forceenc')");
	writer_leaves(w);
	expect_present(w, "f@x", T0, 0);
	expect_present(w, "alice@x", T0, ANSWER_BAD);
}

static void
test_a_change_is_seen(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_SAME);
	expect_absent(w, "new@x", T0 + 50);
	write_sql(w, "INSERT INTO policy VALUES ('new@x', 'on')");
	assert_int_equal(source_look(w->source, T0 + 100), SOURCE_CHANGED);
	expect_present(w, "new@x", T0 + 100, 0);
	assert_int_equal(source_look(w->source, T0 + 150), SOURCE_SAME);
	assert_int_equal(w->errors, 0);
}

static void
test_a_replaced_file_is_seen(void **state)
{
	struct world *w = *state;
	char other[100];
	struct sqlite *db;
	struct err err;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	expect_present(w, "alice@x", T0, 0);
	snprintf(other, sizeof(other), "%s.new", w->path);
	db = sqlite_open(other, SQLITE_MODE_WRITE, 0, &err);
	assert_non_null(db);
	assert_int_equal(sqlite_exec(db, schema, &err), 0);
	sqlite_close(db);
	assert_int_equal(rename(other, w->path), 0);
	/* Even before a look at the file. */
	expect_absent(w, "alice@x", T0 + 10);
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_CHANGED);
	assert_int_equal(w->errors, 0);
}

static void
test_a_missing_file_is_unsure_until_its_back(void **state)
{
	struct world *w = *state;
	char away[100];

	expect_present(w, "alice@x", T0, 0);
	snprintf(away, sizeof(away), "%s.away", w->path);
	assert_int_equal(rename(w->path, away), 0);
	expect_unsure(w, "alice@x", T0 + 100, "No such file");
	expect_unsure(w, "nobody@x", T0 + 100, "No such file");
	assert_int_equal(source_look(w->source, T0 + 150), SOURCE_BLIND);
	assert_int_equal(w->errors, 1);
	assert_int_equal(rename(away, w->path), 0);
	expect_present(w, "alice@x", T0 + 250, 0);
	assert_int_equal(source_look(w->source, T0 + 300), SOURCE_CHANGED);
	assert_false(w->source->down);
}

/* However often it's asked meanwhile. */
static void
test_its_return_is_noticed_under_load(void **state)
{
	struct world *w = *state;
	char away[100];
	uint64_t now;

	snprintf(away, sizeof(away), "%s.away", w->path);
	assert_int_equal(rename(w->path, away), 0);
	for (now = T0; now < T0 + 200; now += 5) {
		expect_unsure(w, "alice@x", now, "No such file");
		source_look(w->source, now);
	}
	assert_int_equal(rename(away, w->path), 0);
	for (; now < T0 + 300 && w->reply.kind == SOURCE_UNSURE; now += 5) {
		source_look(w->source, now);
		assert_int_equal(ask(w, "alice@x", now), SOURCE_DONE);
	}
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
}

static void
test_a_spoilt_file_is_unsure(void **state)
{
	struct world *w = *state;
	FILE *f;

	expect_present(w, "alice@x", T0, 0);
	f = fopen(w->path, "r+");
	assert_non_null(f);
	fputs("this is no database, and never was one, and so on", f);
	fclose(f);
	expect_unsure(w, "nobody@x", T0 + 100, "not a database");
	assert_int_equal(truncate(w->path, 0), 0);
	expect_unsure(w, "nobody@x", T0 + 200, "no such table");
	assert_int_equal(unlink(w->path), 0);
	write_sql(w, schema);
	expect_absent(w, "nobody@x", T0 + 300);
}

static void
test_a_writer_in_passing_is_waited_for(void **state)
{
	struct world *w = *state;

	expect_absent(w, "nobody@x", T0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	assert_int_equal(source_look(w->source, T0 + 3), SOURCE_SAME);
	assert_int_equal(source_tick(w->source, T0 + 5), T0 + 10);
	assert_int_equal(w->done, 0);
	write_sql(w, "UPDATE policy SET answer = 'lenient:'");
	write_sql(w, "COMMIT");
	assert_int_equal(source_tick(w->source, T0 + 10), CLOCK_NEVER);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
	assert_int_equal(w->reply.answer, 1);
	assert_int_equal(w->errors, 0);
}

static void
test_a_lock_that_stays_is_unsure(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	source_tick(w->source, T0 + 249);
	assert_int_equal(w->done, 0);
	assert_int_equal(source_tick(w->source, T0 + 250), CLOCK_NEVER);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->reply.kind, SOURCE_UNSURE);
	assert_int_equal(w->errors, 1);
	/* From now on nobody waits for it. */
	expect_unsure(w, "alice@x", T0 + 300, "locked");
	assert_int_equal(source_look(w->source, T0 + 300), SOURCE_BLIND);
	write_sql(w, "COMMIT");
	expect_present(w, "alice@x", T0 + 400, 0);
	assert_int_equal(w->errors, 1);
}

static void
test_a_lock_is_noticed_without_questions(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	expect_present(w, "alice@x", T0, 0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_SAME);
	assert_int_equal(source_look(w->source, T0 + 299), SOURCE_SAME);
	assert_int_equal(source_look(w->source, T0 + 300), SOURCE_BLIND);
	write_sql(w, "COMMIT");
}

static void
test_who_waits_may_leave(void **state)
{
	struct world *w = *state;

	expect_absent(w, "nobody@x", T0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	source_cancel(w->source, &w->ask);
	assert_int_equal(source_tick(w->source, T0 + 500), CLOCK_NEVER);
	assert_int_equal(w->done, 0);
}

static void
test_a_slow_query_is_unsure_but_harms_no_other(void **state)
{
	struct world *w = *state;

	free(w->table.sqlite.query);
	w->table.sqlite.query = strdup(
	    "SELECT answer FROM policy WHERE address = '%s' AND ('%s' <> "
	    "'low@x' OR (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i "
	    "+ 1 FROM n) SELECT max(i) FROM n) > 0)");
	w->table.sqlite.query_time_limit = 5;
	remake(w);
	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	expect_unsure(w, "low@x", T0, "took longer");
	expect_unsure(w, "low@x", T0 + 10, "took longer");
	expect_present(w, "alice@x", T0 + 20, 0);
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_SAME);
	assert_int_equal(w->warnings, 1);
	assert_int_equal(w->errors, 0);
}

static void
test_a_query_must_read_and_return(void **state)
{
	struct world *w = *state;

	free(w->table.sqlite.query);
	w->table.sqlite.query =
	    strdup("DELETE FROM policy WHERE address = '%s'");
	remake(w);
	expect_unsure(w, "alice@x", T0, "query");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_values),
	    TEST(test_several_rows),
	    TEST(test_domains_limit_the_keys),
	    TEST(test_result_format),
	    TEST(test_a_change_is_seen),
	    TEST(test_a_replaced_file_is_seen),
	    TEST(test_a_missing_file_is_unsure_until_its_back),
	    TEST(test_its_return_is_noticed_under_load),
	    TEST(test_a_spoilt_file_is_unsure),
	    TEST(test_a_writer_in_passing_is_waited_for),
	    TEST(test_a_lock_that_stays_is_unsure),
	    TEST(test_a_lock_is_noticed_without_questions),
	    TEST(test_who_waits_may_leave),
	    TEST(test_a_slow_query_is_unsure_but_harms_no_other),
	    TEST(test_a_query_must_read_and_return),
	};

	return cmocka_run_group_tests_name("source_sqlite", tests, NULL, NULL);
}
