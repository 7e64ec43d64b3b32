/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "conf/uri.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/secret.h"
#include "forceenc/text.h"

static const char *const option_types[] = {
    [OPTION_TEXT] = "text",
    [OPTION_SECRET] = "secret",
    [OPTION_LIST] = "list",
    [OPTION_BOOL] = "bool",
    [OPTION_WORD] = "word",
    [OPTION_COUNT] = "count",
    [OPTION_TIME] = "time",
    [OPTION_SIZE] = "size",
    [OPTION_MODE] = "mode",
};

const char *
option_type_name(enum option_type type)
{
	return option_types[type];
}

const struct option *
option_find(const struct option *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const char *
option_range(const struct option *option)
{
	static char range[64];
	int64_t min = option->min, max = option->max;

	switch (option->type) {
	case OPTION_COUNT:
		snprintf(
		    range, sizeof(range), "%" PRId64 " to %" PRId64, min, max);
		return range;
	case OPTION_TIME:
		snprintf(range, sizeof(range), "%s to %s", text_time(min),
		    text_time(max));
		return range;
	case OPTION_SIZE:
		snprintf(range, sizeof(range), "%s to %s", text_size(min),
		    text_size(max));
		return range;
	default:
		return "";
	}
}

static void *
option_field(const struct option *option, void *base, size_t size)
{
	MUST(option->size == size);
	return (char *)base + option->offset;
}

static int
option_store_text(const struct option *option, void *base, const char *value)
{
	char **field = option_field(option, base, sizeof(char *));

	free(*field);
	*field = mem_strdup(value);
	return 0;
}

static int
option_store_secret(const struct option *option, void *base, const char *value)
{
	struct secret *field =
	    option_field(option, base, sizeof(struct secret));

	secret_set(field, value, strlen(value));
	return 0;
}

static int
option_store_bool(
    const struct option *option, void *base, const char *value, struct err *err)
{
	bool *field = option_field(option, base, sizeof(bool));

	if (text_equal_fold(value, strlen(value), "yes"))
		*field = true;
	else if (text_equal_fold(value, strlen(value), "no"))
		*field = false;
	else
		return err_set(err, "neither of the two; write yes or no");
	return 0;
}

static int
option_store_word(
    const struct option *option, void *base, const char *value, struct err *err)
{
	unsigned *field = option_field(option, base, sizeof(unsigned));
	struct buf all = {0};
	unsigned i;

	for (i = 0; option->words[i] != NULL; i++) {
		if (text_equal_fold(value, strlen(value), option->words[i])) {
			*field = i;
			buf_fini(&all);
			return 0;
		}
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", option->words[i]);
	}
	err_set(err, "no such word; write one of %s", buf_text(&all));
	buf_fini(&all);
	return -1;
}

static int
option_store_mode(
    const struct option *option, void *base, const char *value, struct err *err)
{
	mode_t *field = option_field(option, base, sizeof(mode_t));
	size_t digits = strspn(value, "01234567");
	unsigned long mode = strtoul(value, NULL, 8);

	if (digits == 0 || value[digits] != '\0' || digits > 5 ||
	    mode > (unsigned long)option->max)
		return err_set(err,
		    "no permissions; write three octal digits, such as 0660");
	*field = (mode_t)mode;
	return 0;
}

/* The number that a count, a time or a size stands for, whatever its range;
 * -1 if it stands for none. */
static int64_t
option_number(const struct option *option, const char *value)
{
	int64_t n;

	if (option->type == OPTION_TIME)
		return text_parse_time(value, option->unit);
	if (option->type == OPTION_SIZE)
		return text_parse_size(value);
	return text_parse_int(value, 0, INT64_MAX, &n) == 0 ? n : -1;
}

static int
option_store_number(
    const struct option *option, void *base, const char *value, struct err *err)
{
	int64_t n = option_number(option, value);

	if (n == -1 && option->type == OPTION_TIME)
		return err_set(err,
		    "no time; write a number and ms, s, m, h, d or w, from %s",
		    option_range(option));
	if (n == -1 && option->type == OPTION_SIZE)
		return err_set(err,
		    "no size; write a number of bytes, or one with K, M or G, "
		    "from %s",
		    option_range(option));
	if (n == -1)
		return err_set(
		    err, "no number; write one from %s", option_range(option));
	if (n < option->min || n > option->max)
		return err_set(err, "too %s; it may be from %s",
		    n < option->min ? "small" : "large", option_range(option));
	if (option->type == OPTION_TIME)
		*(uint64_t *)option_field(option, base, sizeof(uint64_t)) =
		    (uint64_t)n;
	else if (option->type == OPTION_SIZE)
		*(size_t *)option_field(option, base, sizeof(size_t)) =
		    (size_t)n;
	else
		*(unsigned *)option_field(option, base, sizeof(unsigned)) =
		    (unsigned)n;
	return 0;
}

int
option_store(
    const struct option *option, void *base, const char *value, struct err *err)
{
	if (*value == '\0' && !option->optional)
		return err_set(err, "empty; %s%s",
		    option->def != NULL ? "remove the line for the default, "
					: "it has no default",
		    option->def != NULL ? option->def : "");
	if (option->size == 0)
		return 0;
	switch (option->type) {
	case OPTION_TEXT:
		return option_store_text(option, base, value);
	case OPTION_SECRET:
		return option_store_secret(option, base, value);
	case OPTION_BOOL:
		return option_store_bool(option, base, value, err);
	case OPTION_WORD:
		return option_store_word(option, base, value, err);
	case OPTION_MODE:
		return option_store_mode(option, base, value, err);
	case OPTION_COUNT:
	case OPTION_TIME:
	case OPTION_SIZE:
		return option_store_number(option, base, value, err);
	case OPTION_LIST:
		break;
	}
	MUST(option->type != OPTION_LIST); /* lists have no field */
	return -1;
}

void
option_store_defaults(const struct option *table, void *base)
{
	for (; table->name != NULL; table++)
		if (table->size > 0 && table->def != NULL)
			MUST(option_store(table, base, table->def, NULL) == 0);
}

void
option_fini(const struct option *table, void *base)
{
	for (; table->name != NULL; table++) {
		if (table->size == 0)
			continue;
		if (table->type == OPTION_TEXT)
			free(*(char **)option_field(
			    table, base, sizeof(char *)));
		else if (table->type == OPTION_SECRET)
			secret_fini(
			    option_field(table, base, sizeof(struct secret)));
	}
}

bool
option_same(const struct option *option, const void *a, const void *b)
{
	const void *x = (const char *)a + option->offset;
	const void *y = (const char *)b + option->offset;

	MUST(option->size > 0);
	if (option->type == OPTION_TEXT)
		return strcmp(*(char *const *)x, *(char *const *)y) == 0;
	if (option->type == OPTION_SECRET)
		return secret_equal(x, y);
	return memcmp(x, y, option->size) == 0;
}

const char *
option_show(const struct option *option, const char *value)
{
	static struct buf shown;

	if (option->type == OPTION_SECRET)
		return "(hidden)";
	if (!option->uris)
		return value;
	buf_clear(&shown);
	uri_add_hidden(&shown, value);
	return buf_text(&shown);
}
