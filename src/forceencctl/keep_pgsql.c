/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/cmd.h"
#include "forceencctl/keep.h"
#include "forceencctl/pgsql_ask.h"
#include "forceencctl/reach.h"

/* How long a statement may take: somebody else may hold a row. ms. */
#define KEEP_PGSQL_TIME_LIMIT 10000
/* Rows of a list that are fetched at a time. */
#define KEEP_PGSQL_FETCH "FETCH 500 FROM forceencctl"

#define KEEP_PGSQL_DENIED "42501" /* insufficient_privilege */
/* Class operator_intervention: a server that waits for its standbys and is
 * stopped has committed already. */
#define KEEP_PGSQL_STOPPED "57"

struct keep_pgsql {
	const struct conf_pgsql *conf;
	const struct login *login;
	struct reach reach;
	const char *host; /* of the connection; for messages */
	struct pq *pq;
	struct pq_answer answer; /* the last one */
};

static int
keep_pgsql_may(const struct keep_site *site, struct err *err)
{
	const struct conf_pgsql *conf = &site->table->pgsql;

	if (site->use == KEEP_LOOK && *conf->list_query == '\0')
		return err_set(err,
		    "it has a query of its own; set list_query to one that "
		    "gives addresses and answers");
	if (site->use != KEEP_LOOK && *conf->update_query == '\0')
		return err_set(err,
		    "it has a query of its own; set update_query and "
		    "delete_query to statements that change an answer");
	return 0;
}

static void
keep_pgsql_close(void *arg)
{
	struct keep_pgsql *keep = arg;

	if (keep == NULL)
		return;
	pq_close(keep->pq);
	reach_fini(&keep->reach);
	free(keep);
}

/* In libpq's words a standby is there, and no server for a change. */
static const char *
keep_pgsql_way(const struct keep_site *site, const char *why)
{
	return site->use != KEEP_LOOK && strstr(why, "read-only") != NULL
	    ? "; a server that takes changes must be among hosts"
	    : "";
}

static int
keep_pgsql_open(void **out, const struct keep_site *site, struct err *err)
{
	struct keep_pgsql *keep = mem_zalloc(sizeof(*keep));
	const struct conf_pgsql *conf = &site->table->pgsql;
	struct buf why = {0};
	size_t i;

	keep->conf = conf;
	keep->login = site->login;
	reach_init(&keep->reach);
	for (i = 0; i < conf->nhosts && keep->pq == NULL; i++) {
		keep->host = conf->host[i].name;
		keep->pq = reach_pq(&keep->reach, &conf->host[i], site->login,
		    site->use != KEEP_LOOK,
		    clock_now() + conf->connect_time_limit, err);
		if (keep->pq == NULL)
			buf_printf(&why, "%s%s", i > 0 ? "; " : "", err->text);
	}
	*out = keep;
	if (keep->pq == NULL)
		err_set(err, "no connection: %s%s", buf_text(&why),
		    keep_pgsql_way(site, buf_text(&why)));
	buf_fini(&why);
	return keep->pq != NULL ? 0 : EX_TEMPFAIL;
}

/* An exit status for an answer that wasn't one. */
static int
keep_pgsql_failed(
    struct keep_pgsql *keep, enum pgsql_ask_status status, struct err *err)
{
	struct err said = *err;

	if (status == PGSQL_ASK_REFUSED &&
	    strcmp(keep->answer.sqlstate, KEEP_PGSQL_DENIED) == 0) {
		err_set(err,
		    "%s: %s; name a user who may change it in admin_user, or "
		    "with --as",
		    keep->host, said.text);
		return EX_NOPERM;
	}
	err_set(err, "%s: %s", keep->host, said.text);
	return EX_TEMPFAIL;
}

