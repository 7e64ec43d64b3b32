/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_db.h"

#include "forceenc/must.h"

struct store_db *
store_db_of(const struct store *store)
{
	MUST(store->backend == &store_sqlite);
	return (struct store_db *)(uintptr_t)store;
}

/* Another process may have removed names since the last transaction. */
static int
store_db_begun(struct store_db *store, struct err *err)
{
	int64_t version;

	if (sqlite_data_version(store->db, &version, err) != SQLITE_STATUS_DONE)
		return -1;
	if (version != store->version)
		store_ids_clear(store->ids);
	store->version = version;
	return 0;
}

int
store_db_begin(struct store_db *store, struct err *err)
{
	struct sqlite_stmt *stmt;

	MUST(store->mode == STORE_WRITE);
	stmt = store_statement(&store->statements, store->db, STORE_BEGIN, err);
	if (stmt == NULL || store_statement_run(stmt, err) == -1) {
		store->store.conflicts += sqlite_was_busy(store->db);
		return -1;
	}
	if (store_db_begun(store, err) == 0)
		return 0;
	store_db_abort(store);
	return -1;
}

int
store_db_end(struct store_db *store, struct err *err)
{
	struct sqlite_stmt *stmt;

	stmt =
	    store_statement(&store->statements, store->db, STORE_COMMIT, err);
	if (stmt != NULL && store_statement_run(stmt, err) == 0)
		return 0;
	store_db_abort(store);
	return -1;
}

void
store_db_abort(struct store_db *store)
{
	/* SQLite may have done so itself, as it does when the disk is full. */
	sqlite_exec(store->db, "ROLLBACK", NULL);
	store_ids_clear(store->ids);
}
