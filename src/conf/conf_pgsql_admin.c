/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_pgsql_admin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conf/option.h"
#include "conf/value.h"
#include "forceenc/mem.h"
#include "forceenc/template.h"

/* For etc/sql/postgresql.sql, whose query is the default one. */
#define CONF_PGSQL_ADMIN_UPDATE                                     \
	"INSERT INTO policy (address, answer) VALUES ('%s', '%v') " \
	"ON CONFLICT (address) DO UPDATE SET answer = excluded.answer"
#define CONF_PGSQL_ADMIN_DELETE "DELETE FROM policy WHERE address = '%s'"
#define CONF_PGSQL_ADMIN_LIST   "SELECT address, answer FROM policy ORDER BY 1"

static void
conf_pgsql_admin_default(char **query, const char *text)
{
	if (**query != '\0')
		return;
	free(*query);
	*query = mem_strdup(text);
}

/* What a statement must be made with, or mustn't. */
static const char *
conf_pgsql_admin_check(
    const struct template_query *query, bool takes_key, bool takes_answer)
{
	bool key = false, answer = false;
	unsigned i;

	for (i = 0; i < query->nparams; i++)
		if (query->param[i] == CONF_PGSQL_ANSWER)
			answer = true;
		else
			key = true;
	if (takes_key && !key)
		return "concerns every sender; write '%s' where the address "
		       "belongs";
	if (takes_answer && !answer)
		return "has no '%v', where the answer belongs";
	if (!takes_key && key)
		return "there is no address to list by; leave the expansion "
		       "out";
	return NULL;
}

static void
conf_pgsql_admin_check_query(const char *name, bool takes_key,
    bool takes_answer, const struct file *file, struct problems *problems)
{
	struct template_query query;
	struct value value;
	const char *why;
	struct err err;

	if (!value_get(&value, file, name, option_find(option_pgsql, name),
		problems) ||
	    *value.text == '\0')
		return;
	if (template_query_init_own(&query, value.text, '$',
		takes_answer ? CONF_PGSQL_ANSWER : '\0', &err) == -1) {
		value_wrong(&value, problems, "%s", err.text);
		return;
	}
	why = conf_pgsql_admin_check(&query, takes_key, takes_answer);
	if (why != NULL)
		value_wrong(&value, problems, "%s", why);
	template_query_fini(&query);
}

void
conf_pgsql_admin_read(
    struct conf_pgsql *out, const struct file *file, struct problems *problems)
{
	const struct option *query = option_find(option_pgsql, "query");
	struct value value;

	conf_pgsql_admin_check_query(
	    "update_query", true, true, file, problems);
	conf_pgsql_admin_check_query(
	    "delete_query", true, false, file, problems);
	conf_pgsql_admin_check_query(
	    "list_query", false, false, file, problems);
	if (strcmp(out->query, query->def) == 0) {
		conf_pgsql_admin_default(
		    &out->update_query, CONF_PGSQL_ADMIN_UPDATE);
		conf_pgsql_admin_default(
		    &out->delete_query, CONF_PGSQL_ADMIN_DELETE);
		conf_pgsql_admin_default(
		    &out->list_query, CONF_PGSQL_ADMIN_LIST);
	}
	out->admin_password_file = mem_strdup("");
	if (value_get(&value, file, "admin_password_file",
		option_find(option_pgsql, "admin_password_file"), problems) &&
	    *value.text != '\0') {
		free(out->admin_password_file);
		out->admin_password_file = file_beside(file, value.text);
		if (*out->admin_user == '\0')
			value_wrong(
			    &value, problems, "without effect; set admin_user");
	}
}

void
conf_pgsql_admin_fini(struct conf_pgsql *pgsql)
{
	free(pgsql->admin_password_file);
}
