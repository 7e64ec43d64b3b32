/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/postconf_expand.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/text.h"

#define POSTCONF_EXPAND_DEPTH 100
#define POSTCONF_EXPAND_MAX   (1024 * 1024)
#define POSTCONF_EXPAND_STEPS 100000

struct postconf_expand {
	postconf_expand_fn *on_name;
	void *arg;
	unsigned depth;
	unsigned steps;
	struct err *err;
};

/* A part of the text. */
struct postconf_expand_part {
	const char *s;
	size_t len;
};

static int postconf_expand_part(
    struct postconf_expand *, struct buf *out, struct postconf_expand_part);

static bool
postconf_expand_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static size_t
postconf_expand_name_len(struct postconf_expand_part part)
{
	size_t n = 0;

	while (n < part.len && postconf_expand_is_name(part.s[n]))
		n++;
	return n;
}

/* Up to and with the bracket that closes the one in front; 0 if none does. */
static size_t
postconf_expand_closed(struct postconf_expand_part part)
{
	char open = part.s[0], close = open == '{' ? '}' : ')';
	unsigned depth = 0;
	size_t i;

	for (i = 0; i < part.len; i++) {
		if (part.s[i] == open)
			depth++;
		else if (part.s[i] == close && --depth == 0)
			return i + 1;
	}
	return 0;
}

static void
postconf_expand_skip(struct postconf_expand_part *part, size_t n)
{
	part->s += n;
	part->len -= n;
	while (part->len > 0 && strchr(" \t\r\n", part->s[0]) != NULL &&
	    part->s[0] != '\0') {
		part->s++;
		part->len--;
	}
}

/* What is in the braces in front, without white space around it. */
static int
postconf_expand_braced(struct postconf_expand *expand,
    struct postconf_expand_part *part, struct postconf_expand_part *inner)
{
	size_t n;

	if (part->len == 0 || part->s[0] != '{')
		return err_set(expand->err, "\"{\" is missing");
	n = postconf_expand_closed(*part);
	if (n == 0)
		return err_set(expand->err, "\"{\" isn't closed");
	inner->s = part->s + 1;
	inner->len = n - 2;
	inner->s = text_trim(inner->s, &inner->len);
	postconf_expand_skip(part, n);
	return 0;
}

/* The value of a name, expanded. */
static int
postconf_expand_name(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part name)
{
	struct postconf_expand_part value;
	struct buf key = {0};

	buf_add(&key, name.s, name.len);
	value.s = expand->on_name(buf_text(&key), expand->arg);
	buf_fini(&key);
	if (value.s == NULL)
		return 0;
	value.len = strlen(value.s);
	return postconf_expand_part(expand, out, value);
}

/* Of "?yes" and ":no" in all their forms, the one that holds. */
static int
postconf_expand_choice(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part rest, bool holds)
{
	struct postconf_expand_part yes = {"", 0}, no = {"", 0};
	char first = rest.s[0];

	postconf_expand_skip(&rest, 1);
	if (rest.len == 0 || rest.s[0] != '{') {
		*(first == '?' ? &yes : &no) = rest;
	} else {
		if (postconf_expand_braced(
			expand, &rest, first == '?' ? &yes : &no) == -1)
			return -1;
		if (first == '?' && rest.len > 0 && rest.s[0] == ':') {
			postconf_expand_skip(&rest, 1);
			if (rest.len > 0 && rest.s[0] == '{') {
				if (postconf_expand_braced(
					expand, &rest, &no) == -1)
					return -1;
			} else {
				no = rest;
				rest.len = 0;
			}
		}
		if (rest.len > 0)
			return err_set(expand->err,
			    "nothing may follow what is in \"{}\"");
	}
	return postconf_expand_part(expand, out, holds ? yes : no);
}

/* major[.minor[.patch]], each below 1000. */
static long
postconf_expand_level(const char *text)
{
	long level = 0;
	unsigned i;
	char *end;

	for (i = 0; i < 3; i++) {
		level *= 1000;
		if (*text >= '0' && *text <= '9') {
			level += strtol(text, &end, 10) % 1000;
			text = end;
			text += *text == '.';
		}
	}
	return level;
}

static bool
postconf_expand_is_number(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0' &&
	    strlen(text) < 18;
}

static bool
postconf_expand_compare(
    const char *left, const char *right, const char *op, bool level)
{
	long a, b;
	int order;

	if (level ||
	    (postconf_expand_is_number(left) &&
		postconf_expand_is_number(right))) {
		a = level ? postconf_expand_level(left) : atol(left);
		b = level ? postconf_expand_level(right) : atol(right);
		order = (a > b) - (a < b);
	} else {
		order = strcmp(left, right);
	}
	if (op[0] == '=')
		return order == 0;
	if (op[0] == '!')
		return order != 0;
	return (order == 0 && op[1] == '=') ||
	    (op[0] == '<' ? order < 0 : order > 0);
}

