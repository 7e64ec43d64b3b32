/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/must.h"
#include "forceenc/sqlite.h"
#include "forceenc/text.h"

int
sqlite_ask_number(
    struct sqlite *sqlite, const char *sql, int64_t *out, struct err *err)
{
	struct sqlite_stmt *stmt;
	enum sqlite_status status;

	if (sqlite_prepare(sqlite, sql, &stmt, err) != SQLITE_STATUS_DONE)
		return -1;
	status = sqlite_step(stmt, err);
	if (status == SQLITE_STATUS_ROW)
		*out = sqlite_column_int(stmt, 0);
	sqlite_finalize(stmt);
	MUST(status != SQLITE_STATUS_DONE);
	return status == SQLITE_STATUS_ROW ? 0 : -1;
}

bool
sqlite_ask_wal(struct sqlite *sqlite)
{
	struct sqlite_stmt *stmt;
	const char *mode;
	bool wal = false;
	size_t len;

	if (sqlite_prepare(sqlite, "PRAGMA journal_mode", &stmt, NULL) !=
	    SQLITE_STATUS_DONE)
		return false;
	if (sqlite_step(stmt, NULL) == SQLITE_STATUS_ROW) {
		mode = sqlite_column_text(stmt, 0, &len);
		wal = mode != NULL && text_equal_fold(mode, len, "wal");
	}
	sqlite_finalize(stmt);
	return wal;
}
