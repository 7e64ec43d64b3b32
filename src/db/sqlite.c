/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/sqlite_handle.h"
#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* How many of SQLite's instructions go by between two looks at the clock:
 * well under a millisecond. */
#define SQLITE_LOOK_EVERY 1000

/* The largest row; a cap on the memory that a hostile file may ask for. */
#define SQLITE_ROW_MAX (16 * 1024 * 1024)

static int
sqlite_on_progress(void *arg)
{
	const struct sqlite *sqlite = arg;

	return sqlite->deadline != CLOCK_NEVER &&
	    clock_now() > sqlite->deadline;
}

static void
sqlite_start_clock(struct sqlite *sqlite)
{
	sqlite->deadline = sqlite->time_limit > 0
	    ? clock_now() + sqlite->time_limit
	    : CLOCK_NEVER;
	sqlite->busy = false;
}

/* What an administrator can do where SQLite's own words don't say. */
static const char *
sqlite_hint(int code)
{
	switch (code) {
	case SQLITE_READONLY_ROLLBACK:
		return " (an interrupted change must be undone first: open the "
		       "database once with permission to write)";
	case SQLITE_READONLY_RECOVERY:
	case SQLITE_READONLY_CANTINIT:
		return " (WAL mode needs permission to write; PRAGMA "
		       "journal_mode = DELETE does without)";
	default:
		return "";
	}
}

/* Told before the statement is reset: that may change SQLite's words. */
enum sqlite_status
sqlite_failed(struct sqlite *sqlite, int code, struct err *err)
{
	int system;

	sqlite->busy = false;
	switch (code & 0xff) {
	case SQLITE_INTERRUPT:
		err_set(err, "%s: took longer than %s",
		    text_show_str(sqlite->path),
		    text_time((int64_t)sqlite->time_limit));
		return SQLITE_STATUS_SLOW;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		system = sqlite3_system_errno(sqlite->db);
		err_set(err, "%s: %s%s%s", text_show_str(sqlite->path),
		    text_show_str(sqlite3_errmsg(sqlite->db)),
		    system != 0 ? ": " : "",
		    system != 0 ? strerror(system) : "");
		return SQLITE_STATUS_ERROR;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		sqlite->busy = true;
		err_set(err, "%s: %s", text_show_str(sqlite->path),
		    text_show_str(sqlite3_errmsg(sqlite->db)));
		return SQLITE_STATUS_BUSY;
	default:
		err_set(err, "%s: %s%s", text_show_str(sqlite->path),
		    text_show_str(sqlite3_errmsg(sqlite->db)),
		    sqlite_hint(code));
		return SQLITE_STATUS_ERROR;
	}
}

/*
 * SQLite goes on reading a file that was renamed or removed behind its back,
 * for ever and without a word. The path tells, symbolic links included.
 */
static int
sqlite_check_file(const struct sqlite *sqlite, struct stat *st, struct err *err)
{
	if (stat(sqlite->path, st) == -1)
		return err_set(err, "%s: %s", text_show_str(sqlite->path),
		    strerror(errno));
	if (st->st_dev != sqlite->dev || st->st_ino != sqlite->ino)
		return err_set(err,
		    "%s: was replaced by another file since it was opened",
		    text_show_str(sqlite->path));
	return 0;
}

/* Makes SQLite suspicious: of the file, of what a schema makes a query do, of
 * "text" in double quotes, which it takes for a string when no column is
 * called so: a misspelled column would match nothing, silently. */
static int
sqlite_harden(struct sqlite *sqlite, struct err *err)
{
	sqlite3 *db = sqlite->db;

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, SQLITE_ROW_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	return sqlite_exec(sqlite,
	    "PRAGMA cell_size_check = ON;"
	    "PRAGMA temp_store = MEMORY;",
	    err);
}

/* A name such as ":memory:" is a file's as well. */
static char *
sqlite_path(const char *path)
{
	char *copy;

	if (strchr(path, '/') != NULL)
		return mem_strdup(path);
	copy = mem_alloc(strlen(path) + 3);
	strcpy(copy, "./");
	strcat(copy, path);
	return copy;
}

