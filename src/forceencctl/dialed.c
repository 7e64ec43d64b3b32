/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/dialed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forceenc/clock.h"
#include "forceenc/directory_change.h"
#include "forceenc/must.h"
#include "forceenc/sqlite.h"
#include "forceenc/store.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/dialed_rows.h"
#include "forceencctl/dialed_schema.h"
#include "forceencctl/ldap_ask.h"
#include "forceencctl/pgsql_ask.h"
#include "forceencctl/print.h"
#include "forceencctl/reach.h"

/* What the daemon waits for beyond a query's time limit. ms. */
#define DIALED_PATIENCE 500

/* Who is asked about: nobody's policy depends on there being such an address,
 * and most sites have it. */
#define DIALED_LOCAL  "postmaster@"
#define DIALED_DOMAIN "example.com"

static const struct print_column dialed_columns[] = {
    {"table", "TABLE", PRINT_TEXT, 40},
    {"server", "SERVER", PRINT_TEXT, 40},
    {"for", "FOR", PRINT_TEXT, 0},
    {"state", "STATE", PRINT_TEXT, 0},
    {"tls", "TLS", PRINT_TEXT, 0},
    {"time", "TIME", PRINT_TEXT, 0},
};

/* One server, as far as it has been looked at. */
struct dialed {
	const struct conf_table *table; /* NULL: it's the statistics */
	const char *spec;
	const char *server;
	const char *purpose;
	struct buf address; /* that is asked about */
	struct template_key key;
	struct buf tls; /* empty: none */
	struct err why; /* of a failure */
};

static void
dialed_init(struct dialed *dialed, const struct conf_table *table,
    const char *server, char *const *domains, size_t ndomains)
{
	*dialed = (struct dialed){.table = table,
	    .spec = table->spec,
	    .server = server,
	    .purpose = "lookups"};
	buf_printf(&dialed->address, "%s%s", DIALED_LOCAL,
	    ndomains > 0 ? domains[0] : DIALED_DOMAIN);
	template_key_split(
	    &dialed->key, buf_text(&dialed->address), dialed->address.len);
}

static void
dialed_fini(struct dialed *dialed)
{
	buf_fini(&dialed->address);
	buf_fini(&dialed->tls);
}

static json_t *
dialed_record(const struct dialed *dialed, bool ok, uint64_t took)
{
	json_t *record = json_object();

	json_object_set_new(
	    record, "table", print_string(dialed->spec, strlen(dialed->spec)));
	json_object_set_new(record, "server",
	    print_string(dialed->server, strlen(dialed->server)));
	json_object_set_new(record, "for", json_string(dialed->purpose));
	json_object_set_new(record, "ok", json_boolean(ok));
	json_object_set_new(record, "tls",
	    dialed->tls.len > 0
		? print_string(dialed->tls.data, dialed->tls.len)
		: json_null());
	json_object_set_new(record, "took", json_integer((json_int_t)took));
	if (!ok)
		json_object_set_new(record, "why",
		    print_string(dialed->why.text, strlen(dialed->why.text)));
	return record;
}

static int
dialed_ldap_search(struct dialed *dialed, struct directory *dir)
{
	const struct conf_ldap *conf = &dialed->table->ldap;
	struct buf base = {0}, filter = {0};
	struct directory_event end = {.result = DIRECTORY_OK};
	char none[] = "1.1", *attributes[] = {none, NULL};
	struct directory_search search = {
	    .scope = (enum directory_scope)conf->scope,
	    .attributes = attributes,
	    .size_limit = conf->size_limit,
	};
	int rc = 0;

	/* A table that this address can't be asked of is asked nothing. */
	if (template_filter_dn(&base, conf->search_base, &dialed->key) ==
		TEMPLATE_OK &&
	    template_filter(&filter, conf->query_filter, &dialed->key) ==
		TEMPLATE_OK) {
		search.base = buf_text(&base);
		search.filter = buf_text(&filter);
		rc = ldap_ask_search(dir, &search, clock_now() + conf->timeout,
		    NULL, NULL, &end, &dialed->why);
	}
	if (rc == 0 && end.result == DIRECTORY_NO_BASE &&
	    strchr(conf->search_base, '%') == NULL)
		rc = err_set(&dialed->why,
		    "%s: search_base = %s isn't there, or this account may not "
		    "see it",
		    end.why.text, text_show_str(conf->search_base));
	else if (rc == 0 && end.result != DIRECTORY_OK &&
	    end.result != DIRECTORY_NO_BASE && end.result != DIRECTORY_TOO_MANY)
		rc = err_set(&dialed->why, "%s", end.why.text);
	buf_fini(&base);
	buf_fini(&filter);
	return rc;
}

