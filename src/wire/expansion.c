/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/expansion.h"

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"

void
template_key_split(struct template_key *key, const char *text, size_t len)
{
	const char *at = len > 0 ? memrchr(text, '@', len) : NULL;

	*key = (struct template_key){
	    .whole = text, .whole_len = len, .local = text, .local_len = len};
	if (at == NULL)
		return;
	key->local_len = (size_t)(at - text);
	key->domain = at + 1;
	key->domain_len = len - key->local_len - 1;
}

char
expansion_part(char c)
{
	if ((c >= '1' && c <= '9') || c == '%')
		return c;
	switch (text_lower(c)) {
	case 's':
	case 'u':
	case 'd':
		return text_lower(c);
	default:
		return 0;
	}
}

int
expansion_refuse(const char *text, struct err *err)
{
	size_t len = text_utf8_len(text + 1, strlen(text + 1));

	return err_set(err,
	    "\"%s\" is no expansion; write %%%% for a percent sign",
	    text_show(text, len + 1));
}

/* The nth label from the domain's end. Empty ones don't count. */
static enum template_status
expansion_label(const struct template_key *key, unsigned nth,
    const char **value, size_t *len)
{
	const char *end, *start;

	if (key->domain == NULL)
		return TEMPLATE_SKIP;
	for (end = key->domain + key->domain_len;; end = start) {
		while (end > key->domain && end[-1] == '.')
			end--;
		if (end == key->domain)
			return TEMPLATE_SKIP;
		start = end;
		while (start > key->domain && start[-1] != '.')
			start--;
		if (--nth == 0)
			break;
	}
	*value = start;
	*len = (size_t)(end - start);
	return TEMPLATE_OK;
}

enum template_status
expansion_value(
    const struct template_key *key, char part, const char **value, size_t *len)
{
	switch (part) {
	case 's':
		*value = key->whole;
		*len = key->whole_len;
		break;
	case 'u':
		*value = key->local;
		*len = key->local_len;
		break;
	case 'd':
		if (key->domain == NULL)
			return TEMPLATE_SKIP;
		*value = key->domain;
		*len = key->domain_len;
		break;
	default:
		MUST(part >= '1' && part <= '9');
		return expansion_label(key, (unsigned)(part - '0'), value, len);
	}
	return *len > 0 ? TEMPLATE_OK : TEMPLATE_SKIP;
}
