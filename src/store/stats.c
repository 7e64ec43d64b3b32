/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Each question is a transaction of its own, which sees the database as of
 * one moment: whom it is about, then the one query.
 */

#include "forceenc/stats.h"

#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/must.h"
#include "store/store_backend.h"

/* Behind all hours of any log, and small enough to be multiplied. */
#define STATS_END (INT64_C(1) << 40)

#define STATS_SECONDS_OF_HOUR 3600
#define STATS_SECONDS_OF_DAY  86400

static const char *const stats_dimensions[STATS_DIMENSIONS] = {
    [STATS_SENDER] = "sender",
    [STATS_DESTINATION] = "destination",
    [STATS_SERVICE] = "service",
    [STATS_OUTCOME] = "outcome",
    [STATS_LEVEL] = "level",
    [STATS_REASON] = "reason",
    [STATS_HOUR] = "hour",
    [STATS_DAY] = "day",
    [STATS_HOST] = "host",
};

static const char *const stats_measures[STATS_MEASURES] = {
    [STATS_SENT] = "sent",
    [STATS_PLAINTEXT] = "plaintext",
    [STATS_UNTRUSTED] = "untrusted",
    [STATS_SOFT] = "soft",
    [STATS_HARD] = "hard",
};

const char *
stats_dimension_name(enum stats_dimension dimension)
{
	MUST(dimension < STATS_DIMENSIONS);
	return stats_dimensions[dimension];
}

enum stats_dimension
stats_dimension_find(const char *name, size_t len)
{
	unsigned i;

	for (i = 0; i < STATS_DIMENSIONS; i++)
		if (strlen(stats_dimensions[i]) == len &&
		    memcmp(stats_dimensions[i], name, len) == 0)
			break;
	return i;
}

const char *
stats_measure_name(enum stats_measure measure)
{
	MUST(measure < STATS_MEASURES);
	return stats_measures[measure];
}

enum stats_measure
stats_measure_find(const char *name)
{
	unsigned i;

	for (i = 0; i < STATS_MEASURES; i++)
		if (strcmp(stats_measures[i], name) == 0)
			break;
	return i;
}

struct stats_ask {
	struct store *store;
	const struct stats_backend *backend;
	const struct stats_filter *filter; /* may be NULL */
	unsigned limit;
	enum stats_senders senders;
	struct buf sql;
	struct err *err;
};

/* Downwards, also below zero. */
static int64_t
stats_part(int64_t seconds, int64_t unit)
{
	return seconds / unit - (seconds % unit < 0);
}

static int64_t
stats_first(int64_t since, int64_t unit)
{
	return since == STATS_ALWAYS ? -STATS_END : stats_part(since, unit);
}

static int64_t
stats_behind(int64_t until, int64_t unit)
{
	return until == STATS_ALWAYS ? STATS_END
				     : stats_part(until - 1, unit) + 1;
}

/* stats_end() either way. */
static int
stats_begin(struct stats_ask *ask, struct store *store,
    const struct stats_filter *filter, struct err *err)
{
	*ask = (struct stats_ask){.store = store,
	    .backend = store->backend->stats,
	    .filter = filter,
	    .err = err};
	return ask->backend->begin(store, filter, &ask->senders, err);
}

/* Calls row for each row of ask->sql; unit is that of its first two
 * parameters. */
static int
stats_run(struct stats_ask *ask, int64_t unit, stats_row_fn *row, void *arg)
{
	const struct stats_filter *filter = ask->filter;
	int64_t value[STATS_SQL_VALUES] = {0};

	if (filter != NULL) {
		value[0] = stats_first(filter->since, unit);
		value[1] = stats_behind(filter->until, unit);
		value[2] = stats_first(filter->since, STATS_SECONDS_OF_DAY);
		value[3] = stats_behind(filter->until, STATS_SECONDS_OF_DAY);
		value[4] = ask->limit;
	}
	return ask->backend->run(
	    ask->store, buf_text(&ask->sql), value, row, arg, ask->err);
}

static void
stats_end(struct stats_ask *ask)
{
	ask->backend->end(ask->store);
	buf_fini(&ask->sql);
}

static const char *
stats_text(const struct stats_row *row, int column)
{
	const char *text = row->text(row, column);

	return text != NULL ? text : "";
}

struct stats_counted {
	stats_count_fn *fn;
	void *arg;
	int n;
};

static void
stats_count_row(const struct stats_row *row, void *arg)
{
	const struct stats_counted *counted = arg;
	const char *value[STATS_DIMENSIONS];
	int i;

	for (i = 0; i < counted->n; i++)
		value[i] = row->text(row, i);
	counted->fn(value, row->number(row, counted->n), counted->arg);
}

