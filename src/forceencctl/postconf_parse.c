/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/postconf_parse.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

static int
postconf_parse_bad(unsigned line, const char *what, struct err *err)
{
	return err_set(err, "line %u: %s", line, what);
}

static void
postconf_parse_add(struct postconf_params *params, struct postconf_param param)
{
	params->param =
	    mem_resize(params->param, params->n + 1, sizeof(*params->param));
	params->param[params->n++] = param;
}

static bool
postconf_parse_is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-.",
			s[i]) == NULL ||
		    s[i] == '\0')
			return false;
	return len > 0;
}

/* The byte behind the service of "service/type/name", NULL if there is none.
 * A service's name may have a "/" of its own. */
static const char *
postconf_parse_service(const char *s, size_t len)
{
	unsigned slashes = 0;
	size_t i;

	for (i = len; i-- > 0;) {
		slashes += s[i] == '/';
		if (slashes == 2)
			break;
	}
	if (slashes < 2 || i == 0)
		return NULL;
	for (i = len; s[i - 1] != '/'; i--)
		;
	return s + i - 1;
}

/* "name = value", or "service/type/name = value" of overrides. */
static int
postconf_parse_param(struct postconf_params *params, bool overrides,
    const char *s, size_t len, unsigned line, struct err *err)
{
	const char *equals = memchr(s, '=', len), *name, *value;
	const char *service_end = NULL;
	struct postconf_param param = {0};
	size_t name_len, value_len;

	if (equals == NULL)
		return postconf_parse_bad(line, "no \"=\"", err);
	if (params->n >= POSTCONF_ENTRIES_MAX)
		return postconf_parse_bad(line, "more than can be", err);
	name_len = (size_t)(equals - s);
	name = text_trim(s, &name_len);
	if (overrides) {
		service_end = postconf_parse_service(name, name_len);
		if (service_end == NULL)
			return postconf_parse_bad(
			    line, "not \"service/type/name = value\"", err);
		name_len -= (size_t)(service_end + 1 - name);
		name = service_end + 1;
	}
	if (!postconf_parse_is_name(name, name_len))
		return postconf_parse_bad(line, "no parameter's name", err);
	value_len = (size_t)(s + len - equals - 1);
	value = text_trim(equals + 1, &value_len);
	if (overrides) {
		size_t n = (size_t)(service_end - s);
		const char *service = text_trim(s, &n);

		param.service = mem_dup(service, n);
	}
	param.name = mem_dup(name, name_len);
	param.value = mem_dup(value, value_len);
	postconf_parse_add(params, param);
	return 0;
}

/* The next of the fields between white space; NULL if there is none. */
static char *
postconf_parse_field(const char **at)
{
	size_t len;
	char *field;

	*at += strspn(*at, " \t\r");
	len = strcspn(*at, " \t\r");
	field = len > 0 ? mem_dup(*at, len) : NULL;
	*at += len;
	return field;
}

/* name type private unprivileged chroot wakeup maxproc command argument... */
static int
postconf_parse_master(
    struct postconf *conf, const char *text, unsigned line, struct err *err)
{
	char *field[8] = {NULL};
	struct postconf_service service;
	size_t n = 0, i;

	while (n < 8 && (field[n] = postconf_parse_field(&text)) != NULL)
		n++;
	if (n < 8 || conf->nservices >= POSTCONF_ENTRIES_MAX ||
	    strchr("yn-", field[4][0]) == NULL || field[4][1] != '\0') {
		for (i = 0; i < n; i++)
			free(field[i]);
		return postconf_parse_bad(line, "no service", err);
	}
	service = (struct postconf_service){.name = field[0],
	    .type = field[1],
	    .chroot = field[4][0],
	    .command = field[7],
	    .args = mem_strdup(text + strspn(text, " \t\r"))};
	free(field[2]);
	free(field[3]);
	free(field[4]);
	free(field[5]);
	free(field[6]);
	conf->service = mem_resize(
	    conf->service, conf->nservices + 1, sizeof(*conf->service));
	conf->service[conf->nservices++] = service;
	return 0;
}

static int
postconf_parse_line(struct postconf *conf, enum postconf_output output,
    struct buf *text, unsigned line, struct err *err)
{
	size_t len = text->len;
	const char *s;

