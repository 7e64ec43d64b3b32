/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "store/store_db.h"
#include "store/store_migrate.h"
#include "store/store_schema.h"
#include "store/store_tidy.h"
#include "store/store_write.h"

/* How long a lock of another process is waited for: by who has nothing else to
 * do, and by who has. */
#define STORE_SQLITE_BUSY_MS  5000
#define STORE_SQLITE_BUSY_MIN 20

/* What the write-ahead log may keep once its contents have moved. */
#define STORE_SQLITE_LOG (16 * 1024 * 1024)

/* Memory for the pages that are written now; and so many may wait in the log
 * until they are moved: a page that is written again meanwhile is moved once. */
#define STORE_SQLITE_PAGES \
	"PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000"

/* Reports over many rows are sorted in files, bounded pieces at a time: in
 * memory that takes as much as there are rows, and longer. */
#define STORE_SQLITE_SORT "PRAGMA temp_store = FILE"

static void
store_sqlite_close(struct store *base)
{
	struct store_db *store = store_db_of(base);

	sqlite_close(store->db);
	store_ids_free(store->ids);
	store_rows_fini(&store->rows);
	buf_fini(&store->key);
	free(store->path);
	free(store->host);
	free(store);
}

static int
store_sqlite_set_up(struct store_db *store, struct err *err)
{
	struct sqlite *db = store->db;

	/* Nobody else's database is touched. */
	if (store_migrate_check(db, store->path, store_schema, err) == -1)
		return -1;
	if (store->mode == STORE_WRITE &&
	    (sqlite_use_wal(db, STORE_SQLITE_LOG, err) == -1 ||
		sqlite_exec(db, STORE_SQLITE_PAGES, err) == -1 ||
		sqlite_rows_offer(db, STORE_BATCH, &store->rows.offered, err) ==
		    -1))
		return -1;
	if (store->mode == STORE_READ &&
	    sqlite_exec(db, STORE_SQLITE_SORT, err) == -1)
		return -1;
	return store_migrate(db, store->path, store->mode, store_schema, err);
}

/* Positions are kept by host: under a new name a log would be counted again
 * from its beginning. */
static int
store_sqlite_rename(struct store_db *store, char **before, struct err *err)
{
	struct sqlite_stmt *stmt;
	const char *name;
	size_t len;
	int rc = 0;

	*before = NULL;
	if (sqlite_prepare(store->db,
		"SELECT first FROM (SELECT min(host) AS first, "
		"max(host) AS last FROM state) "
		"WHERE first = last AND first <> ?1",
		&stmt, err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(stmt, 1, store->host, strlen(store->host));
	switch (sqlite_step(stmt, err)) {
	case SQLITE_STATUS_ROW:
		name = sqlite_column_text(stmt, 0, &len);
		MUST(name != NULL);
		*before = mem_dup(name, len);
		break;
	case SQLITE_STATUS_DONE:
		break;
	default:
		rc = -1;
	}
	sqlite_finalize(stmt);
	if (*before == NULL)
		return rc;
	if (sqlite_prepare(store->db, "UPDATE state SET host = ?1", &stmt,
		err) != SQLITE_STATUS_DONE)
		return -1;
	sqlite_bind_text(stmt, 1, store->host, strlen(store->host));
	rc = store_statement_run(stmt, err);
	sqlite_finalize(stmt);
	return rc;
}

static int
store_sqlite_begin(
    struct store_db *store, const struct store_place *place, struct err *err)
{
	if (store_sqlite_set_up(store, err) == -1)
		return -1;
	if (store->mode == STORE_READ || place->before == NULL)
		return 0;
	if (store_sqlite_rename(store, place->before, err) == 0)
		return 0;
	free(*place->before);
	*place->before = NULL;
	return -1;
}

static struct store *
store_sqlite_open(const struct store_place *place, const char *path,
    enum store_mode mode, struct err *err)
{
	struct store_db *store = mem_zalloc(sizeof(*store));

	store->store.backend = &store_sqlite;
	store->path = mem_strdup(path);
	store->host = mem_strdup(place->host);
	store->mode = mode;
	store->ids = store_ids_new();
	store->version = -1;
	store->db = sqlite_open(path,
	    mode == STORE_WRITE ? SQLITE_MODE_WRITE : SQLITE_MODE_READ,
	    mode == STORE_WRITE && place->poll != NULL ? STORE_SQLITE_BUSY_MIN
						       : STORE_SQLITE_BUSY_MS,
	    err);
	if (store->db != NULL && store_sqlite_begin(store, place, err) == 0)
		return &store->store;
	if (place->trouble != NULL && store->db != NULL &&
	    sqlite_was_busy(store->db))
		*place->trouble = STORE_LOCKED;
	store_sqlite_close(&store->store);
	return NULL;
}

static bool
store_sqlite_lost(const struct store *base)
{
	return sqlite_check(store_db_of(base)->db, NULL) == -1;
}

static bool
store_sqlite_locked(const struct store *base)
{
	return sqlite_was_busy(store_db_of(base)->db);
}

static int
store_sqlite_commit(
    struct store *base, const struct store_batch *batch, struct err *err)
{
	struct store_db *store = store_db_of(base);

	if (store_db_begin(store, err) == -1)
		return -1;
	if (store_write_batch(store, batch, err) == 0)
		return store_db_end(store, err);
	store_db_abort(store);
	return -1;
}

static int
store_sqlite_get_blob(struct store *base, const char *name, void **bytes,
    size_t *len, struct err *err)
{
	struct store_db *store = store_db_of(base);
	enum sqlite_status status;
	struct sqlite_stmt *stmt;
	struct buf value = {0};
	const char *piece;
	size_t n;

	*bytes = NULL;
	*len = 0;
	stmt = store_statement(
	    &store->statements, store->db, STORE_GET_PIECES, err);
	if (stmt == NULL)
		return -1;
	sqlite_bind_text(stmt, 1, store->host, strlen(store->host));
	sqlite_bind_text(stmt, 2, name, strlen(name));
	while ((status = sqlite_step(stmt, err)) == SQLITE_STATUS_ROW) {
		piece = sqlite_column_text(stmt, 0, &n);
		if (piece == NULL)
			break;
		buf_add(&value, piece, n);
	}
	if (status == SQLITE_STATUS_ROW)
		err_set(err, "%s: a piece of %s without a value",
		    text_show_str(store->path), text_show_str(name));
	if (status != SQLITE_STATUS_DONE || value.len == 0) {
		sqlite_reset(stmt);
		buf_fini(&value);
		return status == SQLITE_STATUS_DONE ? 0 : -1;
	}
	*len = value.len;
	*bytes = buf_steal(&value);
	return 1;
}

const struct store_backend store_sqlite = {
    .name = "sqlite",
    .stats = &stats_sqlite,
    .open = store_sqlite_open,
    .close = store_sqlite_close,
    .lost = store_sqlite_lost,
    .locked = store_sqlite_locked,
    .commit = store_sqlite_commit,
    .get_blob = store_sqlite_get_blob,
    .tidy = store_tidy_piece,
};
