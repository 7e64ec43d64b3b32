/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_SQLITE_H
#define FORCEENC_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forceenc/err.h"

/*
 * The little of SQLite that is needed here, with its many results folded into
 * those a caller acts upon. The only user of <sqlite3.h>.
 */
struct sqlite;
struct sqlite_stmt;

enum sqlite_status {
	SQLITE_STATUS_ROW,
	SQLITE_STATUS_DONE,
	SQLITE_STATUS_BUSY,  /* another process holds a lock: try again soon */
	SQLITE_STATUS_SLOW,  /* stopped at the time limit; the handle is fine */
	SQLITE_STATUS_ERROR, /* err says what; a handle whose file is gone,
			      * replaced or corrupt says so until it's closed:
			      * open the path again */
};

enum sqlite_mode {
	SQLITE_MODE_READ,  /* never writes */
	SQLITE_MODE_WRITE, /* creates the file if need be */
};

/* Waits for locks up to busy_timeout_ms; 0 never waits. NULL with err if the
 * file can't be opened or is no regular one. Opening is lazy in SQLite: what
 * is no database shows at the first statement. Text in double quotes is a
 * name, never a string. */
struct sqlite *sqlite_open(
    const char *path, enum sqlite_mode, unsigned busy_timeout_ms, struct err *);
void sqlite_close(struct sqlite *); /* frees its statements too; NULL is fine */

/* -1 if the path leads to another file by now, or to none. */
int sqlite_check(const struct sqlite *, struct err *);

/* Whether the last statement has failed because another process holds a
 * lock. */
bool sqlite_was_busy(const struct sqlite *);

/*
 * Readers and a writer that don't wait for each other (write-ahead log), with
 * commits that survive the program's death at once and the machine's a little
 * later, never in parts. The files beside the database stay when it's closed,
 * so that whoever may only read can open it; keep is the bytes that the log
 * may keep once it's empty. WRITE mode only, outside of a transaction.
 */
int sqlite_use_wal(struct sqlite *, int64_t keep, struct err *);

/* Statements that return no rows; several may be separated by ";". */
int sqlite_exec(struct sqlite *, const char *sql, struct err *);
/* The one number that a query returns; it can't be without a row. */
int sqlite_ask_number(
    struct sqlite *, const char *sql, int64_t *, struct err *);
/* Whether the database is in WAL mode, in which the file changes at other
 * times than its contents do. Doubt counts as no. */
bool sqlite_ask_wal(struct sqlite *);

/* BUSY is told apart because reading the schema needs a lock as well. DONE is
 * success. *stmt is NULL otherwise. Anything but one statement is an error. */
enum sqlite_status sqlite_prepare(
    struct sqlite *, const char *sql, struct sqlite_stmt **, struct err *);
void sqlite_finalize(struct sqlite_stmt *);

/* Parameter i from 1; the bytes are copied. */
void sqlite_bind_text(struct sqlite_stmt *, int i, const char *, size_t len);
void sqlite_bind_blob(struct sqlite_stmt *, int i, const void *, size_t len);
void sqlite_bind_int(struct sqlite_stmt *, int i, int64_t);
int sqlite_columns(const struct sqlite_stmt *);
/* How many parameters the statement has. */
int sqlite_params(const struct sqlite_stmt *);
/* Whether it only reads: sqlite3_stmt_readonly(). */
bool sqlite_readonly(const struct sqlite_stmt *);

/* One step. After DONE, BUSY or ERROR the statement is reset and can be
 * bound and run again. The first step, in a transaction that of its first
 * statement, looks whether the path still is the file that is open, which
 * SQLite doesn't. */
enum sqlite_status sqlite_step(struct sqlite_stmt *, struct err *);
/* Gives up the remaining rows, and the lock with them. */
void sqlite_reset(struct sqlite_stmt *);

/* Column i from 0 of the current row, as text or as the bytes of a blob with
 * a NUL behind; NULL for SQL NULL. Borrowed
 * until the next call for this statement. */
const char *sqlite_column_text(struct sqlite_stmt *, int i, size_t *len);
int64_t sqlite_column_int(struct sqlite_stmt *, int i);

/* Statements stop with SLOW once they have run for ms milliseconds; 0 is no
 * limit. */
void sqlite_set_time_limit(struct sqlite *, uint64_t ms);

/* PRAGMA data_version: differs from the last one if another connection has
 * changed the file since. DONE is success. ERROR also if something else than
 * SQLite has written into the file, as cp(1) does: what SQLite remembers of it
 * may be wrong then. */
enum sqlite_status sqlite_data_version(
    struct sqlite *, int64_t *, struct err *);

/* Rows changed by the last statement. */
int64_t sqlite_changes(const struct sqlite *);
/* The rowid that the last INSERT made. */
int64_t sqlite_last_id(const struct sqlite *);

/*
 * Rows in memory that statements may read as a table: many at once, for less
 * than a statement for each costs. Its columns are c0 to c7.
 */
struct sqlite_cell {
	const char *text; /* NULL: it's the number */
	size_t len;
	int64_t number;
};

/* Column i of a row; text is good until the statement has ended. */
typedef void sqlite_cell_fn(
    const void *arg, size_t row, int i, struct sqlite_cell *);

struct sqlite_rows {
	sqlite_cell_fn *cell;
	const void *arg;
	size_t n;
};

/* The table is there from now on; rows are borrowed until the handle is
 * closed, and may be others at each statement. */
int sqlite_rows_offer(
    struct sqlite *, const char *name, struct sqlite_rows *, struct err *);

#endif
