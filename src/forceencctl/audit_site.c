/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"

/* TLS as such: switched on, provable, with certificates that hold; and what
 * of the configuration Postfix won't know for long. */

#define AUDIT_SITE_COUNT(list) (sizeof(list) / sizeof(*(list)))
#define AUDIT_SITE_DAY         ((int64_t)24 * 3600)

static bool
audit_site_off(struct audit *audit, const char *service, const char *level,
    const char *use)
{
	const char *value = postconf_value(audit->conf, service, level);

	return strcmp(value, "none") == 0 ||
	    (*value == '\0' && !postconf_yes(audit->conf, service, use));
}

/* The scope of ordinary mail, and where a fix of it belongs. */
static const char *
audit_site_smtp(struct audit *audit)
{
	const struct postconf_service *service =
	    postconf_find(audit->conf, "smtp", 4, "unix");

	return service != NULL ? postconf_path(audit->conf, service) : NULL;
}

static void
audit_site_find(struct audit *audit, const char *service, const char *name,
    const char *value)
{
	bool own = service != NULL && postconf_own(audit->conf, service, name);

	audit_find_value(audit, own ? service : NULL, name, value);
}

void
audit_site_client_off(struct audit *audit)
{
	static const char name[] = "smtp_tls_security_level";
	const char *scope = audit_site_smtp(audit);

	if (audit_site_off(audit, scope, name, "smtp_use_tls") &&
	    !postconf_yes(audit->conf, scope, "smtp_enforce_tls"))
		audit_site_find(audit, scope, name, "may");
}

/* Whether other hosts reach the service. */
static bool
audit_site_is_open(struct audit *audit, const struct postconf_service *service)
{
	const char *hosts;

	if (strcmp(service->type, "inet") != 0)
		return strcmp(service->type, "pass") == 0;
	if (strchr(service->name, ':') != NULL)
		return !audit_hop_is_here(service->name);
	hosts = postconf_value(audit->conf, NULL, "inet_interfaces");
	return strcmp(hosts, "loopback-only") != 0 && !audit_hop_is_here(hosts);
}

/* Calls for each smtpd(8) service that other hosts reach. */
typedef void audit_site_server_fn(
    struct audit *, const char *service, bool tls);

static void
audit_site_servers(struct audit *audit, audit_site_server_fn *fn)
{
	const struct postconf_service *service;
	const char *path;
	bool off;
	size_t i;

	for (i = 0; i < audit->conf->nservices; i++) {
		service = &audit->conf->service[i];
		if (strcmp(service->command, "smtpd") != 0 ||
		    !audit_site_is_open(audit, service))
			continue;
		path = postconf_path(audit->conf, service);
		off = audit_site_off(audit, path, "smtpd_tls_security_level",
			  "smtpd_use_tls") &&
		    !postconf_yes(audit->conf, path, "smtpd_enforce_tls") &&
		    !postconf_yes(audit->conf, path, "smtpd_tls_wrappermode");
		fn(audit, path, !off);
	}
}

static void
audit_site_on_server_off(struct audit *audit, const char *service, bool tls)
{
	if (!tls)
		audit_site_find(
		    audit, service, "smtpd_tls_security_level", "may");
}

void
audit_site_server_off(struct audit *audit)
{
	audit_site_servers(audit, audit_site_on_server_off);
}

void
audit_site_loglevel(struct audit *audit)
{
	static const char name[] = "smtp_tls_loglevel";
	const char *scope = audit_site_smtp(audit);

	if (postconf_is(audit->conf, scope, name, "0"))
		audit_site_find(audit, scope, name, "1");
}

static const char *const audit_site_cert_names[] = {"smtpd_tls_cert_file",
    "smtpd_tls_eccert_file", "smtpd_tls_chain_files", "smtp_tls_cert_file",
    "smtp_tls_eccert_file", "smtp_tls_chain_files"};

/* What to say of a certificate; NULL for nothing. */
typedef const char *audit_site_cert_fn(struct audit *, const char *path);

static void
audit_site_certs_of(struct audit *audit, const char *service, const char *name,
    audit_site_cert_fn *fn, const char *fix)
{
	const char *at = postconf_value(audit->conf, service, name), *word;
	const char *said;
	size_t len;

	while ((len = postconf_word(&at, &word)) > 0) {
		/* smtpd's "none" means what it says. */
		if (*word != '/')
			continue;
		said = fn(
		    audit, postconf_keep(audit->conf, "%.*s", (int)len, word));
		if (said != NULL)
			audit_find(audit,
			    postconf_keep(audit->conf, "%s: %s",
				postconf_line(audit->conf, service, name),
				said),
			    fix);
	}
}

static void
audit_site_certs(struct audit *audit, audit_site_cert_fn *fn, const char *fix)
{
	const struct postconf_params *own = &audit->conf->overrides;
	const char *name;
	size_t i, k;

	for (i = 0; i < AUDIT_SITE_COUNT(audit_site_cert_names); i++) {
		name = audit_site_cert_names[i];
		audit_site_certs_of(audit, NULL, name, fn, fix);
		for (k = 0; k < own->n; k++)
			if (strcmp(own->param[k].name, name) == 0)
				audit_site_certs_of(audit,
				    own->param[k].service, name, fn, fix);
	}
}

