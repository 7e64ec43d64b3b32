/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/tally.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/hash.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define TALLY_ROWS_MAX     65536
#define TALLY_FAILURES_MAX 4096
#define TALLY_TEXT_MAX     1024
#define TALLY_NAMES        4
#define TALLY_TOTALS_MAX   1024
#define TALLY_LATER        16

/* A counter: up to four names and some numbers are its key. */
struct tally_row {
	struct name *name[TALLY_NAMES]; /* NULL: none */
	uint32_t hour;
	uint8_t code[3];
	uint32_t n;
	int64_t last_seen;
};

/* Rows in the order of their first use, found by an open table. */
struct tally_rows {
	struct tally_row *row;
	size_t n, cap;
	uint32_t *slot; /* row + 1; 0: free */
	size_t mask;
};

/* What is to be added to a row: it is fetched meanwhile. Its names are held. */
struct tally_later {
	struct tally_rows *rows;
	struct tally_row row;
	uint64_t hash;
};

/* What a service has done in an hour, beside deliveries. */
struct tally_totals {
	struct name *service; /* NULL: none */
	uint32_t hour;
	uint64_t n[STORE_WHATS];
};

struct tally {
	struct names *names;
	struct tally_rows counts, sessions, inbounds;
	struct tally_later later[TALLY_LATER];
	size_t nlater;
	struct store_failure *failure;
	struct name *(*failure_name)[3];
	size_t nfailures, failures_cap;
	struct tally_totals *totals;
	size_t ntotals, totals_cap;
	size_t last_totals; /* likely the next one as well */
	/* What tally_batch() hands out. */
	struct store_count *out_count;
	struct store_session *out_session;
	struct store_inbound *out_inbound;
	struct store_total *out_total;
};

struct tally *
tally_new(struct names *names)
{
	struct tally *tally = mem_zalloc(sizeof(*tally));

	tally->names = names;
	return tally;
}

void
tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	tally_clear(tally);
	free(tally->counts.row);
	free(tally->counts.slot);
	free(tally->sessions.row);
	free(tally->sessions.slot);
	free(tally->inbounds.row);
	free(tally->inbounds.slot);
	free(tally->failure);
	free(tally->failure_name);
	free(tally->out_count);
	free(tally->out_session);
	free(tally->out_inbound);
	free(tally->totals);
	free(tally->out_total);
	free(tally);
}

static uint64_t
tally_hash(const struct tally_row *row)
{
	uint64_t hash = hash_mix(row->hour,
	    (uint64_t)(row->code[0] << 16 | row->code[1] << 8 | row->code[2]));
	size_t i;

	for (i = 0; i < TALLY_NAMES; i++)
		hash = hash_pointer(hash, row->name[i]);
	return hash;
}

static bool
tally_same(const struct tally_row *a, const struct tally_row *b)
{
	return a->hour == b->hour &&
	    memcmp(a->name, b->name, sizeof(a->name)) == 0 &&
	    memcmp(a->code, b->code, sizeof(a->code)) == 0;
}

static void
tally_grow(struct tally_rows *rows)
{
	size_t i, at;

	rows->cap = rows->cap == 0 ? 256 : rows->cap * 2;
	rows->row = mem_resize(rows->row, rows->cap, sizeof(*rows->row));
	free(rows->slot);
	rows->slot = mem_zalloc(rows->cap * 2 * sizeof(*rows->slot));
	rows->mask = rows->cap * 2 - 1;
	for (i = 0; i < rows->n; i++) {
		at = tally_hash(&rows->row[i]) & rows->mask;
		while (rows->slot[at] != 0)
			at = (at + 1) & rows->mask;
		rows->slot[at] = (uint32_t)i + 1;
	}
}

static void
tally_merge(struct tally *tally, const struct tally_later *later)
{
	struct tally_rows *rows = later->rows;
	struct tally_row *row;
	size_t at, i;

	if (rows->n == rows->cap)
		tally_grow(rows);
	for (at = later->hash & rows->mask; rows->slot[at] != 0;
	     at = (at + 1) & rows->mask) {
		row = &rows->row[rows->slot[at] - 1];
		if (!tally_same(row, &later->row))
			continue;
		row->n += later->row.n;
		if (later->row.last_seen > row->last_seen)
			row->last_seen = later->row.last_seen;
		for (i = 0; i < TALLY_NAMES; i++)
			names_put(tally->names, row->name[i]);
		return;
	}
	rows->row[rows->n++] = later->row;
	rows->slot[at] = (uint32_t)rows->n;
}

static void
tally_settle(struct tally *tally)
{
	const struct tally_later *later;
	const struct tally_rows *rows;
	uint32_t row;
	size_t i;

	for (i = 0; i < tally->nlater; i++) {
		rows = tally->later[i].rows;
		row = rows->n == 0
		    ? 0
		    : rows->slot[tally->later[i].hash & rows->mask];
		if (row != 0)
			__builtin_prefetch(&rows->row[row - 1]);
	}
	for (i = 0; i < tally->nlater; i++) {
		later = &tally->later[i];
		tally_merge(tally, later);
	}
	tally->nlater = 0;
}

