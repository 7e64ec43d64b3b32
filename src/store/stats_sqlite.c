/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Each question is a transaction of its own, which sees the database as of
 * one moment: whom it is about, then the one query.
 */

#include <stdlib.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"
#include "store/stats_choose.h"
#include "store/stats_sql.h"
#include "store/store_db.h"

/* Behind all hours of any log, and small enough to be multiplied. */
#define STATS_SQLITE_END (INT64_C(1) << 40)

#define STATS_SQLITE_HOUR 3600
#define STATS_SQLITE_DAY  86400

struct stats_sqlite {
	struct store_db *store;
	const struct stats_filter *filter;
	unsigned limit;
	enum stats_senders senders;
	struct buf sql;
	struct sqlite_stmt *stmt;
	struct err *err;
};

/* Downwards, also below zero. */
static int64_t
stats_sqlite_part(int64_t seconds, int64_t unit)
{
	return seconds / unit - (seconds % unit < 0);
}

static int64_t
stats_sqlite_first(int64_t since, int64_t unit)
{
	return since == STATS_ALWAYS ? -STATS_SQLITE_END
				     : stats_sqlite_part(since, unit);
}

static int64_t
stats_sqlite_behind(int64_t until, int64_t unit)
{
	return until == STATS_ALWAYS ? STATS_SQLITE_END
				     : stats_sqlite_part(until - 1, unit) + 1;
}

static int
stats_sqlite_begin(struct stats_sqlite *ask)
{
	if (sqlite_check(ask->store->db, ask->err) == -1 ||
	    sqlite_exec(ask->store->db, "BEGIN", ask->err) == -1)
		return -1;
	if (ask->filter == NULL)
		return 0;
	return stats_choose(
	    ask->store->db, ask->filter, &ask->senders, ask->err);
}

/* Prepares ask->sql, whose parameters are those of stats_sql.h; unit is that
 * of the first two. */
static int
stats_sqlite_prepare(struct stats_sqlite *ask, int64_t unit)
{
	const struct stats_filter *filter = ask->filter;
	int64_t value[5];
	int i, n;

	if (sqlite_prepare(ask->store->db, buf_text(&ask->sql), &ask->stmt,
		ask->err) != SQLITE_STATUS_DONE)
		return -1;
	if (filter == NULL)
		return 0;
	value[0] = stats_sqlite_first(filter->since, unit);
	value[1] = stats_sqlite_behind(filter->until, unit);
	value[2] = stats_sqlite_first(filter->since, STATS_SQLITE_DAY);
	value[3] = stats_sqlite_behind(filter->until, STATS_SQLITE_DAY);
	value[4] = ask->limit;
	n = sqlite_params(ask->stmt);
	MUST(n <= 5);
	for (i = 0; i < n; i++)
		sqlite_bind_int(ask->stmt, i + 1, value[i]);
	return 0;
}

static void
stats_sqlite_end(struct stats_sqlite *ask)
{
	sqlite_finalize(ask->stmt);
	sqlite_exec(ask->store->db, "ROLLBACK", NULL);
	buf_fini(&ask->sql);
}

/* Calls row for each row of the query. */
static int
stats_sqlite_run(struct stats_sqlite *ask, int64_t unit,
    void (*row)(struct sqlite_stmt *, void *), void *arg)
{
	enum sqlite_status status = SQLITE_STATUS_ERROR;

	if (stats_sqlite_prepare(ask, unit) == 0)
		while ((status = sqlite_step(ask->stmt, ask->err)) ==
		    SQLITE_STATUS_ROW)
			row(ask->stmt, arg);
	stats_sqlite_end(ask);
	return status == SQLITE_STATUS_DONE ? 0 : -1;
}

/* Borrowed until the row is left. */
static const char *
stats_sqlite_text(struct sqlite_stmt *stmt, int i)
{
	size_t len;
	const char *text = sqlite_column_text(stmt, i, &len);

	return text != NULL ? text : "";
}

