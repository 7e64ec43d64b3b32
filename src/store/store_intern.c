/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_intern.h"

#include <string.h>

#include "forceenc/must.h"

#define STORE_INTERN_PARTS 5

/* In the order of the statements FIND, ADD and TOUCH. */
enum store_intern_table {
	STORE_INTERN_SENDER,
	STORE_INTERN_NAME,
	STORE_INTERN_KIND,
	STORE_INTERN_TLS
};

struct store_intern {
	enum store_intern_table table;
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

/* 1 with *id, 0 if FIND finds none, -1. */
static int
store_intern_ask(struct store_db *store, const struct store_intern *intern,
    enum store_statement which, const int64_t *day, struct store_id *id,
    struct err *err)
{
	struct sqlite_stmt *stmt;
	enum sqlite_status status;
	int i;

	stmt = store_statement(&store->statements, store->db, which, err);
	if (stmt == NULL)
		return -1;
	for (i = 0; i < intern->n; i++)
		sqlite_bind_text(stmt, i + 1, intern->part[i], intern->len[i]);
	if (day != NULL)
		sqlite_bind_int(stmt, i + 1, *day);
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

static int
store_intern(struct store_db *store, const struct store_intern *intern,
    int64_t day, int64_t *out, struct err *err)
{
	unsigned table = intern->table;
	struct buf *key = &store->key;
	struct store_id *known, id;
	int i, rc;

	buf_clear(key);
	buf_add_byte(key, (char)table);
	for (i = 0; i < intern->n; i++) {
		buf_add(key, intern->part[i], intern->len[i]);
		buf_add_byte(key, '\0');
	}
	known = store_ids_get(store->ids, key->data, key->len);
	if (known != NULL) {
		*out = known->id;
		return store_intern_touch(
		    store, STORE_TOUCH_SENDER + table, known, day, err);
	}
	rc = store_intern_ask(
	    store, intern, STORE_FIND_SENDER + table, NULL, &id, err);
	if (rc == 0)
		rc = store_intern_ask(
		    store, intern, STORE_ADD_SENDER + table, &day, &id, err);
	if (rc == -1 ||
	    store_intern_touch(
		store, STORE_TOUCH_SENDER + table, &id, day, err) == -1)
		return -1;
	store_ids_put(store->ids, key->data, key->len, id);
	*out = id.id;
	return 0;
}

int
store_intern_sender(struct store_db *store, const char *sender, int64_t day,
    int64_t *id, struct err *err)
{
	struct store_intern intern = {.table = STORE_INTERN_SENDER};
	const char *at = strrchr(sender, '@');
	size_t len = strlen(sender);

	if (at == NULL || at[1] == '\0')
		at = sender + len;
	store_intern_text(&intern, *at == '@' ? at + 1 : "");
	store_intern_part(&intern, sender, (size_t)(at - sender));
	return store_intern(store, &intern, day, id, err);
}

int
store_intern_name(struct store_db *store, const char *name, int64_t day,
    int64_t *id, struct err *err)
{
	struct store_intern intern = {.table = STORE_INTERN_NAME};

	store_intern_text(&intern, name);
	return store_intern(store, &intern, day, id, err);
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
	struct store_intern intern = {.table = STORE_INTERN_KIND};

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
	const char *level = store_level_name(session->level);

	MUST(level != NULL);
	store_intern_text(&intern, store->host);
	store_intern_text(&intern, session->version);
	store_intern_text(&intern, session->cipher);
	store_intern_text(&intern, level);
	return store_intern(store, &intern, day, id, err);
}
