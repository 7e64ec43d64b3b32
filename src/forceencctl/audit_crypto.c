/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "forceenc/text.h"
#include "forceencctl/audit_hop.h"
#include "forceencctl/audit_rules.h"
#include "forceencctl/protocols.h"

/* Protocols, ciphers, curves, in both directions. */

#define AUDIT_CRYPTO_COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char *
audit_crypto_modern(struct audit *audit)
{
	return postconf_since(audit->conf, 3, 6)
	    ? ">=TLSv1.2"
	    : "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1";
}

/* -1 if Postfix wouldn't understand it. */
static int
audit_crypto_permitted(struct audit *audit, const char *service,
    const char *name, unsigned *permitted)
{
	return protocols_parse(postconf_value(audit->conf, service, name),
	    postconf_since(audit->conf, 3, 6), permitted);
}

static const char *const audit_crypto_protocols[] = {
    "smtp_tls_mandatory_protocols", "smtp_tls_protocols",
    "smtpd_tls_mandatory_protocols", "smtpd_tls_protocols"};

static void
audit_crypto_each_protocols(struct audit *audit, audit_each_fn *fn)
{
	size_t i;

	for (i = 0; i < AUDIT_CRYPTO_COUNT(audit_crypto_protocols); i++)
		audit_each(audit, audit_crypto_protocols[i], fn);
}

static void
audit_crypto_on_bad(struct audit *audit, const char *service, const char *name)
{
	unsigned permitted;

	if (audit_crypto_permitted(audit, service, name, &permitted) == -1 ||
	    (permitted & (PROTOCOLS_TLS12 | PROTOCOLS_TLS13)) == 0)
		audit_find_value(
		    audit, service, name, audit_crypto_modern(audit));
}

void
audit_crypto_bad_protocols(struct audit *audit)
{
	audit_crypto_each_protocols(audit, audit_crypto_on_bad);
}

static void
audit_crypto_on_ssl(struct audit *audit, const char *service, const char *name)
{
	unsigned permitted;

	if (audit_crypto_permitted(audit, service, name, &permitted) == 0 &&
	    (permitted & (PROTOCOLS_SSL2 | PROTOCOLS_SSL3)) != 0)
		audit_find_value(
		    audit, service, name, audit_crypto_modern(audit));
}

void
audit_crypto_ssl(struct audit *audit)
{
	audit_crypto_each_protocols(audit, audit_crypto_on_ssl);
}

/* TLS 1.0 and 1.1, and nothing older, which is another rule's. */
static bool
audit_crypto_is_old(struct audit *audit, const char *service, const char *name)
{
	unsigned permitted;

	return audit_crypto_permitted(audit, service, name, &permitted) == 0 &&
	    (permitted & (PROTOCOLS_SSL2 | PROTOCOLS_SSL3)) == 0 &&
	    (permitted & (PROTOCOLS_TLS10 | PROTOCOLS_TLS11)) != 0;
}

/* Somebody has chosen it, and where TLS is enforced nothing is lost. */
static bool
audit_crypto_is_choice(
    struct audit *audit, const char *service, const char *name)
{
	return strstr(name, "mandatory") != NULL &&
	    (service != NULL || postconf_set(audit->conf, name));
}

static void
audit_crypto_on_old(struct audit *audit, const char *service, const char *name)
{
	if (audit_crypto_is_old(audit, service, name) &&
	    audit_crypto_is_choice(audit, service, name))
		audit_find_value(
		    audit, service, name, audit_crypto_modern(audit));
}

void
audit_crypto_old(struct audit *audit)
{
	audit_crypto_each_protocols(audit, audit_crypto_on_old);
}

static void
audit_crypto_on_default(
    struct audit *audit, const char *service, const char *name)
{
	if (audit_crypto_is_old(audit, service, name) &&
	    !audit_crypto_is_choice(audit, service, name))
		audit_find_value(
		    audit, service, name, audit_crypto_modern(audit));
}