	if (len == 0)
		return 0;
	s = text_trim(buf_text(text), &len);
	if (len == 0 || *s == '#')
		return 0;
	if (memchr(s, '\0', len) != NULL)
		return postconf_parse_bad(line, "a NUL byte", err);
	switch (output) {
	case POSTCONF_SET:
		return postconf_parse_param(
		    &conf->set, false, s, len, line, err);
	case POSTCONF_DEFAULTS:
		return postconf_parse_param(
		    &conf->defaults, false, s, len, line, err);
	case POSTCONF_OVERRIDES:
		return postconf_parse_param(
		    &conf->overrides, true, s, len, line, err);
	case POSTCONF_SERVICES:
		break;
	}
	return postconf_parse_master(conf, s, line, err);
}

int
postconf_parse(struct postconf *conf, enum postconf_output output,
    const char *bytes, size_t len, struct err *err)
{
	const char *end = bytes + len, *newline;
	unsigned line = 0, first = 1;
	struct buf text = {0};
	int rc = 0;

	if (len > POSTCONF_BYTES_MAX)
		return err_set(err, "longer than any such output");
	while (bytes < end && rc == 0) {
		newline = memchr(bytes, '\n', (size_t)(end - bytes));
		if (newline == NULL)
			newline = end;
		line++;
		if (*bytes != ' ' && *bytes != '\t') {
			rc = postconf_parse_line(
			    conf, output, &text, first, err);
			buf_clear(&text);
			first = line;
		}
		if (text.len > 0)
			buf_add_byte(&text, ' ');
		buf_add(&text, bytes, (size_t)(newline - bytes));
		bytes = newline < end ? newline + 1 : end;
	}
	if (rc == 0)
		rc = postconf_parse_line(conf, output, &text, first, err);
	buf_fini(&text);
	return rc;
}

static bool
postconf_parse_is_same(
    const struct postconf_service *a, const struct postconf_service *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) == 0;
}

static void
postconf_parse_forget(struct postconf_params *params, const char *service)
{
	struct postconf_param *param;
	size_t i, kept = 0;

	for (i = 0; i < params->n; i++) {
		param = &params->param[i];
		if (strcmp(param->service, service) != 0) {
			params->param[kept++] = *param;
			continue;
		}
		free(param->service);
		free(param->name);
		free(param->value);
	}
	params->n = kept;
}

/* "name=value", or "{ name = value }" */
static void
postconf_parse_option(struct postconf_params *params, const char *service,
    const char *s, size_t len)
{
	struct postconf_param param = {0};
	const char *equals, *value;
	size_t value_len;

	if (len >= 2 && s[0] == '{' && s[len - 1] == '}') {
		s++;
		len -= 2;
	}
	equals = memchr(s, '=', len);
	if (equals == NULL || params->n >= POSTCONF_ENTRIES_MAX)
		return;
	value_len = (size_t)(s + len - equals - 1);
	value = text_trim(equals + 1, &value_len);
	len = (size_t)(equals - s);
	s = text_trim(s, &len);
	if (!postconf_parse_is_name(s, len))
		return;
	param.service = mem_strdup(service);
	param.name = mem_dup(s, len);
	param.value = mem_dup(value, value_len);
	postconf_parse_add(params, param);
}

static void
postconf_parse_options(
    struct postconf *conf, const struct postconf_service *service)
{
	const char *at = service->args, *argument;
	struct buf path = {0};
	bool option = false;
	size_t len;

	buf_printf(&path, "%s/%s", service->name, service->type);
	postconf_parse_forget(&conf->overrides, buf_text(&path));
	while ((len = postconf_word_between(&at, " \t\r", &argument)) > 0) {
		if (option)
			postconf_parse_option(
			    &conf->overrides, buf_text(&path), argument, len);
		option = !option && len == 2 && strncmp(argument, "-o", 2) == 0;
	}
	buf_fini(&path);
}

void
postconf_parse_twice(struct postconf *conf)
{
	size_t i, k;

	for (i = 0; i < conf->nservices; i++)
		for (k = 0; k < i; k++)
			if (postconf_parse_is_same(
				&conf->service[i], &conf->service[k])) {
				postconf_parse_options(conf, &conf->service[i]);
				break;
			}
}
