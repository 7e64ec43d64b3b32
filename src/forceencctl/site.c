/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/site.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "forceenc/address.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/say.h"

/* How long a daemon may take to answer if its deadline isn't known, and what
 * is added to its deadline if it is. ms. */
#define SITE_TIME_LIMIT 10000
#define SITE_TIME_EXTRA 2000

struct conf *
site_conf(const struct cmd_call *call)
{
	struct problems problems = {0};
	struct conf *conf = conf_load(call->conf_path, &problems);
	size_t i;

	for (i = 0; i < problems.n; i++)
		say("%s", problems.line[i]);
	problems_fini(&problems);
	return conf;
}

const struct conf_map *
site_map(const struct conf *conf, const struct cmd_call *call)
{
	const struct conf_map *map;
	struct buf names = {0};
	size_t i;

	if (call->map == NULL) {
		map = conf_map_senders(conf);
		return map != NULL ? map : &conf->map[0];
	}
	map = conf_map_find(conf, call->map, strlen(call->map));
	if (map != NULL)
		return map;
	for (i = 0; i < conf->nmaps; i++)
		buf_printf(
		    &names, "%s%s", i > 0 ? ", " : "", conf->map[i].name);
	say("--map %s: no map of this name; %s has %s",
	    text_show_str(call->map), text_show_str(conf->path),
	    buf_text(&names));
	buf_fini(&names);
	return NULL;
}

/* How long the daemon may take for an answer of any of its maps. */
static uint64_t
site_time_limit(const struct conf *conf)
{
	uint64_t limit = conf->answer_deadline;
	size_t i;

	for (i = 0; i < conf->nmaps; i++)
		if (conf->map[i].floor.upstream_time_limit > limit)
			limit = conf->map[i].floor.upstream_time_limit;
	return limit + SITE_TIME_EXTRA;
}

/* An endpoint, or just the path of a unix socket. */
static int
site_socket(const char *text, struct endpoint *endpoint)
{
	struct buf whole = {0};
	struct err err;
	int rc;

	buf_printf(&whole, "%s%s", *text == '/' ? "unix:" : "", text);
	rc = endpoint_parse(endpoint, buf_text(&whole), &err);
	buf_fini(&whole);
	if (rc == 0)
		return 0;
	say("--socket %s", err.text);
	return EX_USAGE;
}

static int
site_first_socketmap(const struct conf *conf, struct endpoint *endpoint)
{
	size_t i;

	for (i = 0; i < conf->nlisten; i++) {
		if (conf->listen[i].map != NULL)
			continue;
		*endpoint = conf->listen[i].endpoint;
		return 0;
	}
	say("%s: socketmap_listen is empty, so there is nowhere to ask; set "
	    "it, use --socket, or use --explain, which asks at the control "
	    "socket",
	    text_show_str(conf->path));
	return EX_CONFIG;
}

int
site_lookup(const struct cmd_call *call, struct site_lookup *lookup)
{
	const struct conf_map *map;
	struct conf *conf;
	int status = 0;

	*lookup = (struct site_lookup){.time_limit = SITE_TIME_LIMIT};
	if (call->socket != NULL)
		status = site_socket(call->socket, &lookup->endpoint);
	if (status != 0)
		return status;
	if (call->socket != NULL && call->map != NULL) {
		lookup->map = mem_strdup(call->map);
		return 0;
	}
	conf = site_conf(call);
	if (conf == NULL)
		return EX_CONFIG;
	map = site_map(conf, call);
	if (map == NULL)
		status = EX_USAGE;
	else if (call->socket == NULL)
		status = site_first_socketmap(conf, &lookup->endpoint);
	if (status == 0)
		lookup->map = mem_strdup(map->name);
	lookup->time_limit = site_time_limit(conf);
	conf_free(conf);
	return status;
}

void
site_lookup_fini(struct site_lookup *lookup)
{
	free(lookup->map);
}

int
site_control(const struct cmd_call *call, struct endpoint *endpoint,
    uint64_t *time_limit)
{
	struct conf *conf;
	int status = 0;

	*time_limit = SITE_TIME_LIMIT;
	if (call->socket != NULL)
		return site_socket(call->socket, endpoint);
	conf = site_conf(call);
	if (conf == NULL)
		return EX_CONFIG;
	*endpoint = conf->control_socket;
	*time_limit = site_time_limit(conf);
	if (!conf->has_control_socket) {
		say("%s: control_socket is empty, so forceencd can't be asked; "
		    "set it and restart forceencd",
		    text_show_str(conf->path));
		status = EX_CONFIG;
	}
	conf_free(conf);
	return status;
}

int
site_address(const char *address)
{
	if (*address == '\0') {
		say("the address is empty; the null sender is written '<>'");
		return EX_USAGE;
	}
	/* "$NAME@$DOMAIN" in a script where both are empty, for instance. */
	if (address[strspn(address, "@.\"")] == '\0') {
		say("%s: no address; the null sender is written '<>'",
		    text_show_str(address));
		return EX_USAGE;
	}
	if (strlen(address) > ADDRESS_MAX) {
		say("%s: too long for an address; at most %d bytes",
		    text_show_str(address), ADDRESS_MAX);
		return EX_USAGE;
	}
	return 0;
}
