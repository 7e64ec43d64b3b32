/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_map.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_floor.h"
#include "conf/conf_table.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

const struct option *
conf_map_option(const char *name, size_t *map_len)
{
	const struct option *option;
	size_t len = strlen(name), tail;

	for (option = option_map; option->name != NULL; option++) {
		tail = strlen(option->name);
		if (len > tail &&
		    strcmp(name + len - tail, option->name) == 0) {
			*map_len = len - tail;
			return option;
		}
	}
	return NULL;
}

char *
conf_map_option_name(const struct conf_map *map, const struct option *option)
{
	struct buf name = {0};

	buf_printf(&name, "%s%s", map->name, option->name);
	return buf_steal(&name);
}

bool
conf_map_has_option(const struct conf_map *map, const struct option *option)
{
	return option->kinds == 0 ||
	    (option->kinds & OPTION_KIND(map->kind)) != 0;
}

const char *
conf_map_kind_name(enum conf_map_kind kind)
{
	return option_kinds[kind];
}

/* Letters and digits, and "_" and "-" from the second character on. */
static bool
conf_map_is_name(const char *s)
{
	size_t i;
	char c;

	for (i = 0; s[i] != '\0'; i++) {
		c = text_lower(s[i]);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			continue;
		if (i == 0 || (c != '_' && c != '-'))
			return false;
	}
	return i > 0;
}

static void
conf_map_read_tables(
    struct conf_map *map, const struct value *value, struct problems *problems)
{
	const char *at = value->text;
	char *spec;
	size_t i;

	while ((spec = words_next(&at)) != NULL) {
		for (i = 0; i < map->ntables; i++)
			if (strcmp(map->table[i].spec, spec) == 0)
				break;
		if (i < map->ntables) {
			value_wrong(value, problems,
			    "\"%s\" is named twice; once is enough",
			    text_show_str(spec));
		} else if (map->ntables == CONF_TABLES_MAX) {
			value_wrong(value, problems,
			    "too many tables; a map has at most %d",
			    CONF_TABLES_MAX);
			free(spec);
			return;
		} else {
			map->table = mem_resize(
			    map->table, map->ntables + 1, sizeof(*map->table));
			conf_table_read(
			    &map->table[map->ntables++], value, spec, problems);
		}
		free(spec);
	}
	if (map->ntables == 0)
		value_wrong(value, problems,
		    "no table in the list; name at least one, as in "
		    "sqlite:/etc/forceenc/policy.cf");
}

static void
conf_map_read_answers(
    struct conf_map *map, const struct value *value, struct problems *problems)
{
	const char *at = value->text;
	struct err err;
	char *answer;
	bool any = false;

	for (; (answer = words_next(&at)) != NULL; any = true) {
		if (answers_add(&map->answers, answer, &err) == -1)
			value_wrong(value, problems, "%s", err.text);
		free(answer);
	}
	if (!any)
		value_wrong(value, problems,
		    "no answer in the list; name at least one, as in "
		    "forceenc:");
}

/* Without a word, a map is of the kind that it's named after. */
static void
conf_map_read_kind(
    struct conf_map *map, const struct value *value, struct problems *problems)
{
	struct err err;
	unsigned i;

	if (*value->text == '\0') {
		for (i = 0; option_kinds[i] != NULL; i++)
			if (strcmp(map->name, option_kinds[i]) == 0)
				map->kind = (enum conf_map_kind)i;
		return;
	}
	if (option_store(
		option_find(option_map, "_kind"), map, value->text, &err) == -1)
		value_wrong(value, problems, "\"%s\": %s",
		    text_show_str(value->text), err.text);
}

static void
conf_map_read_on_failure(
    struct conf_map *map, const struct value *value, struct problems *problems)
{
	size_t i;

	if (strcmp(value->text, "stale") == 0) {
		map->on_failure = CONF_ON_FAILURE_STALE;
		return;
	}
	if (strcmp(value->text, "tempfail") == 0) {
		map->on_failure = CONF_ON_FAILURE_TEMPFAIL;
		return;
	}
	for (i = 0; i < map->answers.n; i++) {
		if (strcmp(value->text, map->answers.list[i]) != 0)
			continue;
		map->on_failure = CONF_ON_FAILURE_ANSWER;
		map->on_failure_answer = (uint8_t)i;
		return;
	}
	if (map->kind != CONF_MAP_SENDERS) {
		value_wrong(value, problems,
		    "\"%s\": a map of kind %s has stale and tempfail only",
		    text_show_str(value->text), conf_map_kind_name(map->kind));
		return;
	}
	value_wrong(value, problems,
	    "\"%s\" is no answer of this map; write stale, tempfail or one "
	    "that %s_answers lists",
	    text_show_str(value->text), map->name);
}

