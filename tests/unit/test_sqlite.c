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

#include "folder.h"
#include "forceenc/err.h"

#define ROWS  2000
#define PAGE  4096
#define QUERY "SELECT value FROM fact WHERE name = ?1"

struct test {
	struct folder folder;
	struct err err;
};

static int
test_setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	*state = t;
	return 0;
}

static int
test_teardown(void **state)
{
	struct test *t = *state;

	folder_close(&t->folder);
	free(t);
	return 0;
}

static struct sqlite *
test_open(struct test *t, const char *file, enum sqlite_mode mode)
{
	struct sqlite *db =
	    sqlite_open(folder_path(&t->folder, file), mode, 0, &t->err);

	if (db == NULL)
		fail_msg("%s", t->err.text);
	return db;
}

static void
test_exec(struct test *t, struct sqlite *db, const char *sql)
{
	if (sqlite_exec(db, sql, &t->err) == -1)
		fail_msg("%s: %s", sql, t->err.text);
}

/* A database of several pages in which "name7" has the value "SALT7". */
static void
test_make(struct test *t, const char *file, const char *salt)
{
	struct sqlite *db = test_open(t, file, SQLITE_MODE_WRITE);
	char sql[512];

	test_exec(t, db,
	    "PRAGMA page_size = 4096;"
	    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT) "
	    "WITHOUT ROWID");
	snprintf(sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i + 1 < %d) INSERT INTO fact SELECT 'name' || i, "
	    "'%s' || i FROM n",
	    ROWS, salt);
	test_exec(t, db, sql);
	sqlite_close(db);
}

static struct sqlite_stmt *
test_prepare(struct test *t, struct sqlite *db, const char *sql)
{
	struct sqlite_stmt *stmt;

	if (sqlite_prepare(db, sql, &stmt, &t->err) != SQLITE_STATUS_DONE)
		fail_msg("%s: %s", sql, t->err.text);
	return stmt;
}

/* Asks for name; a row must hold want. */
static enum sqlite_status
test_ask(struct test *t, struct sqlite_stmt *stmt, const char *name,
    const char *want)
{
	enum sqlite_status status;
	const char *text;
	size_t len;

	sqlite_bind_text(stmt, 1, name, strlen(name));
	status = sqlite_step(stmt, &t->err);
	if (status != SQLITE_STATUS_ROW)
		return status;
	text = sqlite_column_text(stmt, 0, &len);
	assert_non_null(text);
	assert_string_equal(text, want);
	assert_int_equal(len, strlen(want));
	sqlite_reset(stmt);
	return status;
}

static void
test_assert_status(struct test *t, enum sqlite_status status,
    enum sqlite_status want, const char *word)
{
	assert_int_equal(status, want);
	if (strstr(t->err.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, t->err.text);
}

static void
test_assert_error(struct test *t, enum sqlite_status status, const char *word)
{
	test_assert_status(t, status, SQLITE_STATUS_ERROR, word);
}

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

/* Each page in turn is spoilt, in three ways: what SQLite then says of a name
 * that is there is its value or an error, never that it isn't there. */
static void
sqlite_finds_no_absence_in_a_spoilt_page(void **state)
{
	static const char patterns[] = {0, (char)0xff, 'A'};
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	char name[32], want[32], *bytes, *spoilt;
	size_t len, page, i;
	unsigned errors = 0, k;
	enum sqlite_status status;
	struct sqlite *db;

	test_make(t, "db", "v");
	bytes = folder_read(&t->folder, "db", &len);
	spoilt = malloc(len);
	assert_non_null(spoilt);
	assert_true(len / PAGE > 5);
	for (page = 0; page < len / PAGE * sizeof(patterns); page++) {
		memcpy(spoilt, bytes, len);
		memset(spoilt + page / sizeof(patterns) * PAGE,
		    patterns[page % sizeof(patterns)], PAGE);
		folder_write(&t->folder, "db", spoilt, len);
		db = test_open(t, "db", SQLITE_MODE_READ);
		status = sqlite_prepare(db, QUERY, &stmt, &t->err);
		for (k = 0; status == SQLITE_STATUS_DONE && k < ROWS; k++) {
			i = k;
			snprintf(name, sizeof(name), "name%zu", i);
			snprintf(want, sizeof(want), "v%zu", i);
			status = test_ask(t, stmt, name, want);
			if (status == SQLITE_STATUS_ROW)
				status = SQLITE_STATUS_DONE;
			else
				assert_int_equal(status, SQLITE_STATUS_ERROR);
		}
		errors += status == SQLITE_STATUS_ERROR;
		sqlite_close(db);
	}
	/* Every page holds something that somebody needs. */
	assert_int_equal(errors, len / PAGE * sizeof(patterns));
	free(spoilt);
	free(bytes);
}

static void
sqlite_sees_a_truncated_file(void **state)
{
	static const off_t sizes[] = {0, 100, PAGE, 3 * PAGE};
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;
	size_t i;

	test_make(t, "whole", "v");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unlink(folder_path(&t->folder, "db"));
		folder_copy(&t->folder, "whole", "db");
		db = test_open(t, "db", SQLITE_MODE_READ);
		stmt = test_prepare(t, db, QUERY);
		assert_int_equal(
		    test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
		assert_int_equal(
		    truncate(folder_path(&t->folder, "db"), sizes[i]), 0);
		/* Of what SQLite remembers it may still speak, but it must
		 * not say that there is nothing. */
		assert_int_not_equal(
		    test_ask(t, stmt, "name1999", "v1999"), SQLITE_STATUS_DONE);
		sqlite_close(db);
		db = test_open(t, "db", SQLITE_MODE_READ);
		assert_int_equal(sqlite_prepare(db, QUERY, &stmt, &t->err),
		    SQLITE_STATUS_ERROR);
		sqlite_close(db);
	}
}

static void
sqlite_sees_a_replaced_file(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;
	int64_t version;

	test_make(t, "db", "old");
	test_make(t, "new", "new");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "old7"), SQLITE_STATUS_ROW);
	assert_int_equal(rename(folder_path(&t->folder, "new"),
			     folder_path(&t->folder, "db")),
	    0);
	test_assert_error(t, test_ask(t, stmt, "name7", "old7"), "replaced");
	test_assert_error(
	    t, sqlite_data_version(db, &version, &t->err), "replaced");
	sqlite_close(db);

	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "new7"), SQLITE_STATUS_ROW);
	assert_int_equal(unlink(folder_path(&t->folder, "db")), 0);
	test_assert_error(t, test_ask(t, stmt, "name7", ""), "No such file");
	sqlite_close(db);
}

