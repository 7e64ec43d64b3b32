/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceenc/text.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"

/* Roads on which Postfix doesn't ask the sender's map, or doesn't heed it. */

/* trivial-rewrite(8) chooses, and could have settings of its own. */
#define AUDIT_ROUTE_SCOPE "rewrite/unix"

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

/* One table. open: its entries that lead out; otherwise the table itself, if
 * it can't be read. */
static void
audit_route_table(struct audit *audit, const char *line, const char *spec,
    audit_route_entry_fn *entry, bool open)
{
	const char *key, *value, *hop;
	struct buf text = {0};
	enum audit_seen seen;
	struct err err;
	char *at;

	seen = audit->world->table(audit->world->arg, spec, &text, &err);
	if (seen == AUDIT_UNKNOWN && !open)
		audit_find(audit,
		    postconf_keep(audit->conf, "%s: %s", line, err.text),
		    "see to it that no entry names another transport");
	buf_text(&text);
	at = text.data;
	while (
	    seen == AUDIT_SEEN && open && audit_next_entry(&at, &key, &value)) {
		hop = entry(value);
		if (hop != NULL && audit_hop(audit, hop) == AUDIT_HOP_OPEN)
			audit_find(audit,
			    postconf_keep(
				audit->conf, "%s: %s %s", spec, key, value),
			    audit_route_entry_fix(audit));
	}
	buf_fini(&text);
}

static void
audit_route_tables(struct audit *audit, const char *service, const char *name,
    audit_route_entry_fn *entry, bool open)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *line = postconf_line(audit->conf, service, name);
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		audit_route_table(audit, line,
		    postconf_keep(audit->conf, "%.*s", (int)len, word), entry,
		    open);
}

static const char *const audit_route_maps[] = {
    "transport_maps", "mailbox_transport_maps", "fallback_transport_maps"};

void
audit_route_transport_maps(struct audit *audit)
{
	size_t i;

	for (i = 0; i < AUDIT_ROUTE_COUNT(audit_route_maps); i++)
		audit_route_tables(audit, AUDIT_ROUTE_SCOPE,
		    audit_route_maps[i], audit_route_hop, true);
}

void
audit_route_transport_unread(struct audit *audit)
{
	size_t i;

	for (i = 0; i < AUDIT_ROUTE_COUNT(audit_route_maps); i++)
		audit_route_tables(audit, AUDIT_ROUTE_SCOPE,
		    audit_route_maps[i], audit_route_hop, false);
}

static void
audit_route_on_checks_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(audit, service, name, audit_route_filter, true);
}

static void
audit_route_on_checks_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_tables(audit, service, name, audit_route_filter, false);
}

/* The tables behind check_..._access. */
static void
audit_route_access(
    struct audit *audit, const char *service, const char *name, bool open)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *line = postconf_line(audit->conf, service, name);
	bool check = false;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		if (check && memchr(word, ':', len) != NULL)
			audit_route_table(audit, line,
			    postconf_keep(audit->conf, "%.*s", (int)len, word),
			    audit_route_filter, open);
		check = len > 13 && strncmp(word, "check_", 6) == 0 &&
		    strncmp(word + len - 7, "_access", 7) == 0;
	}
}

static void
audit_route_on_access_open(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_access(audit, service, name, true);
}

static void
audit_route_on_access_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_route_access(audit, service, name, false);
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

void
audit_route_content_filter(struct audit *audit)
{
	audit_each(audit, "content_filter", audit_route_on_content_filter);
}

/* The recipient classes that have a transport of their own. */
static const struct audit_route_class {
	const char *domains; /* NULL: nothing but a transport */
	const char *transport;
} audit_route_classes[] = {
    {"relay_domains", "relay_transport"},
    {"virtual_mailbox_domains", "virtual_transport"},
    {"mydestination", "local_transport"},
    {NULL, "mailbox_transport"},
    {NULL, "fallback_transport"},
};

static void
audit_route_classes_that(struct audit *audit, enum audit_hop wanted)
{
	const struct audit_route_class *class;
	const char *domains, *local, *line;
	size_t i;

	local = postconf_value(audit->conf, AUDIT_ROUTE_SCOPE, "mydestination");
	for (i = 0; i < AUDIT_ROUTE_COUNT(audit_route_classes); i++) {
		class = &audit_route_classes[i];
		domains = class->domains == NULL
		    ? "*"
		    : postconf_value(
			  audit->conf, AUDIT_ROUTE_SCOPE, class->domains);
		/* The default of old; what is local goes first. */
		if (*domains == '\0' || (i == 0 && strcmp(domains, local) == 0))
			continue;
		if (audit_hop(audit,
			postconf_value(audit->conf, AUDIT_ROUTE_SCOPE,
			    class->transport)) != wanted)
			continue;
		line = postconf_line(
		    audit->conf, AUDIT_ROUTE_SCOPE, class->transport);
		if (class->domains != NULL)
			line = postconf_keep(audit->conf, "%s, %s",
			    postconf_line(
				audit->conf, AUDIT_ROUTE_SCOPE, class->domains),
			    line);
		audit_find(audit, line,
		    wanted == AUDIT_HOP_OPEN
			? audit_set(audit, AUDIT_ROUTE_SCOPE, class->transport,
			      postconf_keep(
				  audit->conf, "%s:", audit_route_here(audit)))
			: "");
	}
}

void
audit_route_class_open(struct audit *audit)
{
	audit_route_classes_that(audit, AUDIT_HOP_OPEN);
}

void
audit_route_class_program(struct audit *audit)
{
	audit_route_classes_that(audit, AUDIT_HOP_UNSURE);
}

void
audit_route_relayhost(struct audit *audit)
{
	static const char *const names[] = {
	    "relayhost", "sender_dependent_relayhost_maps"};
	size_t i;

	for (i = 0; i < AUDIT_ROUTE_COUNT(names); i++)
		if (!postconf_is(audit->conf, AUDIT_ROUTE_SCOPE, names[i], ""))
			audit_find(audit,
			    postconf_line(
				audit->conf, AUDIT_ROUTE_SCOPE, names[i]),
			    "let the relay enforce TLS too, or set none");
}
