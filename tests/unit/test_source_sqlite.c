/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The SQLite source against real files that are written, replaced, spoilt and
 * gone, in simulated time. */

#include "source_sqlite_test.h"

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
	    TEST(test_a_slow_query_is_unsure_but_harms_no_other),
	    TEST(test_a_query_must_read_and_return),
	};

	return cmocka_run_group_tests_name("source_sqlite", tests, NULL, NULL);
}
