/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_ldap.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_domains.h"
#include "conf/conf_ldap_admin.h"
#include "conf/conf_ldap_server.h"
#include "conf/option.h"
#include "conf/value.h"
#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/secret_file.h"
#include "forceenc/template.h"
#include "forceenc/text.h"

/* Parameters of ldap_table(5) that can't be taken, and why. */
static const struct {
	const char *name;
	const char *why;
} conf_ldap_refused[] = {
    {"result_filter", "obsolete; write result_format instead"},
    {"cache", "obsolete and without effect; remove it"},
    {"cache_expiry", "obsolete and without effect; remove it"},
    {"cache_size", "obsolete and without effect; forceenc.cf has a cache_size"},
    {"tls_random_file", "obsolete and without effect; remove it"},
    {"special_result_attribute",
	"DNs and URLs in values are not followed; let the filter find the "
	"entries themselves"},
    {"terminal_result_attribute", "not known here; use result_attribute"},
    {"leaf_result_attribute", "not known here; use result_attribute"},
    {"recursion_limit",
	"nothing is followed, so there's nothing to limit; "
	"remove it"},
    {"sasl_realm", "EXTERNAL has no realm; remove it"},
    {"sasl_minssf", "EXTERNAL brings no encryption; remove it"},
};

static void
conf_ldap_unknown(
    const struct file *file, const struct file_entry *entry, void *arg)
{
	struct words_closest closest = {0};
	struct problems *problems = arg;
	const struct option *option;
	size_t i;

	for (i = 0; i < sizeof(conf_ldap_refused) / sizeof(*conf_ldap_refused);
	     i++) {
		if (strcmp(entry->name, conf_ldap_refused[i].name) != 0)
			continue;
		/* Set to nothing is not set. */
		if (*entry->value != '\0')
			problems_add(problems, file->path, entry->line,
			    "%s: %s", entry->name, conf_ldap_refused[i].why);
		return;
	}
	for (option = option_ldap; option->name != NULL; option++)
		words_closer(&closest, entry->name, option->name);
	if (closest.word != NULL)
		problems_add(problems, file->path, entry->line,
		    "%s: no parameter of an ldap table; did you mean %s?",
		    text_show_str(entry->name), closest.word);
	else
		problems_add(problems, file->path, entry->line,
		    "%s: no parameter of an ldap table; forceenc.cf(5) lists "
		    "them",
		    text_show_str(entry->name));
}

static bool
conf_ldap_get(struct value *value, const struct file *file, const char *name,
    struct problems *problems)
{
	return value_get(
	    value, file, name, option_find(option_ldap, name), problems);
}

static void
conf_ldap_read_servers(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;

	if (!conf_ldap_get(&value, file, "server_host", problems))
		return;
	conf_ldap_server_read_list(
	    &out->server, &out->nservers, &value, out->server_port, problems);
	if (out->nservers == 0 && problems->n == 0)
		value_wrong(&value, problems, "a list without a server");
}

