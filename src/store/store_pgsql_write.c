/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A batch is a handful of statements: each has the columns of its rows as
 * arrays. First the names get their numbers, then the counters are added to by
 * those. They go out one behind the other; those of a large batch have pieces,
 * of which a few are on their way at a time, so that it takes no more memory
 * than a small one.
 *
 * Names are shared between hosts, and every batch locks those that it adds or
 * that it uses for the first time on a day, in the order of their tables and
 * of their text; so two batches never wait for each other. Counters are a
 * host's own, by their kind. A name that weren't there would be NULL, and fail.
 */

#include "store/store_pgsql_write.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "store/store_array.h"
#include "store/store_columns.h"
#include "store/store_pgsql_names.h"
#include "store/store_pgsql_pooler.h"
#include "store/store_pgsql_seen.h"

#define STORE_PGSQL_HOURS   24 /* of a day */
#define STORE_PGSQL_SECONDS 86400

/* Bytes of a statement's arrays, roughly, and of a blob's part. */
#define STORE_PGSQL_PIECE (512 * 1024)

enum store_pgsql_statement {
	STORE_PGSQL_SENDERS,
	STORE_PGSQL_NAMES,
	STORE_PGSQL_KINDS,
	STORE_PGSQL_TLS,
	STORE_PGSQL_COUNTS,
	STORE_PGSQL_SESSIONS,
	STORE_PGSQL_INBOUND,
	STORE_PGSQL_TOTALS,
	STORE_PGSQL_FAILURES,
	STORE_PGSQL_FAILED,
};

/* Parameters are the columns, and in front of them the host's name, if it's
 * needed. */
