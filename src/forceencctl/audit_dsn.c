/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_rules.h"

/* What becomes of mail that can't be encrypted: the delivery status filter,
 * asked as smtp(8) asks it. */

#define AUDIT_DSN_HOST "mx.example.com[192.0.2.1]"

/* The other side's fault, for good. */
#define AUDIT_DSN_HARD                                                       \
	"4.7.4 TLS is required, but was not offered by host " AUDIT_DSN_HOST \
	"\n"                                                                 \
	"4.7.5 Cannot start TLS: handshake failure\n"                        \
	"4.7.5 Server certificate not verified\n"

/* The same where DANE may be asked for. */
#define AUDIT_DSN_DANE                  \
	"4.7.5 no TLSA records found\n" \
	"4.7.5 non DNSSEC destination\n"

/* Our own trouble, or a remote server's word. */
#define AUDIT_DSN_SOFT                                                         \
	"4.7.5 TLSA lookup error for mx.example.com:25\n"                      \
	"4.7.5 client TLS configuration problem\n"                             \
	"4.7.5 TLS is required, but our TLS engine is unavailable\n"           \
	"4.7.5 host " AUDIT_DSN_HOST                                           \
	" said: 450 4.7.5 try later (in reply to RCPT TO command)\n"           \
	"4.7.1 host " AUDIT_DSN_HOST                                           \
	" said: 450 4.7.1 TLS is required, but was not offered by host x (in " \
	"reply to MAIL FROM command)\n"                                        \
	"4.4.1 connect to " AUDIT_DSN_HOST ":25: Connection refused\n"         \
	"4.4.3 Host or domain name not found. Name service error for "         \
	"name=mx.example.com type=A: Host not found, try again\n"

/* Refused, but temporary by definition. */
#define AUDIT_DSN_REFUSED                                      \
	"4.7.0 TLS is required, but host " AUDIT_DSN_HOST      \
	" refused to start TLS: 454 4.7.0 TLS not available\n" \
	"4.3.2 TLS is required, but host " AUDIT_DSN_HOST      \
	" refused to start TLS: 421 4.3.2 going down\n"

/* Asked all at once, since each call of postmap(1) costs. */
static const char audit_dsn_all[] =
    AUDIT_DSN_HARD AUDIT_DSN_DANE AUDIT_DSN_SOFT AUDIT_DSN_REFUSED;

/* What a forced transport is called with, by its number; NULL at the end. */
static const char *
audit_dsn_filter(
    struct audit *audit, unsigned i, const char **service, const char **name)
{
	const struct postconf_service *forced = audit_forced(audit, i);

	if (forced == NULL)
		return NULL;
	*service = postconf_path(audit->conf, forced);
	*name = audit_client(audit, forced, "delivery_status_filter");
	return postconf_value(audit->conf, *service, *name);
}

const char *
audit_dsn_ours(struct audit *audit)
{
	const char *table =
	    postconf_keep(audit->conf, "pcre:%s/dsn_filter.pcre",
		audit->folder != NULL ? audit->folder : "/etc/postfix");
	struct err err;

	return audit->world->file(audit->world->arg, table + strlen("pcre:"),
		   &err) == AUDIT_ABSENT
	    ? NULL
	    : table;
}

/* To name a file that isn't there would be worse than what is wrong. */
static const char *
audit_dsn_fix(struct audit *audit, const char *service, const char *name)
{
	const char *ours = audit_dsn_ours(audit);

	return ours != NULL ? audit_set(audit, service, name, ours)
			    : "forceencctl setup --apply";
}

void
audit_dsn_missing(struct audit *audit)
{
	const char *filter, *service, *name;
	unsigned i;

	for (i = 0; (filter = audit_dsn_filter(audit, i, &service, &name)); i++)
		if (*filter == '\0')
			audit_find(audit,
			    postconf_line(audit->conf, service, name),
			    audit_dsn_fix(audit, service, name));
}

void
audit_dsn_type(struct audit *audit)
{
	const char *filter, *service, *name;
	unsigned i;

	for (i = 0; (filter = audit_dsn_filter(audit, i, &service, &name)); i++)
		if (strcmp(audit_table_type(audit, filter), "regexp") == 0)
			audit_find(audit,
			    postconf_line(audit->conf, service, name),
			    audit_dsn_fix(audit, service, name));
}

/* Asks each filter for the texts; fn gets a status text and what it's made,
 * or NULL for nothing. */
typedef void audit_dsn_fn(struct audit *, const char *service, const char *name,
    const char *text, const char *made);

