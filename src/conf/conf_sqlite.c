/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_domains.h"
#include "conf/option.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/template.h"
#include "forceenc/text.h"

/* What Postfix before 2.2 built its query from, in the query's order. */
static const char *const conf_sqlite_obsolete[] = {
    "select_field",
    "table",
    "where_field",
    "additional_conditions",
    NULL,
};

static bool
conf_sqlite_is_obsolete(const char *name)
{
	size_t i;

	for (i = 0; conf_sqlite_obsolete[i] != NULL; i++)
		if (strcmp(name, conf_sqlite_obsolete[i]) == 0)
			return true;
	return false;
}

static void
conf_sqlite_unknown(
    const struct file *file, const struct file_entry *entry, void *arg)
{
	struct words_closest closest = {0};
	struct problems *problems = arg;
	const struct option *option;

	if (conf_sqlite_is_obsolete(entry->name))
		return;
	for (option = option_sqlite; option->name != NULL; option++)
		words_closer(&closest, entry->name, option->name);
	if (closest.word != NULL)
		problems_add(problems, file->path, entry->line,
		    "%s: no parameter of a sqlite table; did you mean %s?",
		    text_show_str(entry->name), closest.word);
	else
		problems_add(problems, file->path, entry->line,
		    "%s: no parameter of a sqlite table; forceenc.cf(5) lists "
		    "them",
		    text_show_str(entry->name));
}

/* One part of the query, or what stands for it if it isn't there. */
static void
conf_sqlite_add_part(struct buf *query, const char *before,
    const struct file *file, const char *name, const char *otherwise)
{
	const struct file_entry *entry = file_find(file, name);

	buf_printf(query, "%s%s", before,
	    entry != NULL ? text_show_str(entry->value) : otherwise);
}

static void
conf_sqlite_add_query(struct buf *query, const struct file *file)
{
	conf_sqlite_add_part(query, "SELECT ", file, "select_field", "...");
	conf_sqlite_add_part(query, " FROM ", file, "table", "...");
	conf_sqlite_add_part(query, " WHERE ", file, "where_field", "...");
	conf_sqlite_add_part(
	    query, " = '%s' ", file, "additional_conditions", "");
	if (query->data[query->len - 1] == ' ')
		query->len--;
}

/* One problem for all of them, with the query that says the same. */
static void
conf_sqlite_check_obsolete(const struct file *file, struct problems *problems)
{
	const struct file_entry *entry, *first = NULL;
	struct buf names = {0}, query = {0};
	size_t i;

	for (i = 0; conf_sqlite_obsolete[i] != NULL; i++) {
		entry = file_find(file, conf_sqlite_obsolete[i]);
		if (entry == NULL)
			continue;
		buf_printf(
		    &names, "%s%s", first != NULL ? ", " : "", entry->name);
		if (first == NULL || entry->line < first->line)
			first = entry;
	}
	conf_sqlite_add_query(&query, file);
	if (first != NULL && file_find(file, "query") != NULL)
		problems_add(problems, file->path, first->line,
		    "%s: obsolete, and without effect beside query; remove "
		    "what is obsolete",
		    buf_text(&names));
	else if (first != NULL)
		problems_add(problems, file->path, first->line,
		    "%s: obsolete; write query = %s", buf_text(&names),
		    buf_text(&query));
	buf_fini(&names);
	buf_fini(&query);
}

static void
conf_sqlite_check_templates(const struct conf_sqlite *sqlite,
    const struct file *file, struct problems *problems)
{
	struct template_query query;
	struct value value;
	struct err err;

	if (template_query_init(&query, sqlite->query, '?', &err) == 0) {
		template_query_fini(&query);
	} else if (value_get(&value, file, "query",
		       option_find(option_sqlite, "query"), problems)) {
		value_wrong(&value, problems, "%s", err.text);
	}
	if (template_format_check(sqlite->result_format, &err) == -1 &&
	    value_get(&value, file, "result_format",
		option_find(option_sqlite, "result_format"), problems))
		value_wrong(&value, problems, "%s", err.text);
}

void
conf_sqlite_read(
    struct conf_sqlite *out, const struct file *file, struct problems *problems)
{
	const struct option *query = option_find(option_sqlite, "query");
	struct value value;

	option_store_defaults(option_sqlite, out);
	value_store_all(
	    file, option_sqlite, out, conf_sqlite_unknown, problems, problems);
	conf_sqlite_check_obsolete(file, problems);
	conf_sqlite_check_templates(out, file, problems);
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
