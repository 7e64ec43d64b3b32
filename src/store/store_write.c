/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_write.h"

#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/must.h"
#include "store/store_fresh.h"
#include "store/store_intern.h"

#define STORE_WRITE_HOURS 24 /* of a day */
#define STORE_WRITE_DAY   86400

/* A row is replaced as a whole, so a long value lies in pieces that are small
 * enough for any limit of SQLite's. */
#define STORE_WRITE_PIECE (256 * 1024)

/* What rows of a batch have in common is known by where its strings are. */
#define STORE_WRITE_RECENT 64 /* a power of two */

struct store_write_recent {
	const char *text[2];
	uint32_t codes;
	int64_t day; /* in use on it, as the database knows */
	int64_t id;  /* 0: none */
};

static struct store_write_recent *
store_write_recent(struct store_write_recent *recent, const char *text,
    const char *more, uint32_t codes, int64_t day)
{
	uint64_t hash =
	    hash_pointer(hash_pointer(codes + (uint64_t)day, text), more);
	struct store_write_recent *at = &recent[hash % STORE_WRITE_RECENT];

	if (at->text[0] != text || at->text[1] != more || at->codes != codes ||
	    at->day != day)
		*at = (struct store_write_recent){{text, more}, codes, day, 0};
	return at;
}

static struct sqlite_stmt *
store_write_statement(
    struct store_db *store, enum store_statement which, struct err *err)
{
	return store_statement(&store->statements, store->db, which, err);
}

static int
store_write_count(struct store_db *store, const struct store_count *count,
    struct store_write_recent *recent, struct err *err)
{
	int64_t day = count->hour / STORE_WRITE_HOURS;
	int64_t sender, destination;
	struct store_row *row;

	if (count->n == 0)
		return 0;
	recent = store_write_recent(recent, count->service, NULL,
	    (uint32_t)count->outcome << 16 | (uint32_t)count->level << 8 |
		count->reason,
	    day);
	if (store_intern_sender(store, count->sender, count->sender_number, day,
		&sender, err) == -1 ||
	    store_intern_name(store, count->destination,
		count->destination_number, day, &destination, err) == -1 ||
	    (recent->id == 0 &&
		store_intern_kind(store, count->service, count->outcome,
		    count->level, count->reason, day, &recent->id, err) == -1))
		return -1;
	row = store_rows_add(&store->rows);
	row->cell[0] = count->hour;
	row->cell[1] = sender;
	row->cell[2] = destination;
	row->cell[3] = recent->id;
	row->cell[4] = count->n;
	return 0;
}

static int
store_write_session(struct store_db *store, const struct store_session *session,
    struct store_write_recent *recent, struct err *err)
{
	int64_t day = session->hour / STORE_WRITE_HOURS;
	int64_t destination, mx;
	struct store_row *row;

	if (session->n == 0)
		return 0;
	recent = store_write_recent(
	    recent, session->version, session->cipher, session->level, day);
	if (store_intern_name(store, session->destination,
		session->destination_number, day, &destination, err) == -1 ||
	    store_intern_name(
		store, session->mx, session->mx_number, day, &mx, err) == -1 ||
	    (recent->id == 0 &&
		store_intern_tls(store, session, day, &recent->id, err) == -1))
		return -1;
	row = store_rows_add(&store->rows);
	row->cell[0] = session->hour;
	row->cell[1] = destination;
	row->cell[2] = mx;
	row->cell[3] = recent->id;
	row->cell[4] = session->n;
	row->cell[5] = session->last_seen;
	return 0;
}

static int
store_write_inbound(struct store_db *store, const struct store_inbound *inbound,
    struct err *err)
{
	const char *level = store_level_name(inbound->level);
	struct sqlite_stmt *stmt;

	MUST(level != NULL);
	if (inbound->n == 0)
		return 0;
	stmt = store_write_statement(store, STORE_INBOUND, err);
	if (stmt == NULL)
		return -1;
	sqlite_bind_int(stmt, 1, inbound->hour);
	sqlite_bind_text(stmt, 2, store->host, strlen(store->host));
	sqlite_bind_text(stmt, 3, level, strlen(level));
	sqlite_bind_int(stmt, 4, inbound->n);
	return store_statement_run(stmt, err);
}

static int
store_write_total(
    struct store_db *store, const struct store_total *total, struct err *err)
{
	const char *what = store_what_name(total->what);
	struct sqlite_stmt *stmt;

	MUST(total->n <= STORE_TOTAL_MAX);
	if (total->n == 0)
		return 0;
	stmt = store_write_statement(store, STORE_TOTAL, err);
	if (stmt == NULL)
		return -1;
	sqlite_bind_int(stmt, 1, total->hour);
	sqlite_bind_text(stmt, 2, store->host, strlen(store->host));
	sqlite_bind_text(stmt, 3, total->service, strlen(total->service));
	sqlite_bind_text(stmt, 4, what, strlen(what));
	sqlite_bind_int(stmt, 5, (int64_t)total->n);
	return store_statement_run(stmt, err);
}

