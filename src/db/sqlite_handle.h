/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DB_SQLITE_HANDLE_H
#define FORCEENC_DB_SQLITE_HANDLE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "db/sqlite_seen.h"
#include "forceenc/sqlite.h"

/* What is behind the handles, for the files that know SQLite. */
struct sqlite_stmt {
	struct sqlite *owner;
	struct sqlite_stmt *next;
	sqlite3_stmt *stmt;
	bool running; /* between the first step and the reset */
};

struct sqlite {
	sqlite3 *db;
	char *path;
	enum sqlite_mode mode;
	dev_t dev;
	ino_t ino;
	struct sqlite_stmt *first;
	struct sqlite_stmt *version; /* PRAGMA data_version, once asked for */
	struct sqlite_seen seen;
	uint64_t time_limit; /* ms */
	uint64_t deadline;   /* CLOCK_NEVER: none */
	bool busy;           /* that's what the last error was */
};

/* The status that a result code stands for, which is none of success. */
enum sqlite_status sqlite_failed(struct sqlite *, int code, struct err *);

#endif
