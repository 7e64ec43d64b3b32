/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_pgsql_db.h"

#include <unistd.h>

#include "forceenc/must.h"

/* How often a transaction is begun anew, and how long after the first time (ms,
 * at most; twice as long each time): a deadlock is over when it's told. */
#define STORE_PGSQL_DB_AGAIN 5
#define STORE_PGSQL_DB_WAIT  20

struct store_pgsql_db *
store_pgsql_db_of(const struct store *store)
{
	MUST(store->backend == &store_pgsql);
	return (struct store_pgsql_db *)(uintptr_t)store;
}

struct pq_value
store_pgsql_db_host(struct store_pgsql_db *store)
{
	return store_pq_text(buf_text(&store->encoded));
}

/* Writers' ids are locks as well, and begin with 1. */
#define STORE_PGSQL_NAMES "('writer'::regclass::oid::integer, 0)"

int
store_pgsql_db_begin(
    struct store_pgsql_db *store, enum store_pgsql_lock lock, struct err *err)
{
	MUST(store->mode == STORE_WRITE);
	store_pq_put(store->link, STORE_PGSQL_BEGIN, NULL, 0);
	if (store_pq_do(store->link,
		lock == STORE_PGSQL_SHARED
		    ? "SELECT pg_advisory_xact_lock_shared" STORE_PGSQL_NAMES
		    : "SELECT pg_advisory_xact_lock" STORE_PGSQL_NAMES,
		err) == 0)
		return 0;
	store_pgsql_db_abort(store);
	return -1;
}

/* If the connection breaks here, nobody knows whether it was done. It's lost
 * then, and what is found in the database by the next one is true. */
int
store_pgsql_db_end(struct store_pgsql_db *store, struct err *err)
{
	if (store_pq_do(store->link, "COMMIT", err) == 0)
		return 0;
	store_pgsql_db_abort(store);
	return -1;
}

void
store_pgsql_db_abort(struct store_pgsql_db *store)
{
	if (!store_pq_lost(store->link))
		store_pq_do(store->link, "ROLLBACK", NULL);
}

bool
store_pgsql_db_again(struct store_pgsql_db *store, unsigned time)
{
	unsigned random;

	if (time >= STORE_PGSQL_DB_AGAIN || store_pq_lost(store->link) ||
	    !store_pq_conflicted(store->link))
		return false;
	store->store.conflicts++;
	MUST(getentropy(&random, sizeof(random)) == 0);
	return store_pq_pause(
	    store->link, 1 + random % ((unsigned)STORE_PGSQL_DB_WAIT << time));
}
