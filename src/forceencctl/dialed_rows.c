/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/dialed_rows.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/template.h"
#include "forceenc/text.h"
#include "forceencctl/pgsql_ask.h"

/* The first table that the query names, '%s', and this role has no policy for.
 * A view that reads one is its owner's business. */
static const char dialed_rows_sql[] =
    "SELECT c.oid::regclass::text, current_user::text FROM pg_class c "
    "WHERE c.relrowsecurity AND row_security_active(c.oid) "
    "AND lower(c.relname::text) = "
    "ANY (regexp_split_to_array(lower('%s'), '\\W+')) "
    "AND has_table_privilege(c.oid, 'SELECT') "
    "AND NOT EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) AS r(role) "
    "WHERE p.polrelid = c.oid AND p.polpermissive "
    "AND p.polcmd IN ('r', '*') AND CASE WHEN r.role = 0 THEN true "
    "ELSE pg_has_role(r.role, 'USAGE') END) "
    "ORDER BY 1 LIMIT 1";

int
dialed_rows_check(struct pq *pq, const struct conf_pgsql *conf,
    uint64_t deadline, struct err *err)
{
	enum pgsql_ask_status status;
	struct template_query query;
	struct pq_answer answer;
	struct template_key key;
	const char *table, *role;
	size_t table_len, role_len;
	struct err ignored;

	MUST(template_query_init(&query, dialed_rows_sql, '$', NULL) == 0);
	template_key_split(&key, conf->query, strlen(conf->query));
	status = pgsql_ask_about(
	    pq, &query, &key, NULL, deadline, &answer, &ignored);
	template_query_fini(&query);
	if (status != PGSQL_ASK_DONE || answer.rows == 0)
		return 0;
	table = pq_value_of(&answer, 0, 0, &table_len);
	role = pq_value_of(&answer, 0, 1, &role_len);
	if (table == NULL || role == NULL)
		return 0;
	return err_set(err,
	    "row-level security shows %s no row of %s, so that everybody "
	    "counts as absent; CREATE POLICY ... FOR SELECT TO that role "
	    "USING (true)",
	    text_show(role, role_len), text_show(table, table_len));
}
