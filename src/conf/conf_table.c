/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_table.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_ldap.h"
#include "conf/conf_sqlite.h"
#include "conf/file.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define CONF_TABLE_FORM "write sqlite:FILE or ldap:FILE"

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
	struct file file = {0};

	*out = (struct conf_table){.spec = mem_strdup(spec)};
	if (colon == NULL || colon[1] == '\0') {
		value_wrong(value, problems, "\"%s\": no table; %s",
		    text_show_str(spec), CONF_TABLE_FORM);
		return;
	}
	if (strncmp(spec, "sqlite:", strlen("sqlite:")) == 0) {
		out->type = CONF_TABLE_SQLITE;
	} else if (strncmp(spec, "ldap:", strlen("ldap:")) == 0) {
		out->type = CONF_TABLE_LDAP;
	} else {
		value_wrong(value, problems,
		    "\"%s\": \"%s\" is no type of table that this version "
		    "knows; %s",
		    text_show_str(spec),
		    text_show(spec, (size_t)(colon - spec)), CONF_TABLE_FORM);
		return;
	}
	out->path = file_beside(value->file, colon + 1);
	/* What can be read is checked even if there are problems already. */
	file_read(&file, out->path, problems);
	out->text = conf_table_text(&file);
	if (file.path != NULL && out->type == CONF_TABLE_SQLITE)
		conf_sqlite_read(&out->sqlite, &file, problems);
	else if (file.path != NULL)
		conf_ldap_read(&out->ldap, &file, problems);
	file_fini(&file);
}

void
conf_table_fini(struct conf_table *table)
{
	conf_sqlite_fini(&table->sqlite);
	conf_ldap_fini(&table->ldap);
	free(table->spec);
	free(table->path);
	free(table->text);
	*table = (struct conf_table){0};
}

const struct option *
conf_table_options(const struct conf_table *table)
{
	switch (table->type) {
	case CONF_TABLE_SQLITE:
		break;
	case CONF_TABLE_LDAP:
		return option_ldap;
	}
	return option_sqlite;
}

bool
conf_table_equal(const struct conf_table *a, const struct conf_table *b)
{
	return a->type == b->type && strcmp(a->spec, b->spec) == 0 &&
	    strcmp(a->path, b->path) == 0 &&
	    (a->type == CONF_TABLE_SQLITE
		    ? conf_sqlite_equal(&a->sqlite, &b->sqlite)
		    : conf_ldap_equal(&a->ldap, &b->ldap));
}
