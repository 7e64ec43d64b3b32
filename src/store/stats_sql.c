/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/stats_sql.h"

#include "forceenc/must.h"

#define STATS_SQL_SENDER                        \
	"CASE WHEN s.domain = '' THEN s.local " \
	"ELSE s.local || '@' || s.domain END"

#define STATS_SQL_TIME(format, seconds) \
	"strftime('" format "', " seconds ", 'unixepoch')"

const struct stats_dialect stats_sql_sqlite = {
    .day = STATS_SQL_TIME("%Y-%m-%d", "d.hour * 3600"),
    .hour = STATS_SQL_TIME("%Y-%m-%dT%H:%MZ", "d.hour * 3600"),
    .join = "CROSS JOIN",
    .chosen = "",
};

/* Numbers that rows are added up by before words are made of them, which is
 * several times as fast. */
enum stats_sql_number {
	STATS_SQL_BY_SENDER = 1,
	STATS_SQL_BY_DESTINATION = 2,
	STATS_SQL_BY_KIND = 4,
	STATS_SQL_BY_HOUR = 8, /* more exact than by day */
	STATS_SQL_BY_DAY = 16,
};

/* What a dimension is grouped by, and what is shown of it then. */
struct stats_sql_dimension {
	unsigned number;   /* bits of enum stats_sql_number */
	const char *group; /* of rows d, and kind k; NULL: the dialect's */
	const char *show;  /* of group g; NULL: the same */
	const char *join;  /* where show finds its words, by g's column */
};

static const struct stats_sql_dimension stats_sql_dimensions[] = {
    [STATS_SENDER] = {STATS_SQL_BY_SENDER, "d.sender", STATS_SQL_SENDER,
	" JOIN sender AS s ON s.id = g.g"},
    [STATS_DESTINATION] = {STATS_SQL_BY_DESTINATION, "d.destination", "m.text",
	" JOIN name AS m ON m.id = g.g"},
    [STATS_SERVICE] = {STATS_SQL_BY_KIND, "k.service", NULL, NULL},
    [STATS_OUTCOME] = {STATS_SQL_BY_KIND, "k.outcome", NULL, NULL},
    [STATS_LEVEL] = {STATS_SQL_BY_KIND, "k.level", NULL, NULL},
    [STATS_REASON] = {STATS_SQL_BY_KIND, "nullif(k.reason, '')", NULL, NULL},
    [STATS_HOUR] = {STATS_SQL_BY_HOUR, NULL, NULL, NULL},
    [STATS_DAY] = {STATS_SQL_BY_DAY, NULL, NULL, NULL},
    [STATS_HOST] = {STATS_SQL_BY_KIND, "k.host", NULL, NULL},
};

static const char *const stats_sql_measures[] = {
    [STATS_SENT] = "k.outcome = 'delivered'",
    [STATS_PLAINTEXT] = "k.outcome = 'delivered' AND k.level = 'none'",
    [STATS_UNTRUSTED] = ("k.outcome = 'delivered' AND "
			 "k.level IN ('anonymous', 'untrusted')"),
    [STATS_SOFT] = "k.outcome = 'soft'",
    [STATS_HARD] = "k.outcome = 'hard'",
};

/* "AND k.outcome IN ('hard', 'soft')"; word is NULL for what is NULL. */
static void
stats_sql_words(struct buf *out, const char *column, unsigned bits,
    const char *const word[], unsigned n)
{
	unsigned i;

	if (bits == 0)
		return;
	buf_printf(out, " AND coalesce(%s, '') IN (", column);
	for (i = 0; i < n; i++)
		if ((bits & 1u << i) != 0)
			buf_printf(out, "'%s'%s",
			    word[i] != NULL ? word[i] : "",
			    bits >> i > 1 ? ", " : "");
	buf_add_byte(out, ')');
}

/* Which rows count of those that are joined to their kind. */
static void
stats_sql_kinds(struct buf *out, const struct stats_filter *filter)
{
	const char *outcome[STORE_OUTCOMES], *level[STORE_LEVELS];
	unsigned i;

	if (filter->outcomes == 0 && filter->levels == 0)
		return;
	for (i = 0; i < STORE_OUTCOMES; i++)
		outcome[i] = store_outcome_name(i);
	for (i = 0; i < STORE_LEVELS; i++)
		level[i] = store_level_name(i);
	buf_add_text(out, " WHERE true");
	stats_sql_words(
	    out, "k.outcome", filter->outcomes, outcome, STORE_OUTCOMES);
	stats_sql_words(out, "k.level", filter->levels, level, STORE_LEVELS);
}