struct stats_sqlite_count {
	stats_count_fn *fn;
	void *arg;
	int n;
};

static void
stats_sqlite_count_row(struct sqlite_stmt *stmt, void *arg)
{
	const struct stats_sqlite_count *count = arg;
	const char *value[STATS_DIMENSIONS];
	size_t len;
	int i;

	for (i = 0; i < count->n; i++)
		value[i] = sqlite_column_text(stmt, i, &len);
	count->fn(value, sqlite_column_int(stmt, count->n), count->arg);
}

static int
stats_sqlite_count(struct store *store, const struct stats_filter *filter,
    const enum stats_dimension *by, unsigned n, stats_count_fn *fn, void *arg,
    struct err *err)
{
	struct stats_sqlite ask = {
	    .store = store_db_of(store), .filter = filter, .err = err};
	struct stats_sqlite_count count = {fn, arg, (int)n};

	if (stats_sqlite_begin(&ask) == -1) {
		stats_sqlite_end(&ask);
		return -1;
	}
	stats_sql_count(&ask.sql, ask.senders, by, n);
	return stats_sqlite_run(
	    &ask, STATS_SQLITE_HOUR, stats_sqlite_count_row, &count);
}

struct stats_sqlite_top {
	stats_top_fn *fn;
	void *arg;
};

static void
stats_sqlite_top_row(struct sqlite_stmt *stmt, void *arg)
{
	const struct stats_sqlite_top *top = arg;
	int64_t count[STATS_MEASURES];
	int i;

	for (i = 0; i < STATS_MEASURES; i++)
		count[i] = sqlite_column_int(stmt, 1 + i);
	top->fn(stats_sqlite_text(stmt, 0), count, top->arg);
}

static int
stats_sqlite_top(struct store *store, const struct stats_filter *filter,
    enum stats_measure measure, unsigned limit, stats_top_fn *fn, void *arg,
    struct err *err)
{
	struct stats_sqlite ask = {.store = store_db_of(store),
	    .filter = filter,
	    .limit = limit,
	    .err = err};
	struct stats_sqlite_top top = {fn, arg};

	if (stats_sqlite_begin(&ask) == -1) {
		stats_sqlite_end(&ask);
		return -1;
	}
	stats_sql_top(&ask.sql, ask.senders, measure);
	return stats_sqlite_run(
	    &ask, STATS_SQLITE_HOUR, stats_sqlite_top_row, &top);
}

struct stats_sqlite_failures {
	stats_failure_fn *fn;
	void *arg;
};

static void
stats_sqlite_failures_row(struct sqlite_stmt *stmt, void *arg)
{
	const struct stats_sqlite_failures *failures = arg;
	struct stats_failure failure = {
	    .time = sqlite_column_int(stmt, 0),
	    .host = stats_sqlite_text(stmt, 1),
	    .sender = stats_sqlite_text(stmt, 2),
	    .queue_id = stats_sqlite_text(stmt, 3),
	    .destination = stats_sqlite_text(stmt, 4),
	    .recipient = stats_sqlite_text(stmt, 5),
	    .relay = stats_sqlite_text(stmt, 6),
	    .service = stats_sqlite_text(stmt, 7),
	    .outcome = stats_sqlite_text(stmt, 8),
	    .reason = stats_sqlite_text(stmt, 9),
	    .text = stats_sqlite_text(stmt, 10),
	};

	failures->fn(&failure, failures->arg);
}

static int
stats_sqlite_failures(struct store *store, const struct stats_filter *filter,
    unsigned limit, stats_failure_fn *fn, void *arg, struct err *err)
{
	struct stats_sqlite ask = {.store = store_db_of(store),
	    .filter = filter,
	    .limit = limit,
	    .err = err};
	struct stats_sqlite_failures failures = {fn, arg};

	if (stats_sqlite_begin(&ask) == -1) {
		stats_sqlite_end(&ask);
		return -1;
	}
	stats_sql_failures(&ask.sql, ask.senders);
	return stats_sqlite_run(&ask, 1, stats_sqlite_failures_row, &failures);
}