static void
tally_add(
    struct tally *tally, struct tally_rows *rows, const struct tally_row *row)
{
	struct tally_later *later = &tally->later[tally->nlater++];
	size_t i;

	later->rows = rows;
	later->row = *row;
	later->hash = tally_hash(row);
	for (i = 0; i < TALLY_NAMES; i++)
		if (row->name[i] != NULL)
			names_hold(tally->names, row->name[i]);
	if (rows->n > 0)
		__builtin_prefetch(&rows->slot[later->hash & rows->mask]);
	if (tally->nlater == TALLY_LATER)
		tally_settle(tally);
}

void
tally_add_count(
    struct tally *tally, const struct tally_count *count, uint32_t n)
{
	const struct tally_row row = {
	    .name = {count->sender, count->destination, count->service},
	    .hour = count->hour,
	    .code = {(uint8_t)count->outcome, (uint8_t)count->level,
		(uint8_t)count->reason},
	    .n = n,
	};

	tally_add(tally, &tally->counts, &row);
}

static uint32_t
tally_hour(int64_t time)
{
	return time < 0 ? 0 : (uint32_t)(time / 3600);
}

void
tally_add_session(struct tally *tally, const struct tally_session *session,
    int64_t time, uint32_t n)
{
	const struct tally_row row = {
	    .name = {session->destination, session->mx, session->version,
		session->cipher},
	    .hour = tally_hour(time),
	    .code = {(uint8_t)session->level},
	    .n = n,
	    .last_seen = time > 0 ? time : 0,
	};

	tally_add(tally, &tally->sessions, &row);
}

void
tally_add_inbound(
    struct tally *tally, uint32_t hour, enum store_level level, uint32_t n)
{
	const struct tally_row row = {
	    .hour = hour, .code = {(uint8_t)level}, .n = n};

	tally_add(tally, &tally->inbounds, &row);
}

static struct tally_totals *
tally_totals(struct tally *tally, uint32_t hour, struct name *service)
{
	struct tally_totals *totals;
	size_t i = tally->ntotals;

	while (i-- > 0) {
		totals = &tally->totals[i];
		if (totals->hour == hour && totals->service == service) {
			tally->last_totals = i;
			return totals;
		}
	}
	if (tally->ntotals == tally->totals_cap) {
		tally->totals_cap = tally->totals_cap * 2 + 16;
		tally->totals = mem_resize(
		    tally->totals, tally->totals_cap, sizeof(*tally->totals));
	}
	tally->last_totals = tally->ntotals;
	totals = &tally->totals[tally->ntotals++];
	memset(totals, 0, sizeof(*totals));
	totals->hour = hour;
	totals->service =
	    service == NULL ? NULL : names_hold(tally->names, service);
	return totals;
}

void
tally_add_total(struct tally *tally, uint32_t hour, struct name *service,
    enum store_what what, uint64_t n)
{
	struct tally_totals *totals;

	totals = tally->last_totals < tally->ntotals
	    ? &tally->totals[tally->last_totals]
	    : NULL;
	if (totals == NULL || totals->hour != hour ||
	    totals->service != service)
		totals = tally_totals(tally, hour, service);
	if (n > (uint64_t)STORE_TOTAL_MAX - totals->n[what])
		n = (uint64_t)STORE_TOTAL_MAX - totals->n[what];
	totals->n[what] += n;
}

static char *
tally_printable(struct event_span span)
{
	char out[TALLY_TEXT_MAX];

	return mem_strdup(text_printable(out, sizeof(out), span.s, span.len));
}

void
tally_add_failure(struct tally *tally, const struct tally_failure *failure)
{
	struct store_failure *out;
	struct name **name;

	if (tally->nfailures == tally->failures_cap) {
		tally->failures_cap = tally->failures_cap * 2 + 64;
		tally->failure = mem_resize(tally->failure, tally->failures_cap,
		    sizeof(*tally->failure));
		tally->failure_name = mem_resize(tally->failure_name,
		    tally->failures_cap, sizeof(*tally->failure_name));
	}
	name = tally->failure_name[tally->nfailures];
	name[0] = names_hold(tally->names, failure->sender);
	name[1] = names_hold(tally->names, failure->destination);
	name[2] = names_hold(tally->names, failure->service);
	out = &tally->failure[tally->nfailures++];
	out->time = failure->time;
	out->sender = failure->sender->text;
	out->destination = failure->destination->text;
	out->service = failure->service->text;
	out->queue_id = tally_printable(failure->queue_id);
	out->recipient = tally_printable(failure->recipient);
	out->relay = tally_printable(failure->relay);
	out->text = tally_printable(failure->text);
	out->outcome = (uint8_t)failure->outcome;
	out->reason = (uint8_t)failure->reason;
}

bool
tally_empty(const struct tally *tally)
{
	return tally->counts.n == 0 && tally->sessions.n == 0 &&
	    tally->inbounds.n == 0 && tally->nfailures == 0 &&
	    tally->ntotals == 0 && tally->nlater == 0;
}

