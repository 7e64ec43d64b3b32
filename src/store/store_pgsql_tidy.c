/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * As in SQLite, each call is one transaction that handles at most so many
 * rows, and does the first piece of work that it finds. A host tidies what it
 * has counted itself, by its own configuration; hosts that are gone have left
 * it to the others. Names belong to all: they go once every host has told that
 * it keeps nothing of that day any more.
 */

#include "store/store_pgsql_tidy.h"

#include <stdio.h>

#include "forceenc/must.h"

#define STORE_PGSQL_TIDY_ROWS    5000
#define STORE_PGSQL_TIDY_SENDERS 500 /* whose failures are looked at */
#define STORE_PGSQL_TIDY_NAMES   20000
#define STORE_PGSQL_TIDY_HOURS   24
#define STORE_PGSQL_TIDY_HOUR    3600
#define STORE_PGSQL_TIDY_DAY     86400

/* After how long a host is taken to be gone. */
#define STORE_PGSQL_TIDY_GONE "now() - interval '30 days'"

/* Other hosts, which look after what is theirs. $1 is this one. */
#define STORE_PGSQL_TIDY_OTHERS                      \
	"(SELECT host FROM writer WHERE host <> $1 " \
	"AND seen > " STORE_PGSQL_TIDY_GONE ")"

/* A table of hours and its table of days. */
struct store_pgsql_tidy_pair {
	const char *hours;
	const char *days;
	const char *key;    /* columns behind the hour */
	const char *values; /* the other columns */
	const char *sums;   /* of those, over rows of the same key */
	const char *merge;
	const char *mine; /* what of it is this host's to tidy */
};

#define STORE_PGSQL_TIDY_MINE(column, table)         \
	column " = ANY (ARRAY(SELECT id FROM " table \
	       " WHERE host NOT IN " STORE_PGSQL_TIDY_OTHERS "))"

static const struct store_pgsql_tidy_pair store_pgsql_tidy_pairs[] = {
    {"delivery_hour", "delivery_day", "sender, destination, kind", "n",
	"sum(n)", "n = old.n + excluded.n",
	STORE_PGSQL_TIDY_MINE("kind", "kind")},
    {"session_hour", "session_day", "destination, mx, tls", "n, last_seen",
	"sum(n), max(last_seen)",
	"n = old.n + excluded.n, "
	"last_seen = greatest(old.last_seen, excluded.last_seen)",
	STORE_PGSQL_TIDY_MINE("tls", "tls")},
    {"inbound_hour", "inbound_day", "host, level", "n", "sum(n)",
	"n = old.n + excluded.n", "host NOT IN " STORE_PGSQL_TIDY_OTHERS},
    {"total_hour", "total_day", "host, service, what", "n",
	"least(sum(n), " STORE_TOTAL_MAX_SQL ")",
	"n = least(least(old.n, " STORE_TOTAL_MAX_SQL
	") + excluded.n, " STORE_TOTAL_MAX_SQL ")",
	"host NOT IN " STORE_PGSQL_TIDY_OTHERS},
};

#define STORE_PGSQL_TIDY_PAIRS \
	(sizeof(store_pgsql_tidy_pairs) / sizeof(store_pgsql_tidy_pairs[0]))

/* Tables of names with the last day on which each is used. */
static const char *const store_pgsql_tidy_names[] = {
    "sender", "name", "kind", "tls"};

#define STORE_PGSQL_TIDY_TABLES \
	(sizeof(store_pgsql_tidy_names) / sizeof(store_pgsql_tidy_names[0]))

struct store_pgsql_tidy {
	struct store_pgsql_db *store;
	int64_t first_hour; /* that stays an hour: a day's first */
	int64_t first_day;  /* that stays */
	unsigned failures_kept;
	struct err *err;
};

/* Asks sql, whose parameters are the host, a and b; rows says how many there
 * are. Returns the number in the answer, or -1. */
