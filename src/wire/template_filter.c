/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <string.h>

#include "forceenc/must.h"
#include "wire/expansion.h"

/* Adds a byte as RFC 4514 and RFC 4515 both understand it. */
static void
template_filter_add_coded(struct buf *out, char c)
{
	buf_printf(out, "\\%02x", (unsigned char)c);
}

/* Only what can't be anything else stays as it is. */
static bool
template_filter_is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("@.-_", c) != NULL);
}

static enum template_status
template_filter_expand(
    struct buf *out, char letter, const struct template_key *key)
{
	char part = expansion_part(letter);
	const char *text;
	size_t len, i;

	MUST(part != 0);
	if (part == '%') {
		buf_add_byte(out, '%');
		return TEMPLATE_OK;
	}
	if (expansion_value(key, part, &text, &len) == TEMPLATE_SKIP)
		return TEMPLATE_SKIP;
	for (i = 0; i < len; i++)
		if (template_filter_is_plain(text[i]))
			buf_add_byte(out, text[i]);
		else
			template_filter_add_coded(out, text[i]);
	return TEMPLATE_OK;
}

enum template_status
template_filter(
    struct buf *out, const char *filter, const struct template_key *key)
{
	size_t start = out->len, run;

	while (*filter != '\0') {
		run = strcspn(filter, "%");
		buf_add(out, filter, run);
		filter += run;
		if (*filter == '\0')
			break;
		if (template_filter_expand(out, filter[1], key) ==
		    TEMPLATE_SKIP) {
			out->len = start;
			return TEMPLATE_SKIP;
		}
		filter += 2;
	}
	return TEMPLATE_OK;
}

enum template_status
template_filter_dn(
    struct buf *out, const char *dn, const struct template_key *key)
{
	/* A backslash and two digits serve in both. */
	return template_filter(out, dn, key);
}
