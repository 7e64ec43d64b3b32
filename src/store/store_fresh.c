/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_fresh.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "store/store_intern.h"

#define STORE_FRESH_HOURS 24 /* of a day */

/* The columns of the table that is offered. */
enum store_fresh_column {
	STORE_FRESH_ID,
	STORE_FRESH_LAST,
	STORE_FRESH_KEY,  /* a sender's domain, or the name */
	STORE_FRESH_LOCAL /* a sender's local part */
};

struct store_fresh_name {
	const char *key;
	const char *local; /* NULL in the table of names */
	uint32_t key_len, local_len;
	uint64_t number; /* of struct store_count */
	struct store_id id;
};

struct store_fresh {
	struct store_db *store;
	enum store_intern_table table;
	struct store_fresh_name *name;
	size_t n, cap;
};

static void
store_fresh_cell(const void *arg, size_t row, int i, struct sqlite_cell *cell)
{
	const struct store_fresh *fresh = arg;
	const struct store_fresh_name *name = &fresh->name[row];

	switch ((enum store_fresh_column)i) {
	case STORE_FRESH_ID:
		cell->number = name->id.id;
		break;
	case STORE_FRESH_LAST:
		cell->number = name->id.last;
		break;
	case STORE_FRESH_KEY:
		cell->text = name->key;
		cell->len = name->key_len;
		break;
	case STORE_FRESH_LOCAL:
		cell->text = name->local;
		cell->len = name->local_len;
		break;
	}
}

/* One that has no number, or is known by it, isn't taken. It is known from now
 * on, as no. 0: it may come many times in a batch. */
static void
store_fresh_add(
    struct store_fresh *fresh, const char *text, uint64_t number, uint32_t hour)
{
	struct store_ids *ids = fresh->store->ids;
	struct store_id id = {.last = hour / STORE_FRESH_HOURS};
	struct store_fresh_name *name;
	size_t local_len;

	if (number == 0 ||
	    store_ids_numbered(ids, fresh->table, number) != NULL)
		return;
	store_ids_put_numbered(ids, fresh->table, number, id);
	if (fresh->n == fresh->cap) {
		fresh->cap = fresh->cap * 2 + 64;
		fresh->name =
		    mem_resize(fresh->name, fresh->cap, sizeof(*fresh->name));
	}
	name = &fresh->name[fresh->n++];
	memset(name, 0, sizeof(*name));
	name->number = number;
	name->id = id;
	name->key = text;
	name->key_len = (uint32_t)strlen(text);
	if (fresh->table == STORE_INTERN_NAME)
		return;
	name->key = store_intern_domain(text, name->key_len, &local_len);
	name->key_len = (uint32_t)strlen(name->key);
	name->local = text;
	name->local_len = (uint32_t)local_len;
}

static int
store_fresh_compare_text(
    const char *a, size_t a_len, const char *b, size_t b_len)
{
	int rc = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return rc != 0 ? rc : (a_len > b_len) - (a_len < b_len);
}

/* In the order of the table's key. */
static int
store_fresh_compare(const void *one, const void *two)
{
	const struct store_fresh_name *a = one, *b = two;
	int rc =
	    store_fresh_compare_text(a->key, a->key_len, b->key, b->key_len);

	if (rc != 0 || a->local == NULL)
		return rc;
	return store_fresh_compare_text(
	    a->local, a->local_len, b->local, b->local_len);
}

static void
store_fresh_know(const struct store_fresh *fresh,
    const struct store_fresh_name *name, struct store_id id)
{
	store_ids_put_numbered(
	    fresh->store->ids, fresh->table, name->number, id);
}

static struct sqlite_stmt *
store_fresh_statement(const struct store_fresh *fresh,
    enum store_statement which, struct err *err)
{
	struct store_db *store = fresh->store;

	store->rows.offered.cell = store_fresh_cell;
	store->rows.offered.arg = fresh;
	store->rows.offered.n = fresh->n;
	return store_statement(
	    &store->statements, store->db, which + (unsigned)fresh->table, err);
}

/* The largest number of the table, 0 if it is empty. */
static int
store_fresh_last(
    const struct store_fresh *fresh, int64_t *last, struct err *err)
{
	struct sqlite_stmt *stmt =
	    store_fresh_statement(fresh, STORE_LAST_SENDER, err);

	if (stmt == NULL || sqlite_step(stmt, err) != SQLITE_STATUS_ROW)
		return -1;
	*last = sqlite_column_int(stmt, 0);
	sqlite_reset(stmt);
	if (*last < 0 || *last > INT64_MAX - UINT32_MAX)
		return err_set(err, "%s: no number is left for a name",
		    text_show_str(fresh->store->path));
	return 0;
}

