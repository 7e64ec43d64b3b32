/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What becomes of a database while it is open: spoilt, cut, replaced, changed,
 * left behind by a crash. */

#include "forceenc/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite_test.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(sqlite_finds_no_absence_in_a_spoilt_page),
	    TEST(sqlite_sees_a_truncated_file),
	    TEST(sqlite_sees_a_replaced_file),
	    TEST(sqlite_sees_a_link_turned_elsewhere),
	    TEST(sqlite_sees_a_file_written_over),
	    TEST(sqlite_moves_the_version_with_each_change),
	    TEST(sqlite_does_not_read_past_a_hot_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
