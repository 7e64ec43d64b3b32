/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit_hop.h"

#include <string.h>

#include "forceenc/text.h"
#include "forceencctl/mapspec.h"

static bool
audit_hop_among(const char *const *words, const char *word, size_t len)
{
	for (; *words != NULL; words++)
		if (text_equal_fold(word, len, *words))
			return true;
	return false;
}

enum audit_hop_level
audit_hop_level_of(const char *policy)
{
	static const char *const verified[] = {
	    "dane-only", "verify", "secure", "fingerprint", NULL};
	size_t len = strcspn(policy, " \t\r\n,");

	/* Ciphers that encrypt nothing, which no level excludes. */
	if (strstr(policy + len, "ciphers=null") != NULL)
		return AUDIT_HOP_PLAIN;
	if (text_equal_fold(policy, len, "encrypt"))
		return AUDIT_HOP_ENCRYPT;
	return audit_hop_among(verified, policy, len) ? AUDIT_HOP_VERIFIED
						      : AUDIT_HOP_PLAIN;
}

enum audit_hop_level
audit_hop_level(struct audit *audit, const struct postconf_service *service)
{
	const char *path = postconf_path(audit->conf, service);
	const char *level = postconf_value(audit->conf, path,
	    audit_client(audit, service, "tls_security_level"));

	/* What there was before levels holds where there is none. */
	if (*level == '\0' &&
	    postconf_yes(
		audit->conf, path, audit_client(audit, service, "enforce_tls")))
		return AUDIT_HOP_ENCRYPT;
	return audit_hop_level_of(level);
}

/* Whether no message can ask for it any more when it comes in. */
static bool
audit_hop_all_cleanups(struct audit *audit, const char *name)
{
	const struct postconf_service *service;
	bool any = false;
	size_t i;

	for (i = 0; i < audit->conf->nservices; i++) {
		service = &audit->conf->service[i];
		if (strcmp(service->command, "cleanup") != 0)
			continue;
		any = true;
		if (!postconf_is(audit->conf,
			postconf_path(audit->conf, service), name, "no"))
			return false;
	}
	return any;
}

bool
audit_hop_heeds_header(
    struct audit *audit, const struct postconf_service *service)
{
	static const char name[] = "tls_required_enable";

	return !postconf_is(audit->conf, postconf_path(audit->conf, service),
		   name, "no") &&
	    !audit_hop_all_cleanups(audit, name);
}

/* Whether a table has a policy below encrypt, or can't be read. */
static bool
audit_hop_is_weak_table(struct audit *audit, const char *spec)
{
	const char *key, *value;
	struct buf text = {0};
	struct err err;
	bool weak;
	char *at;

	weak = audit->world->table(audit->world->arg, spec, &text, &err) !=
	    AUDIT_SEEN;
	buf_text(&text);
	at = text.data;
	while (!weak && audit_next_entry(&at, &key, &value))
		weak = audit_hop_level_of(value) == AUDIT_HOP_PLAIN;
	buf_fini(&text);
	return weak;
}

/* A policy of a destination goes before the level. */
static bool
audit_hop_has_weak_policy(
    struct audit *audit, const struct postconf_service *service)
{
	const char *path = postconf_path(audit->conf, service), *word, *spec;
	const char *at = postconf_value(
	    audit->conf, path, audit_client(audit, service, "tls_policy_maps"));
	size_t len;

	if (*at == '\0')
		return !postconf_is(audit->conf, path,
		    audit_client(audit, service, "tls_per_site"), "");
	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		if (audit->site != NULL &&
		    mapspec_is_floor(spec,
			postconf_value(audit->conf, NULL, "queue_directory"),
			audit->site))
			return false;
		if (audit_hop_is_weak_table(audit, spec))
			return true;
	}
	return false;
}

/* Whether its level holds, whatever the message and the destination. */
static bool
audit_hop_is_safe(struct audit *audit, const struct postconf_service *service)
{
	return audit_hop_level(audit, service) != AUDIT_HOP_PLAIN &&
	    !(postconf_since(audit->conf, 3, 10) &&
		audit_hop_heeds_header(audit, service)) &&
	    !audit_hop_has_weak_policy(audit, service);
}

static bool
audit_hop_is_local(const char *nexthop, size_t len)
{
	static const char *const here[] = {
	    "127.", "localhost", "::1]", "ipv6:::1]", "ip6-localhost", NULL};
	const char *end = nexthop + len;
	size_t i, n;

	if (len >= 5 && strncmp(nexthop, "unix:", 5) == 0)
		return true;
	if (len >= 5 && strncmp(nexthop, "inet:", 5) == 0)
		nexthop += 5;
	nexthop += nexthop < end && *nexthop == '[';
	for (i = 0; here[i] != NULL; i++) {
		n = strlen(here[i]);
		if ((size_t)(end - nexthop) >= n &&
		    text_equal_fold(nexthop, n, here[i]))
			break;
	}
	if (here[i] == NULL)
		return false;
	/* Not localhost.example.com. */
	return strcmp(here[i], "localhost") != 0 || nexthop + n == end ||
	    strchr(":]", nexthop[n]) != NULL;
}

bool
audit_hop_is_here(const char *nexthop)
{
	const char *word;
	size_t len;
	bool any = false;

	while ((len = postconf_word(&nexthop, &word)) > 0) {
		if (!audit_hop_is_local(word, len))
			return false;
		any = true;
	}
	return any;
}

enum audit_hop
audit_hop(struct audit *audit, const char *hop)
{
	static const char *const stays[] = {
	    "error", "discard", "local", "virtual", NULL};
	size_t len = strcspn(hop, ":");
	const struct postconf_service *service;

	if (len == 0)
		return AUDIT_HOP_NONE;
	/* A part of what a pattern has matched. */
	if (memchr(hop, '$', len) != NULL)
		return AUDIT_HOP_UNSURE;
	service = postconf_find(audit->conf, hop, len, "unix");
	/* Mail waits for a transport that isn't there. */
	if (service == NULL ||
	    audit_hop_among(stays, service->command, strlen(service->command)))
		return AUDIT_HOP_STAYS;
	if (audit_is_transport(audit, hop, len))
		return AUDIT_HOP_SAFE;
	if (!audit_is_client(service))
		return AUDIT_HOP_UNSURE;
	if (hop[len] == ':' && audit_hop_is_here(hop + len + 1))
		return AUDIT_HOP_STAYS;
	return audit_hop_is_safe(audit, service) ? AUDIT_HOP_SAFE
						 : AUDIT_HOP_OPEN;
}