static const struct store_pgsql_write_sql {
	bool host;
	unsigned columns;
	const char *sql;
} store_pgsql_write_sqls[] = {
    [STORE_PGSQL_SENDERS] = {false, 3,
	"INSERT INTO sender (domain, local, last) "
	"SELECT u.domain, u.local, max(u.day) FROM "
	"unnest($1::text[], $2::text[], $3::bigint[]) "
	"AS u (domain, local, day) WHERE NOT EXISTS "
	"(SELECT FROM sender AS s WHERE s.domain = u.domain "
	"AND s.local = u.local AND s.last >= u.day) "
	"GROUP BY u.domain, u.local "
	"ORDER BY u.domain COLLATE \"C\", u.local COLLATE \"C\" "
	"ON CONFLICT (domain, local) DO UPDATE SET last = excluded.last "
	"WHERE sender.last < excluded.last"},
    [STORE_PGSQL_NAMES] = {false, 2,
	"INSERT INTO name (text, last) SELECT u.text, max(u.day) FROM "
	"unnest($1::text[], $2::bigint[]) AS u (text, day) WHERE NOT EXISTS "
	"(SELECT FROM name AS m WHERE m.text = u.text AND m.last >= u.day) "
	"GROUP BY u.text ORDER BY u.text COLLATE \"C\" "
	"ON CONFLICT (text) DO UPDATE SET last = excluded.last "
	"WHERE name.last < excluded.last"},
    [STORE_PGSQL_KINDS] = {true, 5,
	"INSERT INTO kind (host, service, outcome, level, reason, last) "
	"SELECT $1, u.service, u.outcome, nullif(u.level, ''), u.reason, "
	"max(u.day) FROM unnest($2::text[], $3::text[], $4::text[], "
	"$5::text[], $6::bigint[]) AS u (service, outcome, level, reason, day) "
	"WHERE NOT EXISTS (SELECT FROM kind AS k WHERE k.host = $1 "
	"AND k.service = u.service AND k.outcome = u.outcome "
	"AND coalesce(k.level, '') = u.level AND k.reason = u.reason "
	"AND k.last >= u.day) "
	"GROUP BY 2, 3, u.level, 5 ORDER BY 2, 3, u.level, 5 "
	"ON CONFLICT (host, service, outcome, coalesce(level, ''), reason) "
	"DO UPDATE SET last = excluded.last WHERE kind.last < excluded.last"},
    [STORE_PGSQL_TLS] = {true, 4,
	"INSERT INTO tls (host, version, cipher, level, last) "
	"SELECT $1, u.version, u.cipher, u.level, max(u.day) FROM "
	"unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) "
	"AS u (version, cipher, level, day) WHERE NOT EXISTS "
	"(SELECT FROM tls AS t WHERE t.host = $1 AND t.version = u.version "
	"AND t.cipher = u.cipher AND t.level = u.level AND t.last >= u.day) "
	"GROUP BY 2, 3, 4 ORDER BY 2, 3, 4 "
	"ON CONFLICT (host, version, cipher, level) "
	"DO UPDATE SET last = excluded.last WHERE tls.last < excluded.last"},
    [STORE_PGSQL_COUNTS] = {true, 9,
	"INSERT INTO delivery_hour (hour, sender, destination, kind, n) "
	"SELECT u.hour, s.id, m.id, k.id, sum(u.n) FROM "
	"unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], "
	"$7::text[], $8::text[], $9::text[], $10::bigint[]) AS u (hour, "
	"domain, "
	"local, destination, service, outcome, level, reason, n) "
	"LEFT JOIN sender AS s ON s.domain = u.domain AND s.local = u.local "
	"LEFT JOIN name AS m ON m.text = u.destination "
	"LEFT JOIN kind AS k ON k.host = $1 AND k.service = u.service "
	"AND k.outcome = u.outcome AND coalesce(k.level, '') = u.level "
	"AND k.reason = u.reason "
	"GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 "
	"ON CONFLICT (hour, sender, destination, kind) "
	"DO UPDATE SET n = delivery_hour.n + excluded.n"},
    [STORE_PGSQL_SESSIONS] = {true, 8,
	"INSERT INTO session_hour (hour, destination, mx, tls, n, last_seen) "
	"SELECT u.hour, m.id, x.id, t.id, sum(u.n), max(u.last_seen) FROM "
	"unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], "
	"$7::text[], $8::bigint[], $9::bigint[]) AS u (hour, destination, mx, "
	"version, cipher, level, n, last_seen) "
	"LEFT JOIN name AS m ON m.text = u.destination "
	"LEFT JOIN name AS x ON x.text = u.mx "
	"LEFT JOIN tls AS t ON t.host = $1 AND t.version = u.version "
	"AND t.cipher = u.cipher AND t.level = u.level "
	"GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 "
	"ON CONFLICT (hour, destination, mx, tls) "
	"DO UPDATE SET n = session_hour.n + excluded.n, last_seen = "
	"greatest(session_hour.last_seen, excluded.last_seen)"},
    [STORE_PGSQL_INBOUND] = {true, 3,
	"INSERT INTO inbound_hour (hour, host, level, n) "
	"SELECT u.hour, $1, u.level, sum(u.n) FROM "
	"unnest($2::bigint[], $3::text[], $4::bigint[]) AS u (hour, level, n) "
	"GROUP BY 1, 3 ORDER BY 1, 3 ON CONFLICT (hour, host, level) "
	"DO UPDATE SET n = inbound_hour.n + excluded.n"},
    [STORE_PGSQL_TOTALS] = {true, 4,
	"INSERT INTO total_hour (hour, host, service, what, n) "
	"SELECT u.hour, $1, u.service, u.what, "
	"least(sum(u.n), " STORE_TOTAL_MAX_SQL ") FROM "
	"unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) "
	"AS u (hour, service, what, n) "
	"GROUP BY 1, 3, 4 ORDER BY 1, 3, 4 "
	"ON CONFLICT (hour, host, service, what) "
	"DO UPDATE SET n = least(least(total_hour.n, " STORE_TOTAL_MAX_SQL
	") + excluded.n, " STORE_TOTAL_MAX_SQL ")"},
    [STORE_PGSQL_FAILURES] = {true, 11,
	"INSERT INTO failure (time, sender, destination, kind, queue_id, "
	"recipient, relay, text) SELECT u.time, s.id, m.id, k.id, u.queue_id, "
	"u.recipient, u.relay, u.text FROM "
	"unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], "
	"$7::text[], $8::text[], $9::text[], $10::text[], $11::text[], "
	"$12::text[]) WITH ORDINALITY AS u (time, domain, local, destination, "
	"service, outcome, reason, queue_id, recipient, relay, text, place) "
	"LEFT JOIN sender AS s ON s.domain = u.domain AND s.local = u.local "
	"LEFT JOIN name AS m ON m.text = u.destination "
	"LEFT JOIN kind AS k ON k.host = $1 AND k.service = u.service "
	"AND k.outcome = u.outcome AND coalesce(k.level, '') = '' "
	"AND k.reason = u.reason ORDER BY u.place"},
    [STORE_PGSQL_FAILED] = {true, 2,
	"INSERT INTO failed (host, sender) SELECT DISTINCT $1, s.id FROM "
	"unnest($2::text[], $3::text[]) AS u (domain, local) "
	"LEFT JOIN sender AS s ON s.domain = u.domain AND s.local = u.local "
	"ON CONFLICT DO NOTHING"},
};

