/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_intern.h"

#include <string.h>

#include "forceenc/must.h"

#define STORE_INTERN_PARTS 5

struct store_intern {
	enum store_intern_table table;
	uint64_t number; /* stands for the parts in store_ids; */
	const char *key; /* or this does, where it's 0 */
	size_t key_len;
	const char *part[STORE_INTERN_PARTS];
	size_t len[STORE_INTERN_PARTS];
	int n;
};

static void
store_intern_part(struct store_intern *intern, const char *part, size_t len)
{
	MUST(intern->n < STORE_INTERN_PARTS);
	intern->part[intern->n] = part;
	intern->len[intern->n++] = len;
}

static void
store_intern_text(struct store_intern *intern, const char *part)
{
	store_intern_part(intern, part, strlen(part));
}

static struct sqlite_stmt *
store_intern_bind(struct store_db *store, const struct store_intern *intern,
    enum store_statement which, struct err *err)
{
	struct sqlite_stmt *stmt =
	    store_statement(&store->statements, store->db, which, err);
	int i;

	for (i = 0; stmt != NULL && i < intern->n; i++)
		sqlite_bind_text(stmt, i + 1, intern->part[i], intern->len[i]);
	return stmt;
}

/* 1 with *id, 0 if there is none, -1. */
static int
store_intern_find(struct store_db *store, const struct store_intern *intern,
    struct store_id *id, struct err *err)
{
	struct sqlite_stmt *stmt = store_intern_bind(
	    store, intern, STORE_FIND_SENDER + intern->table, err);
	enum sqlite_status status;

	if (stmt == NULL)
		return -1;
	status = sqlite_step(stmt, err);
	if (status == SQLITE_STATUS_ROW) {
		id->id = sqlite_column_int(stmt, 0);
		id->last = sqlite_column_int(stmt, 1);
		sqlite_reset(stmt);
		return 1;
	}
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

static int
store_intern_add(struct store_db *store, const struct store_intern *intern,
    int64_t day, struct store_id *id, struct err *err)
{
	struct sqlite_stmt *stmt = store_intern_bind(
	    store, intern, STORE_ADD_SENDER + intern->table, err);

	if (stmt == NULL)
		return -1;
	sqlite_bind_int(stmt, intern->n + 1, day);
	if (store_statement_run(stmt, err) == -1)
		return -1;
	id->id = sqlite_last_id(store->db);
	id->last = day;
	return 0;
}

static int
store_intern_touch(struct store_db *store, enum store_statement which,
    struct store_id *id, int64_t day, struct err *err)
{
	struct sqlite_stmt *stmt;