void
audit_crypto_default(struct audit *audit)
{
	audit_crypto_each_protocols(audit, audit_crypto_on_default);
}

static void
audit_crypto_on_new(struct audit *audit, const char *service, const char *name)
{
	unsigned permitted;

	if (audit_crypto_permitted(audit, service, name, &permitted) == 0 &&
	    (permitted & (PROTOCOLS_TLS12 | PROTOCOLS_TLS13)) ==
		PROTOCOLS_TLS12)
		audit_find_value(
		    audit, service, name, audit_crypto_modern(audit));
}

void
audit_crypto_new(struct audit *audit)
{
	audit_crypto_each_protocols(audit, audit_crypto_on_new);
}

static const char *const audit_crypto_grades[] = {"smtp_tls_mandatory_ciphers",
    "smtp_tls_ciphers", "smtpd_tls_mandatory_ciphers", "smtpd_tls_ciphers"};

static void
audit_crypto_on_grade(
    struct audit *audit, const char *service, const char *name)
{
	if (postconf_is(audit->conf, service, name, "low") ||
	    postconf_is(audit->conf, service, name, "export"))
		audit_find_value(audit, service, name, "medium");
}

void
audit_crypto_grade(struct audit *audit)
{
	size_t i;

	for (i = 0; i < AUDIT_CRYPTO_COUNT(audit_crypto_grades); i++)
		audit_each(
		    audit, audit_crypto_grades[i], audit_crypto_on_grade);
}

/* The list that OpenSSL gets: what the grade stands for, without what is
 * excluded. */
static void
audit_crypto_add_excluded(struct audit *audit, const char *service,
    const char *name, struct buf *list)
{
	const char *s = postconf_value(audit->conf, service, name);
	size_t len;

	for (;;) {
		s += strspn(s, ", \t\r\n:");
		len = strcspn(s, ", \t\r\n:");
		if (len == 0)
			return;
		buf_printf(list, ":!%.*s", (int)len, s);
		s += len;
	}
}

/* side: "smtp" or "smtpd". The ciphers as "openssl ciphers -v" has them;
 * false if nobody knows. */
static bool
audit_crypto_ciphers(struct audit *audit, const char *service, const char *side,
    bool mandatory, struct buf *out)
{
	struct postconf *conf = audit->conf;
	struct buf list = {0};
	const char *grade;
	struct err err;
	bool known;

	grade = postconf_value(conf, service,
	    postconf_keep(
		conf, "%s_tls_%sciphers", side, mandatory ? "mandatory_" : ""));
	buf_add_text(&list,
	    postconf_value(conf, service,
		postconf_keep(conf, "tls_%s_cipherlist", grade)));
	audit_crypto_add_excluded(audit, service,
	    postconf_keep(conf, "%s_tls_exclude_ciphers", side), &list);
	if (mandatory)
		audit_crypto_add_excluded(audit, service,
		    postconf_keep(
			conf, "%s_tls_mandatory_exclude_ciphers", side),
		    &list);
	known = audit->world->ciphers(audit->world->arg, buf_text(&list), out,
		    &err) == AUDIT_SEEN;
	buf_fini(&list);
	return known;
}

static void
audit_crypto_find_ciphers(struct audit *audit, const char *service,
    const char *side, const struct buf *names)
{
	struct postconf *conf = audit->conf;
	const char *name = postconf_keep(conf, "%s_tls_exclude_ciphers", side);
	const char *has = postconf_value(conf, service, name);

	audit_find(audit,
	    postconf_keep(
		conf, "%s offers %.*s", side, (int)names->len, names->data),
	    audit_set(audit, service, name,
		postconf_keep(conf, "%s%sRC4, 3DES, DES, MD5, eNULL", has,
		    *has != '\0' ? ", " : "")));
}