/* login NULL: the daemon's own; else an administrator's. */
static json_t *
dialed_ldap(struct reach *reach, const struct conf_table *table,
    const struct conf_ldap_server *server, const struct login *admin)
{
	const struct conf_ldap *conf = &table->ldap;
	uint64_t began = clock_now();
	struct directory *dir;
	struct dialed dialed;
	struct login login;
	json_t *record;
	bool ok;

	dialed_init(&dialed, table, server->url, conf->domains, conf->ndomains);
	dialed.purpose = admin != NULL ? "changes" : dialed.purpose;
	login_daemon(&login, table);
	dir = reach_directory(reach, conf, server,
	    admin != NULL ? admin : &login, began + conf->timeout, &dialed.why);
	ok = dir != NULL;
	if (ok) {
		directory_change_tls(dir, &dialed.tls);
		if (dialed.tls.len > 0 && !conf->tls_require_cert)
			buf_add_text(&dialed.tls, ", not verified");
		ok = dialed_ldap_search(&dialed, dir) == 0 &&
		    (admin != NULL ||
			dialed_schema_check(dir, conf, &dialed.why) == 0);
	}
	record = dialed_record(&dialed, ok, clock_now() - began);
	directory_close(dir);
	login_fini(&login);
	dialed_fini(&dialed);
	return record;
}

static bool
dialed_pgsql_verifies(const struct conf_pgsql_host *host)
{
	size_t i;

	for (i = 0; i < host->nparams; i++)
		if (strcmp(host->param[i].name, "sslmode") == 0)
			return strncmp(host->param[i].value, "verify-",
				   strlen("verify-")) == 0;
	return false;
}

static bool
dialed_pgsql_ask(struct dialed *dialed, struct pq *pq)
{
	const struct conf_pgsql *conf = &dialed->table->pgsql;
	enum pgsql_ask_status status;
	struct template_query query;
	struct pq_answer answer;

	MUST(template_query_init(&query, conf->query, '$', NULL) == 0);
	status = pgsql_ask_about(pq, &query, &dialed->key, NULL,
	    clock_now() + conf->query_time_limit + DIALED_PATIENCE, &answer,
	    &dialed->why);
	template_query_fini(&query);
	return status == PGSQL_ASK_DONE || status == PGSQL_ASK_SKIP;
}

/* The same. */
static json_t *
dialed_pgsql(struct reach *reach, const struct conf_table *table,
    const struct conf_pgsql_host *host, const struct login *admin)
{
	const struct conf_pgsql *conf = &table->pgsql;
	uint64_t began = clock_now();
	struct dialed dialed;
	struct login login;
	json_t *record;
	struct pq *pq;
	bool ok;

	dialed_init(&dialed, table, host->name, conf->domains, conf->ndomains);
	dialed.purpose = admin != NULL ? "changes" : dialed.purpose;
	login_daemon(&login, table);
	pq = reach_pq(reach, host, admin != NULL ? admin : &login,
	    admin != NULL, began + conf->connect_time_limit, &dialed.why);
	ok = pq != NULL;
	if (ok) {
		if (pq_tls(pq) != NULL)
			buf_printf(&dialed.tls, "%s%s", pq_tls(pq),
			    dialed_pgsql_verifies(host) ? ""
							: ", not verified");
		ok = dialed_pgsql_ask(&dialed, pq) &&
		    (admin != NULL ||
			dialed_rows_check(pq, conf,
			    clock_now() + conf->query_time_limit +
				DIALED_PATIENCE,
			    &dialed.why) == 0);
	}
	record = dialed_record(&dialed, ok, clock_now() - began);
	pq_close(pq);
	login_fini(&login);
	dialed_fini(&dialed);
	return record;
}

