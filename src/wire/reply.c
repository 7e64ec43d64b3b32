/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/reply.h"

#include <string.h>

static void
reply_refuse_value(
    enum lookup_reply *reply, const char **text, size_t *len, const char *why)
{
	*reply = LOOKUP_TEMP;
	*text = why;
	*len = strlen(why);
}

/* Goes back over the bytes 10xxxxxx that continue a character. */
static size_t
reply_cut(const char *text, size_t len)
{
	size_t end = LOOKUP_TEXT_MAX, i;

	if (len <= end)
		return len;
	for (i = 0; i < 3 && ((unsigned char)text[end] & 0xc0) == 0x80; i++)
		end--;
	return ((unsigned char)text[end] & 0xc0) == 0x80 ? LOOKUP_TEXT_MAX
							 : end;
}

void
reply_settle(
    enum lookup_reply *reply, const char **text, size_t *len, size_t value_max)
{
	switch (*reply) {
	case LOOKUP_FOUND:
		if (*len == 0)
			reply_refuse_value(reply, text, len, "empty value");
		else if (*len > value_max)
			reply_refuse_value(reply, text, len, "value too long");
		return;
	case LOOKUP_NOTFOUND:
		*len = 0;
		return;
	case LOOKUP_TEMP:
	case LOOKUP_PERM:
		*len = reply_cut(*text, *len);
		return;
	}
}
