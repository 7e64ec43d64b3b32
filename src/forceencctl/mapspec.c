/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/mapspec.h"

#include <netinet/in.h>
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

static bool
mapspec_any_address(const struct endpoint *listen, const struct endpoint *at)
{
	const struct sockaddr_in *a = (const void *)&listen->addr;
	const struct sockaddr_in *b = (const void *)&at->addr;

	return a->sin_family == AF_INET && b->sin_family == AF_INET &&
	    a->sin_addr.s_addr == INADDR_ANY && a->sin_port == b->sin_port;
}

const struct conf_listen *
mapspec_listener(const struct mapspec *map, const char *queue_directory,
    const struct conf *site)
{
	const struct conf_listen *listen;
	struct endpoint endpoint;
	size_t i;

	if (mapspec_endpoint(map, queue_directory, &endpoint, NULL) == -1)
		return NULL;
	for (i = 0; i < site->nlisten; i++) {
		listen = &site->listen[i];
		if (endpoint_same(&listen->endpoint, &endpoint) ||
		    mapspec_any_address(&listen->endpoint, &endpoint))
			return listen;
	}
	return NULL;
}

bool
mapspec_is_floor(
    const char *spec, const char *queue_directory, const struct conf *site)
{
	const struct conf_listen *listen;
	const struct conf_map *map;
	struct mapspec parsed;
	const char *name;

	if (mapspec_parse(&parsed, spec) == -1)
		return false;
	listen = mapspec_listener(&parsed, queue_directory, site);
	/* What answers there must speak what is asked. */
	if (listen == NULL || (listen->map != NULL) != parsed.tcp)
		return false;
	name = parsed.tcp ? listen->map : parsed.map;
	map = conf_map_find(site, name, strlen(name));
	return map != NULL && map->kind == CONF_MAP_FLOOR;
}

void
mapspec_wanted(struct buf *out, const struct conf *site, const char *map,
    const char *queue_directory)
{
	size_t i = 0, len = strlen(queue_directory);
	const char *text = "inet:127.0.0.1:9999";

	while (i < site->nlisten && site->listen[i].map != NULL)
		i++;
	if (i < site->nlisten)
		text = site->listen[i].endpoint.text;
	buf_add_text(out, "socketmap:");
	if (strncmp(text, "unix:", 5) == 0 && len > 0 &&
	    strncmp(text + 5, queue_directory, len) == 0 &&
	    text[5 + len] == '/')
		buf_printf(out, "unix:%s", text + 6 + len);
	else if (strncmp(text, "inet:*:", 7) == 0)
		buf_printf(out, "inet:127.0.0.1:%s", text + 7);
	else
		buf_add_text(out, text);
	buf_printf(out, ":%s", map);
}
