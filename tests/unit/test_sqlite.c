/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sqlite_test.h"

static void
sqlite_finds_rows_and_ends(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(sqlite_columns(stmt), 1);
	assert_int_equal(sqlite_params(stmt), 1);
	assert_true(sqlite_readonly(stmt));
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	assert_int_equal(test_ask(t, stmt, "name", ""), SQLITE_STATUS_DONE);
	assert_int_equal(test_ask(t, stmt, "", ""), SQLITE_STATUS_DONE);
	/* Done is done: the same statement again. */
	assert_int_equal(
	    test_ask(t, stmt, "name1999", "v1999"), SQLITE_STATUS_ROW);
	sqlite_bind_text(stmt, 1, "name1", 5);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_DONE);
	/* Frees the statement too; the sanitizers would tell. */
	sqlite_close(db);
	sqlite_close(NULL);
	sqlite_finalize(NULL);
}

static void
sqlite_gives_values_as_they_are(void **state)
{
	struct test *t = *state;
	struct sqlite *db = test_open(t, "db", SQLITE_MODE_WRITE);
	struct sqlite_stmt *stmt = test_prepare(
	    t, db, "SELECT NULL, '', 'a' || char(0) || 'b', -5, 1.5, ?1, ?2");
	size_t len;

	assert_int_equal(sqlite_params(stmt), 2);
	sqlite_bind_text(stmt, 1, "x\0y'; --", 8);
	sqlite_bind_int(stmt, 2, INT64_MIN);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	assert_int_equal(sqlite_columns(stmt), 7);
	assert_null(sqlite_column_text(stmt, 0, &len));
	assert_string_equal(sqlite_column_text(stmt, 1, &len), "");
	assert_int_equal(len, 0);
	assert_memory_equal(sqlite_column_text(stmt, 2, &len), "a\0b", 4);
	assert_int_equal(len, 3);
	assert_true(sqlite_column_int(stmt, 3) == -5);
	assert_string_equal(sqlite_column_text(stmt, 4, &len), "1.5");
	assert_memory_equal(sqlite_column_text(stmt, 5, &len), "x\0y'; --", 9);
	assert_int_equal(len, 8);
	assert_true(sqlite_column_int(stmt, 6) == INT64_MIN);
	sqlite_close(db);
}

static void
sqlite_wants_one_statement(void **state)
{
	struct test *t = *state;
	struct sqlite *db = test_open(t, "db", SQLITE_MODE_WRITE);
	struct sqlite_stmt *stmt;

	test_assert_error(t, sqlite_prepare(db, "", &stmt, &t->err), "no st");
	assert_null(stmt);
	test_assert_error(
	    t, sqlite_prepare(db, " -- nothing", &stmt, &t->err), "no st");
	test_assert_error(t,
	    sqlite_prepare(db, "SELECT 1; SELECT 2", &stmt, &t->err),
	    "more than one");
	test_assert_error(t,
	    sqlite_prepare(db, "SELECT 1; nonsense", &stmt, &t->err),
	    "more than one");
	test_assert_error(
	    t, sqlite_prepare(db, "SELEKT 1", &stmt, &t->err), "syntax");
	assert_null(stmt);
	stmt = test_prepare(t, db, "SELECT 1; -- and that's it\n ");
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	sqlite_close(db);
}

/* SQLite would take "name7" for a string if there were no such column, and
 * find nothing where a column is misspelled. */
static void
sqlite_takes_no_column_for_a_string(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	test_assert_error(t,
	    sqlite_prepare(db, "SELECT value FROM fact WHERE \"nmae\" = ?1",
		&stmt, &t->err),
	    "no such column: nmae");
	sqlite_close(db);
}

