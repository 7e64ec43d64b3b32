/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/audit_hop.h"

#include <string.h>

#include "forceenc/text.h"

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

/* Whether a next hop is this machine. */
static bool
audit_hop_is_here(const char *nexthop)
{
	static const char *const here[] = {
	    "127.", "localhost", "::1]", "ipv6:::1]", "ip6-localhost", NULL};
	size_t i;

	if (strncmp(nexthop, "unix:", 5) == 0)
		return true;
	if (strncmp(nexthop, "inet:", 5) == 0)
		nexthop += 5;
	nexthop += *nexthop == '[';
	for (i = 0; here[i] != NULL; i++)
		if (strlen(nexthop) >= strlen(here[i]) &&
		    text_equal_fold(nexthop, strlen(here[i]), here[i]))
			break;
	/* Not localhost.example.com. */
	return here[i] != NULL &&
	    (strcmp(here[i], "localhost") != 0 ||
		strchr(":]", nexthop[strlen("localhost")]) != NULL);
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
	return audit_hop_level(audit, service) == AUDIT_HOP_PLAIN
	    ? AUDIT_HOP_OPEN
	    : AUDIT_HOP_SAFE;
}