static const char *
audit_site_on_missing(struct audit *audit, const char *path)
{
	struct err err;

	return audit->world->file(audit->world->arg, path, &err) == AUDIT_ABSENT
	    ? "isn't there"
	    : NULL;
}

void
audit_site_cert_missing(struct audit *audit)
{
	audit_site_certs(audit, audit_site_on_missing,
	    "install the certificate, or remove the setting");
}

/* Whole days until it ends; false if nobody knows. */
static bool
audit_site_days(struct audit *audit, const char *path, int64_t *left)
{
	struct err err;
	int64_t end;

	if (audit->world->certificate(audit->world->arg, path, &end, &err) !=
	    AUDIT_SEEN)
		return false;
	*left = end - audit->world->now;
	return true;
}

static const char *
audit_site_on_expired(struct audit *audit, const char *path)
{
	int64_t left;

	return audit_site_days(audit, path, &left) && left < 0
	    ? postconf_keep(audit->conf, "ended %lld days ago",
		  (long long)(-left / AUDIT_SITE_DAY))
	    : NULL;
}

void
audit_site_cert_expired(struct audit *audit)
{
	audit_site_certs(audit, audit_site_on_expired, "renew it");
}

static const char *
audit_site_on_expiring(struct audit *audit, const char *path)
{
	int64_t left;

	return audit_site_days(audit, path, &left) && left >= 0 &&
		left < 21 * AUDIT_SITE_DAY
	    ? postconf_keep(audit->conf, "ends in %lld days",
		  (long long)(left / AUDIT_SITE_DAY))
	    : NULL;
}

void
audit_site_cert_expiring(struct audit *audit)
{
	audit_site_certs(audit, audit_site_on_expiring, "renew it");
}

static const char *
audit_site_on_unread(struct audit *audit, const char *path)
{
	struct err err;
	int64_t end;

	if (!audit->world->here ||
	    audit->world->file(audit->world->arg, path, &err) == AUDIT_ABSENT ||
	    audit->world->certificate(audit->world->arg, path, &end, &err) !=
		AUDIT_UNKNOWN)
		return NULL;
	return postconf_keep(audit->conf, "%s", err.text);
}

void
audit_site_cert_unread(struct audit *audit)
{
	audit_site_certs(audit, audit_site_on_unread,
	    "run it as root, with openssl(1) installed");
}

static void
audit_site_on_server_cert(struct audit *audit, const char *service, bool tls)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (!postconf_is(
			audit->conf, service, audit_site_cert_names[i], ""))
			return;
	if (tls)
		audit_find(audit,
		    postconf_line(
			audit->conf, service, "smtpd_tls_security_level"),
		    "postconf -e 'smtpd_tls_chain_files = KEY, CERTIFICATES'");
}

void
audit_site_no_cert(struct audit *audit)
{
	audit_site_servers(audit, audit_site_on_server_cert);
}

/* What a forced transport trusts; main.cf's without one. */
static const char *
audit_site_scope(struct audit *audit)
{
	const struct postconf_service *service = audit_forced(audit, 0);

	return service != NULL ? postconf_path(audit->conf, service) : NULL;
}

void
audit_site_no_ca(struct audit *audit)
{
	const char *scope = audit_site_scope(audit);

	if (postconf_is(audit->conf, scope, "smtp_tls_CAfile", "") &&
	    postconf_is(audit->conf, scope, "smtp_tls_CApath", "") &&
	    !postconf_yes(audit->conf, scope, "tls_append_default_CA"))
		audit_find_value(audit, NULL, "smtp_tls_CAfile",
		    "/etc/ssl/certs/ca-certificates.crt");
}

void
audit_site_ca_missing(struct audit *audit)
{
	static const char *const names[] = {
	    "smtp_tls_CAfile", "smtp_tls_CApath"};
	const char *scope = audit_site_scope(audit), *path;
	struct err err;
	size_t i;

	for (i = 0; i < AUDIT_SITE_COUNT(names); i++) {
		path = postconf_value(audit->conf, scope, names[i]);
		if (*path != '\0' &&
		    audit->world->file(audit->world->arg, path, &err) ==
			AUDIT_ABSENT)
			audit_find(audit,
			    postconf_line(audit->conf, scope, names[i]),
			    "apt install ca-certificates, and name a file "
			    "that is there");
	}
}