static int
sqlite_open_file(
    struct sqlite *sqlite, unsigned busy_timeout_ms, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	struct stat st;
	int rc;

	/* Opening a pipe would wait for somebody to write into it. */
	rc = stat(sqlite->path, &st);
	if (rc == 0 && !S_ISREG(st.st_mode))
		return err_set(
		    err, "%s: not a regular file", text_show_str(sqlite->path));
	if (rc == -1 && sqlite->mode == SQLITE_MODE_READ)
		return err_set(err, "%s: %s", text_show_str(sqlite->path),
		    strerror(errno));
	flags |= sqlite->mode == SQLITE_MODE_READ
	    ? SQLITE_OPEN_READONLY
	    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	sqlite->dev = rc == 0 ? st.st_dev : 0;
	sqlite->ino = rc == 0 ? st.st_ino : 0;
	rc = sqlite3_open_v2(sqlite->path, &sqlite->db, flags, NULL);
	if (sqlite->db == NULL)
		must_fatal("out of memory (opening a database)");
	if (rc != SQLITE_OK) {
		sqlite_failed(sqlite, rc, err);
		return -1;
	}
	/* SQLite would open it for reading alone, and say so much later. */
	if (sqlite->mode == SQLITE_MODE_WRITE &&
	    sqlite3_db_readonly(sqlite->db, "main") == 1)
		return err_set(err, "%s: read-only: it has to be written",
		    text_show_str(sqlite->path));
	if (sqlite->ino == 0 && stat(sqlite->path, &st) == 0) {
		sqlite->dev = st.st_dev;
		sqlite->ino = st.st_ino;
	}
	sqlite3_busy_timeout(sqlite->db, (int)busy_timeout_ms);
	sqlite3_progress_handler(
	    sqlite->db, SQLITE_LOOK_EVERY, sqlite_on_progress, sqlite);
	/* The same file before and after: it's the one that is open. */
	if (sqlite_check_file(sqlite, &st, err) == -1)
		return -1;
	return sqlite_harden(sqlite, err);
}

struct sqlite *
sqlite_open(const char *path, enum sqlite_mode mode, unsigned busy_timeout_ms,
    struct err *err)
{
	struct sqlite *sqlite = mem_zalloc(sizeof(*sqlite));

	sqlite->path = sqlite_path(path);
	sqlite->mode = mode;
	sqlite->deadline = CLOCK_NEVER;
	if (sqlite_open_file(sqlite, busy_timeout_ms, err) == 0)
		return sqlite;
	sqlite_close(sqlite);
	return NULL;
}

void
sqlite_close(struct sqlite *sqlite)
{
	if (sqlite == NULL)
		return;
	while (sqlite->first != NULL)
		sqlite_finalize(sqlite->first);
	/* Nothing of it is in use any more, so it can't be refused. */
	MUST(sqlite3_close(sqlite->db) == SQLITE_OK);
	free(sqlite->path);
	free(sqlite);
}

int
sqlite_exec(struct sqlite *sqlite, const char *sql, struct err *err)
{
	int rc;

	sqlite_start_clock(sqlite);
	rc = sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	sqlite_failed(sqlite, rc, err);
	return -1;
}

int
sqlite_check(const struct sqlite *sqlite, struct err *err)
{
	struct stat st;

	return sqlite_check_file(sqlite, &st, err);
}

bool
sqlite_was_busy(const struct sqlite *sqlite)
{
	return sqlite->busy;
}

/* Whether there is anything but white space and comments. */
static bool
sqlite_has_statement(struct sqlite *sqlite, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(sqlite->db, sql, -1, 0, &stmt, NULL);

	sqlite3_finalize(stmt);
	return rc != SQLITE_OK || stmt != NULL;
}

enum sqlite_status
sqlite_prepare(struct sqlite *sqlite, const char *sql, struct sqlite_stmt **out,
    struct err *err)
{
	struct sqlite_stmt *stmt;
	sqlite3_stmt *raw = NULL;
	const char *tail;
	int rc;

	*out = NULL;
	sqlite_start_clock(sqlite);
	rc = sqlite3_prepare_v3(
	    sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, &tail);
	if (rc != SQLITE_OK)
		return sqlite_failed(sqlite, rc, err);
	if (raw == NULL || sqlite_has_statement(sqlite, tail)) {
		err_set(err, "%s: %s", text_show_str(sqlite->path),
		    raw == NULL ? "no statement in the query"
				: "more than one statement in the query");
		sqlite3_finalize(raw);
		return SQLITE_STATUS_ERROR;
	}
	stmt = mem_zalloc(sizeof(*stmt));
	stmt->owner = sqlite;
	stmt->stmt = raw;
	stmt->next = sqlite->first;
	sqlite->first = stmt;
	*out = stmt;
	return SQLITE_STATUS_DONE;
}

void
sqlite_finalize(struct sqlite_stmt *stmt)
{
	struct sqlite_stmt **link;

	if (stmt == NULL)
		return;
	for (link = &stmt->owner->first; *link != stmt; link = &(*link)->next)
		MUST(*link != NULL);
	*link = stmt->next;
	if (stmt->owner->version == stmt)
		stmt->owner->version = NULL;
	sqlite3_finalize(stmt->stmt);
	free(stmt);
}

/* Binding fails for a statement that runs, a parameter that isn't there or a
 * text that is too long: each is the caller's mistake. */
static void
sqlite_bound(int rc)
{
	if (rc == SQLITE_NOMEM)
		must_fatal("out of memory (binding a parameter)");
	MUST(rc == SQLITE_OK);
}