	if (id->last >= day)
		return 0;
	stmt = store_statement(&store->statements, store->db, which, err);
	if (stmt == NULL)
		return -1;
	sqlite_bind_int(stmt, 1, id->id);
	sqlite_bind_int(stmt, 2, day);
	if (store_statement_run(stmt, err) == -1)
		return -1;
	id->last = day;
	return 0;
}

/* 0: it has no number, or isn't known by it. */
static int
store_intern_numbered(struct store_db *store, unsigned table, uint64_t number,
    int64_t day, int64_t *out, struct err *err)
{
	struct store_id *known =
	    number == 0 ? NULL : store_ids_numbered(store->ids, table, number);

	if (known == NULL)
		return 0;
	*out = known->id;
	return store_intern_touch(
		   store, STORE_TOUCH_SENDER + table, known, day, err) == -1
	    ? -1
	    : 1;
}

static int
store_intern(struct store_db *store, const struct store_intern *intern,
    int64_t day, int64_t *out, struct err *err)
{
	unsigned table = intern->table;
	struct store_id *known, id;
	int rc;

	known = intern->number != 0
	    ? NULL
	    : store_ids_get(store->ids, table, intern->key, intern->key_len);
	if (known != NULL) {
		*out = known->id;
		return store_intern_touch(
		    store, STORE_TOUCH_SENDER + table, known, day, err);
	}
	rc = store_intern_find(store, intern, &id, err);
	if (rc == 0)
		rc = store_intern_add(store, intern, day, &id, err);
	if (rc == -1 ||
	    store_intern_touch(
		store, STORE_TOUCH_SENDER + table, &id, day, err) == -1)
		return -1;
	if (intern->number != 0)
		store_ids_put_numbered(store->ids, table, intern->number, id);
	else
		store_ids_put(
		    store->ids, table, intern->key, intern->key_len, id);
	*out = id.id;
	return 0;
}

const char *
store_intern_domain(const char *sender, size_t len, size_t *local_len)
{
	const char *at = memrchr(sender, '@', len);

	if (at == NULL || at[1] == '\0') {
		*local_len = len;
		return "";
	}
	*local_len = (size_t)(at - sender);
	return at + 1;
}

int
store_intern_sender(struct store_db *store, const char *sender, uint64_t number,
    int64_t day, int64_t *id, struct err *err)
{
	struct store_intern intern = {
	    .table = STORE_INTERN_SENDER, .number = number, .key = sender};
	int rc = store_intern_numbered(
	    store, STORE_INTERN_SENDER, number, day, id, err);
	size_t local_len;

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	intern.key_len = strlen(sender);
	store_intern_text(
	    &intern, store_intern_domain(sender, intern.key_len, &local_len));
	store_intern_part(&intern, sender, local_len);
	return store_intern(store, &intern, day, id, err);
}

int
store_intern_name(struct store_db *store, const char *name, uint64_t number,
    int64_t day, int64_t *id, struct err *err)
{
	struct store_intern intern = {
	    .table = STORE_INTERN_NAME, .number = number, .key = name};
	int rc = store_intern_numbered(
	    store, STORE_INTERN_NAME, number, day, id, err);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	intern.key_len = strlen(name);
	store_intern_part(&intern, name, intern.key_len);
	return store_intern(store, &intern, day, id, err);
}

/* Some bytes and a text are the key. */
static void
store_intern_key(struct store_db *store, struct store_intern *intern,
    const unsigned char *bytes, size_t n, const char *text)
{
	buf_clear(&store->key);
	buf_add(&store->key, bytes, n);
	buf_add(&store->key, text, strlen(text));
	intern->key = store->key.data;
	intern->key_len = store->key.len;
}

static const char *
store_intern_or_empty(const char *name)
{
	return name != NULL ? name : "";
}

int
store_intern_kind(struct store_db *store, const char *service, unsigned outcome,
    unsigned level, unsigned reason, int64_t day, int64_t *id, struct err *err)
{
	const unsigned char numbers[] = {(unsigned char)outcome,
	    (unsigned char)level, (unsigned char)reason};
	struct store_intern intern = {.table = STORE_INTERN_KIND};

	store_intern_key(store, &intern, numbers, sizeof(numbers), service);
	store_intern_text(&intern, store->host);
	store_intern_text(&intern, service);
	store_intern_text(&intern, store_outcome_name(outcome));
	store_intern_text(
	    &intern, store_intern_or_empty(store_level_name(level)));
	store_intern_text(
	    &intern, store_intern_or_empty(store_reason_name(reason)));
	return store_intern(store, &intern, day, id, err);
}

int
store_intern_tls(struct store_db *store, const struct store_session *session,
    int64_t day, int64_t *id, struct err *err)
{
	struct store_intern intern = {.table = STORE_INTERN_TLS};
	const unsigned char numbers[] = {session->level};
	const char *level = store_level_name(session->level);

	MUST(level != NULL);
	store_intern_key(
	    store, &intern, numbers, sizeof(numbers), session->version);
	buf_add_byte(&store->key, '\0');
	buf_add_text(&store->key, session->cipher);
	intern.key = store->key.data;
	intern.key_len = store->key.len;
	store_intern_text(&intern, store->host);
	store_intern_text(&intern, session->version);
	store_intern_text(&intern, session->cipher);
	store_intern_text(&intern, level);
	return store_intern(store, &intern, day, id, err);
}
