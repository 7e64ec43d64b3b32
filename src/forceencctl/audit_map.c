/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"
#include "forceencctl/mapspec.h"

/* The sender's map: whether forceencd is asked, first, and where it is. */

#define AUDIT_MAP_NAME "sender_dependent_default_transport_maps"

/* The listener of forceenc.cf that serves it, NULL if none does or nobody
 * knows. */
static const struct conf_listen *
audit_map_listener(struct audit *audit, const struct mapspec *map)
{
	return audit->site == NULL
	    ? NULL
	    : mapspec_listener(map,
		  postconf_value(audit->conf, NULL, "queue_directory"),
		  audit->site);
}

void
audit_map_each(struct audit *audit, audit_map_fn *fn)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const char *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		fn(audit, postconf_keep(audit->conf, "%.*s", (int)len, word));
}

const char *
audit_map_ours(struct audit *audit)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const char *word, *spec, *maybe = NULL;
	struct mapspec map;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		if (mapspec_parse(&map, spec) == -1)
			continue;
		if (audit_map_listener(audit, &map) != NULL)
			return spec;
		if (maybe == NULL)
			maybe = spec;
	}
	return maybe;
}

static const struct conf_map *
audit_map_named(struct audit *audit, const char *spec)
{
	const struct conf_listen *listen;
	struct mapspec map;
	const char *name;

	if (mapspec_parse(&map, spec) == -1)
		return NULL;
	listen = audit_map_listener(audit, &map);
	name = map.map;
	if (map.tcp)
		name = listen != NULL && listen->map != NULL ? listen->map : "";
	return conf_map_find(audit->site, name, strlen(name));
}

const struct conf_map *
audit_map_behind(struct audit *audit, const char *spec)
{
	const struct conf_listen *listen;
	const struct conf_map *found;
	struct mapspec map;

	if (audit->site == NULL || mapspec_parse(&map, spec) == -1)
		return NULL;
	listen = audit_map_listener(audit, &map);
	if (listen == NULL || map.tcp != (listen->map != NULL))
		return NULL;
	found = audit_map_named(audit, spec);
	return found != NULL && found->kind == CONF_MAP_SENDERS ? found : NULL;
}

static void
audit_map_add_transports(struct audit *audit, const struct conf_map *map)
{
	const char *answer;
	size_t i, len;

	for (i = 0; i < map->answers.n; i++) {
		answer = map->answers.list[i];
		len = strcspn(answer, ":");
		if (answer[len] == ':')
			audit_add_transport(audit, answer, len);
	}
}

void
audit_map_transports(struct audit *audit)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const struct conf_map *map;
	const char *word;
	size_t len;

	while (audit->site != NULL && (len = postconf_word(&at, &word)) > 0) {
		map = audit_map_named(
		    audit, postconf_keep(audit->conf, "%.*s", (int)len, word));
		if (map != NULL)
			audit_map_add_transports(audit, map);
	}
	map = audit->site != NULL ? conf_map_senders(audit->site) : NULL;
	if (map != NULL && audit->ntransports == 0)
		audit_map_add_transports(audit, map);
	if (audit->ntransports == 0)
		audit_add_transport(audit, "forceenc", strlen("forceenc"));
}

/* What main.cf should name. */
static const char *
audit_map_wanted(struct audit *audit)
{
	static const struct conf usual;
	const struct conf *site = audit->site != NULL ? audit->site : &usual;
	const struct conf_map *map = conf_map_senders(site);
	struct buf out = {0};
	const char *kept;

	mapspec_wanted(&out, site, map != NULL ? map->name : "forceenc",
	    postconf_value(audit->conf, NULL, "queue_directory"));
	kept = postconf_keep(audit->conf, "%s", buf_text(&out));
	buf_fini(&out);
	return kept;
}

/* Whether forceencd has the table: asked by Postfix as well, a slow directory
 * would hold up all mail. */
static bool
audit_map_has(struct audit *audit, const char *spec)
{
	const struct conf_map *map =
	    audit->site != NULL ? conf_map_senders(audit->site) : NULL;
	size_t i;

	for (i = 0; map != NULL && i < map->ntables; i++)
		if (strcmp(map->table[i].spec, postconf_table(spec)) == 0)
			return true;
	return false;
}

/* Whether nobody would answer: all mail would wait. setup asks before it
 * changes anything. */
static bool
audit_map_is_down(struct audit *audit, const char *spec)
{
	struct buf text = {0};
	bool down;

	down = audit->world->here &&
	    audit->world->ask(audit->world->arg, spec, "<>", &text) ==
		AUDIT_SAID_TROUBLE;
	buf_fini(&text);
	return down;
}

/* Forceencd's in front of the site's own tables, which may have senders that
 * forceencd doesn't know. */
static void
audit_map_find(struct audit *audit)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const char *list = audit_map_wanted(audit), *word, *spec;
	struct mapspec map;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		if (mapspec_parse(&map, spec) == -1 &&
		    !audit_map_has(audit, spec))
			list = postconf_keep(audit->conf, "%s, %s", list, spec);
	}
	audit_find(audit,
	    postconf_line(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME),
	    audit_map_is_down(audit, audit_map_wanted(audit))
		? "forceencctl setup --apply"
		: audit_set(audit, audit_rewrite(audit), AUDIT_MAP_NAME, list));
}

