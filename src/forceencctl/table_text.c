/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/table_text.h"

#include <stdbool.h>
#include <string.h>

#include "forceenc/text.h"

/* The length of a pattern with its delimiters and flags; 0 if it isn't
 * closed. */
static size_t
table_text_pattern_len(const char *s, size_t len)
{
	size_t i = *s == '!';
	char delimiter;

	if (i == len)
		return 0;
	delimiter = s[i++];
	for (; i < len && s[i] != delimiter; i++)
		if (s[i] == '\\')
			i++;
	if (i >= len)
		return 0;
	while (i < len && s[i] != ' ' && s[i] != '\t')
		i++;
	return i;
}

static bool
table_text_is_word(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && text_equal_fold(s, n, word) &&
	    (len == n || strchr(" \t!/", s[n]) != NULL);
}

static void
table_text_line(
    enum table_text kind, const char *s, size_t len, struct buf *out)
{
	size_t key, value_len;
	const char *value;

	s = text_trim(s, &len);
	if (len == 0 || *s == '#' || memchr(s, '\0', len) != NULL)
		return;
	if (table_text_is_word(s, len, "if") ||
	    table_text_is_word(s, len, "endif"))
		return;
	if (kind == TABLE_TEXT_PATTERNS)
		key = table_text_pattern_len(s, len);
	else
		for (key = 0; key < len && strchr(" \t", s[key]) == NULL;)
			key++;
	if (key == 0)
		return;
	value_len = len - key;
	value = text_trim(s + key, &value_len);
	buf_add(out, s, key);
	buf_add_byte(out, '\t');
	buf_add(out, value, value_len);
	buf_add_byte(out, '\n');
}

void
table_text_parse(
    enum table_text kind, const char *bytes, size_t len, struct buf *out)
{
	const char *end = bytes + len, *newline;
	struct buf line = {0};

	while (bytes < end) {
		newline = memchr(bytes, '\n', (size_t)(end - bytes));
		if (newline == NULL)
			newline = end;
		/* A comment doesn't end the line before. */
		if (*bytes != ' ' && *bytes != '\t' && *bytes != '#') {
			table_text_line(kind, buf_text(&line), line.len, out);
			buf_clear(&line);
		}
		if (*bytes != '#') {
			buf_add_byte(&line, ' ');
			buf_add(&line, bytes, (size_t)(newline - bytes));
		}
		bytes = newline < end ? newline + 1 : end;
	}
	table_text_line(kind, buf_text(&line), line.len, out);
	buf_fini(&line);
}

/* Up to and with the brace that closes the one in front; 0 if none does. */
static size_t
table_text_braces(const char *s)
{
	unsigned depth = 0;
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] == '{')
			depth++;
		else if (s[i] == '}' && --depth == 0)
			return i + 1;
	}
	return 0;
}

void
table_text_inline(const char *spec, struct buf *out)
{
	const char *line;
	size_t len, n;

	for (spec++;; spec += n) {
		spec += strspn(spec, ", \t\r\n");
		if (*spec != '{' || (n = table_text_braces(spec)) == 0)
			return;
		len = n - 2;
		line = text_trim(spec + 1, &len);
		buf_add(out, line, len);
		buf_add_byte(out, '\n');
	}
}
