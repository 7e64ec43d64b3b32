/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STATS_SQL_H
#define FORCEENC_STORE_STATS_SQL_H

#include <stdbool.h>

#include "forceenc/buf.h"
#include "forceenc/stats.h"

/*
 * The texts of queries, made of the tables in here and nothing else: what a
 * user says is bound to parameters. These are, in this order,
 *   ?1 first hour, ?2 the hour behind the last, ?3 and ?4 the same for days
 * and ?5 the limit of those that have one. A query need not use all of them.
 * Which senders count is in the table "chosen".
 */
#define STATS_SQL_VALUES 5

enum stats_senders {
	STATS_EVERYBODY,
	STATS_FEW,  /* looked for in each hour */
	STATS_MANY, /* recognised as they come by */
};

#define STATS_FEW_MAX 50

/* Where databases differ. */
struct stats_dialect {
	const char *day;    /* of d.hour, in words */
	const char *hour;   /* likewise */
	const char *join;   /* joins that keep the order in which they stand */
	const char *chosen; /* how "chosen" is made in a WITH clause, or "" */
};

extern const struct stats_dialect stats_sql_sqlite;

/* Columns: one of each dimension, in their order, and the count. */
void stats_sql_count(struct buf *out, const struct stats_dialect *,
    enum stats_senders, const struct stats_filter *,
    const enum stats_dimension *by, unsigned n);
/* Columns: sender, the measures in their order. */
void stats_sql_top(struct buf *out, const struct stats_dialect *,
    enum stats_senders, enum stats_measure);
/* Columns: as in struct stats_failure. ?1 and ?2 are seconds. */
void stats_sql_failures(
    struct buf *out, const struct stats_dialect *, enum stats_senders);
/* Columns: destination, last_seen, then delivered and sessions of each level
 * but NO_LEVEL. */
void stats_sql_evidence(
    struct buf *out, const struct stats_dialect *, enum stats_senders);
/* Columns: destination, last_seen, sessions of each level but NO_LEVEL. */
void stats_sql_sessions(struct buf *out);
/* Columns: as in struct stats_total. */
void stats_sql_totals(struct buf *out);
/* One row, one column: NULL if nothing is kept. */
void stats_sql_first_hour(struct buf *out);
/* Columns: host, name, piece, value. */
void stats_sql_blobs(struct buf *out);

#endif