int
stats_count(struct store *store, const struct stats_filter *filter,
    const enum stats_dimension *by, unsigned n, stats_count_fn *fn, void *arg,
    struct err *err)
{
	struct stats_counted counted = {fn, arg, (int)n};
	struct stats_ask ask;
	int rc = stats_begin(&ask, store, filter, err);

	if (rc == 0) {
		stats_sql_count(
		    &ask.sql, ask.backend->dialect, ask.senders, filter, by, n);
		rc = stats_run(
		    &ask, STATS_SECONDS_OF_HOUR, stats_count_row, &counted);
	}
	stats_end(&ask);
	return rc;
}

struct stats_topped {
	stats_top_fn *fn;
	void *arg;
};

static void
stats_top_row(const struct stats_row *row, void *arg)
{
	const struct stats_topped *topped = arg;
	int64_t count[STATS_MEASURES];
	int i;

	for (i = 0; i < STATS_MEASURES; i++)
		count[i] = row->number(row, 1 + i);
	topped->fn(stats_text(row, 0), count, topped->arg);
}

int
stats_top(struct store *store, const struct stats_filter *filter,
    enum stats_measure measure, unsigned limit, stats_top_fn *fn, void *arg,
    struct err *err)
{
	struct stats_topped topped = {fn, arg};
	struct stats_ask ask;
	int rc;

	MUST(measure < STATS_MEASURES);
	rc = stats_begin(&ask, store, filter, err);
	ask.limit = limit;
	if (rc == 0) {
		stats_sql_top(
		    &ask.sql, ask.backend->dialect, ask.senders, measure);
		rc = stats_run(
		    &ask, STATS_SECONDS_OF_HOUR, stats_top_row, &topped);
	}
	stats_end(&ask);
	return rc;
}

struct stats_failed {
	stats_failure_fn *fn;
	void *arg;
};

static void
stats_failures_row(const struct stats_row *row, void *arg)
{
	const struct stats_failed *failed = arg;
	struct stats_failure failure = {
	    .time = row->number(row, 0),
	    .host = stats_text(row, 1),
	    .sender = stats_text(row, 2),
	    .queue_id = stats_text(row, 3),
	    .destination = stats_text(row, 4),
	    .recipient = stats_text(row, 5),
	    .relay = stats_text(row, 6),
	    .service = stats_text(row, 7),
	    .outcome = stats_text(row, 8),
	    .reason = stats_text(row, 9),
	    .text = stats_text(row, 10),
	};

	failed->fn(&failure, failed->arg);
}

int
stats_failures(struct store *store, const struct stats_filter *filter,
    unsigned limit, stats_failure_fn *fn, void *arg, struct err *err)
{
	struct stats_failed failed = {fn, arg};
	struct stats_ask ask;
	int rc = stats_begin(&ask, store, filter, err);

	ask.limit = limit;
	if (rc == 0) {
		stats_sql_failures(&ask.sql, ask.backend->dialect, ask.senders);
		rc = stats_run(&ask, 1, stats_failures_row, &failed);
	}
	stats_end(&ask);
	return rc;
}

struct stats_evident {
	stats_evidence_fn *fn;
	void *arg;
};

static void
stats_evidence_row(const struct stats_row *row, void *arg)
{
	const struct stats_evident *evident = arg;
	struct stats_evidence evidence = {.destination = stats_text(row, 0),
	    .last_seen = row->number(row, 1)};
	int i;

	for (i = 0; i < STORE_NO_LEVEL; i++) {
		evidence.delivered[i] = row->number(row, 2 + i);
		evidence.sessions[i] = row->number(row, 2 + STORE_NO_LEVEL + i);
	}
	evident->fn(&evidence, evident->arg);
}

int
stats_evidence(struct store *store, const struct stats_filter *filter,
    stats_evidence_fn *fn, void *arg, struct err *err)
{
	struct stats_evident evident = {fn, arg};
	struct stats_ask ask;
	int rc = stats_begin(&ask, store, filter, err);

	if (rc == 0) {
		stats_sql_evidence(&ask.sql, ask.backend->dialect, ask.senders);
		rc = stats_run(
		    &ask, STATS_SECONDS_OF_HOUR, stats_evidence_row, &evident);
	}
	stats_end(&ask);
	return rc;
}

/* Of sessions and totals nobody knows whose mail they were about. */
static void
stats_must_be_of_all(const struct stats_filter *filter)
{
	MUST(filter->sender == NULL);
	MUST(filter->outcomes == 0 && filter->levels == 0);
}

