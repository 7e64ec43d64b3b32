/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Hours become days, days go, and with them the names that nothing refers to
 * any more. Each call is one transaction that handles at most so many rows,
 * so that the log isn't kept waiting: it does the first piece of work that it
 * finds, in the order in which the later ones depend on the earlier.
 */

#include "store/store_tidy.h"

#include <stdio.h>
#include <string.h>

#include "forceenc/must.h"

#define STORE_TIDY_ROWS    5000
#define STORE_TIDY_SENDERS 500 /* whose failures are looked at */
#define STORE_TIDY_NAMES   20000
#define STORE_TIDY_HOURS   24
#define STORE_TIDY_HOUR    3600
#define STORE_TIDY_DAY     86400

/* A table of hours and its table of days. */
struct store_tidy_pair {
	const char *hours;
	const char *days;
	const char *key;    /* columns behind the hour */
	const char *values; /* the other columns */
	const char *merge;
};

static const struct store_tidy_pair store_tidy_pairs[] = {
    {"delivery_hour", "delivery_day", "sender, destination, kind", "n",
	"n = n + excluded.n"},
    {"session_hour", "session_day", "destination, mx, tls", "n, last_seen",
	"n = n + excluded.n, last_seen = max(last_seen, excluded.last_seen)"},
    {"inbound_hour", "inbound_day", "host, level", "n", "n = n + excluded.n"},
    {"total_hour", "total_day", "host, service, what", "n",
	"n = min(n + excluded.n, " STORE_TOTAL_MAX_SQL ")"},
};

#define STORE_TIDY_PAIRS \
	(sizeof(store_tidy_pairs) / sizeof(store_tidy_pairs[0]))

/* Tables of names with the last day on which each is used. */
static const char *const store_tidy_names[] = {"sender", "name", "kind", "tls"};

#define STORE_TIDY_TABLES \
	(sizeof(store_tidy_names) / sizeof(store_tidy_names[0]))

struct store_tidy {
	struct store_db *store;
	int64_t first_hour; /* that stays an hour: a day's first */
	int64_t first_day;  /* that stays */
	unsigned failures_kept;
	struct err *err;
};

/* Runs sql, whose parameters are numbers. The rows changed, or -1. */
static int64_t
store_tidy_run(struct store_tidy *tidy, const char *sql, int64_t a, int64_t b)
{
	struct sqlite *db = tidy->store->db;
	struct sqlite_stmt *stmt;
	int64_t rows = -1;
	int n;

	if (sqlite_prepare(db, sql, &stmt, tidy->err) != SQLITE_STATUS_DONE)
		return -1;
	n = sqlite_params(stmt);
	if (n > 0)
		sqlite_bind_int(stmt, 1, a);
	if (n > 1)
		sqlite_bind_int(stmt, 2, b);
	if (store_statement_run(stmt, tidy->err) == 0)
		rows = sqlite_changes(db);
	sqlite_finalize(stmt);
	return rows;
}

/* Moves the first rows in the order of their key, which both statements see
 * alike. */
static int
store_tidy_roll(struct store_tidy *tidy, const struct store_tidy_pair *pair)
{
	int64_t moved, gone;
	char sql[1024];

	snprintf(sql, sizeof(sql),
	    "INSERT INTO %s (day, %s, %s) SELECT hour / %d, %s, %s FROM %s "
	    "WHERE hour < ?1 ORDER BY hour, %s LIMIT ?2 "
	    "ON CONFLICT DO UPDATE SET %s",
	    pair->days, pair->key, pair->values, STORE_TIDY_HOURS, pair->key,
	    pair->values, pair->hours, pair->key, pair->merge);
	moved = store_tidy_run(tidy, sql, tidy->first_hour, STORE_TIDY_ROWS);
	if (moved <= 0)
		return (int)moved;
	snprintf(sql, sizeof(sql),
	    "DELETE FROM %s WHERE (hour, %s) IN (SELECT hour, %s FROM %s "
	    "WHERE hour < ?1 ORDER BY hour, %s LIMIT ?2)",
	    pair->hours, pair->key, pair->key, pair->hours, pair->key);
	gone = store_tidy_run(tidy, sql, tidy->first_hour, STORE_TIDY_ROWS);
	if (gone == -1)
		return -1;
	MUST(gone == moved);
	return 1;
}

/* Removes days that are older than they may be. */
static int
store_tidy_expire(struct store_tidy *tidy, const struct store_tidy_pair *pair)
{
	char sql[512];
	int64_t rows;

	snprintf(sql, sizeof(sql),
	    "DELETE FROM %s WHERE (day, %s) IN (SELECT day, %s FROM %s "
	    "WHERE day < ?1 ORDER BY day, %s LIMIT ?2)",
	    pair->days, pair->key, pair->key, pair->days, pair->key);
	rows = store_tidy_run(tidy, sql, tidy->first_day, STORE_TIDY_ROWS);
	return rows > 0 ? 1 : (int)rows;
}

static int
store_tidy_old_failures(struct store_tidy *tidy)
{
	int64_t rows = store_tidy_run(tidy,
	    "DELETE FROM failure WHERE id IN (SELECT id FROM failure "
	    "WHERE time < ?1 ORDER BY time LIMIT ?2)",
	    tidy->first_day * STORE_TIDY_DAY, STORE_TIDY_ROWS);

	return rows > 0 ? 1 : (int)rows;
}