static int64_t
store_pgsql_tidy_ask(struct store_pgsql_tidy *tidy, const char *sql,
    unsigned values, int64_t a, int64_t b)
{
	struct pq_value value[3] = {store_pgsql_db_host(tidy->store)};
	struct pq_answer answer;
	char text[2][32];

	snprintf(text[0], sizeof(text[0]), "%lld", (long long)a);
	snprintf(text[1], sizeof(text[1]), "%lld", (long long)b);
	value[1] = store_pq_text(text[0]);
	value[2] = store_pq_text(text[1]);
	if (store_pq_ask(tidy->store->link, sql, value, values, &answer,
		tidy->err) == -1)
		return -1;
	return answer.rows > 0 ? store_pq_number(&answer, 0, 0) : 0;
}

/* Moves the first rows in the order of their key. What another host is
 * moving at this moment is left to it. */
static int
store_pgsql_tidy_roll(
    struct store_pgsql_tidy *tidy, const struct store_pgsql_tidy_pair *pair)
{
	int64_t moved;
	char sql[2048];

	snprintf(sql, sizeof(sql),
	    "WITH piece AS (SELECT hour, %s FROM %s WHERE hour < $2::bigint "
	    "AND %s ORDER BY hour, %s LIMIT $3::bigint FOR UPDATE SKIP "
	    "LOCKED), "
	    "gone AS (DELETE FROM %s WHERE (hour, %s) IN (SELECT * FROM piece) "
	    "RETURNING *), "
	    "moved AS (INSERT INTO %s AS old (day, %s, %s) "
	    "SELECT hour / %d, %s, %s FROM gone GROUP BY 1, %s ORDER BY 1, %s "
	    "ON CONFLICT (day, %s) DO UPDATE SET %s) "
	    "SELECT count(*) FROM gone",
	    pair->key, pair->hours, pair->mine, pair->key, pair->hours,
	    pair->key, pair->days, pair->key, pair->values,
	    STORE_PGSQL_TIDY_HOURS, pair->key, pair->sums, pair->key, pair->key,
	    pair->key, pair->merge);
	moved = store_pgsql_tidy_ask(
	    tidy, sql, 3, tidy->first_hour, STORE_PGSQL_TIDY_ROWS);
	return moved > 0 ? 1 : (int)moved;
}

/* Removes days that are older than they may be. */
static int
store_pgsql_tidy_expire(
    struct store_pgsql_tidy *tidy, const struct store_pgsql_tidy_pair *pair)
{
	int64_t rows;
	char sql[1024];

	snprintf(sql, sizeof(sql),
	    "WITH gone AS (DELETE FROM %s WHERE (day, %s) IN "
	    "(SELECT day, %s FROM %s WHERE day < $2::bigint AND %s "
	    "ORDER BY day, %s LIMIT $3::bigint FOR UPDATE SKIP LOCKED) "
	    "RETURNING 1) SELECT count(*) FROM gone",
	    pair->days, pair->key, pair->key, pair->days, pair->mine,
	    pair->key);
	rows = store_pgsql_tidy_ask(
	    tidy, sql, 3, tidy->first_day, STORE_PGSQL_TIDY_ROWS);
	return rows > 0 ? 1 : (int)rows;
}

static int
store_pgsql_tidy_old_failures(struct store_pgsql_tidy *tidy)
{
	int64_t rows = store_pgsql_tidy_ask(tidy,
	    "WITH gone AS (DELETE FROM failure WHERE id IN (SELECT id "
	    "FROM failure WHERE time < $2::bigint AND " STORE_PGSQL_TIDY_MINE(
		"kind", "kind") " ORDER BY time LIMIT $3::bigint FOR UPDATE "
				"SKIP LOCKED) "
				"RETURNING 1) SELECT count(*) FROM gone",
	    3, tidy->first_day * STORE_PGSQL_TIDY_DAY, STORE_PGSQL_TIDY_ROWS);

	return rows > 0 ? 1 : (int)rows;
}

