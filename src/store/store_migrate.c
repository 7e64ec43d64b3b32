/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_migrate.h"

#include <stdio.h>

#include "forceenc/text.h"

/* As in etc/sql/stats-001.sql. */
#define STORE_APPLICATION_ID 0x66656e73

static int64_t
store_migrate_newest(const char *const migrations[])
{
	int64_t n = 0;

	while (migrations[n] != NULL)
		n++;
	return n;
}

/* 0 for a database in which nothing is yet. */
static int
store_migrate_version(
    struct sqlite *db, const char *path, int64_t *version, struct err *err)
{
	int64_t id, objects;

	if (sqlite_ask_number(db, "PRAGMA application_id", &id, err) == -1 ||
	    sqlite_ask_number(db, "SELECT count(*) FROM sqlite_schema",
		&objects, err) == -1 ||
	    sqlite_ask_number(db, "PRAGMA user_version", version, err) == -1)
		return -1;
	if (id == STORE_APPLICATION_ID && *version > 0)
		return 0;
	if (id != 0 || objects != 0 || *version != 0)
		return err_set(err,
		    "%s: not a database that forceenc-watch made; let store "
		    "name a file that isn't there yet",
		    text_show_str(path));
	return 0;
}

/* Of two that come at the same time, one does it and the other finds it. */
static int
store_migrate_step(struct sqlite *db, const char *path, int64_t from,
    const char *migration, struct err *err)
{
	int64_t version;
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %lld",
	    (long long)from + 1);
	if (sqlite_exec(db, "BEGIN IMMEDIATE", err) == -1)
		return -1;
	if (store_migrate_version(db, path, &version, err) == 0 &&
	    (version != from ||
		(sqlite_exec(db, migration, err) == 0 &&
		    sqlite_exec(db, sql, err) == 0)) &&
	    sqlite_exec(db, "COMMIT", err) == 0)
		return 0;
	sqlite_exec(db, "ROLLBACK", NULL);
	return -1;
}

int
store_migrate_check(struct sqlite *db, const char *path,
    const char *const migrations[], struct err *err)
{
	int64_t newest = store_migrate_newest(migrations);
	int64_t version;

	if (store_migrate_version(db, path, &version, err) == -1)
		return -1;
	if (version <= newest)
		return 0;
	return err_set(err,
	    "%s: made by a later version of forceenc-watch (its schema is "
	    "version %lld, this one knows %lld); use that one",
	    text_show_str(path), (long long)version, (long long)newest);
}

int
store_migrate(struct sqlite *db, const char *path, enum store_mode mode,
    const char *const migrations[], struct err *err)
{
	int64_t newest = store_migrate_newest(migrations);
	int64_t version;

	if (store_migrate_version(db, path, &version, err) == -1)
		return -1;
	while (version < newest && mode == STORE_WRITE) {
		if (store_migrate_step(
			db, path, version, migrations[version], err) == -1 ||
		    store_migrate_version(db, path, &version, err) == -1)
			return -1;
	}
	if (version < newest)
		return err_set(err,
		    "%s: %s; forceenc-watch makes it, and brings it up to "
		    "date when it starts",
		    text_show_str(path),
		    version == 0 ? "an empty database"
				 : "made by an earlier forceenc-watch");
	return store_migrate_check(db, path, migrations, err);
}