/*
 * Hours and days in range, found one after the other: with a few senders, to
 * look each of them up in each hour is far less than to read all rows.
 */
static void
stats_sql_steps(struct buf *out, const char *name, const char *table,
    const char *column, const char *first, const char *end)
{
	buf_printf(out,
	    "%s(at) AS (SELECT min(%s) FROM %s WHERE %s >= %s AND %s < %s "
	    "UNION ALL SELECT (SELECT min(%s) FROM %s WHERE %s > at "
	    "AND %s < %s) FROM %s WHERE at IS NOT NULL)",
	    name, column, table, column, first, column, end, column, table,
	    column, column, end, name);
}

static void
stats_sql_begin(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders)
{
	buf_add_text(out, "WITH RECURSIVE ");
	if (senders != STATS_EVERYBODY && *dialect->chosen != '\0')
		buf_printf(out, "%s, ", dialect->chosen);
	if (senders == STATS_FEW) {
		stats_sql_steps(
		    out, "hours", "delivery_hour", "hour", "?1", "?2");
		buf_add_text(out, ", ");
		stats_sql_steps(out, "days", "delivery_day", "day", "?3", "?4");
		buf_add_text(out, ", ");
	}
}

/* The rows that count, of both tables: "d", with the columns that are needed
 * to add them up by numbers. */
static void
stats_sql_rows(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders, unsigned numbers)
{
	static const struct stats_sql_table {
		const char *name;
		const char *time;
		const char *hour;
		const char *steps;
		const char *range;
	} table[2] = {
	    {"delivery_hour", "hour", "hour AS hour, 0 AS rolled, ", "hours",
		"hour >= ?1 AND hour < ?2"},
	    {"delivery_day", "day", "day * 24, 1, ", "days",
		"day >= ?3 AND day < ?4"},
	};
	const struct stats_sql_table *t;

	buf_add_text(out, "(");
	for (t = table; t < table + 2; t++) {
		buf_printf(out, "%sSELECT ", t > table ? " UNION ALL " : "");
		if (numbers & (STATS_SQL_BY_HOUR | STATS_SQL_BY_DAY))
			buf_printf(out, "t.%s", t->hour);
		if (numbers & STATS_SQL_BY_SENDER)
			buf_add_text(out, "t.sender, ");
		if (numbers & STATS_SQL_BY_DESTINATION)
			buf_add_text(out, "t.destination, ");
		if (numbers & STATS_SQL_BY_KIND)
			buf_add_text(out, "t.kind, ");
		buf_add_text(out, "t.n FROM ");
		if (senders == STATS_FEW)
			buf_printf(out,
			    "%s AS h CROSS JOIN chosen AS c %s %s "
			    "AS t ON t.%s = h.at AND t.sender = c.sender",
			    t->steps, dialect->join, t->name, t->time);
		else
			buf_printf(out, "%s AS t WHERE %s", t->name, t->range);
		if (senders == STATS_MANY)
			buf_add_text(out,
			    " AND t.sender IN (SELECT sender FROM chosen)");
	}
	buf_add_text(out, ") AS d");
}

/* The same, added up by numbers. */
static void
stats_sql_sums(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders, unsigned numbers)
{
	static const struct {
		enum stats_sql_number number;
		const char *name;
	} column[] = {
	    {STATS_SQL_BY_SENDER, "d.sender"},
	    {STATS_SQL_BY_DESTINATION, "d.destination"},
	    {STATS_SQL_BY_KIND, "d.kind"},
	    {STATS_SQL_BY_HOUR, "d.hour"},
	    {STATS_SQL_BY_HOUR, "d.rolled"},
	    {STATS_SQL_BY_DAY, "d.hour / 24 * 24 AS hour"},
	};
	unsigned n = 0, i;

	if (numbers & STATS_SQL_BY_HOUR)
		numbers &= ~(unsigned)STATS_SQL_BY_DAY;
	buf_add_text(out, "(SELECT ");
	for (i = 0; i < sizeof(column) / sizeof(column[0]); i++) {
		if ((numbers & column[i].number) == 0)
			continue;
		buf_printf(out, "%s, ", column[i].name);
		n++;
	}
	buf_add_text(out, "sum(d.n) AS n FROM ");
	stats_sql_rows(out, dialect, senders, numbers);
	for (i = 0; i < n; i++)
		buf_printf(out, "%s%u", i == 0 ? " GROUP BY " : ", ", i + 1);
	buf_add_text(out, ") AS d");
	if (numbers & STATS_SQL_BY_KIND)
		buf_add_text(out, " JOIN kind AS k ON k.id = d.kind");
}