/* When fewer are kept than before, each sender has to be looked at. */
static int
store_pgsql_tidy_kept(struct store_pgsql_tidy *tidy)
{
	int64_t kept = store_pgsql_tidy_ask(tidy,
	    "SELECT coalesce(failures_kept, 2147483647) FROM writer "
	    "WHERE host = $1",
	    1, 0, 0);

	if (kept == -1 || kept == tidy->failures_kept)
		return kept == -1 ? -1 : 0;
	if (store_pgsql_tidy_ask(tidy,
		"UPDATE writer SET failures_kept = $2::bigint "
		"WHERE host = $1",
		2, tidy->failures_kept, 0) == -1)
		return -1;
	if (kept > tidy->failures_kept &&
	    store_pgsql_tidy_ask(tidy,
		"INSERT INTO failed (host, sender) SELECT DISTINCT $1, sender "
		"FROM failure WHERE kind = ANY (ARRAY(SELECT id FROM kind "
		"WHERE host = $1)) ON CONFLICT DO NOTHING",
		1, 0, 0) == -1)
		return -1;
	return 1;
}

/* The first senders that have failed lose all but their last failures. */
static int
store_pgsql_tidy_surplus(struct store_pgsql_tidy *tidy)
{
	int64_t rows, senders;
	char sql[1024];

	snprintf(sql, sizeof(sql),
	    "WITH gone AS (DELETE FROM failure WHERE id IN (SELECT id FROM "
	    "(SELECT id, row_number() OVER "
	    "(PARTITION BY sender ORDER BY time DESC, id DESC) AS place "
	    "FROM failure WHERE sender IN (SELECT sender FROM failed "
	    "WHERE host = $1 ORDER BY sender LIMIT %d) "
	    "AND kind = ANY (ARRAY(SELECT id FROM kind WHERE host = $1))) "
	    "AS ranked WHERE place > $2::bigint LIMIT $3::bigint) RETURNING 1) "
	    "SELECT count(*) FROM gone",
	    STORE_PGSQL_TIDY_SENDERS);
	rows = store_pgsql_tidy_ask(
	    tidy, sql, 3, tidy->failures_kept, STORE_PGSQL_TIDY_ROWS);
	if (rows == -1)
		return -1;
	if (rows == STORE_PGSQL_TIDY_ROWS)
		return 1;
	senders = store_pgsql_tidy_ask(tidy,
	    "WITH gone AS (DELETE FROM failed WHERE host = $1 AND sender IN "
	    "(SELECT sender FROM failed WHERE host = $1 ORDER BY sender "
	    "LIMIT $2::bigint) RETURNING 1) SELECT count(*) FROM gone",
	    2, STORE_PGSQL_TIDY_SENDERS, 0);
	return senders > 0 ? 1 : (int)senders;
}

/* The first day of which any host may still have rows. */
static int
store_pgsql_tidy_first_day(struct store_pgsql_tidy *tidy, int64_t *day)
{
	if (store_pgsql_tidy_ask(tidy,
		"UPDATE writer SET first_day = $2::bigint WHERE host = $1", 2,
		tidy->first_day, 0) == -1)
		return -1;
	*day = store_pgsql_tidy_ask(tidy,
	    "SELECT coalesce(min(CASE WHEN first_day IS NULL THEN 0 "
	    "WHEN first_day < 0 THEN 0 ELSE first_day END), 0) FROM writer "
	    "WHERE host = $1 OR seen > " STORE_PGSQL_TIDY_GONE,
	    1, 0, 0);
	return *day == -1 ? -1 : 0;
}

/*
 * Goes through the tables of names once a day, a piece after the other. What
 * was last used on a day that is gone is used by no row.
 */