static void
sqlite_sees_a_link_turned_elsewhere(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "one", "one");
	test_make(t, "two", "two");
	assert_int_equal(symlink("one", folder_path(&t->folder, "db")), 0);
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "one7"), SQLITE_STATUS_ROW);
	assert_int_equal(unlink(folder_path(&t->folder, "db")), 0);
	assert_int_equal(symlink("two", folder_path(&t->folder, "db")), 0);
	test_assert_error(t, test_ask(t, stmt, "name7", ""), "replaced");
	sqlite_close(db);
}

/* Made in the same steps, both files have the same change counter: SQLite
 * alone doesn't notice. */
static void
sqlite_sees_a_file_written_over(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;
	int64_t version, again;

	test_make(t, "db", "old");
	test_make(t, "new", "new");
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(
	    sqlite_data_version(db, &version, &t->err), SQLITE_STATUS_DONE);
	assert_int_equal(test_ask(t, stmt, "name7", "old7"), SQLITE_STATUS_ROW);
	assert_int_equal(
	    sqlite_data_version(db, &again, &t->err), SQLITE_STATUS_DONE);
	assert_true(version == again);
	folder_copy(&t->folder, "new", "db");
	test_assert_error(t, sqlite_data_version(db, &version, &t->err),
	    "something else than SQLite");
	/* Until it's opened again. */
	test_assert_error(t, sqlite_data_version(db, &version, &t->err),
	    "something else than SQLite");
	sqlite_close(db);
	db = test_open(t, "db", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "new7"), SQLITE_STATUS_ROW);
	sqlite_close(db);
}

static void
sqlite_moves_the_version_with_each_change(void **state)
{
	struct test *t = *state;
	struct sqlite *db, *writer;
	int64_t old = -1, now;
	char sql[128];
	int i, wal;

	test_make(t, "db", "v");
	for (wal = 0; wal < 2; wal++) {
		writer = test_open(t, "db", SQLITE_MODE_WRITE);
		if (wal)
			test_exec(t, writer, "PRAGMA journal_mode = WAL");
		db = test_open(t, "db", SQLITE_MODE_READ);
		for (i = 0; i < 10; i++) {
			assert_int_equal(sqlite_data_version(db, &now, &t->err),
			    SQLITE_STATUS_DONE);
			assert_true(i == 0 || now != old);
			old = now;
			snprintf(sql, sizeof(sql),
			    "UPDATE fact SET value = 'w%d'", i);
			test_exec(t, writer, sql);
		}
		assert_int_equal(
		    sqlite_data_version(db, &old, &t->err), SQLITE_STATUS_DONE);
		/* The file changes, what it says does not. */
		if (wal)
			test_exec(t, writer, "PRAGMA wal_checkpoint(FULL)");
		assert_int_equal(
		    sqlite_data_version(db, &now, &t->err), SQLITE_STATUS_DONE);
		assert_true(old == now);
		sqlite_close(db);
		sqlite_close(writer);
	}
}

/* As a crash in the middle of a change leaves it. */
static void
sqlite_does_not_read_past_a_hot_journal(void **state)
{
	struct test *t = *state;
	struct sqlite_stmt *stmt;
	struct sqlite *db;

	test_make(t, "db", "v");
	db = test_open(t, "db", SQLITE_MODE_WRITE);
	test_exec(t, db,
	    "PRAGMA cache_size = 1; BEGIN; DELETE FROM fact WHERE name <> ''");
	folder_copy(&t->folder, "db", "crashed");
	folder_copy(&t->folder, "db-journal", "crashed-journal");
	sqlite_close(db);

	db = test_open(t, "crashed", SQLITE_MODE_READ);
	test_assert_error(
	    t, sqlite_prepare(db, QUERY, &stmt, &t->err), "must be undone");
	sqlite_close(db);
	/* Whoever may write puts it right. */
	db = test_open(t, "crashed", SQLITE_MODE_WRITE);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
	sqlite_close(db);
	db = test_open(t, "crashed", SQLITE_MODE_READ);
	stmt = test_prepare(t, db, QUERY);
	assert_int_equal(test_ask(t, stmt, "name7", "v7"), SQLITE_STATUS_ROW);
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

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

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
	    TEST(sqlite_finds_no_absence_in_a_spoilt_page),
	    TEST(sqlite_sees_a_truncated_file),
	    TEST(sqlite_sees_a_replaced_file),
	    TEST(sqlite_sees_a_link_turned_elsewhere),
	    TEST(sqlite_sees_a_file_written_over),
	    TEST(sqlite_moves_the_version_with_each_change),
	    TEST(sqlite_does_not_read_past_a_hot_journal),
	    TEST(sqlite_stops_a_slow_query),
	    TEST(sqlite_sees_a_changed_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
