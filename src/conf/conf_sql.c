/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_sql.h"

#include <stdbool.h>
#include <string.h>

#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/template.h"
#include "forceenc/text.h"

/* What Postfix before 2.2 built its query from, in the query's order. */
static const char *const conf_sql_obsolete[] = {
    "select_function",
    "select_field",
    "table",
    "where_field",
    "additional_conditions",
    NULL,
};

struct conf_sql_reading {
	const struct conf_sql *sql;
	struct problems *problems;
};

static bool
conf_sql_is_obsolete(const struct conf_sql *sql, const char *name)
{
	size_t i;

	for (i = sql->functions ? 0 : 1; conf_sql_obsolete[i] != NULL; i++)
		if (strcmp(name, conf_sql_obsolete[i]) == 0)
			return true;
	return false;
}

static void
conf_sql_unknown(
    const struct file *file, const struct file_entry *entry, void *arg)
{
	const struct conf_sql_reading *reading = arg;
	struct words_closest closest = {0};
	const struct option *option = reading->sql->options;

	if (conf_sql_is_obsolete(reading->sql, entry->name))
		return;
	for (; option->name != NULL; option++)
		words_closer(&closest, entry->name, option->name);
	if (closest.word != NULL)
		problems_add(reading->problems, file->path, entry->line,
		    "%s: no parameter of a %s table; did you mean %s?",
		    text_show_str(entry->name), reading->sql->type,
		    closest.word);
	else
		problems_add(reading->problems, file->path, entry->line,
		    "%s: no parameter of a %s table; forceenc.cf(5) lists "
		    "them",
		    text_show_str(entry->name), reading->sql->type);
}

/* One part of the query, or what stands for it if it isn't there. */
static void
conf_sql_add_part(struct buf *query, const char *before,
    const struct file *file, const char *name, const char *otherwise)
{
	const struct file_entry *entry = file_find(file, name);

	buf_printf(query, "%s%s", before,
	    entry != NULL ? text_show_str(entry->value) : otherwise);
}

static void
conf_sql_add_query(
    struct buf *query, const struct conf_sql *sql, const struct file *file)
{
	if (sql->functions && file_find(file, "select_function") != NULL) {
		conf_sql_add_part(
		    query, "SELECT ", file, "select_function", "");
		buf_add_text(query, "('%s')");
		return;
	}
	conf_sql_add_part(query, "SELECT ", file, "select_field", "...");
	conf_sql_add_part(query, " FROM ", file, "table", "...");
	conf_sql_add_part(query, " WHERE ", file, "where_field", "...");
	conf_sql_add_part(query, " = '%s' ", file, "additional_conditions", "");
	if (query->data[query->len - 1] == ' ')
		query->len--;
}

/* One problem for all of them, with the query that says the same. */
static void
conf_sql_check_obsolete(const struct conf_sql *sql, const struct file *file,
    struct problems *problems)
{
	const struct file_entry *entry, *first = NULL;
	struct buf names = {0}, query = {0};
	size_t i;

	for (i = 0; conf_sql_obsolete[i] != NULL; i++) {
		entry = file_find(file, conf_sql_obsolete[i]);
		if (entry == NULL || !conf_sql_is_obsolete(sql, entry->name))
			continue;
		buf_printf(
		    &names, "%s%s", first != NULL ? ", " : "", entry->name);
		if (first == NULL || entry->line < first->line)
			first = entry;
	}
	conf_sql_add_query(&query, sql, file);
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

void
conf_sql_read(const struct conf_sql *sql, void *base, const struct file *file,
    struct problems *problems)
{
	struct conf_sql_reading reading = {sql, problems};

	option_store_defaults(sql->options, base);
	value_store_all(
	    file, sql->options, base, conf_sql_unknown, &reading, problems);
	conf_sql_check_obsolete(sql, file, problems);
}

void
conf_sql_check_templates(const struct conf_sql *sql, const char *text,
    const char *result_format, const struct file *file,
    struct problems *problems)
{
	struct template_query query;
	struct value value;
	bool right = false;
	struct err err;

	if (template_query_init(&query, text, sql->mark, &err) == 0) {
		if (query.nparams == 0)
			err_set(&err,
			    "finds the same for every sender; write '%%s' "
			    "where the address belongs");
		right = query.nparams > 0;
		template_query_fini(&query);
	}
	if (!right &&
	    value_get(&value, file, "query", option_find(sql->options, "query"),
		problems))
		value_wrong(&value, problems, "%s", err.text);
	if (template_format_check(result_format, &err) == -1 &&
	    value_get(&value, file, "result_format",
		option_find(sql->options, "result_format"), problems))
		value_wrong(&value, problems, "%s", err.text);
}
