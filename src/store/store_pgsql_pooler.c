/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A pooler has made up the process that it tells at the log-in. If there is
 * one, a second connection begins a transaction: where sessions aren't lent for
 * longer than one, it has got the session of the first connection, or, if
 * others had taken that, the first one now has another.
 */

#include "store/store_pgsql_pooler.h"

#define STORE_PGSQL_POOLER_ASK "SELECT pg_backend_pid()"

static int64_t
store_pgsql_pooler_session(struct store_pq *link, struct err *err)
{
	struct pq_answer answer;

	return store_pq_ask(
		   link, STORE_PGSQL_POOLER_ASK, NULL, 0, &answer, err) == -1
	    ? -1
	    : store_pq_number(&answer, 0, 0);
}

int
store_pgsql_pooler_refuse(struct err *err)
{
	return err_set(err,
	    "a pooler gives each transaction another session, which doesn't "
	    "have this host's lock; set its pool_mode to session, or connect "
	    "to the server itself");
}

int
store_pgsql_pooler_check(struct store_pgsql_db *store,
    const struct store_place *place, struct err *err)
{
	int64_t first = store_pgsql_pooler_session(store->link, err);
	int64_t second = -1, again = first;
	enum pq_fault fault;
	struct store_pq *other;
	struct err why;

	if (first == -1)
		return -1;
	if (!store_pq_is_pooled(store->link, first))
		return 0;
	/* That there is none for it proves nothing. */
	other = store_pq_open(place, store->mode, &fault, &why);
	if (other != NULL && store_pq_do(other, STORE_PGSQL_BEGIN, &why) == 0)
		second = store_pgsql_pooler_session(other, &why);
	if (second != -1 && second != first)
		again = store_pgsql_pooler_session(store->link, err);
	store_pq_close(other);
	if (again == -1)
		return -1;
	return second == first || again != first
	    ? store_pgsql_pooler_refuse(err)
	    : 0;
}
