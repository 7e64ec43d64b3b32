/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Rows in memory as a virtual table that can only be read from its beginning
 * to its end. */

#include <string.h>

#include "db/sqlite_handle.h"

struct sqlite_rows_table {
	sqlite3_vtab base;
	const struct sqlite_rows *rows;
};

struct sqlite_rows_cursor {
	sqlite3_vtab_cursor base;
	const struct sqlite_rows *rows;
	size_t at;
};

static int
sqlite_rows_connect(sqlite3 *db, void *arg, int argc, const char *const *argv,
    sqlite3_vtab **out, char **error)
{
	struct sqlite_rows_table *table;
	int rc;

	(void)argc;
	(void)argv;
	(void)error;
	rc = sqlite3_declare_vtab(
	    db, "CREATE TABLE x (c0, c1, c2, c3, c4, c5, c6, c7)");
	if (rc != SQLITE_OK)
		return rc;
	table = sqlite3_malloc(sizeof(*table));
	if (table == NULL)
		return SQLITE_NOMEM;
	memset(table, 0, sizeof(*table));
	table->rows = arg;
	*out = &table->base;
	return SQLITE_OK;
}

static int
sqlite_rows_disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

/* However it's asked, all rows come, in their order. */
static int
sqlite_rows_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = 1e5;
	info->estimatedRows = 100000;
	return SQLITE_OK;
}

static int
sqlite_rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct sqlite_rows_cursor *cursor = sqlite3_malloc(sizeof(*cursor));

	if (cursor == NULL)
		return SQLITE_NOMEM;
	memset(cursor, 0, sizeof(*cursor));
	cursor->rows = ((struct sqlite_rows_table *)table)->rows;
	*out = &cursor->base;
	return SQLITE_OK;
}

static int
sqlite_rows_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int
sqlite_rows_filter(sqlite3_vtab_cursor *cursor, int number, const char *text,
    int argc, sqlite3_value **argv)
{
	(void)number;
	(void)text;
	(void)argc;
	(void)argv;
	((struct sqlite_rows_cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int
sqlite_rows_next(sqlite3_vtab_cursor *cursor)
{
	((struct sqlite_rows_cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int
sqlite_rows_eof(sqlite3_vtab_cursor *base)
{
	const struct sqlite_rows_cursor *cursor = (const void *)base;

	return cursor->at >= cursor->rows->n;
}

static int
sqlite_rows_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int i)
{
	const struct sqlite_rows_cursor *cursor = (const void *)base;
	struct sqlite_cell cell = {0};

	cursor->rows->cell(cursor->rows->arg, cursor->at, i, &cell);
	if (cell.text != NULL)
		sqlite3_result_text64(
		    context, cell.text, cell.len, SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_result_int64(context, cell.number);
	return SQLITE_OK;
}

static int
sqlite_rows_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((struct sqlite_rows_cursor *)cursor)->at;
	return SQLITE_OK;
}

/* Without xCreate it's there by its name alone, in no schema. */
static const sqlite3_module sqlite_rows_module = {
    .xConnect = sqlite_rows_connect,
    .xBestIndex = sqlite_rows_best_index,
    .xDisconnect = sqlite_rows_disconnect,
    .xOpen = sqlite_rows_open,
    .xClose = sqlite_rows_close,
    .xFilter = sqlite_rows_filter,
    .xNext = sqlite_rows_next,
    .xEof = sqlite_rows_eof,
    .xColumn = sqlite_rows_column,
    .xRowid = sqlite_rows_rowid,
};

int
sqlite_rows_offer(struct sqlite *sqlite, const char *name,
    struct sqlite_rows *rows, struct err *err)
{
	int rc =
	    sqlite3_create_module(sqlite->db, name, &sqlite_rows_module, rows);

	if (rc == SQLITE_OK)
		return 0;
	sqlite_failed(sqlite, rc, err);
	return -1;
}
