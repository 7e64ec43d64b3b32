/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/conf_ldap_server.h"

#include <stdlib.h>
#include <string.h>

#include "conf/words.h"
#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/text.h"

/* Of a URL without one; server_port is for names that are no URL, as with
 * Postfix. */
#define CONF_LDAP_SERVER_PORT     389
#define CONF_LDAP_SERVER_TLS_PORT 636
/* Where Debian's slapd listens for ldapi:///. */
#define CONF_LDAP_SERVER_PATH "/var/run/slapd/ldapi"

static const char *const conf_ldap_server_schemes[] = {
    [CONF_LDAP_PLAIN] = "ldap://",
    [CONF_LDAP_TLS] = "ldaps://",
    [CONF_LDAP_UNIX] = "ldapi://",
};

/* Where the scheme ends; *scheme is set. NULL if there is another one. */
static const char *
conf_ldap_server_scheme(const char *text, enum conf_ldap_scheme *scheme)
{
	size_t i, len;

	*scheme = CONF_LDAP_PLAIN;
	for (i = 0; i <= CONF_LDAP_UNIX; i++) {
		len = strlen(conf_ldap_server_schemes[i]);
		if (strlen(text) < len ||
		    !text_equal_fold(text, len, conf_ldap_server_schemes[i]))
			continue;
		*scheme = (enum conf_ldap_scheme)i;
		return text + len;
	}
	return strstr(text, "://") == NULL ? text : NULL;
}

static int
conf_ldap_server_hex(char c)
{
	c = text_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where percent coding is undone. */
static int
conf_ldap_server_path(
    struct conf_ldap_server *out, const char *text, struct err *err)
{
	struct buf path = {0};
	int high, low;

	for (; *text != '\0' && *text != '/'; text++) {
		if (*text != '%') {
			buf_add_byte(&path, *text);
			continue;
		}
		high = conf_ldap_server_hex(text[1]);
		low = high == -1 ? -1 : conf_ldap_server_hex(text[2]);
		if (low == -1 || high * 16 + low == 0) {
			buf_fini(&path);
			return err_set(err,
			    "a percent sign without two hexadecimal digits");
		}
		buf_add_byte(&path, (char)(high * 16 + low));
		text += 2;
	}
	if (path.len == 0)
		buf_add_text(&path, CONF_LDAP_SERVER_PATH);
	if (*buf_text(&path) != '/' || (*text == '/' && text[1] != '\0')) {
		buf_fini(&path);
		return err_set(err,
		    "no path of a socket; write ldapi://%%2Fpath%%2Fto%%2Fit");
	}
	out->path = buf_steal(&path);
	return 0;
}

static int
conf_ldap_server_port(struct conf_ldap_server *out, const char *text,
    unsigned port, struct err *err)
{
	int64_t n = port;
	struct buf digits = {0};

	if (*text == ':') {
		buf_add(&digits, text + 1, strcspn(text + 1, "/"));
		if (text_parse_int(buf_text(&digits), 1, 65535, &n) == -1)
			n = 0;
		text += 1 + strcspn(text + 1, "/");
		buf_clear(&digits);
	}
	if (n == 0) {
		buf_fini(&digits);
		return err_set(err, "no port; write a number up to 65535");
	}
	if (*text != '\0' && strcmp(text, "/") != 0) {
		buf_fini(&digits);
		return err_set(err,
		    "\"%s\" behind the server; the search base, filter and "
		    "attributes have parameters of their own",
		    text_show_str(text));
	}
	buf_printf(&digits, "%u", (unsigned)n);
	out->port = buf_steal(&digits);
	return 0;
}

static int
conf_ldap_server_host(struct conf_ldap_server *out, const char *text,
    unsigned port, struct err *err)
{
	size_t len;

	if (*text == '[') {
		len = strcspn(++text, "]");
		if (text[len] != ']')
			return err_set(err, "no \"]\"");
		out->host = mem_dup(text, len);
		text += len + 1;
	} else {
		len = strcspn(text, ":/");
		out->host = mem_dup(text, len);
		text += len;
		if (*text == ':' && strchr(text + 1, ':') != NULL)
			return err_set(err,
			    "an IPv6 address stands in brackets, as in "
			    "ldap://[::1]");
	}
	if (len == 0)
		return err_set(err, "no host; write its name or address");
	if (strspn(out->host,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.-_:%") != len)
		return err_set(err, "no host: letters, digits, \".\", \"-\"");
	return conf_ldap_server_port(out, text, port, err);
}

int
conf_ldap_server_parse(struct conf_ldap_server *out, const char *text,
    unsigned port, struct err *err)
{
	const char *rest;
	struct buf url = {0};
	bool v6;
	int rc;

	*out = (struct conf_ldap_server){0};
	rest = conf_ldap_server_scheme(text, &out->scheme);
	if (rest == NULL)
		return err_set(err,
		    "no scheme of LDAP; write ldap://, ldaps:// or ldapi://");
	if (rest != text)
		port = out->scheme == CONF_LDAP_TLS ? CONF_LDAP_SERVER_TLS_PORT
						    : CONF_LDAP_SERVER_PORT;
	if (out->scheme == CONF_LDAP_UNIX)
		rc = conf_ldap_server_path(out, rest, err);
	else
		rc = conf_ldap_server_host(out, rest, port, err);
	if (rc == -1) {
		conf_ldap_server_fini(out);
		return -1;
	}
	buf_add_text(&url, conf_ldap_server_schemes[out->scheme]);
	if (out->scheme == CONF_LDAP_UNIX) {
		for (rest = out->path; *rest != '\0'; rest++)
			if (strchr("/%?", *rest) != NULL)
				buf_printf(
				    &url, "%%%02X", (unsigned char)*rest);
			else
				buf_add_byte(&url, *rest);
	} else {
		v6 = strchr(out->host, ':') != NULL;
		buf_printf(&url, "%s%s%s:%s", v6 ? "[" : "", out->host,
		    v6 ? "]" : "", out->port);
	}
	out->url = buf_steal(&url);
	return 0;
}

void
conf_ldap_server_fini(struct conf_ldap_server *server)
{
	free(server->url);
	free(server->host);
	free(server->port);
	free(server->path);
	*server = (struct conf_ldap_server){0};
}

void
conf_ldap_server_read_list(struct conf_ldap_server **list, size_t *n,
    const struct value *value, unsigned port, struct problems *problems)
{
	struct conf_ldap_server server;
	const char *at = value->text;
	struct err err;
	char *word;

	while ((word = words_next(&at)) != NULL) {
		if (*n == CONF_LDAP_SERVERS_MAX) {
			value_wrong(value, problems, "more than %d servers",
			    CONF_LDAP_SERVERS_MAX);
			free(word);
			return;
		}
		if (conf_ldap_server_parse(&server, word, port, &err) == -1) {
			value_wrong(value, problems, "\"%s\": %s",
			    text_show_str(word), err.text);
		} else {
			*list = mem_resize(*list, *n + 1, sizeof(**list));
			(*list)[(*n)++] = server;
		}
		free(word);
	}
}

void
conf_ldap_server_free_list(struct conf_ldap_server *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		conf_ldap_server_fini(&list[i]);
	free(list);
}

bool
conf_ldap_server_lists_equal(const struct conf_ldap_server *a, size_t na,
    const struct conf_ldap_server *b, size_t nb)
{
	size_t i;

	if (na != nb)
		return false;
	for (i = 0; i < na; i++)
		if (strcmp(a[i].url, b[i].url) != 0)
			return false;
	return true;
}
