/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * How a configuration is read: file.c makes names and values of the bytes,
 * option.c's tables say what each name may hold and where it goes, and what
 * takes more than one field (maps, tables, listeners) is worked out by a file
 * of its own. Nothing stops at the first problem.
 */

#include "forceenc/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_listen.h"
#include "conf/conf_map.h"
#include "conf/conf_store.h"
#include "conf/conf_watch.h"
#include "conf/file.h"
#include "conf/option.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

struct conf_reading {
	struct conf *conf;
	struct problems *problems;
};

/* "did you mean": the options, and those of the maps there are. */
static void
conf_suggest(const struct conf *conf, const struct file *file,
    const struct file_entry *entry, struct problems *problems)
{
	struct words_closest closest = {0};
	const struct option *option;
	char **names = NULL;
	size_t i, n = 0;

	for (option = option_main; option->name != NULL; option++)
		words_closer(&closest, entry->name, option->name);
	for (i = 0; i < conf->nmaps; i++) {
		for (option = option_map; option->name != NULL; option++) {
			if (!conf_map_has_option(&conf->map[i], option))
				continue;
			names = mem_resize(names, n + 1, sizeof(*names));
			names[n] = conf_map_option_name(&conf->map[i], option);
			words_closer(&closest, entry->name, names[n++]);
		}
	}
	if (closest.word != NULL)
		problems_add(problems, file->path, entry->line,
		    "%s: no such option; did you mean %s?",
		    text_show_str(entry->name), closest.word);
	else
		problems_add(problems, file->path, entry->line,
		    "%s: no such option; forceenc.cf(5) lists them",
		    text_show_str(entry->name));
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void
conf_unknown(const struct file *file, const struct file_entry *entry, void *arg)
{
	struct conf_reading *reading = arg;
	size_t map_len = 0;
	const struct option *option = conf_map_option(entry->name, &map_len);
	const struct conf_map *map;

	if (option == NULL) {
		conf_suggest(reading->conf, file, entry, reading->problems);
		return;
	}
	map = conf_map_find(reading->conf, entry->name, map_len);
	if (map != NULL && !conf_map_has_option(map, option))
		problems_add(reading->problems, file->path, entry->line,
		    "%s: map %s is of kind %s, which has no such option; "
		    "remove the line, or set %s_kind",
		    entry->name, map->name, conf_map_kind_name(map->kind),
		    map->name);
	else if (map == NULL)
		problems_add(reading->problems, file->path, entry->line,
		    "%s: \"%s\" is no map; add it to maps, or name one of "
		    "those",
		    text_show_str(entry->name),
		    text_show(entry->name, map_len));
}

/* Each character splits by itself. Letters and digits would split ordinary
 * names, and none of the others refused is seen in a local part unquoted. */
static void
conf_check_delimiter(
    const struct conf *conf, const struct file *file, struct problems *problems)
{
	const char *text = conf->recipient_delimiter;
	struct value value;

	if (text[strspn(text, "!#$%&'*+-./=?^_`{|}~")] == '\0')
		return;
	if (value_get(&value, file, "recipient_delimiter",
		option_find(option_main, "recipient_delimiter"), problems))
		value_wrong(&value, problems,
		    "\"%s\": write characters that separate, side by side, "
		    "such as +-",
		    text_show_str(text));
}

struct conf *
conf_load(const char *path, struct problems *problems)
{
	struct conf *conf = mem_zalloc(sizeof(*conf));
	struct conf_reading reading = {conf, problems};
	size_t before = problems->n;
	struct file file;

	conf->path = mem_strdup(path);
	option_store_defaults(option_main, conf);
	file_read(&file, path, problems);
	if (file.path != NULL) {
		conf_map_read_all(conf, &file, problems);
		value_store_all(
		    &file, option_main, conf, conf_unknown, &reading, problems);
		conf_check_delimiter(conf, &file, problems);
		conf_store_read(conf, &file, problems);
		conf_listen_read(conf, &file, problems);
		conf_watch_check(conf, &file, problems);
	}
	file_fini(&file);
	if (problems->n == before)
		return conf;
	conf_free(conf);
	return NULL;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	conf_listen_free(conf);
	conf_map_free_all(conf);
	conf_store_fini(conf);
	option_fini(option_main, conf);
	free(conf->path);
	free(conf);
}

char *
conf_needs_restart(const struct conf *running, const struct conf *next)
{
	const struct option *option;
	struct buf names = {0};

	for (option = option_main; option->name != NULL; option++)
		if (option->restart && !option_same(option, running, next))
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
			    option->name);
	return names.len > 0 ? buf_steal(&names) : NULL;
}
