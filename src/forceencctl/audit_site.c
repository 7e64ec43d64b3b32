/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"

/* TLS as such: switched on, provable, with certificates that hold. */

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

/* "inet", "smtp/inet" or, of old, "smtp.inet" */
static bool
audit_site_is_disabled(
    struct audit *audit, const struct postconf_service *service)
{
	const char *at =
	    postconf_value(audit->conf, NULL, "master_service_disable");
	size_t len, n = strlen(service->name);
	const char *word;

	while ((len = postconf_word(&at, &word)) > 0) {
		if (len > n + 1 && strncmp(word, service->name, n) == 0 &&
		    (word[n] == '/' || word[n] == '.')) {
			word += n + 1;
			len -= n + 1;
		}
		if (len == strlen(service->type) &&
		    strncmp(word, service->type, len) == 0)
			return true;
	}
	return false;
}

/* Whether other hosts reach the service. */
static bool
audit_site_is_open(struct audit *audit, const struct postconf_service *service)
{
	const char *hosts;

	if (audit_site_is_disabled(audit, service))
		return false;
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
		    !audit_site_is_open(audit, service) ||
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
		if (!audit_site_is_open(audit, service))
			continue;
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
