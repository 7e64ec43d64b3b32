/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_STATEMENT_H
#define FORCEENC_STORE_STORE_STATEMENT_H

#include "forceenc/sqlite.h"

/* The table of the rows that are being written (store_rows.h). */
#define STORE_BATCH "batch"

/* Everything that is said to the database again and again. */
enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_FIND_SENDER,
	STORE_FIND_NAME,
	STORE_FIND_KIND,
	STORE_FIND_TLS,
	STORE_ADD_SENDER,
	STORE_ADD_NAME,
	STORE_ADD_KIND,
	STORE_ADD_TLS,
	STORE_TOUCH_SENDER,
	STORE_TOUCH_NAME,
	STORE_TOUCH_KIND,
	STORE_TOUCH_TLS,
	STORE_LAST_SENDER,
	STORE_LAST_NAME,
	STORE_KNOWN_SENDERS,
	STORE_KNOWN_NAMES,
	STORE_ADD_SENDERS,
	STORE_ADD_NAMES,
	STORE_COUNT,
	STORE_SESSION,
	STORE_INBOUND,
	STORE_TOTAL,
	STORE_FAILURE,
	STORE_FAILED,
	STORE_PUT_PIECE,
	STORE_DROP_PIECES,
	STORE_GET_PIECES,
	STORE_STATEMENTS
};

struct store_statements {
	struct sqlite_stmt *stmt[STORE_STATEMENTS]; /* NULL: not yet needed */
};

/* Prepared when it's needed first; valid as long as the database is open.
 * NULL with err if it can't be prepared. */
struct sqlite_stmt *store_statement(struct store_statements *, struct sqlite *,
    enum store_statement, struct err *);

/* Runs what returns no row. */
int store_statement_run(struct sqlite_stmt *, struct err *);

#endif