/* A value by which rows are put together. */
static void
stats_sql_group(struct buf *out, const struct stats_dialect *dialect,
    enum stats_dimension by)
{
	if (by == STATS_DAY)
		buf_add_text(out, dialect->day);
	else if (by == STATS_HOUR)
		buf_printf(out, "CASE WHEN d.rolled = 1 THEN %s ELSE %s END",
		    dialect->day, dialect->hour);
	else
		buf_add_text(out, stats_sql_dimensions[by].group);
}

/* SQL leaves it to the database where NULL stands. */
static void
stats_sql_order(struct buf *out, const enum stats_dimension *by, unsigned n)
{
	unsigned i;

	buf_add_text(out, " ORDER BY ");
	for (i = 0; i < n; i++)
		if (by[i] == STATS_HOUR || by[i] == STATS_DAY)
			buf_printf(out, "%u, ", i + 1);
	buf_printf(out, "%u DESC", n + 1);
	for (i = 0; i < n; i++)
		buf_printf(out, ", %u NULLS FIRST", i + 1);
}

void
stats_sql_count(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders, const struct stats_filter *filter,
    const enum stats_dimension *by, unsigned n)
{
	const struct stats_sql_dimension *dimension;
	unsigned numbers = 0, i;

	MUST(n <= STATS_DIMENSIONS);
	if (filter->outcomes != 0 || filter->levels != 0)
		numbers = STATS_SQL_BY_KIND;
	stats_sql_begin(out, dialect, senders);
	buf_add_text(out, "g AS (SELECT ");
	for (i = 0; i < n; i++) {
		dimension = &stats_sql_dimensions[by[i]];
		stats_sql_group(out, dialect, by[i]);
		buf_printf(out, " AS g%u, ", i);
		numbers |= dimension->number;
	}
	buf_add_text(out, "sum(d.n) AS n FROM ");
	stats_sql_sums(out, dialect, senders, numbers);
	stats_sql_kinds(out, filter);
	for (i = 0; i < n; i++)
		buf_printf(out, "%sg%u", i == 0 ? " GROUP BY " : ", ", i);
	buf_add_text(out, ") SELECT ");
	for (i = 0; i < n; i++) {
		dimension = &stats_sql_dimensions[by[i]];
		if (dimension->show != NULL)
			buf_printf(out, "%s, ", dimension->show);
		else
			buf_printf(out, "g.g%u, ", i);
	}
	buf_add_text(out, "coalesce(g.n, 0) FROM g");
	for (i = 0; i < n; i++) {
		dimension = &stats_sql_dimensions[by[i]];
		if (dimension->join != NULL)
			buf_printf(out, "%s%u", dimension->join, i);
	}
	stats_sql_order(out, by, n);
}

void
stats_sql_top(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders, enum stats_measure measure)
{
	unsigned i;

	stats_sql_begin(out, dialect, senders);
	buf_add_text(out, "g AS (SELECT d.sender AS sender");
	for (i = 0; i < STATS_MEASURES; i++)
		buf_printf(out,
		    ", sum(CASE WHEN %s THEN d.n ELSE 0 END) AS m%u",
		    stats_sql_measures[i], i);
	buf_add_text(out, " FROM ");
	stats_sql_sums(
	    out, dialect, senders, STATS_SQL_BY_SENDER | STATS_SQL_BY_KIND);
	buf_add_text(out,
	    " GROUP BY d.sender) "
	    "SELECT " STATS_SQL_SENDER);
	for (i = 0; i < STATS_MEASURES; i++)
		buf_printf(out, ", g.m%u", i);
	buf_printf(out,
	    " FROM g JOIN sender AS s ON s.id = g.sender WHERE g.m%u > 0 "
	    "ORDER BY g.m%u DESC, 1 LIMIT ?5",
	    measure, measure);
}

void
stats_sql_failures(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders)
{
	if (senders != STATS_EVERYBODY && *dialect->chosen != '\0')
		buf_printf(out, "WITH %s ", dialect->chosen);
	buf_printf(out,
	    "SELECT f.time, k.host, " STATS_SQL_SENDER ", f.queue_id, m.text, "
	    "f.recipient, f.relay, k.service, k.outcome, k.reason, f.text "
	    "FROM failure AS f JOIN kind AS k ON k.id = f.kind "
	    "JOIN sender AS s ON s.id = f.sender "
	    "JOIN name AS m ON m.id = f.destination "
	    "WHERE f.time >= ?1 AND f.time < ?2%s "
	    "ORDER BY f.time DESC, f.id DESC LIMIT ?5",
	    senders == STATS_EVERYBODY
		? ""
		: " AND f.sender IN (SELECT sender FROM chosen)");
}

