/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * One connection, made when the store is opened and never again: when it's
 * lost, so is the store, and who opens the next one goes on from what is in
 * the database. So it doesn't matter whether a batch whose answer never came
 * was committed or not.
 *
 * A host has one writer: its row in the table of writers is a lock which that
 * one's session holds. Each batch also has the number that follows its host's
 * last one, so that where a pooler takes sessions apart, two writers still
 * can't both count.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "store/store_array.h"
#include "store/store_pgsql_db.h"
#include "store/store_pgsql_lock.h"
#include "store/store_pgsql_migrate.h"
#include "store/store_pgsql_pooler.h"
#include "store/store_pgsql_tidy.h"
#include "store/store_pgsql_write.h"
#include "store/store_schema.h"

static void
store_pgsql_close(struct store *base)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);

	store_pq_close(store->link);
	buf_fini(&store->encoded);
	buf_fini(&store->chosen);
	buf_fini(&store->text[0]);
	buf_fini(&store->text[1]);
	free(store->spec);
	free(store->host);
	free(store);
}

/* In another encoding some names couldn't be written. */
static int
store_pgsql_check(struct store_pgsql_db *store, struct err *err)
{
	struct pq_answer answer;
	const char *encoding;
	size_t len;

	if (store_pq_ask(store->link, "SHOW server_encoding", NULL, 0, &answer,
		err) == -1)
		return -1;
	encoding = pq_value_of(&answer, 0, 0, &len);
	if (encoding != NULL && strcmp(encoding, "UTF8") == 0)
		return 0;
	return err_set(err,
	    "the database's encoding is %s; make one with ENCODING 'UTF8'",
	    encoding != NULL ? text_show(encoding, len) : "unknown");
}

/* What is found must be what is needed. */
static int
store_pgsql_begin(struct store_pgsql_db *store, const struct store_place *place,
    struct err *err)
{
	if (store_pgsql_check(store, err) == -1 ||
	    store_pgsql_migrate(store, store_schema_pgsql, err) == -1)
		return -1;
	if (store->mode == STORE_READ)
		return 0;
	if (store_pgsql_pooler_check(store, place, err) == -1 ||
	    store_pgsql_lock_rights(store, err) == -1)
		return -1;
	return store_pgsql_lock(store, err);
}

static void
store_pgsql_tell(const struct store_place *place, enum pq_fault fault)
{
	if (place->trouble != NULL)
		*place->trouble =
		    fault == PQ_FAULT_AWAY ? STORE_AWAY : STORE_WRONG;
}

static struct store *
store_pgsql_open(const struct store_place *place, const char *where,
    enum store_mode mode, struct err *err)
{
	struct store_pgsql_db *store;
	enum pq_fault fault = PQ_FAULT_WRONG;

	if (place->pgsql == NULL) {
		err_set(err, "%s: its parameters aren't known",
		    text_show_str(place->spec));
		return NULL;
	}
	store = mem_zalloc(sizeof(*store));
	store->store.backend = &store_pgsql;
	store->spec = mem_strdup(place->spec);
	store->host = mem_strdup(place->host);
	store_array_encode(&store->encoded, place->host, strlen(place->host));
	store->mode = mode;
	store->link = store_pq_open(place, mode, &fault, err);
	if (store->link != NULL) {
		if (store_pgsql_begin(store, place, err) == 0)
			return &store->store;
		fault = store_pq_fault(store->link);
	}
	store_pgsql_tell(place, fault);
	err_prefix(err, "%s", text_show_str(where));
	store_pgsql_close(&store->store);
	return NULL;
}

static bool
store_pgsql_lost(const struct store *base)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);

	return store->overtaken || store_pq_lost(store->link);
}

static int
store_pgsql_commit_once(struct store_pgsql_db *store,
    const struct store_batch *batch, struct err *err)
{
	if (store_pgsql_db_begin(store, STORE_PGSQL_SHARED, err) == -1)
		return -1;
	if (store_pgsql_write(store, batch, err) == -1) {
		store_pgsql_db_abort(store);
		return -1;
	}
	if (store_pgsql_db_end(store, err) == -1)
		return -1;
	store->batch++;
	return 0;
}

static int
store_pgsql_commit(
    struct store *base, const struct store_batch *batch, struct err *err)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);
	unsigned time = 0;

	while (store_pgsql_commit_once(store, batch, err) == -1)
		if (!store_pgsql_db_again(store, time++))
			return -1;
	return 0;
}

static int
store_pgsql_get_blob(struct store *base, const char *name, void **bytes,
    size_t *len, struct err *err)
{
	struct store_pgsql_db *store = store_pgsql_db_of(base);
	struct pq_value value[3] = {
	    store_pgsql_db_host(store), store_pq_text(name)};
	struct pq_answer answer;
	struct buf blob = {0};
	char number[16];
	unsigned piece;
	const char *hex;
	size_t n;

	*bytes = NULL;
	*len = 0;
	for (piece = 0;; piece++) {
		snprintf(number, sizeof(number), "%u", piece);
		value[2] = store_pq_text(number);
		if (store_pq_ask(store->link,
			"SELECT value FROM state WHERE host = $1 "
			"AND name = $2 AND piece = $3::bigint",
			value, 3, &answer, err) == -1) {
			buf_fini(&blob);
			return -1;
		}
		hex = answer.rows > 0 ? pq_value_of(&answer, 0, 0, &n) : NULL;
		if (hex == NULL)
			break;
		store_array_unhex(&blob, hex, n);
	}
	if (blob.len == 0) {
		buf_fini(&blob);
		return 0;
	}
	*len = blob.len;
	*bytes = buf_steal(&blob);
	return 1;
}

const struct store_backend store_pgsql = {
    .name = "pgsql",
    .stats = &stats_pgsql,
    .open = store_pgsql_open,
    .close = store_pgsql_close,
    .lost = store_pgsql_lost,
    .commit = store_pgsql_commit,
    .get_blob = store_pgsql_get_blob,
    .tidy = store_pgsql_tidy,
};
