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
#include "forceenc/err.h"
#include "forceenc/sqlite.h"
#include "forceenc/store.h"

/* A folder with a statistics database, and what tests say to it. */

#define HOUR 495000u /* of June 2026 */
#define HOST "mail.example.com"

struct stored {
	struct folder folder;
	char spec[128];
	struct err err;
};

static inline int
stored_setup(void **state)
{
	struct stored *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	snprintf(t->spec, sizeof(t->spec), "sqlite:%s/db", t->folder.name);
	*state = t;
	return 0;
}

static inline int
stored_teardown(void **state)
{
	struct stored *t = *state;

	folder_close(&t->folder);
	free(t);
	return 0;
}

static inline struct store *
stored_open(struct stored *t, enum store_mode mode)
{
	struct store *store = store_open(t->spec, mode, HOST, &t->err);

	if (store == NULL)
		fail_msg("%s", t->err.text);
	return store;
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
	assert_null(store_open(t->spec, mode, HOST, &t->err));
	stored_word(t, word);
}

static inline void
stored_commit(
    struct stored *t, struct store *store, const struct store_batch *batch)
{
	if (store_commit(store, batch, &t->err) == -1)
		fail_msg("%s", t->err.text);
}

/* What a query returns, asked on a connection of its own. */
static inline int64_t
stored_number(struct stored *t, const char *sql)
{
	struct sqlite *db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_READ, 0, &t->err);
	int64_t n = -1;

	if (db == NULL || sqlite_ask_number(db, sql, &n, &t->err) == -1)
		fail_msg("%s: %s", sql, t->err.text);
	sqlite_close(db);
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

#define TOTAL "SELECT ifnull(sum(n), 0) FROM delivery_hour"

#endif
