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

/* Calls fn for each table of the parameter. */
typedef void audit_map_fn(struct audit *, const char *spec);

static void
audit_map_each(struct audit *audit, audit_map_fn *fn)
{
	const char *at =
	    postconf_value(audit->conf, audit_rewrite(audit), AUDIT_MAP_NAME);
	const char *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		fn(audit, postconf_keep(audit->conf, "%.*s", (int)len, word));
}

/* The first table that is one of forceencd's, or could be; NULL if none is.
 * Where forceenc.cf is known, the first that it serves. */
static const char *
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

static void
audit_map_find(struct audit *audit)
{
	audit_find_value(audit, audit_rewrite(audit), AUDIT_MAP_NAME,
	    audit_map_wanted(audit));
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
		    postconf_table(spec));
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
		    postconf_keep(audit->conf, "socketmap:unix:%s:%s",
			map.path + len + 1, map.map));
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

/* A sender for whom forceencd must have an answer, of whatever kind. */
static const char *
audit_map_postmaster(struct audit *audit)
{
	const char *host = postconf_value(audit->conf, NULL, "myhostname");

	return postconf_keep(
	    audit->conf, "postmaster@%s", *host != '\0' ? host : "localhost");
}

static void
audit_map_try(
    struct audit *audit, const char *spec, const char *key, const char *remedy)
{
	struct buf text = {0};
	struct mapspec map;

	if (mapspec_parse(&map, spec) == -1)
		return;
	if (audit->world->ask(audit->world->arg, spec, key, &text) ==
	    AUDIT_SAID_TROUBLE)
		audit_find(audit,
		    postconf_keep(audit->conf, "%s, asked for %s: %s", spec,
			key, buf_text(&text)),
		    remedy);
	buf_fini(&text);
}

static void
audit_map_on_ask(struct audit *audit, const char *spec)
{
	const char *sender = audit_map_postmaster(audit);

	audit_map_try(audit, spec, sender,
	    postconf_keep(audit->conf, "forceencctl lookup %s", sender));
}

/* The floor, or somebody else's policies. */
static void
audit_map_on_policies(
    struct audit *audit, const struct postconf_service *service)
{
	const char *at =
	    postconf_value(audit->conf, postconf_path(audit->conf, service),
		audit_client(audit, service, "tls_policy_maps"));
	const char *word, *spec;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		audit_map_try(audit, spec, "example.com",
		    postconf_keep(audit->conf, "postmap -q example.com '%s'",
			postconf_quoted(audit->conf, spec)));
	}
}

void
audit_map_asked(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	if (!audit->world->here)
		return;
	audit_map_each(audit, audit_map_on_ask);
	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		audit_map_on_policies(audit, service);
}

/* What the map answers for a sender must be a way that is safe. */
void
audit_map_answer(struct audit *audit)
{
	const char *ours = audit_map_ours(audit), *answer;
	struct buf text = {0};
	enum audit_hop hop;

	if (ours == NULL || !audit->world->here)
		return;
	if (audit->world->ask(audit->world->arg, ours,
		audit_map_postmaster(audit), &text) == AUDIT_SAID_ANSWER) {
		answer = buf_text(&text);
		hop = audit_hop(audit, answer);
		if (hop == AUDIT_HOP_OPEN || hop == AUDIT_HOP_UNSURE)
			audit_find(audit,
			    postconf_keep(
				audit->conf, "%s answers %s", ours, answer),
			    "set forceenc_answers to transports that encrypt");
	}
	buf_fini(&text);
}

/* Nothing, and "go on", mean the same to Postfix. */
static bool
audit_map_is_silent(enum audit_said said, struct buf *text)
{
	return said == AUDIT_SAID_NOTHING ||
	    (said == AUDIT_SAID_ANSWER && strcmp(buf_text(text), "DUNNO") == 0);
}

void
audit_map_said(struct audit *audit, audit_map_said_fn *fn)
{
	const char *ours = audit_map_ours(audit), *answer;
	const char *const senders[] = {audit_map_postmaster(audit), "<>"};
	struct buf text = {0};
	enum audit_said said;
	size_t i;

	for (i = 0; i < 2 && ours != NULL && audit->world->here; i++) {
		buf_clear(&text);
		said = audit->world->ask(
		    audit->world->arg, ours, senders[i], &text);
		answer = buf_text(&text);
		if (said == AUDIT_SAID_ANSWER && strcspn(answer, ":") > 0 &&
		    !audit_map_is_silent(said, &text))
			fn(audit,
			    postconf_keep(audit->conf, "%.*s",
				(int)strcspn(answer, ":"), answer),
			    postconf_keep(audit->conf,
				", which %s answers for %s", ours, senders[i]));
	}
	buf_fini(&text);
}

enum audit_seen
audit_map_forces(struct audit *audit, const char *sender)
{
	const char *ours = audit_map_ours(audit);
	enum audit_seen seen = AUDIT_UNKNOWN;
	struct buf text = {0};
	enum audit_said said;
	enum audit_hop hop;

	if (ours == NULL || !audit->world->here)
		return AUDIT_UNKNOWN;
	said = audit->world->ask(audit->world->arg, ours, sender, &text);
	if (audit_map_is_silent(said, &text)) {
		seen = AUDIT_ABSENT;
	} else if (said == AUDIT_SAID_ANSWER) {
		hop = audit_hop(audit, buf_text(&text));
		if (hop == AUDIT_HOP_SAFE || hop == AUDIT_HOP_STAYS)
			seen = AUDIT_SEEN;
	}
	buf_fini(&text);
	return seen;
}

void
audit_map_null(struct audit *audit)
{
	const char *ours = audit_map_ours(audit);
	struct buf text = {0};
	enum audit_said said;

	if (ours == NULL || !audit->world->here)
		return;
	said = audit->world->ask(audit->world->arg, ours, "<>", &text);
	if (audit_map_is_silent(said, &text))
		audit_find(audit,
		    postconf_keep(
			audit->conf, "%s has no transport for <>", ours),
		    "forceencctl set '<>' on");
	buf_fini(&text);
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

	if (postconf_set(audit->conf, name))
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
