/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_pgsql_migrate.h"

#include "forceenc/text.h"

/* One migration at a time in a database. */
#define STORE_PGSQL_MIGRATING "SELECT pg_advisory_xact_lock(1717923443, 0)"

static int64_t
store_pgsql_migrate_newest(const char *const migrations[])
{
	int64_t n = 0;

	while (migrations[n] != NULL)
		n++;
	return n;
}

/* 0 where nothing of ours is yet. A table is read to find that out:
 * to_regclass() may remember what was so before the lock was waited for. */
static int
store_pgsql_migrate_version(
    struct store_pgsql_db *store, int64_t *version, struct err *err)
{
	struct pq_answer answer;

	*version = 0;
	if (store_pq_ask(store->link,
		"SELECT count(*) FROM pg_class WHERE relkind = 'r' "
		"AND relname IN ('setting', 'writer') "
		"AND pg_table_is_visible(oid)",
		NULL, 0, &answer, err) == -1)
		return -1;
	if (store_pq_number(&answer, 0, 0) < 2)
		return 0;
	if (store_pq_ask(store->link,
		"SELECT coalesce(max(value), 0) FROM setting "
		"WHERE name = 'forceenc_stats'",
		NULL, 0, &answer, err) == -1)
		return -1;
	*version = store_pq_number(&answer, 0, 0);
	return 0;
}

/* A block of statements is one statement. */
static int
store_pgsql_migrate_run(
    struct store_pgsql_db *store, const char *migration, struct err *err)
{
	struct buf sql = {0};
	int rc;

	buf_printf(&sql,
	    "DO $forceenc_migration$ BEGIN %s\nEND $forceenc_migration$",
	    migration);
	rc = store_pq_do(store->link, buf_text(&sql), err);
	buf_fini(&sql);
	return rc;
}

/* Tables may be large by then. */
#define STORE_PGSQL_MIGRATE_TIME  600000
#define STORE_PGSQL_MIGRATE_LIMIT "SET LOCAL statement_timeout = 600000"

/* Of two that come at the same time, one does it and the other finds it. */
static int
store_pgsql_migrate_step(struct store_pgsql_db *store, int64_t from,
    const char *migration, struct err *err)
{
	int64_t version;

	store_pq_put(store->link, STORE_PGSQL_BEGIN, NULL, 0);
	store_pq_put(store->link, STORE_PGSQL_MIGRATE_LIMIT, NULL, 0);
	if (store_pq_do(store->link, STORE_PGSQL_MIGRATING, err) == 0 &&
	    store_pgsql_migrate_version(store, &version, err) == 0 &&
	    (version != from ||
		store_pgsql_migrate_run(store, migration, err) == 0))
		return store_pgsql_db_end(store, err);
	store_pgsql_db_abort(store);
	return err_prefix(err, "its tables can't be made");
}

int
store_pgsql_migrate(struct store_pgsql_db *store,
    const char *const migrations[], struct err *err)
{
	int64_t newest = store_pgsql_migrate_newest(migrations), version;

	if (store_pgsql_migrate_version(store, &version, err) == -1)
		return -1;
	store_pq_be_patient(store->link, STORE_PGSQL_MIGRATE_TIME);
	while (version < newest && store->mode == STORE_WRITE) {
		if (store_pgsql_migrate_step(
			store, version, migrations[version], err) == -1 ||
		    store_pgsql_migrate_version(store, &version, err) == -1)
			return -1;
	}
	store_pq_be_patient(store->link, 0);
	if (version < newest)
		return err_set(err,
		    "%s; forceenc-watch makes the tables, and brings them up "
		    "to date when it starts",
		    version == 0 ? "no statistics in it"
				 : "made by an earlier forceenc-watch");
	if (version > newest)
		return err_set(err,
		    "made by a later version of forceenc-watch (its schema is "
		    "version %lld, this one knows %lld); use that one",
		    (long long)version, (long long)newest);
	return 0;
}