static int
keep_pgsql_run(struct keep_pgsql *keep, const char *sql, struct err *err)
{
	enum pgsql_ask_status status = pgsql_ask(keep->pq, sql,
	    clock_now() + KEEP_PGSQL_TIME_LIMIT, &keep->answer, err);

	return status == PGSQL_ASK_DONE ? 0
					: keep_pgsql_failed(keep, status, err);
}

/* CMD_NOTFOUND: the key lacks a part that the statement asks for. */
static int
keep_pgsql_about(struct keep_pgsql *keep, const char *text,
    const struct address_key *key, const char *value, struct err *err)
{
	enum pgsql_ask_status status;
	struct template_query query;
	struct template_key parts;

	/* It was tried when the configuration was read. */
	MUST(template_query_init_own(&query, text, '$',
		 value != NULL ? CONF_PGSQL_ANSWER : '\0', NULL) == 0);
	template_key_split(&parts, key->text, key->len);
	status = pgsql_ask_about(keep->pq, &query, &parts, value,
	    clock_now() + KEEP_PGSQL_TIME_LIMIT, &keep->answer, err);
	template_query_fini(&query);
	if (status == PGSQL_ASK_DONE)
		return 0;
	return status == PGSQL_ASK_SKIP ? CMD_NOTFOUND
					: keep_pgsql_failed(keep, status, err);
}

static int
keep_pgsql_get(void *arg, const struct address_key *key,
    struct keep_values *values, struct err *err)
{
	struct keep_pgsql *keep = arg;
	int status = keep_pgsql_about(keep, keep->conf->query, key, NULL, err);
	const char *value;
	unsigned row;
	size_t len;

	if (status != 0)
		return status != CMD_NOTFOUND ? status : 0;
	for (row = 0; row < keep->answer.rows; row++) {
		value = pq_value_of(&keep->answer, row, 0, &len);
		if (value != NULL && len > 0)
			keep_values_add(values, value, len);
	}
	return 0;
}

/* Nothing of this key, or of many. */
static int
keep_pgsql_check(struct keep_pgsql *keep, const char *name,
    const struct address_key *key, struct err *err)
{
	if (keep->answer.changed == 1)
		return 0;
	if (keep->answer.changed == 0) {
		err_set(err,
		    "%s: %s changes no row for it: nobody has this address",
		    text_show(key->text, key->len), name);
		return CMD_NOTFOUND;
	}
	err_set(err,
	    "%s: %s would change %llu rows, so nothing was changed; make its "
	    "condition find one only",
	    text_show(key->text, key->len), name,
	    (unsigned long long)keep->answer.changed);
	return EX_DATAERR;
}

static int
keep_pgsql_commit(struct keep_pgsql *keep, struct err *err)
{
	struct err said;
	enum pgsql_ask_status status = pgsql_ask(keep->pq, "COMMIT",
	    clock_now() + KEEP_PGSQL_TIME_LIMIT, &keep->answer, err);

	if (status == PGSQL_ASK_LOST ||
	    strncmp(keep->answer.sqlstate, KEEP_PGSQL_STOPPED,
		strlen(KEEP_PGSQL_STOPPED)) == 0) {
		said = *err;
		err_set(err,
		    "%s; whether it was changed isn't known: look with "
		    "'forceencctl list'",
		    said.text);
	}
	return status == PGSQL_ASK_DONE ? 0
					: keep_pgsql_failed(keep, status, err);
}

/* A transaction of one statement, so that one which does too much does
 * nothing. */
static int
keep_pgsql_change(struct keep_pgsql *keep, const char *name, const char *text,
    const struct address_key *key, const char *value, struct err *err)
{
	struct err ignored;
	int status;

	if (*text == '\0') {
		err_set(err, "there is no %s; set it", name);
		return EX_CONFIG;
	}
	status = keep_pgsql_run(keep, "BEGIN", err);
	if (status != 0)
		return status;
	status = keep_pgsql_about(keep, text, key, value, err);
	if (status == CMD_NOTFOUND)
		err_set(err, "%s: %s asks for a part that it doesn't have",
		    text_show(key->text, key->len), name);
	if (status == 0)
		status = keep_pgsql_check(keep, name, key, err);
	if (status == 0)
		return keep_pgsql_commit(keep, err);
	/* One that doesn't get there any more is undone without. */
	keep_pgsql_run(keep, "ROLLBACK", &ignored);
	return status;
}