struct store_pgsql_write {
	struct store_pgsql_db *store;
	struct store_pgsql_seen *seen;
	struct store_pgsql_names senders, names;
	struct store_columns kinds, tls;
	struct store_columns rows; /* of one statement after the other */
};

/* Sends a statement, unless there are no rows. */
static void
store_pgsql_write_send(struct store_pgsql_write *batch,
    enum store_pgsql_statement which, struct store_columns *rows)
{
	const struct store_pgsql_write_sql *sql =
	    &store_pgsql_write_sqls[which];
	struct pq_value value[1 + STORE_COLUMNS_MAX];
	unsigned n = 0;

	if (rows->n == 0)
		return;
	if (sql->host)
		value[n++] = store_pgsql_db_host(batch->store);
	store_columns_values(rows, value + n, sql->columns);
	store_pq_put(batch->store->link, sql->sql, value, n + sql->columns);
	store_columns_clear(rows);
	store_pq_ease(batch->store->link);
}

/* A row is complete, and maybe a piece. */
static void
store_pgsql_write_end(struct store_pgsql_write *batch,
    enum store_pgsql_statement which, struct store_columns *rows)
{
	store_columns_end(rows);
	if (store_columns_size(rows) >= STORE_PGSQL_PIECE)
		store_pgsql_write_send(batch, which, rows);
}

/* Names that will be needed. */
static void
store_pgsql_write_names(struct store_pgsql_write *batch,
    enum store_pgsql_statement which, struct store_pgsql_names *names)
{
	struct store_columns *rows = &batch->rows;
	const struct store_pgsql_name *name;
	size_t i;

	store_pgsql_names_sort(names);
	for (i = 0; i < names->n; i++) {
		name = &names->name[i];
		if (names->senders)
			store_columns_sender(rows, name->text);
		else
			store_columns_name(rows, name->text);
		store_columns_number(rows, name->day);
		store_pgsql_write_end(batch, which, rows);
	}
	store_pgsql_write_send(batch, which, rows);
	store_pgsql_names_fini(names);
}

static void
store_pgsql_write_use_kind(struct store_pgsql_write *batch, const char *service,
    unsigned outcome, unsigned level, unsigned reason, int64_t day)
{
	const struct store_pgsql_seen_kind kind = {
	    service, outcome, level, reason, day};

	if (store_pgsql_seen_kind(batch->seen, &kind))
		return;
	store_columns_name(&batch->kinds, service);
	store_columns_name(&batch->kinds, store_outcome_name(outcome));
	store_columns_name(&batch->kinds, store_level_name(level));
	store_columns_name(&batch->kinds, store_reason_name(reason));
	store_columns_number(&batch->kinds, day);
	store_columns_end(&batch->kinds);
}

static void
store_pgsql_write_use_names(
    struct store_pgsql_write *batch, const struct store_batch *from)
{
	const struct store_session *session;
	const struct store_failure *failure;
	const struct store_count *count;
	size_t i;

