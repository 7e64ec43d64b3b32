/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/driver.h"

#include "forceenc/must.h"
#include "forceencd/source_ldap.h"
#include "forceencd/source_pgsql.h"
#include "forceencd/source_sqlite.h"

struct source *
driver_new(const struct conf_table *table, const struct answers *answers,
    const struct source_env *env)
{
	struct source *source = NULL;

	switch (table->type) {
	case CONF_TABLE_SQLITE:
		source = source_sqlite_new(&table->sqlite, answers);
		break;
	case CONF_TABLE_LDAP:
		source = source_ldap_new(table, answers, env);
		break;
	case CONF_TABLE_PGSQL:
		source = source_pgsql_new(table, answers, env);
		break;
	}
	MUST(source != NULL);
	source->name = table->spec;
	source->answers = answers;
	return source;
}