static bool
dialed_sqlite_bind(const struct template_query *query,
    const struct template_key *key, struct sqlite_stmt *stmt)
{
	const char *value;
	unsigned i;
	size_t len;

	for (i = 0; i < query->nparams; i++) {
		if (template_query_value(query, i, key, &value, &len) ==
		    TEMPLATE_SKIP)
			return false;
		sqlite_bind_text(stmt, (int)i + 1, value, len);
	}
	return true;
}

static bool
dialed_sqlite_ask(struct dialed *dialed, struct sqlite *db)
{
	enum sqlite_status status;
	struct template_query query;
	struct sqlite_stmt *stmt = NULL;

	MUST(template_query_init(
		 &query, dialed->table->sqlite.query, '?', NULL) == 0);
	status = sqlite_prepare(db, query.sql, &stmt, &dialed->why);
	if (status == SQLITE_STATUS_DONE &&
	    dialed_sqlite_bind(&query, &dialed->key, stmt))
		status = sqlite_step(stmt, &dialed->why);
	sqlite_finalize(stmt);
	template_query_fini(&query);
	return status == SQLITE_STATUS_DONE || status == SQLITE_STATUS_ROW;
}

static json_t *
dialed_sqlite(const struct conf_table *table)
{
	const struct conf_sqlite *conf = &table->sqlite;
	uint64_t began = clock_now();
	struct dialed dialed;
	struct sqlite *db;
	json_t *record;
	bool ok;

	dialed_init(
	    &dialed, table, conf->dbpath, conf->domains, conf->ndomains);
	db = sqlite_open(conf->dbpath, SQLITE_MODE_READ, 0, &dialed.why);
	ok = db != NULL;
	if (ok) {
		sqlite_set_time_limit(db, conf->query_time_limit);
		ok = dialed_sqlite_ask(&dialed, db);
	}
	record = dialed_record(&dialed, ok, clock_now() - began);
	sqlite_close(db);
	dialed_fini(&dialed);
	return record;
}

static void
dialed_table(
    struct reach *reach, const struct conf_table *table, json_t *records)
{
	size_t i;

	switch (table->type) {
	case CONF_TABLE_SQLITE:
		json_array_append_new(records, dialed_sqlite(table));
		break;
	case CONF_TABLE_LDAP:
		for (i = 0; i < table->ldap.nservers; i++)
			json_array_append_new(records,
			    dialed_ldap(
				reach, table, &table->ldap.server[i], NULL));
		break;
	case CONF_TABLE_PGSQL:
		for (i = 0; i < table->pgsql.nhosts; i++)
			json_array_append_new(records,
			    dialed_pgsql(
				reach, table, &table->pgsql.host[i], NULL));
		break;
	}
}

/* True: that's where a change would go. */
static bool
dialed_change_server(struct reach *reach, const struct conf_table *table,
    size_t i, const struct login *admin, json_t *records)
{
	const struct conf_ldap *ldap = &table->ldap;
	const struct conf_ldap_server *server =
	    ldap->nadmin_servers > 0 ? ldap->admin_server : ldap->server;
	json_t *record = table->type == CONF_TABLE_LDAP
	    ? dialed_ldap(reach, table, &server[i], admin)
	    : dialed_pgsql(reach, table, &table->pgsql.host[i], admin);

	json_array_append_new(records, record);
	return json_is_true(json_object_get(record, "ok"));
}

/* Of a table without an administrator nothing is said, nor of one whose
 * password is typed. */
static void
dialed_change(
    struct reach *reach, const struct conf_table *table, json_t *records)
{
	size_t n = table->pgsql.nhosts, before = json_array_size(records), i;
	struct dialed failed;
	struct login admin;
	bool found = false;
	struct err why;

