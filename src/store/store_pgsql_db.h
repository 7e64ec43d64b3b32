/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_DB_H
#define FORCEENC_STORE_STORE_PGSQL_DB_H

#include "forceenc/buf.h"
#include "store/store_backend.h"
#include "store/store_pq.h"

/*
 * The statistics in PostgreSQL, as all that works on them has them at hand:
 * etc/sql/stats-pgsql-NNN.sql tells what lies where.
 */
struct store_pgsql_db {
	struct store store;
	struct store_pq *link;
	char *spec; /* for messages */
	char *host;
	struct buf encoded; /* host as the database has it */
	enum store_mode mode;
	int64_t batch;        /* the number of this host's last one */
	int64_t session;      /* the server's process that has the lock */
	bool overtaken;       /* somebody else has written one of this host's */
	unsigned sweep_table; /* where unused names are looked for next */
	int64_t sweep_id;
	int64_t swept;      /* it was done so up to this day */
	struct buf chosen;  /* the senders of a question */
	struct buf text[2]; /* scratch, for what is handed out */
};

/* The handle that a caller of forceenc/store.h has. */
struct store_pgsql_db *store_pgsql_db_of(const struct store *);

/* The host's name as a parameter. */
struct pq_value store_pgsql_db_host(struct store_pgsql_db *);

/* What store_pgsql_db_begin() waits for: batches use names, which are removed
 * while there is no batch under way. */
enum store_pgsql_lock { STORE_PGSQL_SHARED, STORE_PGSQL_ALONE };

/* Whatever the role's or, behind a pooler, somebody else's settings are. */
#define STORE_PGSQL_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

/* A transaction of the writer's. After -1 of either there is none, or the
 * store is lost. */
int store_pgsql_db_begin(
    struct store_pgsql_db *, enum store_pgsql_lock, struct err *);
int store_pgsql_db_end(struct store_pgsql_db *, struct err *);
void store_pgsql_db_abort(struct store_pgsql_db *);

/* Whether a transaction that has failed, for the time of that number from 0 on,
 * is to be done again at once: another one was in its way. It has waited a
 * moment then, which isn't the same for all. */
bool store_pgsql_db_again(struct store_pgsql_db *, unsigned time);

#endif
