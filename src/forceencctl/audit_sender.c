/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_rules.h"

/* The sender whom the map is asked for is another one than the forced. */

#define AUDIT_SENDER_COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool
audit_sender_has_word(struct audit *audit, const char *service,
    const char *name, const char *wanted)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		if (len == strlen(wanted) && memcmp(word, wanted, len) == 0)
			return true;
	return false;
}

/* What rewrites addresses, and what says whether the sender is one of them. */
static const struct audit_sender_rewriter {
	const char *name;
	const char *classes;
} audit_sender_rewriters[] = {
    {"sender_canonical_maps", "sender_canonical_classes"},
    {"canonical_maps", "canonical_classes"},
    {"masquerade_domains", "masquerade_classes"},
};

/* What Postfix puts behind a name without a domain. Debian's may stand in a
 * file. */
static const char *
audit_sender_origin(struct audit *audit)
{
	const char *origin = postconf_value(audit->conf, NULL, "myorigin");
	struct buf text = {0};
	struct err err;

	if (*origin == '/') {
		if (audit->world->read(
			audit->world->arg, origin, &text, &err) != AUDIT_SEEN)
			buf_clear(&text);
		origin = postconf_keep(audit->conf, "%.*s",
		    (int)strcspn(buf_text(&text), " \t\r\n"), buf_text(&text));
		buf_fini(&text);
	}
	return *origin != '\0'
	    ? origin
	    : postconf_value(audit->conf, NULL, "myhostname");
}

static const char *
audit_sender_whole(struct audit *audit, const char *address)
{
	if (strchr(address, '@') != NULL)
		return address;
	return postconf_keep(
	    audit->conf, "%s@%s", address, audit_sender_origin(audit));
}

/* What an entry makes of forced senders. */
enum audit_sender_entry {
	AUDIT_SENDER_KEPT, /* forced ones, or none is touched */
	AUDIT_SENDER_LOST, /* one who isn't */
	AUDIT_SENDER_MAYBE,
};

static enum audit_sender_entry
audit_sender_entry(struct audit *audit, const char *key, const char *value)
{
	bool whole = *value != '@' && strchr(value, '$') == NULL;
	const char *at = strchr(key, '@');
	enum audit_seen before = AUDIT_UNKNOWN, after = AUDIT_UNKNOWN;

	if (whole)
		after =
		    audit_live_forces(audit, audit_sender_whole(audit, value));
	if (after == AUDIT_SEEN)
		return AUDIT_SENDER_KEPT;
	if (*key != '/' && at != NULL && at > key)
		before = audit_live_forces(audit, key);
	if (before == AUDIT_ABSENT)
		return AUDIT_SENDER_KEPT;
	return before == AUDIT_SEEN && after == AUDIT_ABSENT
	    ? AUDIT_SENDER_LOST
	    : AUDIT_SENDER_MAYBE;
}

/* Entries that are asked for; each costs two questions. */
#define AUDIT_SENDER_ENTRIES 1000

static void
audit_sender_table(struct audit *audit, const char *line, const char *spec,
    enum audit_sender_entry wanted)
{
	static const char fix[] = "force the addresses that come out, too";
	const char *key, *value;
	struct buf text = {0};
	enum audit_seen seen = AUDIT_UNKNOWN;
	enum audit_sender_entry is;
	struct err err;
	unsigned n = 0;
	char *at;

	if (audit->world->here)
		seen =
		    audit->world->table(audit->world->arg, spec, &text, &err);
	if (seen != AUDIT_SEEN && wanted == AUDIT_SENDER_MAYBE)
		audit_find(audit, line, fix);
	buf_text(&text);
	at = text.data;
	while (seen == AUDIT_SEEN && audit_next_entry(&at, &key, &value)) {
		is = ++n > AUDIT_SENDER_ENTRIES
		    ? AUDIT_SENDER_MAYBE
		    : audit_sender_entry(audit, key, value);
		if (is == wanted)
			audit_find(audit,
			    postconf_keep(audit->conf, "%s: %s: %s %s", line,
				spec, key, value),
			    wanted == AUDIT_SENDER_LOST
				? postconf_keep(audit->conf,
				      "forceencctl set '%s' on",
				      audit_sender_whole(audit, value))
				: fix);
		/* One is enough where nobody knows. */
		if (n > AUDIT_SENDER_ENTRIES ||
		    (is == wanted && is == AUDIT_SENDER_MAYBE))
			break;
	}
	buf_fini(&text);
}