static void
audit_crypto_weak_of(
    struct audit *audit, const char *service, const char *side, bool mandatory)
{
	static const char *const weak[] = {
	    "Enc=RC4", "Enc=3DES", "Enc=DES(", "Mac=MD5", "Enc=RC2"};
	struct buf out = {0}, names = {0};
	const char *text;
	size_t i;

	if (audit_crypto_ciphers(audit, service, side, mandatory, &out)) {
		text = buf_text(&out);
		for (i = 0; i < AUDIT_CRYPTO_COUNT(weak); i++)
			if (strstr(text, weak[i]) != NULL)
				buf_printf(&names, "%s%.*s",
				    names.len > 0 ? ", " : "",
				    (int)strcspn(weak[i] + 4, "("),
				    weak[i] + 4);
	}
	if (names.len > 0)
		audit_crypto_find_ciphers(audit, service, side, &names);
	buf_fini(&out);
	buf_fini(&names);
}

void
audit_crypto_weak(struct audit *audit)
{
	const struct postconf_service *service;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++)
		audit_crypto_weak_of(
		    audit, postconf_path(audit->conf, service), "smtp", true);
	audit_crypto_weak_of(audit, NULL, "smtp", false);
	audit_crypto_weak_of(audit, NULL, "smtpd", true);
	audit_crypto_weak_of(audit, NULL, "smtpd", false);
}

static void
audit_crypto_find_null(struct audit *audit, const char *service)
{
	static const char grade[] = "smtp_tls_mandatory_ciphers";
	static const char exclude[] = "smtp_tls_mandatory_exclude_ciphers";
	const char *list, *has;

	if (postconf_is(audit->conf, service, grade, "null")) {
		audit_find_value(audit, service, grade, "medium");
		return;
	}
	list = postconf_keep(audit->conf, "tls_%s_cipherlist",
	    postconf_value(audit->conf, service, grade));
	has = postconf_value(audit->conf, service, exclude);
	audit_find(audit, postconf_line(audit->conf, service, list),
	    audit_set(audit, service, exclude,
		postconf_keep(
		    audit->conf, "%s%seNULL", has, *has != '\0' ? ", " : "")));
}

/* TLS that encrypts nothing. */
void
audit_crypto_null(struct audit *audit)
{
	const struct postconf_service *service;
	struct buf out = {0};
	const char *path;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		buf_clear(&out);
		if (postconf_is(audit->conf, path, "smtp_tls_mandatory_ciphers",
			"null") ||
		    (audit_crypto_ciphers(audit, path, "smtp", true, &out) &&
			strstr(buf_text(&out), "Enc=None") != NULL))
			audit_crypto_find_null(audit, path);
	}
	buf_fini(&out);
}

static void
audit_crypto_find_anonymous(struct audit *audit, const char *service)
{
	static const char name[] = "smtp_tls_mandatory_exclude_ciphers";
	const char *has = postconf_value(audit->conf, service, name);

	audit_find_value(audit, service, name,
	    postconf_keep(
		audit->conf, "%s%saNULL", has, *has != '\0' ? ", " : ""));
}

void
audit_crypto_anonymous(struct audit *audit)
{
	const struct postconf_service *service;
	struct buf out = {0};
	const char *path;
	unsigned i;

	for (i = 0; (service = audit_forced(audit, i)) != NULL; i++) {
		path = postconf_path(audit->conf, service);
		buf_clear(&out);
		if (audit_hop_level(audit, service) == AUDIT_HOP_ENCRYPT &&
		    audit_crypto_ciphers(audit, path, "smtp", true, &out) &&
		    strstr(buf_text(&out), "Au=None") != NULL)
			audit_crypto_find_anonymous(audit, path);
	}
	buf_fini(&out);
}

void
audit_crypto_lists(struct audit *audit)
{
	static const char *const names[] = {"tls_high_cipherlist",
	    "tls_medium_cipherlist", "tls_low_cipherlist",
	    "tls_export_cipherlist", "tls_null_cipherlist"};
	size_t i;

	for (i = 0; i < AUDIT_CRYPTO_COUNT(names); i++)
		if (postconf_set(audit->conf, names[i]))
			audit_find(audit,
			    postconf_line(audit->conf, NULL, names[i]),
			    postconf_keep(
				audit->conf, "postconf -X %s", names[i]));
}