typedef void conf_map_read_fn(
    struct conf_map *, const struct value *, struct problems *);

static void
conf_map_read_option(struct conf_map *map, const struct file *file,
    const char *suffix, conf_map_read_fn *read, struct problems *problems)
{
	const struct option *option = option_find(option_map, suffix);
	char *name = conf_map_option_name(map, option);
	struct value value;

	if (value_get(&value, file, name, option, problems))
		read(map, &value, problems);
	free(name);
}

static void
conf_map_read(struct conf_map *map, const struct file *file, const char *name,
    struct problems *problems)
{
	size_t before = problems->n;

	*map = (struct conf_map){.name = mem_strdup(name)};
	conf_map_read_option(map, file, "_kind", conf_map_read_kind, problems);
	/* Without a kind nobody knows what else it should have. */
	if (problems->n > before)
		return;
	if (map->kind == CONF_MAP_SENDERS)
		conf_map_read_option(
		    map, file, "_answers", conf_map_read_answers, problems);
	if (map->kind != CONF_MAP_STATS)
		conf_map_read_option(map, file, "_on_failure",
		    conf_map_read_on_failure, problems);
	switch (map->kind) {
	case CONF_MAP_SENDERS:
		conf_map_read_option(
		    map, file, "_tables", conf_map_read_tables, problems);
		break;
	case CONF_MAP_FLOOR:
		conf_floor_read(
		    &map->floor, file, name, OPTION_KIND(map->kind), problems);
		break;
	case CONF_MAP_STATS:
		break;
	}
}

void
conf_map_read_all(
    struct conf *conf, const struct file *file, struct problems *problems)
{
	struct value value;
	const char *at;
	char *name;

	if (!value_get(&value, file, "maps", option_find(option_main, "maps"),
		problems))
		return;
	at = value.text;
	while ((name = words_next(&at)) != NULL) {
		if (!conf_map_is_name(name)) {
			value_wrong(&value, problems,
			    "\"%s\" is no name of a map; write letters and "
			    "digits, with \"_\" and \"-\" between them",
			    text_show_str(name));
		} else if (conf_map_find(conf, name, strlen(name)) != NULL) {
			value_wrong(&value, problems,
			    "map %s is named twice; once is enough", name);
		} else if (conf->nmaps == CONF_MAPS_MAX) {
			value_wrong(&value, problems,
			    "too many maps; there may be %d", CONF_MAPS_MAX);
			free(name);
			return;
		} else {
			conf->map = mem_resize(
			    conf->map, conf->nmaps + 1, sizeof(*conf->map));
			conf_map_read(
			    &conf->map[conf->nmaps++], file, name, problems);
		}
		free(name);
	}
	if (conf->nmaps == 0)
		value_wrong(&value, problems,
		    "no map in the list; name at least one, as in forceenc");
}

void
conf_map_free_all(struct conf *conf)
{
	struct conf_map *map;
	size_t m, i;

	for (m = 0; m < conf->nmaps; m++) {
		map = &conf->map[m];
		for (i = 0; i < map->ntables; i++)
			conf_table_fini(&map->table[i]);
		free(map->table);
		answers_fini(&map->answers);
		conf_floor_fini(&map->floor);
		free(map->name);
	}
	free(conf->map);
}

const struct conf_map *
conf_map_find(const struct conf *conf, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < conf->nmaps; i++)
		if (strlen(conf->map[i].name) == len &&
		    memcmp(conf->map[i].name, name, len) == 0)
			return &conf->map[i];
	return NULL;
}

bool
conf_map_equal(const struct conf_map *a, const struct conf_map *b)
{
	return a->kind == b->kind && a->on_failure == b->on_failure &&
	    conf_floor_equal(&a->floor, &b->floor);
}

const struct conf_map *
conf_map_senders(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nmaps; i++)
		if (conf->map[i].kind == CONF_MAP_SENDERS)
			return &conf->map[i];
	return NULL;
}
