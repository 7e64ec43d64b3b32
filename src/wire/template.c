/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/template.h"

#include <string.h>

#include "forceenc/must.h"
#include "wire/expansion.h"

int
template_format_check(const char *format, struct err *err)
{
	const char *p = format;

	if (*p == '\0')
		return err_set(err, "empty; write %%s for the value itself");
	while ((p = strchr(p, '%')) != NULL) {
		if (expansion_part(p[1]) == 0)
			return expansion_refuse(p, err);
		p += 2;
	}
	return 0;
}

/* Lower case letters ask for the value, all others for the key. */
static enum template_status
template_expand(struct buf *out, char letter, const struct template_key *key,
    const struct template_key *value)
{
	const char *text;
	size_t len;
	char part = expansion_part(letter);

	MUST(part != 0);
	if (part == '%') {
		buf_add_byte(out, '%');
		return TEMPLATE_OK;
	}
	if (letter >= 'a' && letter <= 'z')
		key = value;
	if (expansion_value(key, part, &text, &len) == TEMPLATE_SKIP)
		return TEMPLATE_SKIP;
	buf_add(out, text, len);
	return TEMPLATE_OK;
}

enum template_status
template_format(struct buf *out, const char *format,
    const struct template_key *key, const char *value, size_t len)
{
	struct template_key parts;
	size_t start = out->len, run;

	if (len == 0)
		return TEMPLATE_SKIP;
	template_key_split(&parts, value, len);
	while (*format != '\0') {
		run = strcspn(format, "%");
		buf_add(out, format, run);
		format += run;
		if (*format == '\0')
			break;
		if (template_expand(out, format[1], key, &parts) ==
		    TEMPLATE_SKIP) {
			out->len = start;
			return TEMPLATE_SKIP;
		}
		format += 2;
	}
	return TEMPLATE_OK;
}
