/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/must.h"
#include "store/stats_choose.h"
#include "store/store_db.h"

static int
stats_sqlite_begin(struct store *base, const struct stats_filter *filter,
    enum stats_senders *senders, struct err *err)
{
	struct store_db *store = store_db_of(base);

	if (sqlite_check(store->db, err) == -1 ||
	    sqlite_exec(store->db, "BEGIN", err) == -1)
		return -1;
	if (filter == NULL)
		return 0;
	return stats_choose(store->db, filter, senders, err);
}

static const char *
stats_sqlite_bytes(const struct stats_row *row, int column, size_t *len)
{
	return sqlite_column_text(row->data, column, len);
}

static const char *
stats_sqlite_text(const struct stats_row *row, int column)
{
	size_t len;

	return sqlite_column_text(row->data, column, &len);
}

static int64_t
stats_sqlite_number(const struct stats_row *row, int column)
{
	return sqlite_column_int(row->data, column);
}

static int
stats_sqlite_run(struct store *base, const char *sql,
    const int64_t value[STATS_SQL_VALUES], stats_row_fn *fn, void *arg,
    struct err *err)
{
	struct stats_row row = {.text = stats_sqlite_text,
	    .number = stats_sqlite_number,
	    .bytes = stats_sqlite_bytes};
	enum sqlite_status status;
	struct sqlite_stmt *stmt;
	int i, n;

	if (sqlite_prepare(store_db_of(base)->db, sql, &stmt, err) !=
	    SQLITE_STATUS_DONE)
		return -1;
	n = sqlite_params(stmt);
	MUST(n <= STATS_SQL_VALUES);
	for (i = 0; i < n; i++)
		sqlite_bind_int(stmt, i + 1, value[i]);
	row.data = stmt;
	while ((status = sqlite_step(stmt, err)) == SQLITE_STATUS_ROW)
		fn(&row, arg);
	sqlite_finalize(stmt);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

static void
stats_sqlite_end(struct store *base)
{
	sqlite_exec(store_db_of(base)->db, "ROLLBACK", NULL);
}

const struct stats_backend stats_sqlite = {
    .dialect = &stats_sql_sqlite,
    .begin = stats_sqlite_begin,
    .run = stats_sqlite_run,
    .end = stats_sqlite_end,
};