/* When fewer are kept than before, each sender has to be looked at. */
static int
store_tidy_kept(struct store_tidy *tidy)
{
	int64_t kept;

	if (sqlite_ask_number(tidy->store->db,
		"SELECT ifnull(max(value), -1) FROM setting "
		"WHERE name = 'failures_kept'",
		&kept, tidy->err) == -1)
		return -1;
	if (kept == tidy->failures_kept)
		return 0;
	if (store_tidy_run(tidy,
		"INSERT INTO setting (name, value) "
		"VALUES ('failures_kept', ?1) "
		"ON CONFLICT DO UPDATE SET value = excluded.value",
		tidy->failures_kept, 0) == -1)
		return -1;
	if (kept > tidy->failures_kept &&
	    store_tidy_run(tidy,
		"INSERT INTO failed (sender) SELECT DISTINCT sender "
		"FROM failure WHERE true ON CONFLICT DO NOTHING",
		0, 0) == -1)
		return -1;
	return 1;
}

/* The first senders that have failed lose all but their last failures. */
static int
store_tidy_surplus(struct store_tidy *tidy)
{
	int64_t rows, senders;
	char sql[512];

	snprintf(sql, sizeof(sql),
	    "DELETE FROM failure WHERE id IN (SELECT id FROM "
	    "(SELECT id, row_number() OVER "
	    "(PARTITION BY sender ORDER BY time DESC, id DESC) AS place "
	    "FROM failure WHERE sender IN "
	    "(SELECT sender FROM failed ORDER BY sender LIMIT %d)) "
	    "WHERE place > ?1 LIMIT ?2)",
	    STORE_TIDY_SENDERS);
	rows = store_tidy_run(tidy, sql, tidy->failures_kept, STORE_TIDY_ROWS);
	if (rows == -1)
		return -1;
	if (rows == STORE_TIDY_ROWS)
		return 1;
	senders = store_tidy_run(tidy,
	    "DELETE FROM failed WHERE sender IN "
	    "(SELECT sender FROM failed ORDER BY sender LIMIT ?1)",
	    STORE_TIDY_SENDERS, 0);
	return senders > 0 ? 1 : (int)senders;
}

/*
 * Goes through the tables of names once a day, a piece after the other. What
 * was last used on a day that is gone is used by no row.
 */
static int
store_tidy_sweep(struct store_tidy *tidy)
{
	struct store_db *store = tidy->store;
	char sql[256];
	int64_t newest, id;

	if (store->swept == tidy->first_day)
		return 0;
	MUST(store->sweep_table < STORE_TIDY_TABLES);
	id = store->sweep_id;
	snprintf(sql, sizeof(sql),
	    "DELETE FROM %s WHERE last < ?1 AND id >= ?2 AND id < ?2 + %d",
	    store_tidy_names[store->sweep_table], STORE_TIDY_NAMES);
	if (store_tidy_run(tidy, sql, tidy->first_day, id) == -1)
		return -1;
	snprintf(sql, sizeof(sql), "SELECT ifnull(max(id), 0) FROM %s",
	    store_tidy_names[store->sweep_table]);
	if (sqlite_ask_number(store->db, sql, &newest, tidy->err) == -1)
		return -1;
	store_ids_clear(store->ids);
	store->sweep_id = id + STORE_TIDY_NAMES;
	if (store->sweep_id <= newest)
		return 1;
	store->sweep_id = 0;
	if (++store->sweep_table < STORE_TIDY_TABLES)
		return 1;
	store->sweep_table = 0;
	store->swept = tidy->first_day;
	return 0;
}

/* One piece of work; 0 if there is none. */
static int
store_tidy_first(struct store_tidy *tidy)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < STORE_TIDY_PAIRS && rc == 0; i++)
		rc = store_tidy_roll(tidy, &store_tidy_pairs[i]);
	for (i = 0; i < STORE_TIDY_PAIRS && rc == 0; i++)
		rc = store_tidy_expire(tidy, &store_tidy_pairs[i]);
	if (rc == 0)
		rc = store_tidy_old_failures(tidy);
	if (rc == 0)
		rc = store_tidy_kept(tidy);
	if (rc == 0)
		rc = store_tidy_surplus(tidy);
	if (rc == 0)
		rc = store_tidy_sweep(tidy);
	return rc;
}

static int64_t
store_tidy_later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int
store_tidy_piece(struct store *base, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *err)
{
	struct store_db *store = store_db_of(base);
	struct store_tidy tidy = {
	    .store = store,
	    .first_day = now / STORE_TIDY_DAY - keep_days,
	    .failures_kept = failures_kept,
	    .err = err,
	};
	int64_t swept;
	int rc;

	/* Whole days, and none that has to go is left in hours. */
	tidy.first_hour = STORE_TIDY_HOURS *
	    store_tidy_later(tidy.first_day,
		(now / STORE_TIDY_HOUR - keep_hours) / STORE_TIDY_HOURS);
	if (store_db_begin(store, err) == -1)
		return -1;
	swept = store->swept;
	rc = store_tidy_first(&tidy);
	if (rc != -1 && store_db_end(store, err) == 0)
		return rc;
	if (rc == -1)
		store_db_abort(store);
	/* What it did of the sweep is undone. */
	store->sweep_table = 0;
	store->sweep_id = 0;
	store->swept = swept;
	return -1;
}
