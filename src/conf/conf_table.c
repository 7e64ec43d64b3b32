/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_table.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_ldap.h"
#include "conf/conf_pgsql.h"
#include "conf/conf_sqlite.h"
#include "conf/file.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define CONF_TABLE_FORM "write sqlite:FILE, ldap:FILE or pgsql:FILE"

static const struct conf_table_kind {
	const char *name;
	enum conf_table_type type;
	const struct option *options;
} conf_table_kinds[] = {
    {"sqlite", CONF_TABLE_SQLITE, option_sqlite},
    {"ldap", CONF_TABLE_LDAP, option_ldap},
    {"pgsql", CONF_TABLE_PGSQL, option_pgsql},
};

#define CONF_TABLE_KINDS \
	(sizeof(conf_table_kinds) / sizeof(conf_table_kinds[0]))

static const struct conf_table_kind *
conf_table_find_kind(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < CONF_TABLE_KINDS; i++)
		if (strlen(conf_table_kinds[i].name) == len &&
		    memcmp(conf_table_kinds[i].name, name, len) == 0)
			return &conf_table_kinds[i];
	return NULL;
}

static void
conf_table_read_file(
    struct conf_table *out, const struct file *file, struct problems *problems)
{
	switch (out->type) {
	case CONF_TABLE_SQLITE:
		conf_sqlite_read(&out->sqlite, file, problems);
		break;
	case CONF_TABLE_LDAP:
		conf_ldap_read(&out->ldap, file, problems);
		break;
	case CONF_TABLE_PGSQL:
		conf_pgsql_read(&out->pgsql, file, problems);
		break;
	}
}

static char *
conf_table_text(const struct file *file)
{
	struct buf text = {0};
	size_t i;

	for (i = 0; i < file->n; i++)
		buf_printf(&text, "%s=%s\n", file->entry[i].name,
		    file->entry[i].value);
	return buf_steal(&text);
}

void
conf_table_read(struct conf_table *out, const struct value *value,
    const char *spec, struct problems *problems)
{
	const char *colon = strchr(spec, ':');
	const struct conf_table_kind *kind;
	struct file file = {0};

	*out = (struct conf_table){.spec = mem_strdup(spec)};
	if (colon == NULL || colon[1] == '\0') {
		value_wrong(value, problems, "\"%s\": no table; %s",
		    text_show_str(spec), CONF_TABLE_FORM);
		return;
	}
	kind = conf_table_find_kind(spec, (size_t)(colon - spec));
	if (kind == NULL) {
		value_wrong(value, problems,
		    "\"%s\": \"%s\" is no type of table that this version "
		    "knows; %s",
		    text_show_str(spec),
		    text_show(spec, (size_t)(colon - spec)), CONF_TABLE_FORM);
		return;
	}
	out->type = kind->type;
	out->path = file_beside(value->file, colon + 1);
	/* What can be read is checked even if there are problems already. */
	file_read(&file, out->path, problems);
	out->text = conf_table_text(&file);
	if (file.path != NULL)
		conf_table_read_file(out, &file, problems);
	file_fini(&file);
}

void
conf_table_fini(struct conf_table *table)
{
	switch (table->type) {
	case CONF_TABLE_SQLITE:
		conf_sqlite_fini(&table->sqlite);
		break;
	case CONF_TABLE_LDAP:
		conf_ldap_fini(&table->ldap);
		break;
	case CONF_TABLE_PGSQL:
		conf_pgsql_fini(&table->pgsql);
		break;
	}
	free(table->spec);
	free(table->path);
	free(table->text);
	*table = (struct conf_table){0};
}

const struct option *
conf_table_options(const struct conf_table *table)
{
	size_t i = 0;

	while (conf_table_kinds[i].type != table->type)
		i++;
	return conf_table_kinds[i].options;
}

bool
conf_table_equal(const struct conf_table *a, const struct conf_table *b)
{
	if (a->type != b->type || strcmp(a->spec, b->spec) != 0 ||
	    strcmp(a->path, b->path) != 0)
		return false;
	switch (a->type) {
	case CONF_TABLE_SQLITE:
		return conf_sqlite_equal(&a->sqlite, &b->sqlite);
	case CONF_TABLE_LDAP:
		return conf_ldap_equal(&a->ldap, &b->ldap);
	case CONF_TABLE_PGSQL:
		return conf_pgsql_equal(&a->pgsql, &b->pgsql);
	}
	return false;
}