	if (table->type == CONF_TABLE_LDAP)
		n = table->ldap.nadmin_servers > 0 ? table->ldap.nadmin_servers
						   : table->ldap.nservers;
	if (login_configured(&admin, table, &why)) {
		for (i = 0; i < n && !found; i++)
			found = dialed_change_server(
			    reach, table, i, &admin, records);
		/* Those before it don't matter. */
		while (found && json_array_size(records) > before + 1)
			json_array_remove(records, before);
	} else if (why.text[0] != '\0') {
		failed = (struct dialed){.spec = table->spec,
		    .server = "-",
		    .purpose = "changes",
		    .why = why};
		json_array_append_new(
		    records, dialed_record(&failed, false, 0));
	}
	login_fini(&admin);
}

/* Where one isn't made yet, there's nothing to look at. */
static void
dialed_store(const struct conf *conf, json_t *records)
{
	const struct store_place place = {.spec = conf->store,
	    .pgsql = &conf->store_pgsql,
	    .host = "",
	    .stop = -1};
	const char *rest = strchr(conf->store, ':');
	struct dialed dialed = {.spec = conf->store,
	    .server = rest != NULL ? rest + 1 : "-",
	    .purpose = "statistics"};
	uint64_t began = clock_now();
	struct store *store;

	if (strncmp(conf->store, "sqlite:", strlen("sqlite:")) == 0 &&
	    access(dialed.server, F_OK) == -1 && errno == ENOENT)
		return;
	if (conf->store_pgsql.nhosts > 0)
		dialed.server = conf->store_pgsql.host[0].name;
	store = store_open_place(&place, STORE_READ, &dialed.why);
	json_array_append_new(records,
	    dialed_record(&dialed, store != NULL, clock_now() - began));
	store_close(store);
}

/* A table of several maps is one. */
static bool
dialed_is_known(const json_t *records, const struct conf_table *table)
{
	const json_t *record;
	size_t i;

	json_array_foreach (records, i, record) {
		if (strcmp(print_text_of(record, "table"), table->spec) == 0)
			return true;
	}
	return false;
}

json_t *
dialed_all(const struct conf *conf, bool *well)
{
	json_t *records = json_array();
	const struct conf_map *map;
	const json_t *record;
	struct reach reach;
	size_t i;

	store_init();
	reach_init(&reach);
	for (map = conf->map; map < conf->map + conf->nmaps; map++)
		for (i = 0; i < map->ntables; i++) {
			if (dialed_is_known(records, &map->table[i]))
				continue;
			dialed_table(&reach, &map->table[i], records);
			dialed_change(&reach, &map->table[i], records);
		}
	reach_fini(&reach);
	dialed_store(conf, records);
	*well = true;
	json_array_foreach (records, i, record) {
		if (!json_is_true(json_object_get(record, "ok")))
			*well = false;
	}
	return records;
}

/* Most reasons begin with the server's name anyway. */
static void
dialed_print_why(const json_t *record, struct buf *out)
{
	const char *server = print_text_of(record, "server");
	const char *why = print_text_of(record, "why");

	if (strncmp(why, server, strlen(server)) != 0) {
		print_add_text(out, server, strlen(server));
		buf_add_text(out, ": ");
	}
	print_add_text(out, why, strlen(why));
	buf_add_byte(out, '\n');
}

void
dialed_print(json_t *records, struct buf *out)
{
	struct print_rows *rows = print_rows_new(PRINT_TABLE, dialed_columns,
	    sizeof(dialed_columns) / sizeof(*dialed_columns));
	json_t *record, *row;
	size_t i;

	json_array_foreach (records, i, record) {
		row = json_copy(record);
		json_object_set_new(row, "state",
		    json_string(json_object_get(record, "why") == NULL
			    ? "ok"
			    : "FAILED"));
		json_object_set_new(row, "time",
		    json_string(text_time((int64_t)json_integer_value(
			json_object_get(record, "took")))));
		print_rows_add(rows, row);
		json_decref(row);
	}
	print_rows_end(rows, out);
	json_array_foreach (records, i, record) {
		if (json_object_get(record, "why") != NULL)
			dialed_print_why(record, out);
	}
}
