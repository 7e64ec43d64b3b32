/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_DB_H
#define FORCEENC_STORE_STORE_DB_H

#include "forceenc/buf.h"
#include "forceenc/sqlite.h"
#include "store/store_backend.h"
#include "store/store_ids.h"
#include "store/store_rows.h"
#include "store/store_statement.h"

/*
 * The statistics in SQLite, as all that works on them has them at hand:
 * etc/sql/stats-NNN.sql tells what lies where.
 */
struct store_db {
	struct store store;
	struct sqlite *db;
	char *path;
	char *host;
	enum store_mode mode;
	struct store_statements statements;
	struct store_ids *ids; /* as of the last commit or this transaction */
	struct store_rows rows;
	struct buf key;       /* where store_intern() builds its keys */
	int64_t version;      /* sqlite_data_version() that ids belong to */
	unsigned sweep_table; /* where store_tidy() looks for unused names, */
	int64_t sweep_id;     /* next; */
	int64_t swept;        /* it has done so up to this day */
};

/* One transaction: -1 from END rolls back what was done since BEGIN; so does
 * store_db_abort(). */
int store_db_begin(struct store_db *, struct err *);
int store_db_end(struct store_db *, struct err *);
void store_db_abort(struct store_db *);

/* The handle that a caller of forceenc/store.h has. */
struct store_db *store_db_of(const struct store *);

#endif