/* Finds those that the database has, and forgets them here. */
static int
store_fresh_find(struct store_fresh *fresh, struct err *err)
{
	enum sqlite_status status = SQLITE_STATUS_ERROR;
	struct sqlite_stmt *stmt;
	struct store_id id;
	size_t i, left = 0;

	for (i = 0; i < fresh->n; i++)
		fresh->name[i].id.id = (int64_t)i;
	stmt = store_fresh_statement(fresh, STORE_KNOWN_SENDERS, err);
	while (stmt != NULL &&
	    (status = sqlite_step(stmt, err)) == SQLITE_STATUS_ROW) {
		i = (size_t)sqlite_column_int(stmt, 0);
		id.id = sqlite_column_int(stmt, 1);
		id.last = sqlite_column_int(stmt, 2);
		MUST(i < fresh->n);
		store_fresh_know(fresh, &fresh->name[i], id);
		fresh->name[i].number = 0;
	}
	if (status != SQLITE_STATUS_DONE)
		return -1;
	for (i = 0; i < fresh->n; i++)
		if (fresh->name[i].number != 0)
			fresh->name[left++] = fresh->name[i];
	fresh->n = left;
	return 0;
}

/* Numbers them from last + 1 on. One text may have two numbers of the
 * caller's, and has one here. */
static void
store_fresh_count(struct store_fresh *fresh, int64_t last)
{
	struct store_fresh_name *name;
	size_t i, n = 0;

	for (i = 0; i < fresh->n; i++) {
		name = &fresh->name[i];
		if (n == 0 ||
		    store_fresh_compare(&fresh->name[n - 1], name) != 0) {
			name->id.id = ++last;
			fresh->name[n++] = *name;
		}
		store_fresh_know(fresh, name, fresh->name[n - 1].id);
	}
	fresh->n = n;
}

static int
store_fresh_write(struct store_fresh *fresh, struct err *err)
{
	struct sqlite_stmt *stmt;
	int64_t last;

	if (fresh->n == 0)
		return 0;
	qsort(fresh->name, fresh->n, sizeof(*fresh->name), store_fresh_compare);
	if (store_fresh_last(fresh, &last, err) == -1 ||
	    (last > 0 && store_fresh_find(fresh, err) == -1))
		return -1;
	if (fresh->n == 0)
		return 0;
	store_fresh_count(fresh, last);
	stmt = store_fresh_statement(fresh, STORE_ADD_SENDERS, err);
	return stmt == NULL ? -1 : store_statement_run(stmt, err);
}

static int
store_fresh_senders(
    struct store_fresh *fresh, const struct store_batch *batch, struct err *err)
{
	const struct store_count *count = batch->count;
	size_t i;

	for (i = 0; i < batch->ncounts; i++, count++)
		if (count->n > 0)
			store_fresh_add(fresh, count->sender,
			    count->sender_number, count->hour);
	return store_fresh_write(fresh, err);
}

static int
store_fresh_names(
    struct store_fresh *fresh, const struct store_batch *batch, struct err *err)
{
	const struct store_count *count = batch->count;
	const struct store_session *session = batch->session;
	size_t i;

	for (i = 0; i < batch->ncounts; i++, count++)
		if (count->n > 0)
			store_fresh_add(fresh, count->destination,
			    count->destination_number, count->hour);
	for (i = 0; i < batch->nsessions; i++, session++) {
		if (session->n == 0)
			continue;
		store_fresh_add(fresh, session->destination,
		    session->destination_number, session->hour);
		store_fresh_add(
		    fresh, session->mx, session->mx_number, session->hour);
	}
	return store_fresh_write(fresh, err);
}

int
store_fresh_batch(
    struct store_db *store, const struct store_batch *batch, struct err *err)
{
	struct store_fresh fresh = {.store = store};
	int rc;

	fresh.table = STORE_INTERN_SENDER;
	rc = store_fresh_senders(&fresh, batch, err);
	fresh.table = STORE_INTERN_NAME;
	fresh.n = 0;
	if (rc == 0)
		rc = store_fresh_names(&fresh, batch, err);
	free(fresh.name);
	return rc;
}
