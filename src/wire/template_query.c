/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A query is read as SQL reads it, token by token, since what an expansion
 * means depends on where it stands: in a string it is data and becomes a
 * parameter, elsewhere it would be part of the query's text.
 */

#include "forceenc/template.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"
#include "wire/expansion.h"

#define TEMPLATE_QUERY_NEAR 24 /* bytes of a query that a message shows */

struct template_query_reader {
	const char *in; /* what is left */
	char mark;
	char own; /* an expansion of the caller's; 0: none */
	struct template_query *query;
	struct buf sql;
	struct err *err;
};

static const char *
template_query_near(const char *text)
{
	return text_show(text, strnlen(text, TEMPLATE_QUERY_NEAR));
}

/* What may follow the first byte of a name. */
static bool
template_query_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

static bool
template_query_is_glued(const struct template_query_reader *reader)
{
	return reader->sql.len > 0 &&
	    template_query_is_word(reader->sql.data[reader->sql.len - 1]);
}

/* expansion_part(), or what is the caller's. */
static char
template_query_part(const struct template_query_reader *reader, char c)
{
	return c != '\0' && c == reader->own ? c : expansion_part(c);
}

/* Copies len bytes in which no expansion is allowed. */
static int
template_query_copy(
    struct template_query_reader *reader, size_t len, const char *what)
{
	const char *end = reader->in + len;
	char part;

	while (reader->in < end) {
		buf_add_byte(&reader->sql, *reader->in);
		if (*reader->in++ != '%')
			continue;
		part = template_query_part(reader, *reader->in);
		if (part == 0)
			return expansion_refuse(reader->in - 1, reader->err);
		if (part != '%')
			return err_set(reader->err,
			    "an expansion can't stand in %s: \"%s\"", what,
			    template_query_near(reader->in - 1));
		reader->in++;
	}
	return 0;
}

static int
template_query_unclosed(
    const struct template_query_reader *reader, const char *what)
{
	return err_set(reader->err, "%s isn't closed: \"%s\"", what,
	    template_query_near(reader->in));
}

/* The length of what is quoted in front, quotes included; 0 if it has no end.
 * A doubled closing quote stands for itself, except for "]". */
static size_t
template_query_quoted_len(const char *in, char close, bool backslash)
{
	size_t i = 1;

	while (in[i] != '\0') {
		if (backslash && in[i] == '\\' && in[i + 1] != '\0') {
			i += 2;
			continue;
		}
		if (in[i] != close) {
			i++;
			continue;
		}
		if (close == ']' || in[i + 1] != close)
			return i + 1;
		i += 2;
	}
	return 0;
}

static size_t
template_query_comment_len(const char *in, bool nested)
{
	size_t depth = 1, i = 2;

	while (in[i] != '\0') {
		if (in[i] == '*' && in[i + 1] == '/') {
			i += 2;
			if (--depth == 0)
				return i;
		} else if (nested && in[i] == '/' && in[i + 1] == '*') {
			i += 2;
			depth++;
		} else {
			i++;
		}
	}
	return 0;
}

/* The length of "$tag$" in front, 0 if there is none. */
static size_t
template_query_tag_len(const char *in)
{
	size_t i = 1;

	if (in[i] >= '0' && in[i] <= '9')
		return 0;
	while (in[i] != '$' && template_query_is_word(in[i]))
		i++;
	return in[i] == '$' ? i + 1 : 0;
}

static int
template_query_dollar(struct template_query_reader *reader)
{
	size_t tag = template_query_tag_len(reader->in);
	const char *rest = reader->in + tag, *end;

	if (tag == 0)
		return err_set(reader->err,
		    "\"%s\": parameters come from expansions only",
		    template_query_near(reader->in));
	end = memmem(rest, strlen(rest), reader->in, tag);
	if (end == NULL)
		return template_query_unclosed(reader, "a $-quoted string");
	return template_query_copy(reader, (size_t)(end - reader->in) + tag,
	    "a $-quoted string; write '%s'");
}

/* Adds the parameter that stands for a part of the key. */
static void
template_query_add_param(
    struct template_query_reader *reader, struct buf *out, char part)
{
	struct template_query *query = reader->query;
	unsigned i = 0;

	while (i < query->nparams && query->param[i] != part)
		i++;
	if (i == query->nparams) {
		MUST(query->nparams < sizeof(query->param));
		query->param[query->nparams++] = part;
	}
	buf_printf(out, "%c%u", reader->mark, i + 1);
}

/* What is between a string's quotes as an expression: literal pieces and
 * parameters with || between them. Returns how many. */
static unsigned
template_query_pieces(struct template_query_reader *reader, struct buf *out,
    const char *body, size_t len)
{
	bool open = false;
	unsigned n = 0;
	size_t i = 0;

	while (i < len) {
		if (body[i] == '%' && body[i + 1] != '%') {
			if (open)
				buf_add_byte(out, '\'');
			open = false;
			if (n++ > 0)
				buf_add_text(out, "||");
			template_query_add_param(reader, out,
			    template_query_part(reader, body[i + 1]));
			i += 2;
			continue;
		}
		if (!open && n++ > 0)
			buf_add_text(out, "||");
		if (!open)
			buf_add_byte(out, '\'');
		open = true;
		buf_add_byte(out, body[i]);
		i += body[i] == '%' ? 2 : 1;
	}
	if (open)
		buf_add_byte(out, '\'');
	return n;
}

/* 1 if there is an expansion in the bytes, 0 if not, -1 if there is a "%"
 * without a meaning. */
