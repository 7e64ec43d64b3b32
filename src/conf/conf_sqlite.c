/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_domains.h"
#include "conf/conf_sql.h"
#include "conf/option.h"
#include "conf/value.h"

static const struct conf_sql conf_sqlite_sql = {
    .type = "sqlite", .options = option_sqlite, .mark = '?'};

void
conf_sqlite_read(
    struct conf_sqlite *out, const struct file *file, struct problems *problems)
{
	const struct option *query = option_find(option_sqlite, "query");
	struct value value;

	conf_sql_read(&conf_sqlite_sql, out, file, problems);
	conf_sql_check_templates(
	    &conf_sqlite_sql, out->query, out->result_format, file, problems);
	conf_domains_read(&out->domains, &out->ndomains, file,
	    option_find(option_sqlite, "domain"), problems);
	out->own_query = strcmp(out->query, query->def) == 0;
	if (value_get(&value, file, "dbpath",
		option_find(option_sqlite, "dbpath"), problems))
		out->dbpath = file_beside(file, value.text);
}

void
conf_sqlite_fini(struct conf_sqlite *sqlite)
{
	conf_domains_free(sqlite->domains, sqlite->ndomains);
	free(sqlite->dbpath);
	option_fini(option_sqlite, sqlite);
	*sqlite = (struct conf_sqlite){0};
}

bool
conf_sqlite_equal(const struct conf_sqlite *a, const struct conf_sqlite *b)
{
	const struct option *option;

	for (option = option_sqlite; option->name != NULL; option++)
		if (option->size > 0 && !option_same(option, a, b))
			return false;
	return strcmp(a->dbpath, b->dbpath) == 0 &&
	    conf_domains_equal(
		a->domains, a->ndomains, b->domains, b->ndomains);
}