struct stats_met {
	stats_sessions_fn *fn;
	void *arg;
};

static void
stats_sessions_row(const struct stats_row *row, void *arg)
{
	const struct stats_met *met = arg;
	struct stats_sessions sessions = {.destination = stats_text(row, 0),
	    .last_seen = row->number(row, 1)};
	int i;

	for (i = 0; i < STORE_NO_LEVEL; i++)
		sessions.sessions[i] = row->number(row, 2 + i);
	met->fn(&sessions, met->arg);
}

int
stats_sessions(struct store *store, const struct stats_filter *filter,
    stats_sessions_fn *fn, void *arg, struct err *err)
{
	struct stats_met met = {fn, arg};
	struct stats_ask ask;
	int rc;

	stats_must_be_of_all(filter);
	rc = stats_begin(&ask, store, filter, err);
	if (rc == 0) {
		stats_sql_sessions(&ask.sql);
		rc = stats_run(
		    &ask, STATS_SECONDS_OF_HOUR, stats_sessions_row, &met);
	}
	stats_end(&ask);
	return rc;
}

struct stats_totalled {
	stats_total_fn *fn;
	void *arg;
};

static void
stats_totals_row(const struct stats_row *row, void *arg)
{
	const struct stats_totalled *totalled = arg;
	struct stats_total total = {
	    .hour = row->number(row, 0),
	    .rolled = row->number(row, 1) != 0,
	    .host = stats_text(row, 2),
	    .service = stats_text(row, 3),
	    .what = stats_text(row, 4),
	    .n = row->number(row, 5),
	};

	totalled->fn(&total, totalled->arg);
}

int
stats_totals(struct store *store, const struct stats_filter *filter,
    stats_total_fn *fn, void *arg, struct err *err)
{
	struct stats_totalled totalled = {fn, arg};
	struct stats_ask ask;
	int rc;

	stats_must_be_of_all(filter);
	rc = stats_begin(&ask, store, filter, err);
	if (rc == 0) {
		stats_sql_totals(&ask.sql);
		rc = stats_run(
		    &ask, STATS_SECONDS_OF_HOUR, stats_totals_row, &totalled);
	}
	stats_end(&ask);
	return rc;
}

static void
stats_first_hour_row(const struct stats_row *row, void *arg)
{
	int64_t *hour = arg;

	if (row->text(row, 0) != NULL)
		*hour = row->number(row, 0);
}

int
stats_first_hour(struct store *store, int64_t *hour, struct err *err)
{
	struct stats_ask ask;
	int rc = stats_begin(&ask, store, NULL, err);

	*hour = INT64_MAX;
	if (rc == 0) {
		stats_sql_first_hour(&ask.sql);
		rc = stats_run(&ask, 1, stats_first_hour_row, hour);
	}
	stats_end(&ask);
	return rc;
}

/* One blob, put together of its pieces. */
struct stats_blob {
	stats_blob_fn *fn;
	void *arg;
	struct buf host;
	struct buf name;
	struct buf bytes;
};

static void
stats_blobs_flush(struct stats_blob *blob)
{
	if (blob->bytes.len > 0)
		blob->fn(buf_text(&blob->host), buf_text(&blob->name),
		    blob->bytes.data, blob->bytes.len, blob->arg);
	buf_clear(&blob->bytes);
}

static void
stats_blobs_row(const struct stats_row *row, void *arg)
{
	struct stats_blob *blob = arg;
	const char *bytes;
	size_t len;

	if (row->number(row, 2) == 0) {
		stats_blobs_flush(blob);
		buf_clear(&blob->host);
		buf_add_text(&blob->host, stats_text(row, 0));
		buf_clear(&blob->name);
		buf_add_text(&blob->name, stats_text(row, 1));
	}
	bytes = row->bytes(row, 3, &len);
	if (bytes != NULL)
		buf_add(&blob->bytes, bytes, len);
}

int
stats_blobs(struct store *store, stats_blob_fn *fn, void *arg, struct err *err)
{
	struct stats_blob blob = {.fn = fn, .arg = arg};
	struct stats_ask ask;
	int rc = stats_begin(&ask, store, NULL, err);

	if (rc == 0) {
		stats_sql_blobs(&ask.sql);
		rc = stats_run(&ask, 1, stats_blobs_row, &blob);
	}
	if (rc == 0)
		stats_blobs_flush(&blob);
	stats_end(&ask);
	buf_fini(&blob.host);
	buf_fini(&blob.name);
	buf_fini(&blob.bytes);
	return rc;
}