	for (i = 0; i < from->ncounts; i++) {
		count = &from->count[i];
		if (count->n == 0)
			continue;
		store_pgsql_names_add(&batch->senders, count->sender,
		    count->sender_number, count->hour / STORE_PGSQL_HOURS);
		store_pgsql_names_add(&batch->names, count->destination,
		    count->destination_number, count->hour / STORE_PGSQL_HOURS);
		store_pgsql_write_use_kind(batch, count->service,
		    count->outcome, count->level, count->reason,
		    count->hour / STORE_PGSQL_HOURS);
	}
	for (i = 0; i < from->nsessions; i++) {
		session = &from->session[i];
		if (session->n == 0)
			continue;
		store_pgsql_names_add(&batch->names, session->destination,
		    session->destination_number,
		    session->hour / STORE_PGSQL_HOURS);
		store_pgsql_names_add(&batch->names, session->mx,
		    session->mx_number, session->hour / STORE_PGSQL_HOURS);
		store_columns_name(&batch->tls, session->version);
		store_columns_name(&batch->tls, session->cipher);
		store_columns_name(
		    &batch->tls, store_level_name(session->level));
		store_columns_number(
		    &batch->tls, session->hour / STORE_PGSQL_HOURS);
		store_columns_end(&batch->tls);
	}
	for (i = 0; i < from->nfailures; i++) {
		failure = &from->failure[i];
		store_pgsql_names_add(&batch->senders, failure->sender, 0,
		    failure->time / STORE_PGSQL_SECONDS);
		store_pgsql_names_add(&batch->names, failure->destination, 0,
		    failure->time / STORE_PGSQL_SECONDS);
		store_pgsql_write_use_kind(batch, failure->service,
		    failure->outcome, STORE_NO_LEVEL, failure->reason,
		    failure->time / STORE_PGSQL_SECONDS);
	}
	store_pgsql_write_names(batch, STORE_PGSQL_SENDERS, &batch->senders);
	store_pgsql_write_names(batch, STORE_PGSQL_NAMES, &batch->names);
	store_pgsql_write_send(batch, STORE_PGSQL_KINDS, &batch->kinds);
	store_pgsql_write_send(batch, STORE_PGSQL_TLS, &batch->tls);
}

static void
store_pgsql_write_counts(
    struct store_pgsql_write *batch, const struct store_batch *from)
{
	struct store_columns *rows = &batch->rows;
	const struct store_count *count;
	size_t i;

	for (i = 0; i < from->ncounts; i++) {
		count = &from->count[i];
		if (count->n == 0)
			continue;
		store_columns_number(rows, count->hour);
		store_columns_sender(rows, count->sender);
		store_columns_name(rows, count->destination);
		store_columns_name(rows, count->service);
		store_columns_name(rows, store_outcome_name(count->outcome));
		store_columns_name(rows, store_level_name(count->level));
		store_columns_name(rows, store_reason_name(count->reason));
		store_columns_number(rows, count->n);
		store_pgsql_write_end(batch, STORE_PGSQL_COUNTS, rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_COUNTS, rows);
}

static void
store_pgsql_write_sessions(
    struct store_pgsql_write *batch, const struct store_batch *from)
{
	struct store_columns *rows = &batch->rows;
	const struct store_session *session;
	size_t i;