/* "==" and its like, and "<=level" for compatibility levels. */
static int
postconf_expand_operator(struct postconf_expand *expand,
    struct postconf_expand_part *part, char op[3], bool *level)
{
	size_t n = 0;

	while (n < 2 && n < part->len && part->s[n] != '\0' &&
	    strchr("=!<>", part->s[n]) != NULL) {
		op[n] = part->s[n];
		n++;
	}
	op[n] = '\0';
	*level = part->len >= n + 5 && strncmp(part->s + n, "level", 5) == 0;
	if (n == 0 || strcmp(op, "=") == 0 || strcmp(op, "!") == 0)
		return err_set(expand->err, "an operator is missing");
	postconf_expand_skip(part, n + (*level ? 5 : 0));
	return 0;
}

/* {left} OP {right} ? ... */
static int
postconf_expand_condition(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part part)
{
	struct postconf_expand_part left, right;
	struct buf a = {0}, b = {0};
	bool level, holds;
	char op[3];
	int rc = -1;

	if (postconf_expand_braced(expand, &part, &left) == -1 ||
	    postconf_expand_operator(expand, &part, op, &level) == -1 ||
	    postconf_expand_braced(expand, &part, &right) == -1)
		return -1;
	if (postconf_expand_part(expand, &a, left) == 0 &&
	    postconf_expand_part(expand, &b, right) == 0) {
		holds = postconf_expand_compare(
		    buf_text(&a), buf_text(&b), op, level);
		if (part.len > 0 && (part.s[0] == '?' || part.s[0] == ':'))
			rc = postconf_expand_choice(expand, out, part, holds);
		else if (part.len > 0)
			rc = err_set(expand->err, "\"?\" is missing");
		else
			rc = 0;
		if (part.len == 0 && holds)
			buf_add_text(out, "bool:true");
	}
	buf_fini(&a);
	buf_fini(&b);
	return rc;
}

/* What is in "${...}" or "$(...)". */
static int
postconf_expand_inner(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part part)
{
	struct postconf_expand_part name;
	struct buf value = {0};
	int rc = -1;

	part.s = text_trim(part.s, &part.len);
	if (part.len > 0 && part.s[0] == '{')
		return postconf_expand_condition(expand, out, part);
	name.s = part.s;
	name.len = postconf_expand_name_len(part);
	if (name.len == 0)
		return err_set(expand->err, "a name is missing behind \"$\"");
	postconf_expand_skip(&part, name.len);
	if (part.len == 0)
		return postconf_expand_name(expand, out, name);
	if (part.s[0] != '?' && part.s[0] != ':')
		return err_set(expand->err, "\"?\" or \":\" is missing");
	if (postconf_expand_name(expand, &value, name) == 0)
		rc = postconf_expand_choice(expand, out, part, value.len > 0);
	buf_fini(&value);
	return rc;
}

/* Behind a "$"; *used says how much of part it was. */
static int
postconf_expand_dollar(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part part, size_t *used)
{
	struct postconf_expand_part inner = part;

	if (part.len > 0 && part.s[0] == '$') {
		*used = 1;
		buf_add_byte(out, '$');
		return 0;
	}
	if (part.len > 0 && (part.s[0] == '{' || part.s[0] == '(')) {
		*used = postconf_expand_closed(part);
		if (*used == 0)
			return err_set(
			    expand->err, "\"$%c\" isn't closed", part.s[0]);
		inner.s++;
		inner.len = *used - 2;
		return postconf_expand_inner(expand, out, inner);
	}
	*used = inner.len = postconf_expand_name_len(part);
	if (*used == 0)
		return err_set(expand->err, "a name is missing behind \"$\"");
	return postconf_expand_name(expand, out, inner);
}

static int
postconf_expand_part(struct postconf_expand *expand, struct buf *out,
    struct postconf_expand_part part)
{
	size_t i = 0, used;
	int rc = 0;

	if (++expand->depth > POSTCONF_EXPAND_DEPTH ||
	    ++expand->steps > POSTCONF_EXPAND_STEPS)
		return err_set(expand->err, "a name needs itself");
	while (i < part.len && rc == 0) {
		if (part.s[i] != '$') {
			buf_add_byte(out, part.s[i++]);
			continue;
		}
		i++;
		rc = postconf_expand_dollar(expand, out,
		    (struct postconf_expand_part){part.s + i, part.len - i},
		    &used);
		i += used;
		if (rc == 0 && out->len > POSTCONF_EXPAND_MAX)
			rc = err_set(expand->err, "too long when expanded");
	}
	expand->depth--;
	return rc;
}

int
postconf_expand(struct buf *out, const char *text, postconf_expand_fn *on_name,
    void *arg, struct err *err)
{
	struct postconf_expand expand = {
	    .on_name = on_name, .arg = arg, .err = err};
	struct postconf_expand_part part = {text, strlen(text)};

	return postconf_expand_part(&expand, out, part);
}
