/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_SQLITE_TEST_H
#define TESTS_SQLITE_TEST_H

/* What the tests of SQLite share. Include after cmocka.h. */

#include "folder.h"
#include "forceenc/err.h"
#include "forceenc/sqlite.h"

#define ROWS  2000
#define PAGE  4096
#define QUERY "SELECT value FROM fact WHERE name = ?1"

struct test {
	struct folder folder;
	struct err err;
};

static inline int
test_setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	*state = t;
	return 0;
}

static inline int
test_teardown(void **state)
{
	struct test *t = *state;

	folder_close(&t->folder);
	free(t);
	return 0;
}

static inline struct sqlite *
test_open(struct test *t, const char *file, enum sqlite_mode mode)
{
	struct sqlite *db =
	    sqlite_open(folder_path(&t->folder, file), mode, 0, &t->err);

	if (db == NULL)
		fail_msg("%s", t->err.text);
	return db;
}

static inline void
test_exec(struct test *t, struct sqlite *db, const char *sql)
{
	if (sqlite_exec(db, sql, &t->err) == -1)
		fail_msg("%s: %s", sql, t->err.text);
}

/* A database of several pages in which "name7" has the value "SALT7". */
static inline void
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

static inline struct sqlite_stmt *
test_prepare(struct test *t, struct sqlite *db, const char *sql)
{
	struct sqlite_stmt *stmt;

	if (sqlite_prepare(db, sql, &stmt, &t->err) != SQLITE_STATUS_DONE)
		fail_msg("%s: %s", sql, t->err.text);
	return stmt;
}

/* Asks for name; a row must hold want. */
static inline enum sqlite_status
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

static inline void
test_assert_status(struct test *t, enum sqlite_status status,
    enum sqlite_status want, const char *word)
{
	assert_int_equal(status, want);
	if (strstr(t->err.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, t->err.text);
}

static inline void
test_assert_error(struct test *t, enum sqlite_status status, const char *word)
{
	test_assert_status(t, status, SQLITE_STATUS_ERROR, word);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

#endif
