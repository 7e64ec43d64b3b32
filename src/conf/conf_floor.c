/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_floor.h"

#include <stdlib.h>
#include <string.h>

#include "conf/option.h"
#include "conf/value.h"
#include "forceenc/buf.h"
#include "forceenc/endpoint.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

#define CONF_FLOOR_FORMS                          \
	"write socketmap:inet:HOST:PORT:NAME or " \
	"socketmap:unix:/PATH:NAME, as Postfix does"

/* A socket's path; HOST:PORT, the host in brackets if it is an IPv6
 * address. */
static bool
conf_floor_read_unix(struct conf_upstream *upstream, const char *path)
{
	struct endpoint endpoint;
	struct buf text = {0};
	int rc;

	buf_printf(&text, "unix:%s", path);
	rc = endpoint_parse(&endpoint, buf_text(&text), NULL);
	buf_fini(&text);
	upstream->path = mem_strdup(path);
	return rc == 0;
}

static bool
conf_floor_read_inet(struct conf_upstream *upstream, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : 0;
	int64_t port;

	if (len == 0 || text_parse_int(colon + 1, 1, 65535, &port) == -1)
		return false;
	upstream->port = mem_strdup(colon + 1);
	if (*text != '[') {
		upstream->host = mem_dup(text, len);
		return strchr(upstream->host, ':') == NULL;
	}
	if (len < 3 || text[len - 1] != ']')
		return false;
	upstream->host = mem_dup(text + 1, len - 2);
	return true;
}

static bool
conf_floor_read_spec(struct conf_upstream *upstream, const char *spec)
{
	static const char type[] = "socketmap:";
	const char *name = strrchr(spec, ':');
	char *where;
	bool fine = false;

	if (strncmp(spec, type, strlen(type)) != 0 || name[1] == '\0')
		return false;
	spec += strlen(type);
	if (spec + 5 >= name)
		return false;
	upstream->map = mem_strdup(name + 1);
	where = mem_dup(spec, (size_t)(name - spec));
	if (strncmp(where, "unix:", 5) == 0)
		fine = conf_floor_read_unix(upstream, where + 5);
	else if (strncmp(where, "inet:", 5) == 0)
		fine = conf_floor_read_inet(upstream, where + 5);
	free(where);
	return fine;
}

static void
conf_floor_read_upstream(struct conf_upstream *upstream,
    const struct value *value, struct problems *problems)
{
	if (*value->text == '\0')
		return;
	upstream->spec = mem_strdup(value->text);
	/* One map; a blank would be a second one, or part of a name. */
	if (strpbrk(value->text, ", \t\r\n") != NULL ||
	    !conf_floor_read_spec(upstream, value->text))
		value_wrong(value, problems, "\"%s\" is no socketmap; %s",
		    text_show_str(value->text), CONF_FLOOR_FORMS);
}

static void
conf_floor_read_option(struct conf_floor *floor, const struct file *file,
    const char *name, const struct option *option, struct problems *problems)
{
	struct value value;
	struct err err;

	if (!value_get(&value, file, name, option, problems))
		return;
	if (option->size == 0)
		conf_floor_read_upstream(&floor->upstream, &value, problems);
	else if (option_store(option, floor, value.text, &err) == -1)
		value_wrong(&value, problems, "\"%s\": %s",
		    text_show_str(value.text), err.text);
}

void
conf_floor_read(struct conf_floor *floor, const struct file *file,
    const char *map, unsigned kinds, struct problems *problems)
{
	const struct option *option;
	struct buf name = {0};

	for (option = option_map; option->name != NULL; option++) {
		if (option->kinds != kinds)
			continue;
		buf_clear(&name);
		buf_printf(&name, "%s%s", map, option->name);
		conf_floor_read_option(
		    floor, file, buf_text(&name), option, problems);
	}
	buf_fini(&name);
}

void
conf_floor_fini(struct conf_floor *floor)
{
	free(floor->upstream.spec);
	free(floor->upstream.host);
	free(floor->upstream.port);
	free(floor->upstream.path);
	free(floor->upstream.map);
	*floor = (struct conf_floor){0};
}

bool
conf_floor_equal(const struct conf_floor *a, const struct conf_floor *b)
{
	const char *x = a->upstream.spec, *y = b->upstream.spec;

	return (x != NULL) == (y != NULL) && (x == NULL || strcmp(x, y) == 0) &&
	    a->dane == b->dane && a->upstream_ttl == b->upstream_ttl &&
	    a->upstream_time_limit == b->upstream_time_limit;
}