static void
sqlite_needs_a_regular_file(void **state)
{
	struct test *t = *state;
	struct stat st;

	assert_null(sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_READ, 0, &t->err));
	assert_non_null(strstr(t->err.text, "No such file"));
	/* Asking didn't make one. */
	assert_int_equal(stat(folder_path(&t->folder, "db"), &st), -1);
	assert_null(sqlite_open(t->folder.name, SQLITE_MODE_READ, 0, &t->err));
	assert_non_null(strstr(t->err.text, "regular"));
	/* Opening it like a file would wait for ever. */
	assert_int_equal(mkfifo(folder_path(&t->folder, "fifo"), 0600), 0);
	assert_null(sqlite_open(
	    folder_path(&t->folder, "fifo"), SQLITE_MODE_READ, 0, &t->err));
	assert_null(sqlite_open(
	    folder_path(&t->folder, "fifo"), SQLITE_MODE_WRITE, 0, &t->err));
	assert_null(sqlite_open(folder_path(&t->folder, "no/folder"),
	    SQLITE_MODE_WRITE, 0, &t->err));
	assert_non_null(strstr(t->err.text, "No such file"));
	/* No name is magic. */
	assert_null(sqlite_open(":memory:", SQLITE_MODE_READ, 0, &t->err));
	assert_null(sqlite_open("", SQLITE_MODE_READ, 0, &t->err));
}

static void
sqlite_tells_what_is_no_database(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	char text[2 * PAGE];
	struct sqlite *db;
	int64_t version;

	folder_write(&t->folder, "empty", "", 0);
	db = test_open(t, "empty", SQLITE_MODE_READ);
	test_assert_error(t, sqlite_prepare(db, QUERY, &stmt, &t->err),
	    "no such table: fact");
	sqlite_close(db);

	memset(text, 'x', sizeof(text));
	folder_write(&t->folder, "text", text, sizeof(text));
	db = test_open(t, "text", SQLITE_MODE_READ);
	test_assert_error(
	    t, sqlite_prepare(db, QUERY, &stmt, &t->err), "not a database");
	test_assert_error(
	    t, sqlite_data_version(db, &version, &t->err), "not a database");
	sqlite_close(db);
}

static void
sqlite_never_waits_for_a_lock(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt, *other;
	struct sqlite *db, *writer, *late;
	int64_t version;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	writer = test_open(t, "db", SQLITE_MODE_WRITE);
	/* One who only means to write is in nobody's way. */
	test_exec(t, writer, "BEGIN IMMEDIATE; DELETE FROM fact");
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	test_exec(t, writer, "ROLLBACK; BEGIN EXCLUSIVE");
	assert_int_equal(test_ask(t, stmt, "name7", ""), SQLITE_STATUS_BUSY);
	assert_non_null(strstr(t->err.text, "locked"));
	assert_int_equal(
	    sqlite_data_version(db, &version, &t->err), SQLITE_STATUS_BUSY);
	/* Opening needs no lock, reading the schema does. */
	late = test_open(t, "db", SQLITE_MODE_READ);
	assert_int_equal(
	    sqlite_prepare(late, QUERY, &other, &t->err), SQLITE_STATUS_BUSY);
	assert_null(other);
	assert_int_equal(sqlite_exec(late, "SELECT * FROM fact", &t->err), -1);
	test_exec(t, writer, "ROLLBACK");
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	assert_int_equal(
	    sqlite_data_version(db, &version, &t->err), SQLITE_STATUS_DONE);
	assert_int_equal(
	    sqlite_prepare(late, QUERY, &other, &t->err), SQLITE_STATUS_DONE);
	sqlite_close(late);
	sqlite_close(writer);
	sqlite_close(db);
}

static void
sqlite_reads_only(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, "DELETE FROM fact WHERE name = ?1");
	assert_false(sqlite_readonly(stmt));
	test_assert_error(t, test_ask(t, stmt, "name7", ""), "readonly");
	assert_int_equal(
	    sqlite_exec(db, "ATTACH DATABASE '/etc/x' AS x", &t->err), -1);
	sqlite_close(db);
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	sqlite_close(db);
}