static int
store_write_failure(struct store_db *store, const struct store_failure *failure,
    struct err *err)
{
	int64_t day = failure->time / STORE_WRITE_DAY;
	int64_t sender, destination, kind;
	struct sqlite_stmt *stmt, *failed;

	stmt = store_write_statement(store, STORE_FAILURE, err);
	failed = store_write_statement(store, STORE_FAILED, err);
	if (stmt == NULL || failed == NULL ||
	    store_intern_sender(store, failure->sender, 0, day, &sender, err) ==
		-1 ||
	    store_intern_name(
		store, failure->destination, 0, day, &destination, err) == -1 ||
	    store_intern_kind(store, failure->service, failure->outcome,
		STORE_NO_LEVEL, failure->reason, day, &kind, err) == -1)
		return -1;
	sqlite_bind_int(stmt, 1, failure->time);
	sqlite_bind_int(stmt, 2, sender);
	sqlite_bind_int(stmt, 3, destination);
	sqlite_bind_int(stmt, 4, kind);
	sqlite_bind_text(stmt, 5, failure->queue_id, strlen(failure->queue_id));
	sqlite_bind_text(
	    stmt, 6, failure->recipient, strlen(failure->recipient));
	sqlite_bind_text(stmt, 7, failure->relay, strlen(failure->relay));
	sqlite_bind_text(stmt, 8, failure->text, strlen(failure->text));
	if (store_statement_run(stmt, err) == -1)
		return -1;
	sqlite_bind_int(failed, 1, sender);
	return store_statement_run(failed, err);
}

static int
store_write_blob(
    struct store_db *store, const struct store_blob *blob, struct err *err)
{
	const char *bytes = blob->bytes;
	size_t done = 0, len;
	struct sqlite_stmt *put, *drop;
	int64_t piece = 0;

	put = store_write_statement(store, STORE_PUT_PIECE, err);
	drop = store_write_statement(store, STORE_DROP_PIECES, err);
	if (put == NULL || drop == NULL)
		return -1;
	for (; done < blob->len; done += len) {
		len = blob->len - done;
		if (len > STORE_WRITE_PIECE)
			len = STORE_WRITE_PIECE;
		sqlite_bind_text(put, 1, store->host, strlen(store->host));
		sqlite_bind_text(put, 2, blob->name, strlen(blob->name));
		sqlite_bind_int(put, 3, piece++);
		sqlite_bind_blob(put, 4, bytes + done, len);
		if (store_statement_run(put, err) == -1)
			return -1;
	}
	sqlite_bind_text(drop, 1, store->host, strlen(store->host));
	sqlite_bind_text(drop, 2, blob->name, strlen(blob->name));
	sqlite_bind_int(drop, 3, piece);
	return store_statement_run(drop, err);
}

static int
store_write_rows(
    struct store_db *store, enum store_statement which, struct err *err)
{
	struct sqlite_stmt *stmt;

	if (store->rows.n == 0)
		return 0;
	stmt = store_write_statement(store, which, err);
	if (stmt == NULL)
		return -1;
	store_rows_sort(&store->rows);
	return store_statement_run(stmt, err);
}

static int
store_write_counts(
    struct store_db *store, const struct store_batch *batch, struct err *err)
{
	struct store_write_recent recent[STORE_WRITE_RECENT] = {0};
	size_t i;

	store_rows_begin(&store->rows, batch->ncounts);
	for (i = 0; i < batch->ncounts; i++)
		if (store_write_count(store, &batch->count[i], recent, err) ==
		    -1)
			return -1;
	return store_write_rows(store, STORE_COUNT, err);
}

static int
store_write_sessions(
    struct store_db *store, const struct store_batch *batch, struct err *err)
{
	struct store_write_recent recent[STORE_WRITE_RECENT] = {0};
	size_t i;

	store_rows_begin(&store->rows, batch->nsessions);
	for (i = 0; i < batch->nsessions; i++)
		if (store_write_session(
			store, &batch->session[i], recent, err) == -1)
			return -1;
	return store_write_rows(store, STORE_SESSION, err);
}

int
store_write_batch(
    struct store_db *store, const struct store_batch *batch, struct err *err)
{
	size_t i;

	if (store_fresh_batch(store, batch, err) == -1 ||
	    store_write_counts(store, batch, err) == -1 ||
	    store_write_sessions(store, batch, err) == -1)
		return -1;
	for (i = 0; i < batch->ninbounds; i++)
		if (store_write_inbound(store, &batch->inbound[i], err) == -1)
			return -1;
	for (i = 0; i < batch->ntotals; i++)
		if (store_write_total(store, &batch->total[i], err) == -1)
			return -1;
	for (i = 0; i < batch->nfailures; i++)
		if (store_write_failure(store, &batch->failure[i], err) == -1)
			return -1;
	for (i = 0; i < batch->nblobs; i++)
		if (store_write_blob(store, &batch->blob[i], err) == -1)
			return -1;
	return 0;
}
