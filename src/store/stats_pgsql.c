/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "store/stats_match.h"
#include "store/store_array.h"
#include "store/store_pgsql_db.h"

/* ?6 is the array of chosen senders; the words of days and hours are compared
 * byte by byte, as everything is. */
#define STATS_PGSQL_TIME(format)                                    \
	"(to_char(to_timestamp(d.hour * 3600) AT TIME ZONE 'UTC', " \
	"'" format "') COLLATE \"C\")"

static const struct stats_dialect stats_pgsql_dialect = {
    .day = STATS_PGSQL_TIME("YYYY-MM-DD"),
    .hour = STATS_PGSQL_TIME("YYYY-MM-DD\"T\"HH24:MI\"Z\""),
    .join = "JOIN",
    .chosen = "chosen AS MATERIALIZED (SELECT unnest(?6::bigint[]) AS sender)",
};

#define STATS_PGSQL_VALUES (STATS_SQL_VALUES + 1)

/* The filter's senders, as an array of their numbers. */
static int
stats_pgsql_choose(struct store_pgsql_db *store, struct stats_match *match,
    const struct stats_filter *filter, enum stats_senders *senders,
    struct err *err)
{
	struct buf *text = store->text;
	const char *domain, *found[2];
	struct pq_answer answer;
	struct pq_value value;
	unsigned row, i, n = 0;
	size_t len;

	buf_clear(&store->chosen);
	if (stats_match_init(match, filter, &domain, &len, err) == -1)
		return -1;
	buf_clear(&text[0]);
	store_array_encode(&text[0], domain, len);
	value = store_pq_text(buf_text(&text[0]));
	if (store_pq_ask(store->link,
		"SELECT id, domain, local FROM sender WHERE domain = $1",
		&value, 1, &answer, err) == -1)
		return -1;
	for (row = 0; row < answer.rows; row++) {
		for (i = 0; i < 2; i++) {
			found[i] = pq_value_of(&answer, row, 1 + i, &len);
			MUST(found[i] != NULL);
			buf_clear(&text[i]);
			store_array_decode(&text[i], found[i], len);
		}
		if (!stats_match_is(match, buf_text(&text[0]), text[0].len,
			buf_text(&text[1]), text[1].len))
			continue;
		n++;
		store_array_number(
		    &store->chosen, store_pq_number(&answer, row, 0));
	}
	*senders = n <= STATS_FEW_MAX ? STATS_FEW : STATS_MANY;
	return 0;
}

static int
stats_pgsql_begin(struct store *base, const struct stats_filter *filter,
    enum stats_senders *senders, struct err *err)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);
	struct stats_match *match;
	int rc;

	if (store_pq_do(store->link,
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) == -1)
		return -1;
	*senders = STATS_EVERYBODY;
	if (filter == NULL || filter->sender == NULL)
		return 0;
	match = mem_zalloc(sizeof(*match));
	rc = stats_pgsql_choose(store, match, filter, senders, err);
	free(match);
	return rc;
}

/* A row of an answer, and where what it hands out is made. */
struct stats_pgsql_row {
	const struct pq_answer *answer;
	unsigned row;
	struct buf text[STATS_DIMENSIONS + 4];
};

static struct buf *
stats_pgsql_scratch(const struct stats_row *row, int column)
{
	struct stats_pgsql_row *at = row->data;

	MUST((size_t)column < sizeof(at->text) / sizeof(at->text[0]));
	buf_clear(&at->text[column]);
	return &at->text[column];
}

static const char *
stats_pgsql_value(const struct stats_row *row, int column, size_t *len)
{
	struct stats_pgsql_row *at = row->data;

	return pq_value_of(at->answer, at->row, (unsigned)column, len);
}

static const char *
stats_pgsql_text(const struct stats_row *row, int column)
{
	struct buf *text;
	const char *value;
	size_t len;

	value = stats_pgsql_value(row, column, &len);
	if (value == NULL)
		return NULL;
	text = stats_pgsql_scratch(row, column);
	store_array_decode(text, value, len);
	return buf_text(text);
}

static const char *
stats_pgsql_bytes(const struct stats_row *row, int column, size_t *len)
{
	struct buf *bytes;
	const char *value;
	size_t n;

	value = stats_pgsql_value(row, column, &n);
	if (value == NULL)
		return NULL;
	bytes = stats_pgsql_scratch(row, column);
	store_array_unhex(bytes, value, n);
	*len = bytes->len;
	return bytes->data;
}

static int64_t
stats_pgsql_number(const struct stats_row *row, int column)
{
	struct stats_pgsql_row *at = row->data;

	return store_pq_number(at->answer, at->row, (unsigned)column);
}

/* Puts "$1" in the place of the parameter that comes first in sql, and so on:
 * those that aren't used must not be sent. Returns how many there are, with
 * the number of each. */
static unsigned
stats_pgsql_place(
    struct buf *out, const char *sql, unsigned used[STATS_PGSQL_VALUES])
{
	unsigned n = 0, i, number;

	for (; *sql != '\0'; sql++) {
		if (*sql != '?') {
			buf_add_byte(out, *sql);
			continue;
		}
		number = (unsigned)(*++sql - '1');
		MUST(number < STATS_PGSQL_VALUES);
		for (i = 0; i < n && used[i] != number; i++)
			continue;
		if (i == n)
			used[n++] = number;
		buf_printf(out, "$%u%s", i + 1,
		    number < STATS_SQL_VALUES ? "::bigint" : "");
	}
	return n;
}

static int
stats_pgsql_run(struct store *base, const char *sql,
    const int64_t value[STATS_SQL_VALUES], stats_row_fn *fn, void *arg,
    struct err *err)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);
	struct pq_value values[STATS_PGSQL_VALUES];
	char number[STATS_PGSQL_VALUES][32];
	unsigned used[STATS_PGSQL_VALUES], n, i;
	struct stats_pgsql_row at = {0};
	struct stats_row row = {.text = stats_pgsql_text,
	    .number = stats_pgsql_number,
	    .bytes = stats_pgsql_bytes,
	    .data = &at};
	struct buf placed = {0};
	struct pq_answer answer;
	int rc;

	n = stats_pgsql_place(&placed, sql, used);
	for (i = 0; i < n; i++) {
		if (used[i] < STATS_SQL_VALUES)
			snprintf(number[i], sizeof(number[i]), "%lld",
			    (long long)value[used[i]]);
		values[i] = store_pq_text(used[i] < STATS_SQL_VALUES
			? number[i]
			: store_array_end(&store->chosen));
	}
	rc = store_pq_ask(
	    store->link, buf_text(&placed), values, n, &answer, err);
	buf_fini(&placed);
	at.answer = &answer;
	for (; rc == 0 && at.row < answer.rows; at.row++)
		fn(&row, arg);
	for (i = 0; i < sizeof(at.text) / sizeof(at.text[0]); i++)
		buf_fini(&at.text[i]);
	return rc;
}

static void
stats_pgsql_end(struct store *base)
{
	store_pgsql_db_abort(store_pgsql_db_of(base));
}

const struct stats_backend stats_pgsql = {
    .dialect = &stats_pgsql_dialect,
    .begin = stats_pgsql_begin,
    .run = stats_pgsql_run,
    .end = stats_pgsql_end,
};
