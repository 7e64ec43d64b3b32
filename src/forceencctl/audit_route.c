/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceenc/text.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"

/* Roads on which Postfix doesn't ask the sender's map, or doesn't heed it. */

/* trivial-rewrite(8) chooses, and could have settings of its own; what is
 * local(8)'s may stand with any of its services. */

#define AUDIT_ROUTE_COUNT(list) (sizeof(list) / sizeof(*(list)))

/* What an entry of a table sends mail to; NULL: nowhere else. */
typedef const char *audit_route_entry_fn(const char *value);

static const char *
audit_route_hop(const char *value)
{
	return value;
}

static const char *
audit_route_filter(const char *value)
{
	if (strlen(value) < 7 || !text_equal_fold(value, 6, "FILTER"))
		return NULL;
	return value + 6 + strspn(value + 6, " \t");
}

static const char *
audit_route_here(struct audit *audit)
{
	return audit->ntransports > 0 ? audit->transport[0] : "forceenc";
}

static const char *
audit_route_entry_fix(struct audit *audit)
{
	return postconf_keep(audit->conf,
	    "name \"%s:\" there, or a next hop without a transport, "
	    "\":[HOST]\"",
	    audit_route_here(audit));
}

static void
audit_route_entry(struct audit *audit, const char *where, const char *hop,
    enum audit_hop wanted)
{
	if (hop != NULL && audit_hop(audit, hop) == wanted)
		audit_find(audit, where,
		    wanted == AUDIT_HOP_OPEN ? audit_route_entry_fix(audit)
					     : "");
}

/* All that one of forceencd's own maps can answer. */
static void
audit_route_ours(struct audit *audit, const struct conf_map *map,
    const char *spec, audit_route_entry_fn *entry, enum audit_hop wanted)
{
	size_t i;

	for (i = 0; i < map->answers.n; i++)
		audit_route_entry(audit,
		    postconf_keep(audit->conf, "%s may answer %s", spec,
			map->answers.list[i]),
		    entry(map->answers.list[i]), wanted);
}

/* One table: its entries that are as wanted; with AUDIT_HOP_NONE, the table
 * itself, if it can't be read. */
static void
audit_route_table(struct audit *audit, const char *line, const char *spec,
    audit_route_entry_fn *entry, enum audit_hop wanted)
{
	const struct conf_map *ours = audit_map_behind(audit, spec);
	const char *key, *value;
	struct buf text = {0};
	enum audit_seen seen;
	struct err err;
	char *at;

	if (ours != NULL) {
		audit_route_ours(audit, ours, spec, entry, wanted);
		return;
	}
	seen = audit->world->table(audit->world->arg, spec, &text, &err);
	if (seen == AUDIT_UNKNOWN && wanted == AUDIT_HOP_NONE)
		audit_find(audit,
		    postconf_keep(audit->conf, "%s: %s", line, err.text),
		    "see to it that no entry names another transport");
	buf_text(&text);
	at = text.data;
	while (seen == AUDIT_SEEN && wanted != AUDIT_HOP_NONE &&
	    audit_next_entry(&at, &key, &value))
		audit_route_entry(audit,
		    postconf_keep(audit->conf, "%s: %s %s", spec, key, value),
		    entry(value), wanted);
	buf_fini(&text);
}

static void
audit_route_tables(struct audit *audit, const char *service, const char *name,
    audit_route_entry_fn *entry, enum audit_hop wanted)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *line = postconf_line(audit->conf, service, name);
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		audit_route_table(audit, line,
		    postconf_keep(audit->conf, "%.*s", (int)len, word), entry,
		    wanted);
}

static void
audit_route_on_maps_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_hop, AUDIT_HOP_OPEN);
}

static void
audit_route_on_maps_program(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_hop, AUDIT_HOP_UNSURE);
}

static void
audit_route_on_maps_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_hop, AUDIT_HOP_NONE);
}

static void
audit_route_maps(struct audit *audit, audit_each_fn *fn)
{
	fn(audit, audit_rewrite(audit), "transport_maps");
	audit_each(audit, "mailbox_transport_maps", fn);
	audit_each(audit, "fallback_transport_maps", fn);
}

void
audit_route_transport_maps(struct audit *audit)
{
	audit_route_maps(audit, audit_route_on_maps_open);
}

void
audit_route_transport_unread(struct audit *audit)
{
	audit_route_maps(audit, audit_route_on_maps_unread);
}

static void
audit_route_on_checks_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_filter, AUDIT_HOP_OPEN);
}

static void
audit_route_on_checks_program(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_filter, AUDIT_HOP_UNSURE);
}

