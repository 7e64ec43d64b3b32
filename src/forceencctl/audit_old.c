/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_rules.h"

/* What of the configuration Postfix won't know for long, or doesn't. */

#define AUDIT_OLD_COUNT(list) (sizeof(list) / sizeof(*(list)))

/* What there is instead of "yes"; nothing for those that can just go. */
static const struct audit_old_setting {
	const char *name;
	const char *instead;
	const char *value;
} audit_old_settings[] = {
    {"smtp_use_tls", "smtp_tls_security_level", "may"},
    {"smtp_enforce_tls", "smtp_tls_security_level", "encrypt"},
    {"smtp_tls_enforce_peername", NULL, NULL},
    {"smtp_tls_per_site", "smtp_tls_policy_maps", NULL},
    {"lmtp_use_tls", "lmtp_tls_security_level", "may"},
    {"lmtp_enforce_tls", "lmtp_tls_security_level", "encrypt"},
    {"lmtp_tls_per_site", "lmtp_tls_policy_maps", NULL},
    {"smtpd_use_tls", "smtpd_tls_security_level", "may"},
    {"smtpd_enforce_tls", "smtpd_tls_security_level", "encrypt"},
    {"lmtp_tls_enforce_peername", NULL, NULL},
    {"postscreen_use_tls", "postscreen_tls_security_level", "may"},
    {"postscreen_enforce_tls", "postscreen_tls_security_level", "encrypt"},
    {"tlsproxy_use_tls", "tlsproxy_tls_security_level", "may"},
    {"tlsproxy_enforce_tls", "tlsproxy_tls_security_level", "encrypt"},
    {"smtpd_tls_cipherlist", NULL, NULL},
    {"smtp_tls_cipherlist", NULL, NULL},
    {"smtpd_tls_dh512_param_file", NULL, NULL},
    {"smtpd_tls_dh1024_param_file", NULL, NULL},
    {"smtpd_tls_eecdh_grade", NULL, NULL},
    {"tls_low_cipherlist", NULL, NULL},
    {"tls_export_cipherlist", NULL, NULL},
    {"disable_dns_lookups", "smtp_dns_support_level", "disabled"},
};

/* The level that smtp(8) makes of "smtp_enforce_tls = yes". */
static const char *
audit_old_enforced(struct audit *audit, const char *service,
    const struct audit_old_setting *old)
{
	if (strcmp(old->name, "smtp_enforce_tls") == 0 &&
	    postconf_yes(audit->conf, service, "smtp_tls_enforce_peername"))
		return "verify";
	return old->value;
}

/* What is set instead already goes before it. */
static const char *
audit_old_fix(struct audit *audit, const char *service,
    const struct audit_old_setting *old)
{
	const char *out = service != NULL
	    ? postconf_keep(
		  audit->conf, "postconf -PX '%s/%s'", service, old->name)
	    : postconf_keep(audit->conf, "postconf -X %s", old->name);

	if (old->instead == NULL ||
	    !postconf_is(audit->conf, service, old->instead, ""))
		return out;
	if (old->value == NULL)
		return postconf_keep(audit->conf,
		    "move its entries to %s, then %s", old->instead, out);
	if (!postconf_yes(audit->conf, service, old->name))
		return out;
	return postconf_keep(audit->conf, "%s && %s",
	    audit_set(audit, service, old->instead,
		audit_old_enforced(audit, service, old)),
	    out);
}

void
audit_old_deprecated(struct audit *audit)
{
	const struct postconf_params *own = &audit->conf->overrides;
	const struct audit_old_setting *old;
	size_t i, k;

	for (i = 0; i < AUDIT_OLD_COUNT(audit_old_settings); i++) {
		old = &audit_old_settings[i];
		if (postconf_set(audit->conf, old->name))
			audit_find(audit,
			    postconf_line(audit->conf, NULL, old->name),
			    audit_old_fix(audit, NULL, old));
		/* An empty one only closes what main.cf opens. */
		for (k = 0; k < own->n; k++)
			if (strcmp(own->param[k].name, old->name) == 0 &&
			    own->param[k].value[0] != '\0')
				audit_find(audit,
				    postconf_line(audit->conf,
					own->param[k].service, old->name),
				    audit_old_fix(
					audit, own->param[k].service, old));
	}
}

/* What other rules say better, or our own fragment has for versions that
 * know it. */
static bool
audit_old_is_said(const char *line)
{
	static const char *const ours[] = {
	    "unused parameter: tls_required_enable=",
	    "unused parameter: requiretls_enable=",
	    "DEPRECATION_README.html for details"};
	static const char removed[] = "support for parameter \"";
	const char *name = strstr(line, removed);
	size_t i, len;

	for (i = 0; i < AUDIT_OLD_COUNT(ours); i++)
		if (strstr(line, ours[i]) != NULL)
			return true;
	if (name == NULL)
		return false;
	name += sizeof(removed) - 1;
	len = strcspn(name, "\"");
	for (i = 0; i < AUDIT_OLD_COUNT(audit_old_settings); i++)
		if (strlen(audit_old_settings[i].name) == len &&
		    strncmp(audit_old_settings[i].name, name, len) == 0)
			return true;
	return false;
}

void
audit_old_complaints(struct audit *audit)
{
	const char *s = audit->complaints, *line;
	size_t len;

	while (*s != '\0') {
		len = strcspn(s, "\n");
		line = postconf_keep(audit->conf, "%.*s", (int)len, s);
		if (len > 0 && !audit_old_is_said(line))
			audit_find(audit, line, "");
		s += len + (s[len] == '\n');
	}
}
