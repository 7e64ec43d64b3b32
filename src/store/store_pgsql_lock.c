/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The lock belongs to a session, so it's gone when that is. A server notices
 * up to half a minute late that the other end of a connection has gone without
 * a word, and this process may be back by then: it knows its own sessions by
 * the name that it gives them, and has the server end them. One that was killed
 * and started anew doesn't; but then the server has been told, and ends the
 * session as soon as what it does in it is done.
 */

#include "store/store_pgsql_lock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/text.h"
#include "store/store_pq_connect.h"

#define STORE_PGSQL_LOCK_TRY                                    \
	"SELECT pg_try_advisory_lock('writer'::regclass::oid::" \
	"integer, $1::integer)::integer"

/* Who has the lock, as far as this role may see it: where nothing can be seen,
 * there is a row of NULLs. */
#define STORE_PGSQL_LOCK_HOLDER                                         \
	"SELECT l.pid, host(a.client_addr), a.application_name, "       \
	"to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), "        \
	"pg_backend_pid() "                                             \
	"FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a "           \
	"ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted " \
	"AND l.classid = 'writer'::regclass AND l.objsubid = 2 "        \
	"AND l.database = (SELECT oid FROM pg_database "                \
	"WHERE datname = current_database()) "                          \
	"AND l.objid::bigint = $1::bigint LIMIT 1"

/* A session of this process that it has lost, and that hasn't noticed. */
#define STORE_PGSQL_LOCK_END                                             \
	"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity " \
	"WHERE application_name = $1 AND pid <> pg_backend_pid() "       \
	"AND usename = current_user AND datname = current_database()"

/* How often it's tried while such a session ends. */
#define STORE_PGSQL_LOCK_TRIES 40
#define STORE_PGSQL_LOCK_PAUSE "SELECT pg_sleep(0.05)"

static const char *
store_pgsql_lock_text(const struct pq_answer *answer, unsigned column)
{
	size_t len;
	const char *text = pq_value_of(answer, 0, column, &len);

	return text != NULL ? text_show(text, len) : NULL;
}

static int
store_pgsql_lock_refuse(
    struct store_pgsql_db *store, const struct pq_value *id, struct err *err)
{
	struct buf who = {0};
	struct pq_answer answer;
	const char *text;
	bool pooled = false;
	long long pid = 0;

	if (store_pq_ask(store->link, STORE_PGSQL_LOCK_HOLDER, id, 1, &answer,
		NULL) == 0 &&
	    answer.rows > 0) {
		pid = store_pq_number(&answer, 0, 0);
		pooled = store_pq_is_pooled(
		    store->link, store_pq_number(&answer, 0, 4));
		text = store_pgsql_lock_text(&answer, 1);
		buf_printf(&who, "from=%s pid=%lld",
		    text != NULL ? text : "the server's own machine", pid);
		if ((text = store_pgsql_lock_text(&answer, 2)) != NULL)
			buf_printf(&who, " name=%s", text);
		if ((text = store_pgsql_lock_text(&answer, 3)) != NULL)
			buf_printf(&who, " since=%s", text);
	} else {
		buf_add_text(&who, "from=unknown");
	}
	err_set(err,
	    "another forceenc-watch counts for the host %s (%s); give each "
	    "host a name of its own with store_host, or end that one; the "
	    "server drops a connection whose other end is gone within 30 "
	    "seconds, and at once by SELECT pg_terminate_backend(%lld)%s",
	    text_show_str(store->host), buf_text(&who), pid,
	    pooled ? "; or a pooler has kept the session, whose pool_mode "
		     "must be session"
		   : "");
	buf_fini(&who);
	return -1;
}

/* 1: it's ours, 0: it's somebody else's. */
static int
store_pgsql_lock_try(
    struct store_pgsql_db *store, const struct pq_value *id, struct err *err)
{
	struct pq_answer answer;

	if (store_pq_ask(
		store->link, STORE_PGSQL_LOCK_TRY, id, 1, &answer, err) == -1)
		return -1;
	return store_pq_number(&answer, 0, 0) == 1;
}

static int
store_pgsql_lock_take(
    struct store_pgsql_db *store, const struct pq_value *id, struct err *err)
{
	struct pq_value name = store_pq_text(store_pq_connect_name());
	struct pq_answer answer;
	int rc = store_pgsql_lock_try(store, id, err);
	unsigned i;

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (store_pq_ask(store->link, STORE_PGSQL_LOCK_END, &name, 1, &answer,
		err) == -1)
		return -1;
	for (i = 0; i < STORE_PGSQL_LOCK_TRIES && rc == 0; i++) {
		if (store_pq_do(store->link, STORE_PGSQL_LOCK_PAUSE, err) == -1)
			return -1;
		rc = store_pgsql_lock_try(store, id, err);
	}
	if (rc == 0)
		return store_pgsql_lock_refuse(store, id, err);
	return rc == 1 ? 0 : -1;
}

/* The batch is asked for when nobody else can write one any more. */
int
store_pgsql_lock(struct store_pgsql_db *store, struct err *err)
{
	struct pq_value host = store_pgsql_db_host(store), id;
	struct pq_answer answer;
	char text[32];

	store_pq_put(store->link,
	    "INSERT INTO writer (host) SELECT $1 WHERE NOT EXISTS "
	    "(SELECT FROM writer WHERE host = $1) ON CONFLICT DO NOTHING",
	    &host, 1);
	if (store_pq_ask(store->link, "SELECT id FROM writer WHERE host = $1",
		&host, 1, &answer, err) == -1)
		return -1;
	snprintf(text, sizeof(text), "%lld",
	    (long long)store_pq_number(&answer, 0, 0));
	id = store_pq_text(text);
	if (store_pgsql_lock_take(store, &id, err) == -1 ||
	    store_pq_ask(store->link,
		"SELECT batch, pg_backend_pid() FROM writer WHERE host = $1",
		&host, 1, &answer, err) == -1)
		return -1;
	store->batch = store_pq_number(&answer, 0, 0);
	store->session = store_pq_number(&answer, 0, 1);
	return 0;
}

int
store_pgsql_lock_rights(struct store_pgsql_db *store, struct err *err)
{
	struct pq_answer answer;
	const char *tables, *role;

	if (store_pq_ask(store->link,
		"SELECT string_agg(relname, ', ' ORDER BY relname), "
		"quote_ident(current_user) FROM pg_class "
		"WHERE relkind = 'r' AND pg_table_is_visible(oid) "
		"AND relnamespace = (SELECT relnamespace FROM pg_class "
		"WHERE oid = 'writer'::regclass) AND relname = ANY "
		"('{setting,writer,sender,name,kind,tls,delivery_hour,"
		"delivery_day,session_hour,session_day,inbound_hour,"
		"inbound_day,total_hour,total_day,failure,failed,state}') "
		"AND NOT (has_table_privilege(oid, 'SELECT') "
		"AND (relname = 'setting' OR (has_table_privilege(oid, "
		"'INSERT') AND has_table_privilege(oid, 'UPDATE') "
		"AND has_table_privilege(oid, 'DELETE'))))",
		NULL, 0, &answer, err) == -1)
		return -1;
	tables = store_pgsql_lock_text(&answer, 0);
	role = store_pgsql_lock_text(&answer, 1);
	if (tables == NULL)
		return 0;
	return err_set(err,
	    "not all of its tables may be written to: GRANT SELECT, INSERT, "
	    "UPDATE, DELETE ON %s TO %s",
	    tables, role);
}
