/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "conf/uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

#define URI_HIDDEN "(hidden)"

static int
uri_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A part, decoded; *out is NULL at first and at failure. */
static int
uri_decode(char **out, const char *text, size_t len, const char **why)
{
	struct buf part = {0};
	size_t i;
	int high, low;

	for (i = 0; i < len; i++) {
		if (text[i] != '%') {
			buf_add_byte(&part, text[i]);
			continue;
		}
		high = i + 1 < len ? uri_hex(text[i + 1]) : -1;
		low = i + 2 < len ? uri_hex(text[i + 2]) : -1;
		if (high == -1 || low == -1 || high + low == 0) {
			*why = "two hexadecimal digits other than 00 must "
			       "follow a %";
			buf_fini(&part);
			return -1;
		}
		buf_add_byte(&part, (char)(high * 16 + low));
		i += 2;
	}
	*out = buf_steal(&part);
	return 0;
}

static int
uri_parse_user(struct uri *uri, const char *text, size_t len, const char **why)
{
	const char *colon = memchr(text, ':', len);

	if (colon == NULL)
		return uri_decode(&uri->user, text, len, why);
	if (uri_decode(&uri->user, text, (size_t)(colon - text), why) == -1)
		return -1;
	return uri_decode(
	    &uri->password, colon + 1, len - (size_t)(colon - text) - 1, why);
}

/* Host and port. */
static int
uri_parse_host(struct uri *uri, const char *text, size_t len, const char **why)
{
	const char *end = text + len, *host_end, *port;

	if (len > 0 && *text == '[') {
		host_end = memchr(text, ']', len);
		if (host_end == NULL) {
			*why = "the [ in front of the address isn't closed";
			return -1;
		}
		text++;
		port = host_end + 1;
	} else {
		host_end = memchr(text, ':', len);
		if (host_end == NULL)
			host_end = end;
		port = host_end;
	}
	if (port < end && *port != ':') {
		*why = "nothing but :port may follow the ]";
		return -1;
	}
	if (host_end > text &&
	    uri_decode(&uri->host, text, (size_t)(host_end - text), why) == -1)
		return -1;
	if (end - port <= 1)
		return 0;
	return uri_decode(&uri->port, port + 1, (size_t)(end - port - 1), why);
}

static int
uri_parse_param(struct uri *uri, const char *text, size_t len, const char **why)
{
	const char *equals = memchr(text, '=', len);
	struct uri_param *param;
	size_t name_len;

	if (equals == NULL || equals == text) {
		*why = "name=value must stand behind the ?, with & between "
		       "several";
		return -1;
	}
	name_len = (size_t)(equals - text);
	uri->param =
	    mem_resize(uri->param, uri->nparams + 1, sizeof(*uri->param));
	param = &uri->param[uri->nparams++];
	*param = (struct uri_param){NULL, NULL};
	if (uri_decode(&param->name, text, name_len, why) == -1)
		return -1;
	return uri_decode(&param->value, equals + 1, len - name_len - 1, why);
}

static int
uri_parse_params(struct uri *uri, const char *text, const char **why)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, "&");
		if (uri_parse_param(uri, text, len, why) == -1)
			return -1;
		if (text[len] == '\0')
			return 0;
	}
}

int
uri_parse(struct uri *uri, const char *text, const char **why)
{
	const char *at = strstr(text, "://"), *user_end;
	size_t len;

	*uri = (struct uri){0};
	if (at == NULL) {
		*why = "there must be :// in a URI";
		return -1;
	}
	text = at + 3;
	len = strcspn(text, "/?");
	user_end = memrchr(text, '@', len);
	if (user_end != NULL) {
		if (uri_parse_user(uri, text, (size_t)(user_end - text), why) ==
		    -1)
			return -1;
		len -= (size_t)(user_end + 1 - text);
		text = user_end + 1;
	}
	if (uri_parse_host(uri, text, len, why) == -1)
		return -1;
	text += len;
	if (*text == '/') {
		len = strcspn(++text, "?");
		if (len > 0 && uri_decode(&uri->path, text, len, why) == -1)
			return -1;
		text += len;
	}
	return *text == '\0' ? 0 : uri_parse_params(uri, text + 1, why);
}

void
uri_fini(struct uri *uri)
{
	size_t i;

	for (i = 0; i < uri->nparams; i++) {
		free(uri->param[i].name);
		free(uri->param[i].value);
	}
	free(uri->param);
	free(uri->user);
	free(uri->password);
	free(uri->host);
	free(uri->port);
	free(uri->path);
	*uri = (struct uri){0};
}

/* Where the password of a URI begins and ends, whose text behind "://" has
 * len bytes. False: it has none. What is no port may be half of one. */
static bool
uri_find_password(
    const char *text, size_t len, const char **begin, const char **end)
{
	const char *colon = memchr(text, ':', len);
	const char *at = memrchr(text, '@', len);
	const char *host;

	if (at != NULL && colon != NULL && colon < at) {
		*begin = colon + 1;
		*end = at;
		return true;
	}
	host = at != NULL ? at + 1 : text;
	colon = memchr(host, ':', len - (size_t)(host - text));
	if (colon == NULL || *host == '[')
		return false;
	*begin = colon + 1;
	*end = *begin + strcspn(*begin, "/?, \t\r\n");
	return strspn(*begin, "0123456789") < (size_t)(*end - *begin);
}

/* Whether a parameter's name ends here that is, or ends in, "password"; any of
 * its letters may be percent-coded. */
static bool
uri_is_password(const char *text)
{
	static const char name[] = "password";
	size_t i;

	for (i = 0; i < sizeof(name) - 1; i++) {
		if (*text == name[i])
			text++;
		else if (*text == '%' && uri_hex(text[1]) != -1 &&
		    uri_hex(text[1]) * 16 + uri_hex(text[2]) == name[i])
			text += 3;
		else
			return false;
	}
	return *text == '=';
}

void
uri_add_hidden(struct buf *out, const char *text)
{
	const char *begin, *end, *at;
	size_t len;

	while (*text != '\0') {
		if (uri_is_password(text)) {
			buf_add_text(out, "password=" URI_HIDDEN);
			text += strcspn(text, "&, \t\r\n");
			continue;
		}
		if (strncmp(text, "://", 3) != 0) {
			buf_add_byte(out, *text++);
			continue;
		}
		at = text + 3;
		len = strcspn(at, ", \t\r\n");
		if (!uri_find_password(at, len, &begin, &end)) {
			buf_add_text(out, "://");
			text = at;
			continue;
		}
		buf_add(out, text, (size_t)(begin - text));
		buf_add_text(out, URI_HIDDEN);
		text = end;
	}
}