static void
audit_route_on_checks_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(
	    audit, service, name, audit_route_filter, AUDIT_HOP_NONE);
}

/* A server that answers as an access table does: anything. */
static void
audit_route_policy_server(struct audit *audit, const char *line)
{
	audit_find(audit,
	    postconf_keep(audit->conf, "%s: it can't be read", line),
	    "see to it that it answers with no FILTER that leads out");
}

/* The tables behind check_..._access. */
static void
audit_route_access(struct audit *audit, const char *service, const char *name,
    enum audit_hop wanted)
{
	static const char server[] = "check_policy_service";
	const char *at = postconf_value(audit->conf, service, name);
	const char *word, *inner;
	const char *line = postconf_line(audit->conf, service, name);
	bool check = false;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		/* "check_ccert_access { type:table, ... }" */
		if (check && *word == '{') {
			inner = word + 1;
			len = postconf_word(&inner, &word);
		}
		if (check && memchr(word, ':', len) != NULL)
			audit_route_table(audit, line,
			    postconf_keep(audit->conf, "%.*s", (int)len, word),
			    audit_route_filter, wanted);
		else if (wanted == AUDIT_HOP_NONE &&
		    len == sizeof(server) - 1 && memcmp(word, server, len) == 0)
			audit_route_policy_server(audit, line);
		check = len > 13 && strncmp(word, "check_", 6) == 0 &&
		    strncmp(word + len - 7, "_access", 7) == 0;
	}
}

static void
audit_route_on_access_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_access(audit, service, name, AUDIT_HOP_OPEN);
}

static void
audit_route_on_access_program(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_access(audit, service, name, AUDIT_HOP_UNSURE);
}

static void
audit_route_on_access_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_access(audit, service, name, AUDIT_HOP_NONE);
}

/* Lists of restrictions to which the site has given names. */
static void
audit_route_named_lists(struct audit *audit, audit_each_fn *access)
{
	const char *at =
	    postconf_value(audit->conf, NULL, "smtpd_restriction_classes");
	const char *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		audit_each(audit,
		    postconf_keep(audit->conf, "%.*s", (int)len, word), access);
}

static void
audit_route_filters(
    struct audit *audit, audit_each_fn *checks, audit_each_fn *access)
{
	static const char *const tables[] = {"header_checks", "body_checks",
	    "mime_header_checks", "nested_header_checks",
	    "milter_header_checks"};
	static const char *const restrictions[] = {"smtpd_client_restrictions",
	    "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	    "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	    "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"};
	size_t i;

	for (i = 0; i < AUDIT_ROUTE_COUNT(tables); i++)
		audit_each(audit, tables[i], checks);
	for (i = 0; i < AUDIT_ROUTE_COUNT(restrictions); i++)
		audit_each(audit, restrictions[i], access);
	audit_route_named_lists(audit, access);
}

void
audit_route_filter_action(struct audit *audit)
{
	audit_route_filters(
	    audit, audit_route_on_checks_open, audit_route_on_access_open);
}

void
audit_route_filter_unread(struct audit *audit)
{
	audit_route_filters(
	    audit, audit_route_on_checks_unread, audit_route_on_access_unread);
}

static void
audit_route_on_content_filter(
    struct audit *audit, const char *service, const char *name)
{
	if (audit_hop(audit, postconf_value(audit->conf, service, name)) ==
	    AUDIT_HOP_OPEN)
		audit_find(audit, postconf_line(audit->conf, service, name),
		    "filter on loopback, \"smtp:[127.0.0.1]:PORT\"");
}

static void
audit_route_on_filter_program(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_entry(audit, postconf_line(audit->conf, service, name),
	    postconf_value(audit->conf, service, name), AUDIT_HOP_UNSURE);
}

/* "host:port" or "inet:host:port"; a port alone is this machine's. */
static bool
audit_route_is_near(const char *filter)
{
	const char *port = filter;

	if (strncmp(filter, "inet:", 5) == 0)
		port += 5;
	port += *port == ':';
	return port[strspn(port, "0123456789")] == '\0' ||
	    audit_hop_is_here(filter);
}

static void
audit_route_on_proxy_filter(
    struct audit *audit, const char *service, const char *name)
{
	if (!audit_route_is_near(postconf_value(audit->conf, service, name)))
		audit_find(audit, postconf_line(audit->conf, service, name),
		    "filter on loopback, \"127.0.0.1:PORT\"");
}

void
audit_route_content_filter(struct audit *audit)
{
	audit_each(audit, "content_filter", audit_route_on_content_filter);
	audit_each(audit, "smtpd_proxy_filter", audit_route_on_proxy_filter);
}