/* smtpd(8) services that take passwords must not take them in the clear. */
void
audit_site_auth(struct audit *audit)
{
	const struct postconf_service *service;
	const char *path, *scope;
	size_t i;

	for (i = 0; i < audit->conf->nservices; i++) {
		service = &audit->conf->service[i];
		path = postconf_path(audit->conf, service);
		if (strcmp(service->command, "smtpd") != 0 ||
		    !postconf_yes(
			audit->conf, path, "smtpd_sasl_auth_enable") ||
		    postconf_yes(audit->conf, path, "smtpd_tls_auth_only") ||
		    postconf_yes(audit->conf, path, "smtpd_tls_wrappermode") ||
		    postconf_is(audit->conf, path, "smtpd_tls_security_level",
			"encrypt"))
			continue;
		scope = postconf_own(audit->conf, path, "smtpd_tls_auth_only")
		    ? path
		    : NULL;
		audit_find_value(audit, scope, "smtpd_tls_auth_only", "yes");
	}
}

/* An smtpd(8) at one of the ports, on whatever address. */
static bool
audit_site_has_port(
    const struct postconf_service *service, const char *const *ports)
{
	const char *port = strrchr(service->name, ':');

	port = port != NULL ? port + 1 : service->name;
	if (strcmp(service->command, "smtpd") != 0 ||
	    strcmp(service->type, "inet") != 0)
		return false;
	while (*ports != NULL && strcmp(*ports, port) != 0)
		ports++;
	return *ports != NULL;
}

void
audit_site_submission(struct audit *audit)
{
	static const char *const starttls[] = {"submission", "587", NULL};
	static const char *const wrapped[] = {
	    "submissions", "smtps", "465", NULL};
	const struct postconf_service *service;
	const char *path;
	size_t i;

	for (i = 0; i < audit->conf->nservices; i++) {
		service = &audit->conf->service[i];
		path = postconf_path(audit->conf, service);
		if (audit_site_has_port(service, starttls) &&
		    !postconf_is(audit->conf, path, "smtpd_tls_security_level",
			"encrypt"))
			audit_find_value(
			    audit, path, "smtpd_tls_security_level", "encrypt");
		if (audit_site_has_port(service, wrapped) &&
		    !postconf_yes(audit->conf, path, "smtpd_tls_wrappermode"))
			audit_find_value(
			    audit, path, "smtpd_tls_wrappermode", "yes");
	}
}

/* What there is instead of "yes"; nothing for those that can just go. */
static const struct audit_site_old {
	const char *name;
	const char *instead;
	const char *value;
} audit_site_olds[] = {
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
audit_site_enforced(
    struct audit *audit, const char *service, const struct audit_site_old *old)
{
	if (strcmp(old->name, "smtp_enforce_tls") == 0 &&
	    postconf_yes(audit->conf, service, "smtp_tls_enforce_peername"))
		return "verify";
	return old->value;
}

/* What is set instead already goes before it. */
static const char *
audit_site_old_fix(
    struct audit *audit, const char *service, const struct audit_site_old *old)
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
		audit_site_enforced(audit, service, old)),
	    out);
}

void
audit_site_deprecated(struct audit *audit)
{
	const struct postconf_params *own = &audit->conf->overrides;
	const struct audit_site_old *old;
	size_t i, k;

	for (i = 0; i < AUDIT_SITE_COUNT(audit_site_olds); i++) {
		old = &audit_site_olds[i];
		if (postconf_set(audit->conf, old->name))
			audit_find(audit,
			    postconf_line(audit->conf, NULL, old->name),
			    audit_site_old_fix(audit, NULL, old));
		/* An empty one only closes what main.cf opens. */
		for (k = 0; k < own->n; k++)
			if (strcmp(own->param[k].name, old->name) == 0 &&
			    own->param[k].value[0] != '\0')
				audit_find(audit,
				    postconf_line(audit->conf,
					own->param[k].service, old->name),
				    audit_site_old_fix(
					audit, own->param[k].service, old));
	}
}

/* What other rules say better, or our own fragment has for versions that
 * know it. */
static bool
audit_site_is_said(const char *line)
{
	static const char *const ours[] = {
	    "unused parameter: tls_required_enable=",
	    "unused parameter: requiretls_enable=",
	    "DEPRECATION_README.html for details"};
	static const char removed[] = "support for parameter \"";
	const char *name = strstr(line, removed);
	size_t i, len;

	for (i = 0; i < AUDIT_SITE_COUNT(ours); i++)
		if (strstr(line, ours[i]) != NULL)
			return true;
	if (name == NULL)
		return false;
	name += sizeof(removed) - 1;
	len = strcspn(name, "\"");
	for (i = 0; i < AUDIT_SITE_COUNT(audit_site_olds); i++)
		if (strlen(audit_site_olds[i].name) == len &&
		    strncmp(audit_site_olds[i].name, name, len) == 0)
			return true;
	return false;
}

void
audit_site_complaints(struct audit *audit)
{
	const char *s = audit->complaints, *line;
	size_t len;

	while (*s != '\0') {
		len = strcspn(s, "\n");
		line = postconf_keep(audit->conf, "%.*s", (int)len, s);
		if (len > 0 && !audit_site_is_said(line))
			audit_find(audit, line, "");
		s += len + (s[len] == '\n');
	}
}
