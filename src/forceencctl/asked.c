/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/asked.h"

#include <stdbool.h>
#include <string.h>

/* The bytes of the quoted-string in front, 0 if there is none. */
static size_t
asked_quoted_len(const char *s)
{
	size_t i;

	if (s[0] != '"')
		return 0;
	for (i = 1; s[i] != '\0'; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\' && s[i + 1] != '\0')
			i++;
	}
	return 0;
}

/* Takes the local part off the address, without its quotes; what is returned
 * begins with the "@", or is empty. */
static const char *
asked_take_local(struct buf *local, const char *address)
{
	size_t quoted = asked_quoted_len(address), i;
	const char *domain;

	if (quoted > 0 && (address[quoted] == '@' || address[quoted] == '\0')) {
		for (i = 1; i + 1 < quoted; i++) {
			if (address[i] == '\\')
				i++;
			buf_add_byte(local, address[i]);
		}
		return address + quoted;
	}
	domain = strrchr(address, '@');
	if (domain == NULL)
		domain = address + strlen(address);
	buf_add(local, address, (size_t)(domain - address));
	return domain;
}

/* Whether a local part may stand without quotes: atoms between dots, where
 * all that isn't ASCII belongs to an atom. */
static bool
asked_is_dot_string(const char *s, size_t len)
{
	bool dot = true;
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '.' && dot)
			return false;
		dot = s[i] == '.';
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f ||
		    strchr("()<>@,;:\\\"[]", s[i]) != NULL)
			return false;
	}
	return !dot;
}

static void
asked_add(struct asked *asked, const struct buf *local, bool quoted,
    const char *domain)
{
	struct buf *key = &asked->key[asked->n++];
	size_t i;

	if (quoted)
		buf_add_byte(key, '"');
	for (i = 0; i < local->len; i++) {
		if (quoted && (local->data[i] == '"' || local->data[i] == '\\'))
			buf_add_byte(key, '\\');
		buf_add_byte(key, local->data[i]);
	}
	if (quoted)
		buf_add_byte(key, '"');
	buf_add_text(key, domain);
}

void
asked_init(struct asked *asked, const char *address)
{
	struct buf local = {0}, rest = {0};
	const char *domain;

	*asked = (struct asked){0};
	domain = asked_take_local(&local, address);
	buf_add_text(&rest, domain);
	/* One dot behind the domain means the same domain. */
	if (rest.len > 2 && rest.data[rest.len - 1] == '.')
		rest.len--;
	if (!asked_is_dot_string(buf_text(&local), local.len))
		asked_add(asked, &local, true, buf_text(&rest));
	asked_add(asked, &local, false, buf_text(&rest));
	buf_fini(&local);
	buf_fini(&rest);
}

void
asked_fini(struct asked *asked)
{
	buf_fini(&asked->key[0]);
	buf_fini(&asked->key[1]);
}