static int
template_query_expands(
    const struct template_query_reader *reader, const char *body, size_t len)
{
	int found = 0;
	size_t i;
	char part;

	for (i = 0; i < len; i++) {
		if (body[i] != '%')
			continue;
		part = template_query_part(reader, body[++i]);
		if (part == 0)
			return expansion_refuse(body + i - 1, reader->err);
		if (part != '%')
			found = 1;
	}
	return found;
}

/* Parentheses keep what follows, a COLLATE or a cast, at the whole string; a
 * space keeps a parameter apart from a name. */
static int
template_query_string(struct template_query_reader *reader)
{
	const char *body = reader->in + 1;
	size_t len = template_query_quoted_len(reader->in, '\'', false);
	struct buf pieces = {0};
	int expands;

	if (len == 0)
		return template_query_unclosed(reader, "a string");
	expands = template_query_expands(reader, body, len - 2);
	if (expands <= 0)
		return expands == 0 ? template_query_copy(reader, len, "") : -1;
	if (template_query_is_glued(reader))
		buf_add_byte(&reader->sql, ' ');
	if (template_query_pieces(reader, &pieces, body, len - 2) > 1) {
		buf_add_byte(&reader->sql, '(');
		buf_add(&reader->sql, pieces.data, pieces.len);
		buf_add_byte(&reader->sql, ')');
	} else {
		buf_add(&reader->sql, pieces.data, pieces.len);
	}
	buf_fini(&pieces);
	reader->in += len;
	if (template_query_is_word(*reader->in))
		buf_add_byte(&reader->sql, ' ');
	return 0;
}

/* A "%" outside all quotes: two are an operator, an expansion is a parameter
 * and must stand alone. */
static int
template_query_percent(struct template_query_reader *reader)
{
	char part = template_query_part(reader, reader->in[1]);

	if (part == 0)
		return expansion_refuse(reader->in, reader->err);
	if (part == '%') {
		buf_add_byte(&reader->sql, '%');
		reader->in += 2;
		return 0;
	}
	if (template_query_is_glued(reader) ||
	    template_query_is_word(reader->in[2]))
		return err_set(reader->err,
		    "an expansion can't be part of a name or number: \"%s\"",
		    template_query_near(reader->in));
	template_query_add_param(reader, &reader->sql, part);
	reader->in += 2;
	return 0;
}

/* A name, keyword or number; and a string that such a prefix gives another
 * meaning, E'...' for instance. */
static int
template_query_word(struct template_query_reader *reader)
{
	const char *word = reader->in;
	bool backslash;
	size_t len = 0;

	while (template_query_is_word(word[len]))
		len++;
	buf_add(&reader->sql, word, len);
	reader->in += len;
	if (len != 1)
		return 0;
	if (text_lower(*word) == 'u' && strncmp(word + 1, "&'", 2) == 0) {
		buf_add_byte(&reader->sql, '&');
		reader->in++;
	} else if (word[1] != '\'' || strchr("ebxnEBXN", *word) == NULL) {
		return 0;
	}
	backslash = reader->mark == '$' && text_lower(*word) == 'e';
	len = template_query_quoted_len(reader->in, '\'', backslash);
	if (len == 0)
		return template_query_unclosed(reader, "a string");
	return template_query_copy(
	    reader, len, "a string with a prefix; write '%s'");
}

static int
template_query_opaque(
    struct template_query_reader *reader, size_t len, const char *what)
{
	if (len == 0)
		return template_query_unclosed(reader, what);
	return template_query_copy(reader, len, what);
}

static int
template_query_token(struct template_query_reader *reader)
{
	const char *in = reader->in;
	bool sqlite = reader->mark == '?';

	if (in[0] == '-' && in[1] == '-')
		return template_query_copy(
		    reader, strcspn(in, "\n"), "a comment");
	if (in[0] == '/' && in[1] == '*')
		return template_query_opaque(reader,
		    template_query_comment_len(in, !sqlite), "a comment");
	if (in[0] == '\'')
		return template_query_string(reader);
	if (in[0] == '"' || (sqlite && (in[0] == '`' || in[0] == '[')))
		return template_query_opaque(reader,
		    template_query_quoted_len(
			in, in[0] == '[' ? ']' : in[0], false),
		    "a quoted name");
	if (in[0] == '%')
		return template_query_percent(reader);
	if (in[0] == '$' && !sqlite)
		return template_query_dollar(reader);
	if (sqlite && strchr("?:@$#", in[0]) != NULL)
		return err_set(reader->err,
		    "\"%s\": parameters come from expansions only",
		    template_query_near(in));
	if (template_query_is_word(in[0]))
		return template_query_word(reader);
	return template_query_copy(reader, 1, "");
}

int
template_query_init(
    struct template_query *query, const char *text, char mark, struct err *err)
{
	return template_query_init_own(query, text, mark, '\0', err);
}

int
template_query_init_own(struct template_query *query, const char *text,
    char mark, char own, struct err *err)
{
	struct template_query_reader reader = {
	    .in = text, .mark = mark, .own = own, .query = query, .err = err};

	MUST(mark == '?' || mark == '$');
	*query = (struct template_query){0};
	if (text[strspn(text, " \t\r\n")] == '\0')
		return err_set(err, "empty");
	while (*reader.in != '\0') {
		if (template_query_token(&reader) == -1) {
			buf_fini(&reader.sql);
			*query = (struct template_query){0};
			return -1;
		}
	}
	query->sql = buf_steal(&reader.sql);
	return 0;
}

void
template_query_fini(struct template_query *query)
{
	free(query->sql);
	*query = (struct template_query){0};
}

enum template_status
template_query_value(const struct template_query *query, unsigned i,
    const struct template_key *key, const char **value, size_t *len)
{
	MUST(i < query->nparams);
	return expansion_value(key, query->param[i], value, len);
}
