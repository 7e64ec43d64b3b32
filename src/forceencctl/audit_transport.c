/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceenc/text.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"
#include "forceencctl/mapspec.h"

/* The transport of forced mail: master.cf's service and its settings. */

/* The service as master.cf.forceenc has it. */
static const char *
audit_transport_whole(struct audit *audit, const char *name)
{
	const struct postconf_service *smtp =
	    postconf_find(audit->conf, "smtp", 4, "unix");
	const char *filter = audit_dsn_ours(audit);

	return postconf_keep(audit->conf,
	    "postconf -M '%s/unix=%s unix - - %c - - smtp -o syslog_name=%s"
	    " -o smtp_tls_security_level=encrypt -o smtp_tls_policy_maps="
	    " -o smtp_tls_per_site= -o tls_required_enable=no"
	    " -o smtp_tls_loglevel=1 -o smtp_tls_connection_reuse=no%s%s'",
	    name, name, smtp != NULL ? smtp->chroot : 'n', name,
	    filter != NULL ? " -o smtp_delivery_status_filter=" : "",
	    filter != NULL ? filter : "");
}

static void
audit_transport_find_missing(
    struct audit *audit, const char *name, const char *who)
{
	if (postconf_find(audit->conf, name, strlen(name), "unix") == NULL)
		audit_find(audit,
		    postconf_keep(audit->conf,
			"master.cf: no service \"%s unix\"%s", name, who),
		    audit_transport_whole(audit, name));
}

static void
audit_transport_on_said(struct audit *audit, const char *name, const char *who)
{
	if (!audit_is_transport(audit, name, strlen(name)))
		audit_transport_find_missing(audit, name, who);
}

void
audit_transport_missing(struct audit *audit)
{
	unsigned i;

	for (i = 0; i < audit->ntransports; i++)
		audit_transport_find_missing(audit, audit->transport[i], "");
	audit_live_said(audit, audit_transport_on_said);
}

void
audit_transport_foreign(struct audit *audit)
{
	const struct postconf_service *service;
	const char *name;
	unsigned i;

	for (i = 0; i < audit->ntransports; i++) {
		name = audit->transport[i];
		service =
		    postconf_find(audit->conf, name, strlen(name), "unix");
		if (service == NULL || audit_is_client(service) ||
		    audit_hop(audit, name) == AUDIT_HOP_STAYS)
			continue;
		audit_find(audit,
		    postconf_keep(audit->conf, "master.cf: %s unix ... %s %s",
			service->name, service->command, service->args),
		    audit_transport_whole(audit, name));
	}
}

/* Calls for each forced transport with its path and a parameter. */
static void
audit_transport_each(struct audit *audit, const char *suffix, audit_each_fn *fn)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		fn(audit, postconf_path(audit->conf, service),
		    audit_client(audit, service, suffix));
}

void
audit_transport_level(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		if (audit_hop_level(audit, service) == AUDIT_HOP_PLAIN)
			audit_find_value(audit,
			    postconf_path(audit->conf, service),
			    audit_client(audit, service, "tls_security_level"),
			    "encrypt");
}

void
audit_transport_anybody(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		if (audit_hop_level(audit, service) == AUDIT_HOP_ENCRYPT)
			audit_find(audit,
			    postconf_line(audit->conf,
				postconf_path(audit->conf, service),
				audit_client(
				    audit, service, "tls_security_level")),
			    "");
}

static void
audit_transport_on_dnssec(
    struct audit *audit, const char *service, const char *name)
{
	const char *dns =
	    *name == 'l' ? "lmtp_dns_support_level" : "smtp_dns_support_level";

	if (postconf_is(audit->conf, service, name, "dane-only") &&
	    !postconf_is(audit->conf, service, dns, "dnssec"))
		audit_find_value(audit, service, dns, "dnssec");
}

void
audit_transport_dnssec(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_security_level", audit_transport_on_dnssec);
}

/* The entries of one table that say less than encrypt. False if it can't be
 * read. */
static bool
audit_transport_weak_entries(
    struct audit *audit, const char *line, const char *spec, bool report)
{
	const char *key, *value;
	struct buf text = {0};
	enum audit_seen seen;
	struct err err;
	char *at;

	seen = audit->world->table(audit->world->arg, spec, &text, &err);
	buf_text(&text);
	at = text.data;
	while (
	    report && seen == AUDIT_SEEN && audit_next_entry(&at, &key, &value))
		if (audit_hop_level_of(value) == AUDIT_HOP_PLAIN)
			audit_find(audit,
			    postconf_keep(
				audit->conf, "%s: %s %s", spec, key, value),
			    line);
	buf_fini(&text);
	return seen == AUDIT_SEEN;
}