static void
conf_ldap_read_attributes(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;
	const char *at;
	char *word;

	if (!conf_ldap_get(&value, file, "result_attribute", problems))
		return;
	at = value.text;
	while ((word = words_next(&at)) != NULL) {
		if (word[strspn(word,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789-;.")] != '\0')
			value_wrong(&value, problems,
			    "\"%s\": no attribute of a directory",
			    text_show_str(word));
		out->attribute = mem_resize(out->attribute,
		    out->nattributes + 1, sizeof(*out->attribute));
		out->attribute[out->nattributes++] = word;
	}
	if (out->nattributes == 0)
		value_wrong(&value, problems, "a list without an attribute");
}

static void
conf_ldap_read_bind(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;
	struct err err;
	bool has_file = false;
	char *path;

	/* The older names stand three behind the newer ones. */
	out->bind %= 3;
	if (conf_ldap_get(&value, file, "bind_pw_file", problems) &&
	    *value.text != '\0') {
		has_file = true;
		path = file_beside(file, value.text);
		if (out->bind_pw.len > 0)
			value_wrong(&value, problems,
			    "there is a bind_pw as well; remove one of them");
		else if (secret_file_read(&out->bind_pw, path, &err) == -1)
			value_wrong(&value, problems, "%s: %s",
			    text_show_str(path), err.text);
		free(path);
	}
	if (out->bind == CONF_LDAP_BIND_SIMPLE && out->bind_pw.len == 0 &&
	    !has_file && *out->bind_dn != '\0' &&
	    conf_ldap_get(&value, file, "bind_dn", problems))
		value_wrong(&value, problems,
		    "there is no password, which would be no log-in at all "
		    "(RFC 4513, 5.1.2); set bind_pw_file or bind_pw");
	if (out->bind == CONF_LDAP_BIND_EXTERNAL && *out->sasl_mechs != '\0' &&
	    !text_equal_fold(
		out->sasl_mechs, strlen(out->sasl_mechs), "EXTERNAL") &&
	    conf_ldap_get(&value, file, "sasl_mechs", problems))
		value_wrong(&value, problems,
		    "\"%s\": the only mechanism so far is EXTERNAL",
		    text_show_str(value.text));
}

/* A file of TLS that may be left out: absolute, or "". */
static void
conf_ldap_read_path(char **out, const struct file *file, const char *name,
    struct problems *problems)
{
	struct value value;

	*out = NULL;
	if (!conf_ldap_get(&value, file, name, problems) || *value.text == '\0')
		*out = mem_strdup("");
	else
		*out = file_beside(file, value.text);
}

static void
conf_ldap_read_tls(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;
	size_t i;

	conf_ldap_read_path(
	    &out->tls_ca_cert_file, file, "tls_ca_cert_file", problems);
	conf_ldap_read_path(
	    &out->tls_ca_cert_dir, file, "tls_ca_cert_dir", problems);
	conf_ldap_read_path(&out->tls_cert, file, "tls_cert", problems);
	conf_ldap_read_path(&out->tls_key, file, "tls_key", problems);
	/* A folder alone is meant to be all there is. */
	if (*out->tls_ca_cert_dir != '\0' &&
	    file_find(file, "tls_ca_cert_file") == NULL)
		*out->tls_ca_cert_file = '\0';
	if ((*out->tls_cert == '\0') != (*out->tls_key == '\0') &&
	    conf_ldap_get(&value, file,
		*out->tls_key == '\0' ? "tls_cert" : "tls_key", problems))
		value_wrong(&value, problems, "needs a %s as well",
		    *out->tls_key == '\0' ? "tls_key" : "tls_cert");
	for (i = 0; out->start_tls && i < out->nservers; i++)
		if (out->server[i].scheme != CONF_LDAP_PLAIN &&
		    conf_ldap_get(&value, file, "start_tls", problems))
			value_wrong(&value, problems,
			    "not for %s; StartTLS is for ldap:// only",
			    text_show_str(out->server[i].url));
}

static void
conf_ldap_check_watch(const struct conf_ldap *ldap, const struct file *file,
    const struct template_shape *shape, struct problems *problems)
{
	struct value value;

	if (!ldap->watch || !conf_ldap_get(&value, file, "watch", problems))
		return;
	if (strchr(ldap->search_base, '%') != NULL)
		value_wrong(&value, problems,
		    "not with a search_base that depends on the key; name one "
		    "above all of them");
	if (!shape->whole)
		value_wrong(&value, problems,
		    "not with a query_filter whose expansions stand in a "
		    "negation, or in anything but a comparison for equality");
}

static void
conf_ldap_check_templates(const struct conf_ldap *ldap, const struct file *file,
    struct problems *problems)
{
	struct template_shape shape;
	struct value value;
	struct err err;

	if (template_format_check(ldap->result_format, &err) == -1 &&
	    conf_ldap_get(&value, file, "result_format", problems))
		value_wrong(&value, problems, "%s", err.text);
	if (ldap->search_base == NULL) {
		conf_ldap_get(&value, file, "search_base", problems);
		return;
	}
	if (template_format_check(ldap->search_base, &err) == -1 &&
	    conf_ldap_get(&value, file, "search_base", problems))
		value_wrong(&value, problems, "%s", err.text);
	if (template_shape_init(&shape, ldap->query_filter, &err) == -1) {
		if (conf_ldap_get(&value, file, "query_filter", problems))
			value_wrong(&value, problems, "%s", err.text);
		return;
	}
	if (shape.nattributes == 0 && strchr(ldap->search_base, '%') == NULL &&
	    conf_ldap_get(&value, file, "query_filter", problems))
		value_wrong(&value, problems,
		    "finds the same for every sender; write %%s where the "
		    "address belongs");
	conf_ldap_check_watch(ldap, file, &shape, problems);
	template_shape_fini(&shape);
}

static void
conf_ldap_read_size_limit(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;
	int64_t n;

	out->size_limit = out->expansion_limit;
	if (!conf_ldap_get(&value, file, "size_limit", problems) ||
	    strcmp(value.text, "$expansion_limit") == 0)
		return;
	if (text_parse_int(value.text, 0, INT32_MAX, &n) == -1)
		value_wrong(&value, problems,
		    "\"%s\": no number; write one from 0 to %d, or "
		    "$expansion_limit",
		    text_show_str(value.text), INT32_MAX);
	else
		out->size_limit = (unsigned)n;
}

void
conf_ldap_read(
    struct conf_ldap *out, const struct file *file, struct problems *problems)
{
	struct value value;

	option_store_defaults(option_ldap, out);
	value_store_all(
	    file, option_ldap, out, conf_ldap_unknown, problems, problems);
	conf_ldap_read_servers(out, file, problems);
	conf_ldap_read_attributes(out, file, problems);
	conf_domains_read(&out->domains, &out->ndomains, file,
	    option_find(option_ldap, "domain"), problems);
	conf_ldap_read_size_limit(out, file, problems);
	conf_ldap_read_bind(out, file, problems);
	conf_ldap_read_tls(out, file, problems);
	conf_ldap_check_templates(out, file, problems);
	conf_ldap_admin_read(out, file, problems);
	if (out->chase_referrals % 2 != 0 &&
	    conf_ldap_get(&value, file, "chase_referrals", problems))
		value_wrong(&value, problems,
		    "referrals are not followed: a server that one leads to "
		    "is nobody we logged in with; name that server in "
		    "server_host, or in a table of its own");
}

void
conf_ldap_fini(struct conf_ldap *ldap)
{
	size_t i;

	conf_ldap_server_free_list(ldap->server, ldap->nservers);
	for (i = 0; i < ldap->nattributes; i++)
		free(ldap->attribute[i]);
	free(ldap->attribute);
	conf_domains_free(ldap->domains, ldap->ndomains);
	free(ldap->tls_ca_cert_file);
	free(ldap->tls_ca_cert_dir);
	free(ldap->tls_cert);
	free(ldap->tls_key);
	conf_ldap_admin_fini(ldap);
	option_fini(option_ldap, ldap);
	*ldap = (struct conf_ldap){0};
}

static bool
conf_ldap_attributes_equal(const struct conf_ldap *a, const struct conf_ldap *b)
{
	return conf_domains_equal(
	    a->attribute, a->nattributes, b->attribute, b->nattributes);
}

bool
conf_ldap_equal(const struct conf_ldap *a, const struct conf_ldap *b)
{
	const struct option *option;

	for (option = option_ldap; option->name != NULL; option++)
		if (option->size > 0 && !option_same(option, a, b))
			return false;
	return conf_ldap_server_lists_equal(
		   a->server, a->nservers, b->server, b->nservers) &&
	    conf_ldap_attributes_equal(a, b) &&
	    conf_domains_equal(
		a->domains, a->ndomains, b->domains, b->ndomains) &&
	    a->size_limit == b->size_limit &&
	    strcmp(a->tls_ca_cert_file, b->tls_ca_cert_file) == 0 &&
	    strcmp(a->tls_ca_cert_dir, b->tls_ca_cert_dir) == 0 &&
	    strcmp(a->tls_cert, b->tls_cert) == 0 &&
	    strcmp(a->tls_key, b->tls_key) == 0 && conf_ldap_admin_equal(a, b);
}
