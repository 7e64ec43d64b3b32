/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef TESTS_STORED_H
#define TESTS_STORED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceenc/sqlite.h"
#include "forceenc/store.h"
#include "store/store_array.h"
#include "store/store_pq.h"

/*
 * A folder with a statistics database, and what tests say to it. If
 * FORCEENC_TEST_STORE names a file as "store = pgsql:FILE" would, then it's in
 * there, and the tests empty the schema "stats" in it.
 */

#define HOUR 495000u /* of June 2026 */
#define HOST "mail.example.com"

struct stored {
	struct folder folder;
	char spec[128];
	struct err err;
	struct conf *conf; /* NULL: SQLite */
};

static inline struct store_place
stored_place(const struct stored *t, const char *host)
{
	return (struct store_place){.spec = t->spec,
	    .pgsql = t->conf != NULL ? &t->conf->store_pgsql : NULL,
	    .host = host,
	    .stop = -1};
}

static inline struct store_pq *
stored_link(struct stored *t)
{
	const struct store_place place = stored_place(t, "");
	enum pq_fault fault;
	struct store_pq *link =
	    store_pq_open(&place, STORE_WRITE, &fault, &t->err);

	if (link == NULL)
		fail_msg("%s", t->err.text);
	return link;
}

/* The next test finds nothing. */
static inline void
stored_empty(struct stored *t)
{
	struct store_pq *link;

	if (t->conf == NULL) {
		unlink(folder_path(&t->folder, "db"));
		unlink(folder_path(&t->folder, "db-wal"));
		unlink(folder_path(&t->folder, "db-shm"));
		return;
	}
	link = stored_link(t);
	if (store_pq_do(link, "DROP SCHEMA IF EXISTS stats CASCADE", &t->err) ==
		-1 ||
	    store_pq_do(link, "CREATE SCHEMA stats", &t->err) == -1)
		fail_msg("%s", t->err.text);
	store_pq_close(link);
}

static inline void
stored_use_pgsql(struct stored *t, const char *path)
{
	struct problems problems = {0};
	char text[512];

	snprintf(t->spec, sizeof(t->spec), "pgsql:%s", path);
	snprintf(text, sizeof(text),
	    "forceenc_tables = sqlite:policy.cf\nstore = %s\n", t->spec);
	folder_write_text(&t->folder, "forceenc.cf", text);
	folder_write_text(&t->folder, "policy.cf", "dbpath = policy.db\n");
	t->conf = conf_load(folder_path(&t->folder, "forceenc.cf"), &problems);
	if (t->conf == NULL)
		fail_msg("%s", problems.line[0]);
	problems_fini(&problems);
	stored_empty(t);
}

static inline int
stored_setup(void **state)
{
	struct stored *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	snprintf(t->spec, sizeof(t->spec), "sqlite:%s/db", t->folder.name);
	if (getenv("FORCEENC_TEST_STORE") != NULL)
		stored_use_pgsql(t, getenv("FORCEENC_TEST_STORE"));
	*state = t;
	return 0;
}

static inline int
stored_teardown(void **state)
{
	struct stored *t = *state;

	conf_free(t->conf);
	folder_close(&t->folder);
	free(t);
	return 0;
}

static inline struct store *
stored_open_as(struct stored *t, enum store_mode mode, const char *host)
{
	const struct store_place place = stored_place(t, host);
	struct store *store = store_open_place(&place, mode, &t->err);

	if (store == NULL)
		fail_msg("%s", t->err.text);
	return store;
}

static inline struct store *
stored_open(struct stored *t, enum store_mode mode)
{
	return stored_open_as(t, mode, HOST);
}

/* For what only one kind of database has. */
static inline void
stored_sqlite_only(const struct stored *t)
{
	if (t->conf != NULL)
		skip();
}

static inline void
stored_word(struct stored *t, const char *word)
{
	if (strstr(t->err.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, t->err.text);
	t->err.text[0] = '\0';
}

static inline void
stored_refused(struct stored *t, enum store_mode mode, const char *word)
{
	const struct store_place place = stored_place(t, HOST);

	assert_null(store_open_place(&place, mode, &t->err));
	stored_word(t, word);
}

static inline void
stored_commit(
    struct stored *t, struct store *store, const struct store_batch *batch)
{
	if (store_commit(store, batch, &t->err) == -1)
		fail_msg("%s", t->err.text);
}

typedef void stored_row_fn(const int64_t value[], void *arg);

#define STORED_COLUMNS_MAX 8

static inline void
stored_rows_pgsql(
    struct stored *t, const char *sql, stored_row_fn *fn, void *arg)
{
	struct store_pq *link = stored_link(t);
	int64_t value[STORED_COLUMNS_MAX];
	struct buf encoded = {0};
	struct pq_answer answer;
	unsigned row, i;

	store_array_encode(&encoded, sql, strlen(sql));
	if (store_pq_ask(link, buf_text(&encoded), NULL, 0, &answer, &t->err) ==
	    -1)
		fail_msg("%s: %s", sql, t->err.text);
	buf_fini(&encoded);
	for (row = 0; row < answer.rows; row++) {
		for (i = 0; i < answer.columns; i++)
			value[i] = store_pq_number(&answer, row, i);
		fn(value, arg);
	}
	store_pq_close(link);
}

/* Each row of a query of numbers, asked on a connection of its own. */
static inline void
stored_rows(struct stored *t, const char *sql, int columns, stored_row_fn *fn,
    void *arg)
{
	int64_t value[STORED_COLUMNS_MAX];
	struct sqlite_stmt *stmt = NULL;
	struct sqlite *db;
	int i;

	if (t->conf != NULL) {
		stored_rows_pgsql(t, sql, fn, arg);
		return;
	}
	db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_READ, 0, &t->err);
	if (db == NULL ||
	    sqlite_prepare(db, sql, &stmt, &t->err) != SQLITE_STATUS_DONE)
		fail_msg("%s: %s", sql, t->err.text);
	while (sqlite_step(stmt, &t->err) == SQLITE_STATUS_ROW) {
		for (i = 0; i < columns; i++)
			value[i] = sqlite_column_int(stmt, i);
		fn(value, arg);
	}
	sqlite_close(db);
}

static inline void
stored_number_row(const int64_t value[], void *arg)
{
	*(int64_t *)arg = value[0];
}

/* What a query returns. */
static inline int64_t
stored_number(struct stored *t, const char *sql)
{
	int64_t n = -1;

	stored_rows(t, sql, 1, stored_number_row, &n);
	return n;
}

static inline void
stored_exec(struct stored *t, const char *file, const char *sql)
{
	struct sqlite *db = sqlite_open(
	    folder_path(&t->folder, file), SQLITE_MODE_WRITE, 0, &t->err);

	if (db == NULL || sqlite_exec(db, sql, &t->err) == -1)
		fail_msg("%s: %s", sql, t->err.text);
	sqlite_close(db);
}

static inline struct store_count
stored_one(const char *sender, uint32_t n)
{
	return (struct store_count){.hour = HOUR,
	    .sender = sender,
	    .destination = "example.net",
	    .service = "postfix",
	    .outcome = STORE_DELIVERED,
	    .level = STORE_VERIFIED,
	    .reason = STORE_NO_REASON,
	    .n = n};
}

static inline void
stored_add(
    struct stored *t, struct store *store, const char *sender, uint32_t n)
{
	struct store_count count = stored_one(sender, n);
	struct store_batch batch = {.count = &count, .ncounts = 1};

	stored_commit(t, store, &batch);
}

#define TOTAL "SELECT coalesce(sum(n), 0) FROM delivery_hour"

#endif