static void
audit_transport_policy_tables(
    struct audit *audit, const char *service, const char *name, bool weak)
{
	const char *at = postconf_value(audit->conf, service, name);
	const char *fix = audit_set(audit, service, name, ""), *word, *spec;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		if (audit->site != NULL &&
		    mapspec_is_floor(spec,
			postconf_value(audit->conf, NULL, "queue_directory"),
			audit->site))
			return; /* it ends the search, and promises enough */
		if (!audit_transport_weak_entries(audit, fix, spec, weak) &&
		    !weak)
			audit_find(audit,
			    postconf_line(audit->conf, service, name), fix);
	}
}

static void
audit_transport_on_policy(
    struct audit *audit, const char *service, const char *name)
{
	audit_transport_policy_tables(audit, service, name, true);
}

static void
audit_transport_on_unread(
    struct audit *audit, const char *service, const char *name)
{
	audit_transport_policy_tables(audit, service, name, false);
}

void
audit_transport_policy(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_policy_maps", audit_transport_on_policy);
}

void
audit_transport_policy_unread(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_policy_maps", audit_transport_on_unread);
}

/* Whether a table of old says NONE, or can't be read. */
static bool
audit_transport_says_none(struct audit *audit, const char *spec)
{
	const char *key, *value;
	struct buf text = {0};
	struct err err;
	bool none;
	char *at;

	none = audit->world->table(audit->world->arg, spec, &text, &err) !=
	    AUDIT_SEEN;
	buf_text(&text);
	at = text.data;
	while (!none && audit_next_entry(&at, &key, &value))
		none = text_equal_fold(value, strlen(value), "none");
	buf_fini(&text);
	return none;
}

static bool
audit_transport_any_none(
    struct audit *audit, const char *service, const char *name)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		if (audit_transport_says_none(audit,
			postconf_keep(audit->conf, "%.*s", (int)len, word)))
			return true;
	return false;
}

void
audit_transport_per_site(struct audit *audit)
{
	const struct postconf_service *service;
	const char *path, *name;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		name = audit_client(audit, service, "tls_per_site");
		if (postconf_is(audit->conf, path,
			audit_client(audit, service, "tls_policy_maps"), "") &&
		    audit_transport_any_none(audit, path, name))
			audit_find_value(audit, path, name, "");
	}
}

static void
audit_transport_require(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		if (audit_hop_heeds_header(audit, service))
			audit_find_value(audit,
			    postconf_path(audit->conf, service),
			    "tls_required_enable", "no");
}

void
audit_transport_tls_required(struct audit *audit)
{
	if (postconf_since(audit->conf, 3, 10))
		audit_transport_require(audit);
}

void
audit_transport_requiretls(struct audit *audit)
{
	static const char name[] = "requiretls_enable";
	const struct postconf_service *service;
	const char *path;
	unsigned i;

	if (postconf_raw(audit->conf, NULL, name) == NULL)
		return;
	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		if (audit_hop_level(audit, service) == AUDIT_HOP_ENCRYPT &&
		    !postconf_is(audit->conf, path, name, "no"))
			audit_find_value(audit, path, name, "no");
	}
}

void
audit_transport_upgrade(struct audit *audit)
{
	if (!postconf_since(audit->conf, 3, 10))
		audit_transport_require(audit);
}

static void
audit_transport_on_loglevel(
    struct audit *audit, const char *service, const char *name)
{
	if (postconf_is(audit->conf, service, name, "0") ||
	    postconf_is(audit->conf, service, name, ""))
		audit_find_value(audit, service, name, "1");
}

void
audit_transport_loglevel(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_loglevel", audit_transport_on_loglevel);
}

static void
audit_transport_on_filled(
    struct audit *audit, const char *service, const char *name)
{
	if (!postconf_is(audit->conf, service, name, ""))
		audit_find_value(audit, service, name, "");
}

void
audit_transport_loglevel_maps(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_loglevel_maps", audit_transport_on_filled);
}

void
audit_transport_fallback(struct audit *audit)
{
	audit_transport_each(
	    audit, "fallback_relay", audit_transport_on_filled);
}

static void
audit_transport_on_reuse(
    struct audit *audit, const char *service, const char *name)
{
	if (postconf_yes(audit->conf, service, name))
		audit_find_value(audit, service, name, "no");
}

void
audit_transport_reuse(struct audit *audit)
{
	audit_transport_each(
	    audit, "tls_connection_reuse", audit_transport_on_reuse);
}

void
audit_transport_syslog(struct audit *audit)
{
	const struct postconf_service *service;
	const char *path, *name;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		name = postconf_raw(audit->conf, path, "syslog_name");
		if (name != NULL &&
		    !postconf_own(audit->conf, path, "syslog_name"))
			audit_find_value(
			    audit, path, "syslog_name", service->name);
	}
}