static void
sqlite_counts_changes(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_WRITE);
	stmt = test_prepare(t, db, "DELETE FROM fact WHERE name = ?1");
	assert_int_equal(test_ask(t, stmt, "name7", ""), SQLITE_STATUS_DONE);
	assert_int_equal(sqlite_changes(db), 1);
	assert_int_equal(test_ask(t, stmt, "name7", ""), SQLITE_STATUS_DONE);
	assert_int_equal(sqlite_changes(db), 0);
	sqlite_close(db);
}

static void
sqlite_stops_a_slow_query(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *slow, *quick;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	sqlite_set_time_limit(db, 20);
	/* Without the limit it runs for as long as the test may. */
	slow = test_prepare(t, db,
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) "
	    "SELECT i FROM n WHERE i < 0");
	test_assert_status(t, sqlite_step(slow, &t->err), SQLITE_STATUS_SLOW,
	    "took longer than 20ms");
	quick = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, quick, "name7", "v7"), SQLITE_STATUS_ROW);
	test_assert_status(
	    t, sqlite_step(slow, &t->err), SQLITE_STATUS_SLOW, "took longer");
	assert_int_equal(test_ask(t, quick, "name7", "v7"), SQLITE_STATUS_ROW);
	sqlite_close(db);
}

static void
sqlite_sees_a_changed_schema(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db, *writer;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	writer = test_open(t, "db", SQLITE_MODE_WRITE);
	test_exec(t, writer, "ALTER TABLE fact RENAME TO facts");
	test_assert_error(t, test_ask(t, stmt, "name7", ""), "no such table");
	test_exec(t, writer, "ALTER TABLE facts RENAME TO fact");
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	sqlite_close(writer);
	sqlite_close(db);
}

static void
sqlite_cell(const void *arg, size_t row, int i, struct sqlite_cell *cell)
{
	const char *const *text = arg;

	if (i == 0) {
		cell->text = text[row];
		cell->len = strlen(text[row]);
	} else {
		cell->number = (int64_t)row - 1 + i;
	}
}

static void
sqlite_reads_rows_of_ours(void **state)
{
	static const char *const text[] = {"a", "b", "", "b"};
	struct test *t = *state;
	struct sqlite *db = test_open(t, "db", SQLITE_MODE_WRITE);
	struct sqlite_rows rows = {.cell = sqlite_cell, .arg = text, .n = 3};
	struct sqlite_stmt *stmt;
	int64_t n;

	test_exec(t, db, "CREATE TABLE x (t PRIMARY KEY, n)");
	assert_int_equal(sqlite_rows_offer(db, "ours", &rows, &t->err), 0);
	stmt = test_prepare(t, db,
	    "INSERT INTO x SELECT c0, c7 FROM ours WHERE true "
	    "ON CONFLICT DO UPDATE SET n = n + excluded.n");
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_DONE);
	rows.n = 0;
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_DONE);
	rows.n = 4;
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_DONE);
	assert_int_equal(sqlite_ask_number(db,
			     "SELECT sum(n) * 10 + count(*) FROM x "
			     "WHERE t IN ('a', 'b', '')",
			     &n, &t->err),
	    0);
	assert_int_equal(n, ((6 + 7 + 8) + (6 + 7 + 8 + 9)) * 10 + 3);
	/* Nobody writes into it. */
	test_assert_error(t,
	    sqlite_exec(db, "DELETE FROM ours", &t->err) == -1
		? SQLITE_STATUS_ERROR
		: SQLITE_STATUS_DONE,
	    "may not be modified");
	sqlite_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(sqlite_finds_rows_and_ends),
	    TEST(sqlite_gives_values_as_they_are),
	    TEST(sqlite_wants_one_statement),
	    TEST(sqlite_takes_no_column_for_a_string),
	    TEST(sqlite_needs_a_regular_file),
	    TEST(sqlite_tells_what_is_no_database),
	    TEST(sqlite_never_waits_for_a_lock),
	    TEST(sqlite_reads_only),
	    TEST(sqlite_counts_changes),
	    TEST(sqlite_stops_a_slow_query),
	    TEST(sqlite_sees_a_changed_schema),
	    TEST(sqlite_reads_rows_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