struct stats_sqlite_evidence {
	stats_evidence_fn *fn;
	void *arg;
};

static void
stats_sqlite_evidence_row(struct sqlite_stmt *stmt, void *arg)
{
	const struct stats_sqlite_evidence *all = arg;
	struct stats_evidence evidence = {
	    .destination = stats_sqlite_text(stmt, 0),
	    .last_seen = sqlite_column_int(stmt, 1)};
	int i;

	for (i = 0; i < STORE_NO_LEVEL; i++) {
		evidence.delivered[i] = sqlite_column_int(stmt, 2 + i);
		evidence.sessions[i] =
		    sqlite_column_int(stmt, 2 + STORE_NO_LEVEL + i);
	}
	all->fn(&evidence, all->arg);
}

static int
stats_sqlite_evidence(struct store *store, const struct stats_filter *filter,
    stats_evidence_fn *fn, void *arg, struct err *err)
{
	struct stats_sqlite ask = {
	    .store = store_db_of(store), .filter = filter, .err = err};
	struct stats_sqlite_evidence all = {fn, arg};

	if (stats_sqlite_begin(&ask) == -1) {
		stats_sqlite_end(&ask);
		return -1;
	}
	stats_sql_evidence(&ask.sql, ask.senders);
	return stats_sqlite_run(
	    &ask, STATS_SQLITE_HOUR, stats_sqlite_evidence_row, &all);
}

/* One blob, put together of its pieces. */
struct stats_sqlite_blobs {
	stats_blob_fn *fn;
	void *arg;
	struct buf host;
	struct buf name;
	struct buf bytes;
};

static void
stats_sqlite_blobs_flush(struct stats_sqlite_blobs *blobs)
{
	if (blobs->bytes.len > 0)
		blobs->fn(buf_text(&blobs->host), buf_text(&blobs->name),
		    blobs->bytes.data, blobs->bytes.len, blobs->arg);
	buf_clear(&blobs->bytes);
}

static void
stats_sqlite_blobs_row(struct sqlite_stmt *stmt, void *arg)
{
	struct stats_sqlite_blobs *blobs = arg;
	const char *bytes;
	size_t len;

	if (sqlite_column_int(stmt, 2) == 0) {
		stats_sqlite_blobs_flush(blobs);
		buf_clear(&blobs->host);
		buf_add_text(&blobs->host, stats_sqlite_text(stmt, 0));
		buf_clear(&blobs->name);
		buf_add_text(&blobs->name, stats_sqlite_text(stmt, 1));
	}
	bytes = sqlite_column_text(stmt, 3, &len);
	if (bytes != NULL)
		buf_add(&blobs->bytes, bytes, len);
}

static int
stats_sqlite_blobs(
    struct store *store, stats_blob_fn *fn, void *arg, struct err *err)
{
	struct stats_sqlite ask = {.store = store_db_of(store), .err = err};
	struct stats_sqlite_blobs blobs = {.fn = fn, .arg = arg};
	int rc = -1;

	buf_add_text(&ask.sql,
	    "SELECT host, name, piece, value FROM state "
	    "ORDER BY host, name, piece");
	if (stats_sqlite_begin(&ask) == 0)
		rc = stats_sqlite_run(&ask, 1, stats_sqlite_blobs_row, &blobs);
	else
		stats_sqlite_end(&ask);
	if (rc == 0)
		stats_sqlite_blobs_flush(&blobs);
	buf_fini(&blobs.host);
	buf_fini(&blobs.name);
	buf_fini(&blobs.bytes);
	return rc;
}

const struct stats_backend stats_sqlite = {
    .count = stats_sqlite_count,
    .top = stats_sqlite_top,
    .failures = stats_sqlite_failures,
    .evidence = stats_sqlite_evidence,
    .blobs = stats_sqlite_blobs,
};