void
sqlite_bind_text(struct sqlite_stmt *stmt, int i, const char *text, size_t len)
{
	/* A null pointer would become a NULL, which equals nothing. */
	MUST(!stmt->running && text != NULL);
	sqlite_bound(sqlite3_bind_text64(
	    stmt->stmt, i, text, len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void
sqlite_bind_blob(struct sqlite_stmt *stmt, int i, const void *bytes, size_t len)
{
	MUST(!stmt->running && bytes != NULL);
	sqlite_bound(
	    sqlite3_bind_blob64(stmt->stmt, i, bytes, len, SQLITE_TRANSIENT));
}

void
sqlite_bind_int(struct sqlite_stmt *stmt, int i, int64_t n)
{
	MUST(!stmt->running);
	sqlite_bound(sqlite3_bind_int64(stmt->stmt, i, n));
}

int
sqlite_columns(const struct sqlite_stmt *stmt)
{
	return sqlite3_column_count(stmt->stmt);
}

int
sqlite_params(const struct sqlite_stmt *stmt)
{
	return sqlite3_bind_parameter_count(stmt->stmt);
}

bool
sqlite_readonly(const struct sqlite_stmt *stmt)
{
	return sqlite3_stmt_readonly(stmt->stmt) != 0;
}

enum sqlite_status
sqlite_step(struct sqlite_stmt *stmt, struct err *err)
{
	struct sqlite *sqlite = stmt->owner;
	enum sqlite_status status;
	struct stat st;
	int rc;

	if (!stmt->running) {
		/* A transaction looks once, when it begins. */
		if (sqlite3_get_autocommit(sqlite->db) != 0 &&
		    sqlite_check_file(sqlite, &st, err) == -1)
			return SQLITE_STATUS_ERROR;
		sqlite_start_clock(sqlite);
		stmt->running = true;
	}
	rc = sqlite3_step(stmt->stmt);
	if (rc == SQLITE_ROW)
		return SQLITE_STATUS_ROW;
	status = rc == SQLITE_DONE ? SQLITE_STATUS_DONE
				   : sqlite_failed(sqlite, rc, err);
	sqlite_reset(stmt);
	return status;
}

void
sqlite_reset(struct sqlite_stmt *stmt)
{
	/* Says again what the last step said. */
	sqlite3_reset(stmt->stmt);
	stmt->running = false;
}

const char *
sqlite_column_text(struct sqlite_stmt *stmt, int i, size_t *len)
{
	const unsigned char *text;

	*len = 0;
	if (sqlite3_column_type(stmt->stmt, i) == SQLITE_NULL)
		return NULL;
	text = sqlite3_column_text(stmt->stmt, i);
	/* A value that is there never becomes one that isn't. */
	if (text == NULL)
		must_fatal("out of memory (reading a value)");
	*len = (size_t)sqlite3_column_bytes(stmt->stmt, i);
	return (const char *)text;
}

int64_t
sqlite_column_int(struct sqlite_stmt *stmt, int i)
{
	return sqlite3_column_int64(stmt->stmt, i);
}

void
sqlite_set_time_limit(struct sqlite *sqlite, uint64_t ms)
{
	sqlite->time_limit = ms;
}

int
sqlite_use_wal(struct sqlite *sqlite, int64_t keep, struct err *err)
{
	char sql[128];
	int on = 1;

	snprintf(sql, sizeof(sql),
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "PRAGMA journal_size_limit = %lld",
	    (long long)keep);
	if (sqlite_exec(sqlite, sql, err) == -1)
		return -1;
	if (!sqlite_ask_wal(sqlite))
		return err_set(err, "%s: can't be put into WAL mode",
		    text_show_str(sqlite->path));
	sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	return 0;
}

static int
sqlite_check_seen(struct sqlite *sqlite, int64_t version, const struct stat *st,
    struct err *err)
{
	if (sqlite_seen_touched(&sqlite->seen, version, st) &&
	    !sqlite_ask_wal(sqlite))
		return err_set(err,
		    "%s: was written by something else than SQLite since it "
		    "was opened",
		    text_show_str(sqlite->path));
	sqlite_seen_keep(&sqlite->seen, version, st);
	return 0;
}

enum sqlite_status
sqlite_data_version(struct sqlite *sqlite, int64_t *version, struct err *err)
{
	enum sqlite_status status;
	struct stat st;
	int rc;

	if (sqlite->version == NULL) {
		status = sqlite_prepare(
		    sqlite, "PRAGMA data_version", &sqlite->version, err);
		if (status != SQLITE_STATUS_DONE)
			return status;
	}
	status = sqlite_step(sqlite->version, err);
	if (status != SQLITE_STATUS_ROW) {
		MUST(status != SQLITE_STATUS_DONE);
		return status;
	}
	*version = sqlite_column_int(sqlite->version, 0);
	/* Until the reset, a lock keeps writers from the file. */
	rc = sqlite_check_file(sqlite, &st, err);
	if (rc == 0 && sqlite->mode == SQLITE_MODE_READ)
		rc = sqlite_check_seen(sqlite, *version, &st, err);
	sqlite_reset(sqlite->version);
	return rc == 0 ? SQLITE_STATUS_DONE : SQLITE_STATUS_ERROR;
}

int64_t
sqlite_changes(const struct sqlite *sqlite)
{
	return sqlite3_changes64(sqlite->db);
}

int64_t
sqlite_last_id(const struct sqlite *sqlite)
{
	return sqlite3_last_insert_rowid(sqlite->db);
}