static int
store_pgsql_tidy_sweep(struct store_pgsql_tidy *tidy)
{
	struct store_pgsql_db *store = tidy->store;
	char sql[512];
	int64_t first, last;

	if (store->swept == tidy->first_day)
		return 0;
	MUST(store->sweep_table < STORE_PGSQL_TIDY_TABLES);
	/* Until no batch is under way that uses what is removed. */
	store_pgsql_db_abort(store);
	if (store_pgsql_db_begin(store, STORE_PGSQL_ALONE, tidy->err) == -1 ||
	    store_pgsql_tidy_first_day(tidy, &first) == -1)
		return -1;
	snprintf(sql, sizeof(sql),
	    "WITH piece AS (SELECT id FROM %s WHERE id > $3::bigint "
	    "AND $1::text IS NOT NULL ORDER BY id LIMIT %d), "
	    "gone AS (DELETE FROM %s WHERE id IN (SELECT id FROM piece) "
	    "AND last < $2::bigint) SELECT coalesce(max(id), 0) FROM piece",
	    store_pgsql_tidy_names[store->sweep_table], STORE_PGSQL_TIDY_NAMES,
	    store_pgsql_tidy_names[store->sweep_table]);
	last = store_pgsql_tidy_ask(tidy, sql, 3, first, store->sweep_id);
	if (last == -1)
		return -1;
	store->sweep_id = last;
	if (last > 0)
		return 1;
	if (++store->sweep_table < STORE_PGSQL_TIDY_TABLES)
		return 1;
	store->sweep_table = 0;
	store->swept = tidy->first_day;
	return 0;
}

/* One piece of work; 0 if there is none. */
static int
store_pgsql_tidy_first(struct store_pgsql_tidy *tidy)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < STORE_PGSQL_TIDY_PAIRS && rc == 0; i++)
		rc = store_pgsql_tidy_roll(tidy, &store_pgsql_tidy_pairs[i]);
	for (i = 0; i < STORE_PGSQL_TIDY_PAIRS && rc == 0; i++)
		rc = store_pgsql_tidy_expire(tidy, &store_pgsql_tidy_pairs[i]);
	if (rc == 0)
		rc = store_pgsql_tidy_old_failures(tidy);
	if (rc == 0)
		rc = store_pgsql_tidy_kept(tidy);
	if (rc == 0)
		rc = store_pgsql_tidy_surplus(tidy);
	if (rc == 0)
		rc = store_pgsql_tidy_sweep(tidy);
	return rc;
}

static int64_t
store_pgsql_tidy_later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int
store_pgsql_tidy_once(struct store_pgsql_tidy *tidy)
{
	struct store_pgsql_db *store = tidy->store;
	int64_t swept = store->swept;
	int rc;

	if (store_pgsql_db_begin(store, STORE_PGSQL_SHARED, tidy->err) == -1)
		return -1;
	rc = store_pgsql_tidy_first(tidy);
	if (rc != -1 && store_pgsql_db_end(store, tidy->err) == 0)
		return rc;
	if (rc == -1)
		store_pgsql_db_abort(store);
	/* What it did of the sweep is undone. */
	store->sweep_table = 0;
	store->sweep_id = 0;
	store->swept = swept;
	return -1;
}

int
store_pgsql_tidy(struct store *base, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *err)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);
	struct store_pgsql_tidy tidy = {
	    .store = store,
	    .first_day = now / STORE_PGSQL_TIDY_DAY - keep_days,
	    .failures_kept = failures_kept,
	    .err = err,
	};
	unsigned time = 0;
	int rc;

	/* Whole days, and none that has to go is left in hours. */
	tidy.first_hour = STORE_PGSQL_TIDY_HOURS *
	    store_pgsql_tidy_later(tidy.first_day,
		(now / STORE_PGSQL_TIDY_HOUR - keep_hours) /
		    STORE_PGSQL_TIDY_HOURS);
	do
		rc = store_pgsql_tidy_once(&tidy);
	while (rc == -1 && store_pgsql_db_again(store, time++));
	return rc;
}