static void
stats_sql_levels(struct buf *out, const char *level, const char *prefix)
{
	unsigned i;

	for (i = 0; i < STORE_NO_LEVEL; i++)
		buf_printf(out,
		    ", sum(CASE WHEN %s = '%s' THEN d.n ELSE 0 END) AS %s%u",
		    level, store_level_name(i), prefix, i);
}

void
stats_sql_evidence(struct buf *out, const struct stats_dialect *dialect,
    enum stats_senders senders)
{
	unsigned i;

	stats_sql_begin(out, dialect, senders);
	buf_add_text(out,
	    "mine AS (SELECT d.destination AS destination, "
	    "sum(d.n) AS n");
	stats_sql_levels(out, "k.level", "d");
	buf_add_text(out, " FROM ");
	stats_sql_sums(out, dialect, senders,
	    STATS_SQL_BY_DESTINATION | STATS_SQL_BY_KIND);
	buf_add_text(out,
	    " WHERE k.outcome = 'delivered' "
	    "GROUP BY 1), seen AS (SELECT d.destination AS destination, "
	    "max(d.last_seen) AS last_seen");
	stats_sql_levels(out, "t.level", "s");
	buf_add_text(out,
	    " FROM (SELECT destination, tls, n, last_seen FROM session_hour "
	    "WHERE hour >= ?1 AND hour < ?2 UNION ALL "
	    "SELECT destination, tls, n, last_seen FROM session_day "
	    "WHERE day >= ?3 AND day < ?4) AS d "
	    "JOIN tls AS t ON t.id = d.tls "
	    "WHERE d.destination IN (SELECT destination FROM mine) "
	    "GROUP BY 1) SELECT m.text, coalesce(seen.last_seen, 0)");
	for (i = 0; i < STORE_NO_LEVEL; i++)
		buf_printf(out, ", mine.d%u", i);
	for (i = 0; i < STORE_NO_LEVEL; i++)
		buf_printf(out, ", coalesce(seen.s%u, 0)", i);
	buf_add_text(out,
	    " FROM mine JOIN name AS m ON m.id = mine.destination "
	    "LEFT JOIN seen ON seen.destination = mine.destination "
	    "ORDER BY mine.n DESC, 1");
}

/* As in the evidence, but whether anybody's mail was delivered or not. */
void
stats_sql_sessions(struct buf *out)
{
	buf_add_text(out, "SELECT m.text, max(d.last_seen)");
	stats_sql_levels(out, "t.level", "s");
	buf_add_text(out,
	    " FROM (SELECT destination, tls, n, last_seen FROM session_hour "
	    "WHERE hour >= ?1 AND hour < ?2 UNION ALL "
	    "SELECT destination, tls, n, last_seen FROM session_day "
	    "WHERE day >= ?3 AND day < ?4) AS d "
	    "JOIN tls AS t ON t.id = d.tls "
	    "JOIN name AS m ON m.id = d.destination "
	    "GROUP BY m.text ORDER BY sum(d.n) DESC, 1");
}

void
stats_sql_totals(struct buf *out)
{
	buf_add_text(out,
	    "SELECT hour, 0 AS rolled, host, service, what, n FROM total_hour "
	    "WHERE hour >= ?1 AND hour < ?2 UNION ALL "
	    "SELECT day * 24, 1, host, service, what, n FROM total_day "
	    "WHERE day >= ?3 AND day < ?4 ORDER BY 1, 2, 3, 4, 5");
}

void
stats_sql_first_hour(struct buf *out)
{
	static const char *const table[] = {"delivery", "total"};
	size_t i;

	buf_add_text(out, "SELECT min(t.hour) FROM (");
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		buf_printf(out,
		    "%sSELECT min(hour) AS hour FROM %s_hour UNION ALL "
		    "SELECT min(day) * 24 FROM %s_day",
		    i > 0 ? " UNION ALL " : "", table[i], table[i]);
	buf_add_text(out, ") AS t");
}

void
stats_sql_blobs(struct buf *out)
{
	buf_add_text(out,
	    "SELECT host, name, piece, value FROM state "
	    "ORDER BY host, name, piece");
}
