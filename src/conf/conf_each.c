/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "conf/conf_map.h"
#include "conf/conf_store.h"
#include "conf/conf_table.h"
#include "conf/file.h"
#include "conf/option.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"

struct conf_each {
	conf_each_fn *fn;
	void *arg;
};

/* shown is how the option is called in front of people, name how it is called
 * in the file. */
static void
conf_each_option(const struct conf_each *each, const struct file *file,
    const struct option *option, const char *name, const char *shown)
{
	const struct file_entry *entry = file_find(file, name);
	const char *value = entry != NULL ? entry->value : option->def;

	each->fn(shown, option_show(option, value),
	    entry != NULL ? file->path : NULL, entry != NULL ? entry->line : 0,
	    option->def, option->help, each->arg);
}

static void
conf_each_map(const struct conf_each *each, const struct file *file,
    const struct conf_map *map)
{
	const struct option *option;
	char *name;

	for (option = option_map; option->name != NULL; option++) {
		if (!conf_map_has_option(map, option))
			continue;
		name = conf_map_option_name(map, option);
		conf_each_option(each, file, option, name, name);
		free(name);
	}
}

/* The options of a file of its own, which is called spec. */
static int
conf_each_file(const struct conf_each *each, const struct option *option,
    const char *spec, const char *path, struct problems *problems)
{
	struct buf shown = {0};
	struct file file;
	int rc = file_read(&file, path, problems);

	for (; rc == 0 && option->name != NULL; option++) {
		buf_clear(&shown);
		buf_printf(&shown, "%s %s", spec, option->name);
		conf_each_option(
		    each, &file, option, option->name, buf_text(&shown));
	}
	buf_fini(&shown);
	file_fini(&file);
	return rc;
}

/* A table that several maps ask is walked once. */
static bool
conf_each_was_seen(
    const struct conf *conf, const struct conf_map *map, size_t table)
{
	const struct conf_map *m;
	size_t i;

	for (m = conf->map; m <= map; m++)
		for (i = 0; i < (m == map ? table : m->ntables); i++)
			if (strcmp(m->table[i].spec, map->table[table].spec) ==
			    0)
				return true;
	return false;
}

static int
conf_each_tables(const struct conf_each *each, const struct conf *conf,
    struct problems *problems)
{
	const struct conf_map *map;
	size_t i;

	for (map = conf->map; map < conf->map + conf->nmaps; map++)
		for (i = 0; i < map->ntables; i++)
			if (!conf_each_was_seen(conf, map, i) &&
			    conf_each_file(each,
				conf_table_options(&map->table[i]),
				map->table[i].spec, map->table[i].path,
				problems) == -1)
				return -1;
	return 0;
}

int
conf_each(
    const char *path, conf_each_fn *fn, void *arg, struct problems *problems)
{
	const struct conf_each each = {fn, arg};
	struct conf *conf = conf_load(path, problems);
	const struct option *option;
	struct file file;
	size_t i;
	int rc;

	if (conf == NULL)
		return -1;
	rc = file_read(&file, path, problems);
	if (rc == 0) {
		for (option = option_main; option->name != NULL; option++)
			conf_each_option(
			    &each, &file, option, option->name, option->name);
		for (i = 0; i < conf->nmaps; i++)
			conf_each_map(&each, &file, &conf->map[i]);
		rc = conf_each_tables(&each, conf, problems);
		if (rc == 0 && conf_store_path(conf) != NULL)
			rc = conf_each_file(&each, option_stats, conf->store,
			    conf_store_path(conf), problems);
	}
	file_fini(&file);
	conf_free(conf);
	return rc;
}
