/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_rules.h"

/* The sender whom the map is asked for is another one than the forced. */

#define AUDIT_SENDER_COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool
audit_sender_has_word(struct audit *audit, const char *name, const char *wanted)
{
	const char *at = postconf_value(audit->conf, NULL, name), *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		if (len == strlen(wanted) && memcmp(word, wanted, len) == 0)
			return true;
	return false;
}

void
audit_sender_canonical(struct audit *audit)
{
	static const char fix[] = "force the addresses that come out, too";

	if (!postconf_is(audit->conf, NULL, "sender_canonical_maps", "") &&
	    audit_sender_has_word(
		audit, "sender_canonical_classes", "envelope_sender"))
		audit_find(audit,
		    postconf_line(audit->conf, NULL, "sender_canonical_maps"),
		    fix);
	if (!postconf_is(audit->conf, NULL, "canonical_maps", "") &&
	    audit_sender_has_word(
		audit, "canonical_classes", "envelope_sender"))
		audit_find(audit,
		    postconf_line(audit->conf, NULL, "canonical_maps"), fix);
	if (!postconf_is(audit->conf, NULL, "masquerade_domains", "") &&
	    audit_sender_has_word(
		audit, "masquerade_classes", "envelope_sender"))
		audit_find(audit,
		    postconf_line(audit->conf, NULL, "masquerade_domains"),
		    fix);
}

void
audit_sender_milters(struct audit *audit)
{
	static const char *const names[] = {
	    "smtpd_milters", "non_smtpd_milters"};
	size_t i;

	for (i = 0; i < AUDIT_SENDER_COUNT(names); i++)
		if (!postconf_is(audit->conf, NULL, names[i], ""))
			audit_find(audit,
			    postconf_line(audit->conf, NULL, names[i]),
			    "force the addresses to which it changes senders");
}

/* The first entry of an alias table that begins with "owner-". */
static void
audit_sender_owner(struct audit *audit, const char *spec)
{
	const char *key, *value;
	struct buf text = {0};
	struct err err;
	char *at;

	if (audit->world->table(audit->world->arg, spec, &text, &err) ==
	    AUDIT_SEEN) {
		buf_text(&text);
		at = text.data;
		while (audit_next_entry(&at, &key, &value))
			if (strncmp(key, "owner-", 6) == 0)
				audit_find(audit,
				    postconf_keep(audit->conf, "%s: %s: %s",
					spec, key, value),
				    postconf_keep(audit->conf,
					"forceencctl set '%s@%s' on", key,
					postconf_value(
					    audit->conf, NULL, "myhostname")));
	}
	buf_fini(&text);
}

void
audit_sender_owners(struct audit *audit)
{
	const char *at = postconf_value(audit->conf, NULL, "alias_maps");
	const char *word;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0)
		audit_sender_owner(
		    audit, postconf_keep(audit->conf, "%.*s", (int)len, word));
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
		if (audit_sender_has_word(audit, "notify_classes", copies[i]))
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