static int
keep_pgsql_set(void *arg, const struct address_key *key,
    const struct keep_wish *wish, struct keep_values *before, struct buf *where,
    struct err *err)
{
	struct keep_pgsql *keep = arg;
	int status = keep_pgsql_get(keep, key, before, err);

	(void)where;
	return status != 0
	    ? status
	    : keep_pgsql_change(keep, "update_query", keep->conf->update_query,
		  key, wish->answer, err);
}

static int
keep_pgsql_remove(void *arg, const struct address_key *key,
    struct keep_values *before, struct buf *where, struct err *err)
{
	struct keep_pgsql *keep = arg;
	int status = keep_pgsql_get(keep, key, before, err);

	(void)where;
	return status != 0 ? status
			   : keep_pgsql_change(keep, "delete_query",
				 keep->conf->delete_query, key, NULL, err);
}

/* False: enough. */
static bool
keep_pgsql_list_row(
    struct keep_pgsql *keep, unsigned i, keep_row_fn *fn, void *arg)
{
	struct keep_values values = {0};
	struct keep_row row = {.values = &values, .changed = -1};
	const char *value;
	size_t len;
	bool more;

	row.address = pq_value_of(&keep->answer, i, 0, &row.address_len);
	value = pq_value_of(&keep->answer, i, 1, &len);
	if (row.address == NULL || value == NULL || len == 0)
		return true;
	keep_values_add(&values, value, len);
	more = fn(&row, arg);
	keep_values_fini(&values);
	return more;
}

static int
keep_pgsql_list_all(
    struct keep_pgsql *keep, keep_row_fn *fn, void *arg, struct err *err)
{
	int status;
	unsigned i;

	do {
		status = keep_pgsql_run(keep, KEEP_PGSQL_FETCH, err);
		if (status != 0)
			return status;
		if (keep->answer.columns < 2) {
			err_set(err,
			    "list_query gives one column; it takes two: the "
			    "address and the answer");
			return EX_CONFIG;
		}
		for (i = 0; i < keep->answer.rows; i++)
			if (!keep_pgsql_list_row(keep, i, fn, arg))
				return 0;
	} while (keep->answer.rows > 0);
	return 0;
}

/* By a cursor, so that no more than some rows are here at a time. */
static int
keep_pgsql_list(void *arg, keep_row_fn *fn, void *fn_arg, struct err *err)
{
	struct keep_pgsql *keep = arg;
	struct template_query query;
	struct buf sql = {0};
	int status;

	if (*keep->conf->list_query == '\0') {
		err_set(err, "there is no list_query; set it");
		return EX_CONFIG;
	}
	MUST(template_query_init(&query, keep->conf->list_query, '$', NULL) ==
	    0);
	buf_printf(
	    &sql, "DECLARE forceencctl NO SCROLL CURSOR FOR %s", query.sql);
	status = keep_pgsql_run(keep, "BEGIN READ ONLY", err);
	if (status == 0)
		status = keep_pgsql_run(keep, buf_text(&sql), err);
	if (status == 0)
		status = keep_pgsql_list_all(keep, fn, fn_arg, err);
	template_query_fini(&query);
	buf_fini(&sql);
	return status;
}

const struct keep_kind keep_pgsql = {
    .may = keep_pgsql_may,
    .open = keep_pgsql_open,
    .close = keep_pgsql_close,
    .get = keep_pgsql_get,
    .set = keep_pgsql_set,
    .remove = keep_pgsql_remove,
    .list = keep_pgsql_list,
};