static const char *
audit_dsn_made(
    struct audit *audit, struct buf *out, const char *text, size_t len)
{
	const char *line = buf_text(out), *value = NULL;

	while (*line != '\0' && value == NULL) {
		if (strncmp(line, text, len) == 0 && line[len] == '\t')
			value = postconf_keep(audit->conf, "%.*s",
			    (int)strcspn(line + len + 1, "\n"), line + len + 1);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return value;
}

static void
audit_dsn_ask(struct audit *audit, const char *texts, audit_dsn_fn *fn)
{
	const char *filter, *service, *name, *text;
	struct buf out = {0};
	struct err err;
	unsigned i;
	size_t len;

	for (i = 0; (filter = audit_dsn_filter(audit, i, &service, &name));
	     i++) {
		buf_clear(&out);
		if (*filter == '\0' ||
		    audit->world->query(audit->world->arg, filter,
			audit_dsn_all, &out, &err) == AUDIT_UNKNOWN)
			continue;
		for (text = texts; *text != '\0'; text += len + 1) {
			len = strcspn(text, "\n");
			fn(audit, service, name,
			    postconf_keep(audit->conf, "%.*s", (int)len, text),
			    audit_dsn_made(audit, &out, text, len));
		}
	}
	buf_fini(&out);
}

static void
audit_dsn_find(struct audit *audit, const char *service, const char *name,
    const char *text)
{
	audit_find(audit,
	    postconf_keep(audit->conf, "%s: \"%s\"",
		postconf_value(audit->conf, service, name), text),
	    audit_dsn_fix(audit, service, name));
}

static void
audit_dsn_on_hard(struct audit *audit, const char *service, const char *name,
    const char *text, const char *made)
{
	if (made == NULL || made[0] != '5')
		audit_dsn_find(audit, service, name, text);
}

static void
audit_dsn_on_dane(struct audit *audit, const char *service, const char *name,
    const char *text, const char *made)
{
	const char *level =
	    postconf_keep(audit->conf, "%.4s_tls_security_level", name);
	const char *policies =
	    postconf_keep(audit->conf, "%.4s_tls_policy_maps", name);

	if (postconf_is(audit->conf, service, level, "dane-only") ||
	    !postconf_is(audit->conf, service, policies, ""))
		audit_dsn_on_hard(audit, service, name, text, made);
}

static void
audit_dsn_on_soft(struct audit *audit, const char *service, const char *name,
    const char *text, const char *made)
{
	if (made != NULL && made[0] == '5')
		audit_dsn_find(audit, service, name, text);
}

void
audit_dsn_incomplete(struct audit *audit)
{
	audit_dsn_ask(audit, AUDIT_DSN_HARD, audit_dsn_on_hard);
	audit_dsn_ask(audit, AUDIT_DSN_DANE, audit_dsn_on_dane);
}

void
audit_dsn_temporary(struct audit *audit)
{
	audit_dsn_ask(audit, AUDIT_DSN_SOFT, audit_dsn_on_soft);
}

void
audit_dsn_strict(struct audit *audit)
{
	audit_dsn_ask(audit, AUDIT_DSN_REFUSED, audit_dsn_on_soft);
}

void
audit_dsn_unavailable(struct audit *audit)
{
	const char *filter, *service, *name;
	struct buf out = {0};
	struct err err;
	unsigned i;

	if (!audit->world->here)
		return;
	for (i = 0; (filter = audit_dsn_filter(audit, i, &service, &name)); i++)
		if (*filter != '\0' &&
		    audit->world->query(audit->world->arg, filter,
			audit_dsn_all, &out, &err) == AUDIT_UNKNOWN)
			audit_find(audit,
			    postconf_keep(audit->conf, "%s: %s",
				postconf_line(audit->conf, service, name),
				err.text),
			    "apt install postfix-pcre, and forceencctl setup "
			    "--apply");
	buf_fini(&out);
}

void
audit_dsn_soft_bounce(struct audit *audit)
{
	const struct postconf_service *service;
	const char *path;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		if (postconf_yes(audit->conf, path, "soft_bounce"))
			audit_find_value(audit, path, "soft_bounce", "no");
	}
}

/* In main.cf it's everybody's. */
void
audit_dsn_everybody(struct audit *audit)
{
	static const char *const names[] = {
	    "smtp_delivery_status_filter", "default_delivery_status_filter"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (postconf_set(audit->conf, names[i]) &&
		    !postconf_is(audit->conf, NULL, names[i], "") &&
		    strcmp(postconf_raw(audit->conf, NULL, names[i]),
			"$default_delivery_status_filter") != 0)
			audit_find_value(audit, NULL, names[i], "");
}