	for (i = 0; i < from->nsessions; i++) {
		session = &from->session[i];
		if (session->n == 0)
			continue;
		store_columns_number(rows, session->hour);
		store_columns_name(rows, session->destination);
		store_columns_name(rows, session->mx);
		store_columns_name(rows, session->version);
		store_columns_name(rows, session->cipher);
		store_columns_name(rows, store_level_name(session->level));
		store_columns_number(rows, session->n);
		store_columns_number(rows, session->last_seen);
		store_pgsql_write_end(batch, STORE_PGSQL_SESSIONS, rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_SESSIONS, rows);
	for (i = 0; i < from->ninbounds; i++) {
		if (from->inbound[i].n == 0)
			continue;
		store_columns_number(rows, from->inbound[i].hour);
		store_columns_name(
		    rows, store_level_name(from->inbound[i].level));
		store_columns_number(rows, from->inbound[i].n);
		store_columns_end(rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_INBOUND, rows);
}

static void
store_pgsql_write_totals(
    struct store_pgsql_write *batch, const struct store_batch *from)
{
	struct store_columns *rows = &batch->rows;
	const struct store_total *total;
	size_t i;

	for (i = 0; i < from->ntotals; i++) {
		total = &from->total[i];
		MUST(total->n <= STORE_TOTAL_MAX);
		if (total->n == 0)
			continue;
		store_columns_number(rows, total->hour);
		store_columns_name(rows, total->service);
		store_columns_name(rows, store_what_name(total->what));
		store_columns_number(rows, (int64_t)total->n);
		store_columns_end(rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_TOTALS, rows);
}

static void
store_pgsql_write_failures(
    struct store_pgsql_write *batch, const struct store_batch *from)
{
	struct store_columns *rows = &batch->rows;
	const struct store_failure *failure;
	size_t i;

	for (i = 0; i < from->nfailures; i++) {
		failure = &from->failure[i];
		store_columns_number(rows, failure->time);
		store_columns_sender(rows, failure->sender);
		store_columns_name(rows, failure->destination);
		store_columns_name(rows, failure->service);
		store_columns_name(rows, store_outcome_name(failure->outcome));
		store_columns_name(rows, store_reason_name(failure->reason));
		store_columns_text(rows, failure->queue_id);
		store_columns_text(rows, failure->recipient);
		store_columns_text(rows, failure->relay);
		store_columns_text(rows, failure->text);
		store_pgsql_write_end(batch, STORE_PGSQL_FAILURES, rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_FAILURES, rows);
	for (i = 0; i < from->nfailures; i++) {
		store_columns_sender(rows, from->failure[i].sender);
		store_pgsql_write_end(batch, STORE_PGSQL_FAILED, rows);
	}
	store_pgsql_write_send(batch, STORE_PGSQL_FAILED, rows);
}

static void
store_pgsql_write_blob(
    struct store_pgsql_write *batch, const struct store_blob *blob)
{
	struct store_pgsql_db *store = batch->store;
	struct buf *hex = &batch->rows.column[0];
	struct pq_value value[4];
	const char *bytes = blob->bytes;
	size_t done = 0, len;
	unsigned piece = 0;
	char number[16];

	value[0] = store_pgsql_db_host(store);
	value[1] = store_pq_text(blob->name);
	for (; done < blob->len; done += len) {
		len = blob->len - done;
		if (len > STORE_PGSQL_PIECE)
			len = STORE_PGSQL_PIECE;
		snprintf(number, sizeof(number), "%u", piece++);
		buf_clear(hex);
		store_array_hex(hex, bytes + done, len);
		value[2] = store_pq_text(number);
		value[3] = (struct pq_value){hex->data, hex->len};
		store_pq_put(store->link,
		    "INSERT INTO state (host, name, piece, value) "
		    "VALUES ($1, $2, $3::bigint, $4::bytea) "
		    "ON CONFLICT (host, name, piece) "
		    "DO UPDATE SET value = excluded.value",
		    value, 4);
		store_pq_ease(store->link);
	}
	snprintf(number, sizeof(number), "%u", piece);
	value[2] = store_pq_text(number);
	store_pq_put(store->link,
	    "DELETE FROM state WHERE host = $1 AND name = $2 "
	    "AND piece >= $3::bigint",
	    value, 3);
}

/* The batch after the last one of this host that we know of: there may be no
 * other, and it's this session that sees to it. The row stays locked until the
 * end. */
static int
store_pgsql_write_number(struct store_pgsql_db *store, struct err *err)
{
	struct pq_value value[2] = {store_pgsql_db_host(store)};
	struct pq_answer answer;
	char batch[32];

	snprintf(batch, sizeof(batch), "%lld", (long long)store->batch);
	value[1] = store_pq_text(batch);
	if (store_pq_ask(store->link,
		"UPDATE writer SET batch = batch + 1, seen = now() "
		"WHERE host = $1 AND batch = $2::bigint "
		"RETURNING pg_backend_pid()",
		value, 2, &answer, err) == -1)
		return -1;
	if (answer.rows == 1 &&
	    store_pq_number(&answer, 0, 0) == store->session)
		return 0;
	store->overtaken = true;
	if (answer.rows == 1)
		return store_pgsql_pooler_refuse(err);
	return err_set(err, "another forceenc-watch has counted for this host");
}

int
store_pgsql_write(struct store_pgsql_db *store, const struct store_batch *from,
    struct err *err)
{
	struct store_pgsql_write batch = {
	    .store = store, .seen = mem_zalloc(sizeof(*batch.seen))};
	size_t i;
	int rc;

	batch.senders = (struct store_pgsql_names){
	    .senders = true, .seen = batch.seen->sender};
	batch.names = (struct store_pgsql_names){.seen = batch.seen->name};
	store_pgsql_write_use_names(&batch, from);
	store_pgsql_write_counts(&batch, from);
	store_pgsql_write_sessions(&batch, from);
	store_pgsql_write_totals(&batch, from);
	store_pgsql_write_failures(&batch, from);
	for (i = 0; i < from->nblobs; i++)
		store_pgsql_write_blob(&batch, &from->blob[i]);
	rc = store_pgsql_write_number(store, err);
	free(batch.seen);
	store_columns_fini(&batch.kinds);
	store_columns_fini(&batch.tls);
	store_columns_fini(&batch.rows);
	return rc;
}