bool
tally_full(const struct tally *tally)
{
	return tally->counts.n >= TALLY_ROWS_MAX ||
	    tally->sessions.n >= TALLY_ROWS_MAX ||
	    tally->nfailures >= TALLY_FAILURES_MAX ||
	    tally->ntotals >= TALLY_TOTALS_MAX;
}

static void
tally_batch_counts(struct tally *tally, struct store_batch *batch)
{
	const struct tally_row *row = tally->counts.row;
	struct store_count *out;
	size_t i;

	tally->out_count = out =
	    mem_resize(tally->out_count, tally->counts.n + 1, sizeof(*out));
	for (i = 0; i < tally->counts.n; i++, row++, out++) {
		out->hour = row->hour;
		out->sender = row->name[0]->text;
		out->destination = row->name[1]->text;
		out->service = row->name[2]->text;
		out->sender_number = row->name[0]->number;
		out->destination_number = row->name[1]->number;
		out->outcome = row->code[0];
		out->level = row->code[1];
		out->reason = row->code[2];
		out->n = row->n;
	}
	batch->count = tally->out_count;
	batch->ncounts = tally->counts.n;
}

static void
tally_batch_sessions(struct tally *tally, struct store_batch *batch)
{
	const struct tally_row *row = tally->sessions.row;
	struct store_session *out;
	size_t i;

	tally->out_session = out =
	    mem_resize(tally->out_session, tally->sessions.n + 1, sizeof(*out));
	for (i = 0; i < tally->sessions.n; i++, row++, out++) {
		out->hour = row->hour;
		out->destination = row->name[0]->text;
		out->mx = row->name[1]->text;
		out->destination_number = row->name[0]->number;
		out->mx_number = row->name[1]->number;
		out->version = row->name[2] == NULL ? "" : row->name[2]->text;
		out->cipher = row->name[3] == NULL ? "" : row->name[3]->text;
		out->level = row->code[0];
		out->last_seen = row->last_seen;
		out->n = row->n;
	}
	batch->session = tally->out_session;
	batch->nsessions = tally->sessions.n;
}

static void
tally_batch_totals(struct tally *tally, struct store_batch *batch)
{
	const struct tally_totals *totals = tally->totals;
	struct store_total *out;
	size_t i;
	uint8_t what;

	tally->out_total = out = mem_resize(
	    tally->out_total, tally->ntotals * STORE_WHATS + 1, sizeof(*out));
	for (i = 0; i < tally->ntotals; i++, totals++) {
		for (what = 0; what < STORE_WHATS; what++) {
			if (totals->n[what] == 0)
				continue;
			out->hour = totals->hour;
			out->service = totals->service == NULL
			    ? ""
			    : totals->service->text;
			out->what = what;
			out->n = totals->n[what];
			out++;
		}
	}
	batch->total = tally->out_total;
	batch->ntotals = (size_t)(out - tally->out_total);
}

void
tally_batch(struct tally *tally, struct store_batch *batch)
{
	const struct tally_row *row;
	struct store_inbound *out;
	size_t i;

	tally_settle(tally);
	row = tally->inbounds.row;
	memset(batch, 0, sizeof(*batch));
	tally_batch_counts(tally, batch);
	tally_batch_sessions(tally, batch);
	tally_batch_totals(tally, batch);
	tally->out_inbound = out =
	    mem_resize(tally->out_inbound, tally->inbounds.n + 1, sizeof(*out));
	for (i = 0; i < tally->inbounds.n; i++, row++, out++) {
		out->hour = row->hour;
		out->level = row->code[0];
		out->n = row->n;
	}
	batch->inbound = tally->out_inbound;
	batch->ninbounds = tally->inbounds.n;
	batch->failure = tally->failure;
	batch->nfailures = tally->nfailures;
}

static void
tally_clear_rows(struct tally *tally, struct tally_rows *rows)
{
	size_t i, k;

	for (i = 0; i < rows->n; i++)
		for (k = 0; k < TALLY_NAMES; k++)
			names_put(tally->names, rows->row[i].name[k]);
	rows->n = 0;
	if (rows->slot != NULL)
		memset(rows->slot, 0, (rows->mask + 1) * sizeof(*rows->slot));
}

/* store_failure's strings are const for the store; these are ours. */
static void
tally_free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

void
tally_clear(struct tally *tally)
{
	size_t i, k;

	tally_settle(tally);
	tally_clear_rows(tally, &tally->counts);
	tally_clear_rows(tally, &tally->sessions);
	tally_clear_rows(tally, &tally->inbounds);
	for (i = 0; i < tally->nfailures; i++) {
		for (k = 0; k < 3; k++)
			names_put(tally->names, tally->failure_name[i][k]);
		tally_free_text(tally->failure[i].queue_id);
		tally_free_text(tally->failure[i].recipient);
		tally_free_text(tally->failure[i].relay);
		tally_free_text(tally->failure[i].text);
	}
	tally->nfailures = 0;
	for (i = 0; i < tally->ntotals; i++)
		names_put(tally->names, tally->totals[i].service);
	tally->ntotals = 0;
}
