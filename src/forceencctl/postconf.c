/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/postconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "forceencctl/postconf_expand.h"

static const struct postconf_param *
postconf_search(
    const struct postconf_params *params, const char *service, const char *name)
{
	const struct postconf_param *param;
	size_t i;

	/* The last one counts, as it does in Postfix's files. */
	for (i = params->n; i-- > 0;) {
		param = &params->param[i];
		if (strcmp(param->name, name) == 0 &&
		    (service == NULL || strcmp(param->service, service) == 0))
			return param;
	}
	return NULL;
}

const char *
postconf_raw(const struct postconf *conf, const char *service, const char *name)
{
	const struct postconf_param *param = NULL;

	if (service != NULL)
		param = postconf_search(&conf->overrides, service, name);
	if (param == NULL)
		param = postconf_search(&conf->set, NULL, name);
	if (param == NULL)
		param = postconf_search(&conf->defaults, NULL, name);
	return param != NULL ? param->value : NULL;
}

static const char *
postconf_keep_bytes(struct postconf *conf, const char *bytes, size_t len)
{
	conf->kept = mem_resize(conf->kept, conf->nkept + 1, sizeof(char *));
	conf->kept[conf->nkept] = mem_dup(bytes, len);
	return conf->kept[conf->nkept++];
}

const char *
postconf_keep(struct postconf *conf, const char *fmt, ...)
{
	struct buf text = {0};
	const char *kept;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	kept = postconf_keep_bytes(conf, text.data, text.len);
	buf_fini(&text);
	return kept;
}

const char *
postconf_quoted(struct postconf *conf, const char *value)
{
	struct buf quoted = {0};
	const char *kept;

	for (; *value != '\0'; value++) {
		if (*value == '\'')
			buf_add_text(&quoted, "'\\'");
		buf_add_byte(&quoted, *value);
	}
	kept = postconf_keep_bytes(conf, quoted.data, quoted.len);
	buf_fini(&quoted);
	return kept;
}

const char *
postconf_tight(struct postconf *conf, const char *list)
{
	struct buf tight = {0};
	const char *word, *kept;
	size_t len;

	while ((len = postconf_word(&list, &word)) > 0) {
		if (tight.len > 0)
			buf_add_byte(&tight, ',');
		buf_add(&tight, word, len);
	}
	kept = postconf_keep_bytes(conf, tight.data, tight.len);
	buf_fini(&tight);
	return kept;
}

struct postconf_scope {
	const struct postconf *conf;
	const char *service;
};

static const char *
postconf_on_name(const char *name, void *arg)
{
	struct postconf_scope *scope = arg;

	return postconf_raw(scope->conf, scope->service, name);
}

const char *
postconf_value(struct postconf *conf, const char *service, const char *name)
{
	struct postconf_scope scope = {conf, service};
	const char *raw = postconf_raw(conf, service, name), *value;
	struct buf out = {0};
	struct err err;
	size_t len;

	if (raw == NULL)
		return "";
	if (postconf_expand(&out, raw, postconf_on_name, &scope, &err) == -1) {
		if (conf->unclear == NULL) {
			err_prefix(&err, "%s%s%s", service ? service : "",
			    service ? "/" : "", name);
			conf->unclear = mem_strdup(err.text);
		}
		buf_clear(&out);
		buf_add_text(&out, raw);
	}
	len = out.len;
	value = text_trim(buf_text(&out), &len);
	value = postconf_keep_bytes(conf, value, len);
	buf_fini(&out);
	return value;
}

bool
postconf_is(struct postconf *conf, const char *service, const char *name,
    const char *value)
{
	return strcmp(postconf_value(conf, service, name), value) == 0;
}

bool
postconf_yes(struct postconf *conf, const char *service, const char *name)
{
	return postconf_is(conf, service, name, "yes");
}

bool
postconf_own(const struct postconf *conf, const char *service, const char *name)
{
	return postconf_search(&conf->overrides, service, name) != NULL;
}

bool
postconf_set(const struct postconf *conf, const char *name)
{
	return postconf_search(&conf->set, NULL, name) != NULL;
}

const char *
postconf_line(struct postconf *conf, const char *service, const char *name)
{
	const char *raw = postconf_raw(conf, service, name);
	bool own = service != NULL && postconf_own(conf, service, name);

	if (raw == NULL)
		return postconf_keep(conf, "%s: unknown to this Postfix", name);
	return postconf_keep(conf, "%s%s%s =%s%s%s", own ? service : "",
	    own ? "/" : "", name, *raw != '\0' ? " " : "", raw,
	    own || postconf_set(conf, name) ? "" : " (default)");
}

const struct postconf_service *
postconf_find(
    const struct postconf *conf, const char *name, size_t len, const char *type)
{
	const struct postconf_service *service;
	size_t i;

	/* Of two with the same name Postfix uses the last. */
	for (i = conf->nservices; i-- > 0;) {
		service = &conf->service[i];
		if (strcmp(service->type, type) == 0 &&
		    strlen(service->name) == len &&
		    memcmp(service->name, name, len) == 0)
			return service;
	}
	return NULL;
}

const char *
postconf_path(struct postconf *conf, const struct postconf_service *service)
{
	return postconf_keep(conf, "%s/%s", service->name, service->type);
}

bool
postconf_chrooted(struct postconf *conf, const struct postconf_service *service)
{
	const char *level;

	if (service->chroot != '-')
		return service->chroot == 'y';
	/* COMPATIBILITY_README: "n" from level 1 on. */
	level = postconf_value(conf, NULL, "compatibility_level");
	return level[0] == '\0' || strcmp(level, "0") == 0;
}

bool
postconf_since(struct postconf *conf, unsigned major, unsigned minor)
{
	unsigned has_major = 0, has_minor = 0;

	if (sscanf(postconf_value(conf, NULL, "mail_version"), "%3u.%3u",
		&has_major, &has_minor) != 2)
		return false;
	return has_major > major || (has_major == major && has_minor >= minor);
}

size_t
postconf_word_between(const char **at, const char *between, const char **word)
{
	unsigned depth = 0;
	const char *s;

	*at += strspn(*at, between);
	*word = *at;
	for (s = *at; *s != '\0'; s++) {
		if (*s == '{')
			depth++;
		else if (*s == '}' && depth > 0)
			depth--;
		else if (depth == 0 && strchr(between, *s) != NULL)
			break;
	}
	*at = s;
	return (size_t)(s - *word);
}

size_t
postconf_word(const char **at, const char **word)
{
	return postconf_word_between(at, ", \t\r\n", word);
}

const char *
postconf_table(const char *spec)
{
	while (strncmp(spec, "proxy:", 6) == 0)
		spec += 6;
	return spec;
}

static void
postconf_fini_params(struct postconf_params *params)
{
	size_t i;

	for (i = 0; i < params->n; i++) {
		free(params->param[i].service);
		free(params->param[i].name);
		free(params->param[i].value);
	}
	free(params->param);
}

void
postconf_fini(struct postconf *conf)
{
	size_t i;

	postconf_fini_params(&conf->set);
	postconf_fini_params(&conf->defaults);
	postconf_fini_params(&conf->overrides);
	for (i = 0; i < conf->nservices; i++) {
		free(conf->service[i].name);
		free(conf->service[i].type);
		free(conf->service[i].command);
		free(conf->service[i].args);
	}
	free(conf->service);
	for (i = 0; i < conf->nkept; i++)
		free(conf->kept[i]);
	free(conf->kept);
	free(conf->unclear);
	*conf = (struct postconf){0};
}