static void
audit_sender_rewriter(struct audit *audit, const char *service,
    const char *name, enum audit_sender_entry wanted)
{
	const struct audit_sender_rewriter *rewriter = audit_sender_rewriters;
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *line = postconf_line(audit->conf, service, name);
	size_t len;

	while (strcmp(rewriter->name, name) != 0)
		rewriter++;
	if (!audit_sender_has_word(
		audit, service, rewriter->classes, "envelope_sender"))
		return;
	/* Of domains nobody knows who is in them. */
	while ((len = postconf_word(&at, &word)) > 0)
		audit_sender_table(audit, line,
		    postconf_keep(audit->conf, "%.*s", (int)len, word), wanted);
}

static void
audit_sender_on_lost(struct audit *audit, const char *service, const char *name)
{
	audit_sender_rewriter(audit, service, name, AUDIT_SENDER_LOST);
}

static void
audit_sender_on_maybe(
    struct audit *audit, const char *service, const char *name)
{
	audit_sender_rewriter(audit, service, name, AUDIT_SENDER_MAYBE);
}

static void
audit_sender_rewriters_each(struct audit *audit, audit_each_fn *fn)
{
	size_t i;

	for (i = 0; i < AUDIT_SENDER_COUNT(audit_sender_rewriters); i++)
		audit_each(audit, audit_sender_rewriters[i].name, fn);
}

void
audit_sender_rewritten(struct audit *audit)
{
	audit_sender_rewriters_each(audit, audit_sender_on_lost);
}

void
audit_sender_canonical(struct audit *audit)
{
	audit_sender_rewriters_each(audit, audit_sender_on_maybe);
}

static void
audit_sender_on_milters(
    struct audit *audit, const char *service, const char *name)
{
	if (!postconf_is(audit->conf, service, name, ""))
		audit_find(audit, postconf_line(audit->conf, service, name),
		    "force the addresses to which it changes senders");
}

void
audit_sender_milters(struct audit *audit)
{
	audit_each(audit, "smtpd_milters", audit_sender_on_milters);
	audit_each(audit, "non_smtpd_milters", audit_sender_on_milters);
}

/* In whose name a list goes on. */
static const char *
audit_sender_of_list(struct audit *audit, const char *service, const char *key,
    const char *value)
{
	if (postconf_yes(audit->conf, service, "expand_owner_alias") &&
	    strpbrk(value, ", \t:|/\"") == NULL)
		key = value;
	return audit_sender_whole(audit, key);
}

static void
audit_sender_on_owner(struct audit *audit, const char *service,
    const char *spec, const char *key, const char *value)
{
	const char *owner = audit_sender_of_list(audit, service, key, value);

	if (audit_live_forces(audit, owner) != AUDIT_SEEN)
		audit_find(audit,
		    postconf_keep(audit->conf, "%s: %s: %s", spec, key, value),
		    postconf_keep(
			audit->conf, "forceencctl set '%s' on", owner));
}

/* The entries of an alias table that begin with "owner-"; where it can't be
 * read, unread gets the reason. */
static void
audit_sender_owner(struct audit *audit, const char *service, const char *spec,
    struct buf *unread)
{
	const char *key, *value;
	struct buf text = {0};
	enum audit_seen seen;
	struct err err;
	char *at;

	seen = audit->world->table(audit->world->arg, spec, &text, &err);
	if (seen == AUDIT_UNKNOWN && unread != NULL)
		buf_add_text(unread, err.text);
	buf_text(&text);
	at = text.data;
	while (seen == AUDIT_SEEN && unread == NULL &&
	    audit_next_entry(&at, &key, &value))
		if (strncmp(key, "owner-", 6) == 0)
			audit_sender_on_owner(audit, service, spec, key, value);
	buf_fini(&text);
}

/* Without it an owner- is an alias like any other. */
static bool
audit_sender_has_owners(struct audit *audit, const char *service)
{
	return !postconf_is(
	    audit->conf, service, "owner_request_special", "no");
}

static void
audit_sender_on_aliases(
    struct audit *audit, const char *service, const char *name)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	size_t len;

	if (!audit_sender_has_owners(audit, service))
		return;
	while ((len = postconf_word(&at, &word)) > 0)
		audit_sender_owner(audit, service,
		    postconf_keep(audit->conf, "%.*s", (int)len, word), NULL);
}

