/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_store.h"

#include <string.h>

#include "conf/conf_pgsql.h"
#include "conf/option.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define CONF_STORE_SQLITE "sqlite:/"
#define CONF_STORE_PGSQL  "pgsql:/"

static void
conf_store_unknown(
    const struct file *file, const struct file_entry *entry, void *arg)
{
	struct words_closest closest = {0};
	const struct option *option;

	for (option = option_stats; option->name != NULL; option++)
		words_closer(&closest, entry->name, option->name);
	if (option_find(option_pgsql, entry->name) != NULL)
		problems_add(arg, file->path, entry->line,
		    "%s: of no use here, only for a table; remove it",
		    entry->name);
	else if (closest.word != NULL)
		problems_add(arg, file->path, entry->line,
		    "%s: no parameter of a store; did you mean %s?",
		    text_show_str(entry->name), closest.word);
	else
		problems_add(arg, file->path, entry->line,
		    "%s: no parameter of a store; forceenc.cf(5) lists them",
		    text_show_str(entry->name));
}

static void
conf_store_read_pgsql(
    struct conf_pgsql *pgsql, const char *path, struct problems *problems)
{
	struct file file;

	file_read(&file, path, problems);
	if (file.path != NULL) {
		option_store_defaults(option_stats, pgsql);
		/* What only tables can be told. */
		pgsql->encoding = mem_strdup("UTF8");
		pgsql->listen_channel = mem_strdup("");
		value_store_all(&file, option_stats, pgsql, conf_store_unknown,
		    problems, problems);
		conf_pgsql_read_servers(pgsql, &file, problems);
	}
	file_fini(&file);
}

const char *
conf_store_path(const struct conf *conf)
{
	return strncmp(
		   conf->store, CONF_STORE_PGSQL, strlen(CONF_STORE_PGSQL)) == 0
	    ? conf->store + strlen(CONF_STORE_PGSQL) - 1
	    : NULL;
}

/* What it names is opened by other programs, in other folders. */
void
conf_store_read(
    struct conf *conf, const struct file *file, struct problems *problems)
{
	const char *path = conf_store_path(conf);
	struct value value;

	if (strncmp(
		conf->store, CONF_STORE_SQLITE, strlen(CONF_STORE_SQLITE)) == 0)
		return;
	if (path != NULL)
		conf_store_read_pgsql(&conf->store_pgsql, path, problems);
	else if (value_get(&value, file, "store",
		     option_find(option_main, "store"), problems))
		value_wrong(&value, problems,
		    "\"%s\": write sqlite: or pgsql: and a whole path, such as "
		    "sqlite:/var/lib/forceenc/stats.db",
		    text_show_str(conf->store));
}

bool
conf_store_equal(const struct conf *a, const struct conf *b)
{
	return strcmp(a->store, b->store) == 0 &&
	    strcmp(a->recipient_delimiter, b->recipient_delimiter) == 0 &&
	    a->fold_local_part == b->fold_local_part &&
	    a->store_pgsql.query_time_limit ==
	    b->store_pgsql.query_time_limit &&
	    a->store_pgsql.connect_time_limit ==
	    b->store_pgsql.connect_time_limit &&
	    conf_pgsql_same_hosts(&a->store_pgsql, &b->store_pgsql);
}

void
conf_store_fini(struct conf *conf)
{
	conf_pgsql_fini(&conf->store_pgsql);
}