/* The list with one table spelled in another way. */
static const char *
audit_map_with(struct audit *audit, const char *old, const char *new)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const char *list = "", *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		list = strlen(old) == len && strncmp(old, word, len) == 0
		    ? postconf_keep(audit->conf, "%s%s%s", list,
			  *list != '\0' ? ", " : "", new)
		    : postconf_keep(audit->conf, "%s%s%.*s", list,
			  *list != '\0' ? ", " : "", (int)len, word);
	return list;
}

void
audit_map_missing(struct audit *audit)
{
	if (postconf_is(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME, ""))
		audit_map_find(audit);
}

void
audit_map_direct(struct audit *audit)
{
	if (!postconf_is(
		audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME, "") &&
	    audit_map_ours(audit) == NULL)
		audit_map_find(audit);
}

void
audit_map_shadowed(struct audit *audit)
{
	const char *ours = audit_map_ours(audit), *list = ours, *word;
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	bool first = true, shadowed = false;
	size_t len;

	if (ours == NULL)
		return;
	while ((len = postconf_word(&at, &word)) > 0) {
		if (strlen(ours) != len || strncmp(ours, word, len) != 0) {
			shadowed = shadowed || first;
			list = postconf_keep(
			    audit->conf, "%s, %.*s", list, (int)len, word);
		} else {
			first = false;
		}
	}
	if (shadowed)
		audit_find_value(
		    audit, audit_rewrite(audit), AUDIT_MAP_NAME, list);
}

static void
audit_map_on_tcp(struct audit *audit, const char *spec)
{
	struct mapspec map;

	if (mapspec_parse(&map, spec) == 0 && map.tcp)
		audit_map_find(audit);
}

void
audit_map_tcp(struct audit *audit)
{
	audit_map_each(audit, audit_map_on_tcp);
}

static void
audit_map_on_proxy(struct audit *audit, const char *spec)
{
	struct mapspec map;

	if (mapspec_parse(&map, spec) == 0 && map.proxied)
		audit_find_value(audit, audit_rewrite(audit), AUDIT_MAP_NAME,
		    audit_map_with(audit, spec, postconf_table(spec)));
}

void
audit_map_proxy(struct audit *audit)
{
	audit_map_each(audit, audit_map_on_proxy);
}

/* "socketmap:unix:/..." where the asker's root is the queue directory. */
static void
audit_map_on_chroot(struct audit *audit, const char *spec)
{
	const char *queue, *fix;
	struct mapspec map;
	size_t len;

	if (mapspec_parse(&map, spec) == -1 || map.path == NULL ||
	    map.proxied || map.path[0] != '/')
		return;
	queue = postconf_value(audit->conf, NULL, "queue_directory");
	len = strlen(queue);
	fix = "listen below the queue directory, or at inet:127.0.0.1:9999";
	if (strncmp(map.path, queue, len) == 0 && map.path[len] == '/')
		fix = audit_set(audit, audit_rewrite(audit), AUDIT_MAP_NAME,
		    audit_map_with(audit, spec,
			postconf_keep(audit->conf, "socketmap:unix:%s:%s",
			    map.path + len + 1, map.map)));
	audit_find(audit,
	    postconf_line(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME),
	    fix);
}

void
audit_map_chroot(struct audit *audit)
{
	const char *path = audit_rewrite(audit);
	const struct postconf_service *rewrite =
	    postconf_find(audit->conf, path, strcspn(path, "/"), "unix");

	if (rewrite != NULL && postconf_chrooted(audit->conf, rewrite))
		audit_map_each(audit, audit_map_on_chroot);
}

/* Whether forceenc.cf has it, and with transports for answers. */
static void
audit_map_on_served(struct audit *audit, const char *spec)
{
	const struct conf_listen *listen;
	struct mapspec map;

	if (mapspec_parse(&map, spec) == -1)
		return;
	listen = audit_map_listener(audit, &map);
	/* Others may ask somebody else, but the first. */
	if (listen == NULL && strcmp(spec, audit_map_ours(audit)) != 0)
		return;
	if (audit_map_behind(audit, spec) == NULL)
		audit_map_find(audit);
}

void
audit_map_served(struct audit *audit)
{
	if (audit->site != NULL)
		audit_map_each(audit, audit_map_on_served);
}

void
audit_map_site(struct audit *audit)
{
	if (audit->site_problem != NULL)
		audit_find(
		    audit, audit->site_problem, "forceencctl config check");
}

void
audit_map_null_key(struct audit *audit)
{
	static const char name[] =
	    "empty_address_default_transport_maps_lookup_key";

	if (postconf_raw(audit->conf, NULL, name) != NULL &&
	    !postconf_is(audit->conf, NULL, name, "<>"))
		audit_find_value(audit, NULL, name, "<>");
}

void
audit_map_probe(struct audit *audit)
{
	static const char name[] =
	    "address_verify_sender_dependent_default_transport_maps";

	if (postconf_set(audit->conf, name) &&
	    !postconf_is(audit->conf, NULL, name,
		postconf_value(audit->conf, NULL, AUDIT_MAP_NAME)))
		audit_find(audit, postconf_line(audit->conf, NULL, name), "");
}

void
audit_map_unseen(struct audit *audit)
{
	static const char instances[] = "multi_instance_directories";

	if (!audit->world->here)
		audit_find(audit, "--from", "run it on the host itself");
	if (audit->conf->unclear != NULL)
		audit_find(audit, audit->conf->unclear, "");
	if (!postconf_is(audit->conf, NULL, instances, ""))
		audit_find(audit, postconf_line(audit->conf, NULL, instances),
		    "run it with --config-dir for each of them");
}