static bool
audit_crypto_has(const char *list, const char *wanted)
{
	size_t len;

	for (;;) {
		list += strspn(list, ", \t\r\n:");
		len = strcspn(list, ", \t\r\n:");
		if (len == 0)
			return false;
		if (text_equal_fold(list, len, wanted))
			return true;
		list += len;
	}
}

/* The options of a list that are no danger, and NO_RENEGOTIATION. */
static const char *
audit_crypto_options(struct audit *audit, const char *list)
{
	const char *options = "", *word;
	size_t len;

	while ((len = postconf_word(&list, &word)) > 0)
		if (!text_equal_fold(word, len, "LEGACY_SERVER_CONNECT") &&
		    !text_equal_fold(word, len, "NO_RENEGOTIATION") &&
		    strncmp(word, "0x", 2) != 0)
			options = postconf_keep(
			    audit->conf, "%s%.*s, ", options, (int)len, word);
	return postconf_keep(audit->conf, "%sNO_RENEGOTIATION", options);
}

static void
audit_crypto_on_legacy(
    struct audit *audit, const char *service, const char *name)
{
	const char *list = postconf_value(audit->conf, service, name);

	/* A number is a set of bits that nobody can read. */
	if (audit_crypto_has(list, "LEGACY_SERVER_CONNECT") ||
	    strncmp(list, "0x", 2) == 0)
		audit_find_value(
		    audit, service, name, audit_crypto_options(audit, list));
}

void
audit_crypto_legacy(struct audit *audit)
{
	audit_each(audit, "tls_ssl_options", audit_crypto_on_legacy);
}

void
audit_crypto_renegotiation(struct audit *audit)
{
	const char *list = postconf_value(audit->conf, NULL, "tls_ssl_options");

	if (*postconf_value(audit->conf, NULL, "smtpd_tls_security_level") !=
		'\0' &&
	    !audit_crypto_has(list, "NO_RENEGOTIATION") &&
	    strncmp(list, "0x", 2) != 0)
		audit_find_value(audit, NULL, "tls_ssl_options",
		    audit_crypto_options(audit, list));
}

/* "3.5.1" is at least 3.5; false if nobody knows. */
static bool
audit_crypto_openssl_since(struct audit *audit, long major, long minor)
{
	char *dot;
	long has;

	if (*audit->world->openssl == '\0')
		return false;
	has = strtol(audit->world->openssl, &dot, 10);
	return has > major ||
	    (has == major && *dot == '.' && strtol(dot + 1, NULL, 10) >= minor);
}

void
audit_crypto_curves(struct audit *audit)
{
	static const char name[] = "tls_eecdh_auto_curves";
	const char *list = postconf_value(audit->conf, NULL, name);
	const char *missing = NULL;

	if (!postconf_set(audit->conf, name) || *list == '\0')
		return;
	if (!audit_crypto_has(list, "X25519"))
		missing = "X25519";
	/* The first release that has it. */
	if (audit_crypto_openssl_since(audit, 3, 5) &&
	    !audit_crypto_has(list, "X25519MLKEM768"))
		missing = missing != NULL ? "X25519MLKEM768 X25519"
					  : "X25519MLKEM768";
	if (missing != NULL)
		audit_find_value(audit, NULL, name,
		    postconf_keep(audit->conf, "%s %s", missing, list));
}

void
audit_crypto_eecdh(struct audit *audit)
{
	static const char name[] = "smtpd_tls_eecdh_grade";

	if (postconf_is(audit->conf, NULL, name, "none"))
		audit_find(audit, postconf_line(audit->conf, NULL, name),
		    postconf_keep(audit->conf, "postconf -X %s", name));
}