void
audit_sender_owners(struct audit *audit)
{
	audit_each(audit, "alias_maps", audit_sender_on_aliases);
}

static void
audit_sender_on_unread(
    struct audit *audit, const char *service, const char *name)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *spec;
	struct buf why = {0};
	size_t len;

	if (!audit_sender_has_owners(audit, service))
		return;
	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		buf_clear(&why);
		audit_sender_owner(audit, service, spec, &why);
		if (why.len > 0)
			audit_find(audit,
			    postconf_keep(audit->conf, "%s: %s: %s",
				postconf_line(audit->conf, service, name), spec,
				buf_text(&why)),
			    "force the addresses of each owner- in it");
	}
	buf_fini(&why);
}

void
audit_sender_owners_unread(struct audit *audit)
{
	audit_each(audit, "alias_maps", audit_sender_on_unread);
}

static bool
audit_sender_refuses_in(
    struct audit *audit, const char *service, const char *name)
{
	static const char end[] = "sender_login_mismatch";
	const char *at = postconf_value(audit->conf, service, name), *word;
	size_t len, n = sizeof(end) - 1;

	while ((len = postconf_word(&at, &word)) > 0)
		if (len > n && memcmp(word + len - n, end, n) == 0)
			return true;
	return false;
}

/* Whether one of its restrictions refuses somebody else's sender. */
static bool
audit_sender_refuses(struct audit *audit, const char *service)
{
	static const char *const names[] = {"smtpd_client_restrictions",
	    "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	    "smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	    "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"};
	const char *at =
	    postconf_value(audit->conf, NULL, "smtpd_restriction_classes");
	const char *word;
	size_t i, len;

	for (i = 0; i < AUDIT_SENDER_COUNT(names); i++)
		if (audit_sender_refuses_in(audit, service, names[i]))
			return true;
	while ((len = postconf_word(&at, &word)) > 0)
		if (audit_sender_refuses_in(audit, service,
			postconf_keep(audit->conf, "%.*s", (int)len, word)))
			return true;
	return false;
}

void
audit_sender_login(struct audit *audit)
{
	static const char name[] = "smtpd_sender_login_maps";
	static const char fix[] = "set it, with reject_sender_login_mismatch";
	const struct postconf_service *service;
	const char *path;
	bool any = false;
	size_t i;

	for (i = 0; i < audit->conf->nservices; i++) {
		service = &audit->conf->service[i];
		path = postconf_path(audit->conf, service);
		if (strcmp(service->command, "smtpd") != 0 ||
		    !postconf_yes(audit->conf, path, "smtpd_sasl_auth_enable"))
			continue;
		any = true;
		if (postconf_is(audit->conf, path, name, "") ||
		    !audit_sender_refuses(audit, path))
			audit_find(audit,
			    postconf_keep(audit->conf, "%s: %s", path,
				postconf_line(audit->conf, path, name)),
			    fix);
	}
	if (!any && postconf_is(audit->conf, NULL, name, ""))
		audit_find(audit, postconf_line(audit->conf, NULL, name), fix);
}

void
audit_sender_submit(struct audit *audit)
{
	static const char name[] = "authorized_submit_users";

	if (postconf_is(audit->conf, NULL, name, "static:anyone"))
		audit_find(audit, postconf_line(audit->conf, NULL, name),
		    "name those who may run sendmail");
}

void
audit_sender_notices(struct audit *audit)
{
	static const char *const copies[] = {"bounce", "2bounce", "delay"};
	size_t i;

	for (i = 0; i < AUDIT_SENDER_COUNT(copies); i++)
		if (audit_sender_has_word(
			audit, NULL, "notify_classes", copies[i]))
			break;
	if (i < AUDIT_SENDER_COUNT(copies))
		audit_find(audit,
		    postconf_line(audit->conf, NULL, "notify_classes"),
		    audit_set(
			audit, NULL, "notify_classes", "resource, software"));
	if (postconf_value(audit->conf, NULL, "delay_warning_time")[0] != '0' &&
	    !postconf_is(audit->conf, NULL, "delay_warning_time", ""))
		audit_find(audit,
		    postconf_line(audit->conf, NULL, "delay_warning_time"),
		    audit_set(audit, NULL, "delay_warning_time", "0h"));
}