/* The next hop stays, since the domain's own mail hosts may be this one. What
 * speaks LMTP still has to: it gets a transport like it, with TLS. */
static const char *
audit_route_fix(struct audit *audit, const char *service, const char *name)
{
	const char *hop = postconf_value(audit->conf, service, name);
	size_t len = strcspn(hop, ":");
	const struct postconf_service *old =
	    postconf_find(audit->conf, hop, len, "unix");
	const char *here = audit_route_here(audit), *own;

	hop += len + (hop[len] == ':');
	if (old == NULL || strcmp(old->command, "lmtp") != 0)
		return audit_set(audit, service, name,
		    postconf_keep(audit->conf, "%s:%s", here, hop));
	own = postconf_keep(audit->conf, "%s-lmtp", here);
	return postconf_keep(audit->conf,
	    "postconf -M '%s/unix=%s unix - - %c - - lmtp"
	    " -o lmtp_tls_security_level=encrypt -o lmtp_tls_policy_maps="
	    " -o lmtp_tls_per_site= -o tls_required_enable=no' && %s",
	    own, own, old->chroot,
	    audit_set(audit, service, name,
		postconf_keep(audit->conf, "%s:%s", own, hop)));
}

/* A transport of trivial-rewrite(8) or local(8), if it is as wanted. domains:
 * whom it is for; NULL if it isn't said. */
static void
audit_route_transport(struct audit *audit, const char *service,
    const char *name, const char *domains, enum audit_hop wanted)
{
	const char *line = postconf_line(audit->conf, service, name);

	if (audit_hop(audit, postconf_value(audit->conf, service, name)) !=
	    wanted)
		return;
	if (domains != NULL)
		line = postconf_keep(audit->conf, "%s, %s",
		    postconf_line(audit->conf, service, domains), line);
	audit_find(audit, line,
	    wanted == AUDIT_HOP_OPEN ? audit_route_fix(audit, service, name)
				     : "");
}

/* The recipient classes that have a transport of their own. */
static void
audit_route_classes(struct audit *audit, enum audit_hop wanted)
{
	static const struct audit_route_class {
		const char *domains;
		const char *transport;
	} classes[] = {
	    {"relay_domains", "relay_transport"},
	    {"virtual_mailbox_domains", "virtual_transport"},
	    {"mydestination", "local_transport"},
	};
	const char *domains, *local;
	size_t i;

	local =
	    postconf_value(audit->conf, audit_rewrite(audit), "mydestination");
	for (i = 0; i < AUDIT_ROUTE_COUNT(classes); i++) {
		domains = postconf_value(
		    audit->conf, audit_rewrite(audit), classes[i].domains);
		/* The default of old; what is local goes first. */
		if (*domains != '\0' && (i != 0 || strcmp(domains, local) != 0))
			audit_route_transport(audit, audit_rewrite(audit),
			    classes[i].transport, classes[i].domains, wanted);
	}
}

static void
audit_route_on_local_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_transport(audit, service, name, NULL, AUDIT_HOP_OPEN);
}

static void
audit_route_on_local_program(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_transport(audit, service, name, NULL, AUDIT_HOP_UNSURE);
}

/* Where local(8) hands mail on. */
static void
audit_route_local(struct audit *audit, audit_each_fn *fn)
{
	audit_each(audit, "mailbox_transport", fn);
	audit_each(audit, "fallback_transport", fn);
}

void
audit_route_class_open(struct audit *audit)
{
	audit_route_classes(audit, AUDIT_HOP_OPEN);
	audit_route_local(audit, audit_route_on_local_open);
}

void
audit_route_program(struct audit *audit)
{
	audit_route_classes(audit, AUDIT_HOP_UNSURE);
	audit_route_local(audit, audit_route_on_local_program);
	audit_route_maps(audit, audit_route_on_maps_program);
	audit_route_filters(audit, audit_route_on_checks_program,
	    audit_route_on_access_program);
	audit_each(audit, "content_filter", audit_route_on_filter_program);
}

void
audit_route_relayhost(struct audit *audit)
{
	static const char *const names[] = {
	    "relayhost", "sender_dependent_relayhost_maps"};
	size_t i;

	for (i = 0; i < AUDIT_ROUTE_COUNT(names); i++)
		if (!postconf_is(
			audit->conf, audit_rewrite(audit), names[i], ""))
			audit_find(audit,
			    postconf_line(
				audit->conf, audit_rewrite(audit), names[i]),
			    "let the relay enforce TLS too, or set none");
}
