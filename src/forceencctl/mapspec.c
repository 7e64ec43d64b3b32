/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/mapspec.h"

#include <stdio.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceencctl/postconf.h"

static int
mapspec_copy(char *out, size_t size, const char *s, size_t len)
{
	if (len == 0 || len >= size)
		return -1;
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

int
mapspec_parse(struct mapspec *map, const char *spec)
{
	const char *inner = postconf_table(spec), *name;

	*map = (struct mapspec){.proxied = inner != spec};
	map->tcp = strncmp(inner, "tcp:", 4) == 0;
	if (map->tcp) {
		if (strchr(inner + 4, ':') == NULL ||
		    strlen(inner + 4) + 6 > sizeof(map->place))
			return -1;
		snprintf(map->place, sizeof(map->place), "inet:%s", inner + 4);
		return 0;
	}
	if (strncmp(inner, "socketmap:", 10) != 0)
		return -1;
	inner += 10;
	name = strrchr(inner, ':');
	if (name == NULL ||
	    (strncmp(inner, "inet:", 5) != 0 &&
		strncmp(inner, "unix:", 5) != 0) ||
	    name < inner + 6 ||
	    mapspec_copy(map->place, sizeof(map->place), inner,
		(size_t)(name - inner)) == -1 ||
	    mapspec_copy(
		map->map, sizeof(map->map), name + 1, strlen(name + 1)) == -1)
		return -1;
	if (map->place[0] == 'u')
		map->path = map->place + 5;
	return 0;
}

int
mapspec_endpoint(const struct mapspec *map, const char *queue_directory,
    struct endpoint *endpoint, struct err *err)
{
	struct buf whole = {0};
	int rc;

	if (map->path != NULL && map->path[0] != '/')
		buf_printf(&whole, "unix:%s/%s", queue_directory, map->path);
	else
		buf_add_text(&whole, map->place);
	rc = endpoint_parse(endpoint, buf_text(&whole), err);
	buf_fini(&whole);
	return rc;
}
