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

static void
audit_sender_on_rewriter(
    struct audit *audit, const char *service, const char *name)
{
	const struct audit_sender_rewriter *rewriter = audit_sender_rewriters;

	while (strcmp(rewriter->name, name) != 0)
		rewriter++;
	if (!postconf_is(audit->conf, service, name, "") &&
	    audit_sender_has_word(
		audit, service, rewriter->classes, "envelope_sender"))
		audit_find(audit, postconf_line(audit->conf, service, name),
		    "force the addresses that come out, too");
}

void
audit_sender_canonical(struct audit *audit)
{
	size_t i;

	for (i = 0; i < AUDIT_SENDER_COUNT(audit_sender_rewriters); i++)
		audit_each(audit, audit_sender_rewriters[i].name,
		    audit_sender_on_rewriter);
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

/* The entries of an alias table that begin with "owner-"; where it can't be
 * read, unread gets the reason. */
static void
audit_sender_owner(struct audit *audit, const char *spec, struct buf *unread)
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
			audit_find(audit,
			    postconf_keep(
				audit->conf, "%s: %s: %s", spec, key, value),
			    postconf_keep(audit->conf,
				"forceencctl set '%s@%s' on", key,
				postconf_value(
				    audit->conf, NULL, "myhostname")));
	buf_fini(&text);
}

static void
audit_sender_on_aliases(
    struct audit *audit, const char *service, const char *name)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		audit_sender_owner(audit,
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

	while ((len = postconf_word(&at, &word)) > 0) {
		spec = postconf_keep(audit->conf, "%.*s", (int)len, word);
		buf_clear(&why);
		audit_sender_owner(audit, spec, &why);
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

void
audit_sender_login(struct audit *audit)
{
	static const char name[] = "smtpd_sender_login_maps";

	if (postconf_is(audit->conf, NULL, name, ""))
		audit_find(audit, postconf_line(audit->conf, NULL, name),
		    "set it, with reject_sender_login_mismatch");
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
