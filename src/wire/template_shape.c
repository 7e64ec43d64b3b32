/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A filter template is read as RFC 4515 has it, and written anew on the way,
 * with "*" for each value that depends on the key:
 *
 *   (&(mail=%s)(mailEnabled=TRUE))   ->   (&(mail=*)(mailEnabled=TRUE))
 */

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/text.h"
#include "wire/expansion.h"

#define TEMPLATE_SHAPE_DEPTH 64

struct template_shape_reader {
	const char *at;
	struct buf out;
	struct template_shape *shape;
	unsigned depth;
	unsigned negated; /* "!"s around */
	struct err *err;
};

static int template_shape_read(struct template_shape_reader *, bool *needs);

static int
template_shape_wrong(struct template_shape_reader *reader, const char *what)
{
	if (*reader->at == '\0')
		return err_set(reader->err, "%s at its end", what);
	return err_set(
	    reader->err, "%s at \"%s\"", what, text_show_str(reader->at));
}

static void
template_shape_skip_space(struct template_shape_reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

/* "mail", "cn;lang-de", "2.5.4.3", "cn:dn:caseExactMatch:". */
static size_t
template_shape_type_len(const char *s)
{
	return strspn(s,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-;.:");
}

static bool
template_shape_is_hex(char c)
{
	c = text_lower(c);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* A value up to the parenthesis that ends it; *expands tells whether it
 * depends on the key. */
static int
template_shape_read_value(struct template_shape_reader *reader, bool *expands)
{
	const char *p;
	char part;

	for (p = reader->at; *p != '\0' && *p != ')'; p++) {
		reader->at = p;
		if (*p == '(')
			return template_shape_wrong(reader,
			    "a value with a parenthesis (write \\28 and \\29)");
		if (*p == '\\' &&
		    (!template_shape_is_hex(p[1]) ||
			!template_shape_is_hex(p[2])))
			return template_shape_wrong(reader,
			    "a backslash without two hexadecimal digits");
		if (*p != '%')
			continue;
		part = expansion_part(p[1]);
		if (part == 0)
			return expansion_refuse(p, reader->err);
		*expands |= part != '%';
		p++;
	}
	reader->at = p;
	return 0;
}

/* Whether a value is the key itself. */
static bool
template_shape_is_key(const char *value, size_t len)
{
	return text_equal_fold(value, len, "%s") ||
	    text_equal_fold(value, len, "%u@%d");
}

static void
template_shape_add_attribute(
    struct template_shape *shape, const char *type, size_t len)
{
	size_t i;

	for (i = 0; i < shape->nattributes; i++)
		if (text_equal_fold(type, len, shape->attribute[i]))
			return;
	shape->attribute = mem_resize(shape->attribute, shape->nattributes + 1,
	    sizeof(*shape->attribute));
	shape->attribute[shape->nattributes++] = mem_dup(type, len);
}

/* What a value with an expansion does to the shape. */
static void
template_shape_add_key(struct template_shape_reader *reader, const char *type,
    size_t type_len, bool equality, const char *value)
{
	struct template_shape *shape = reader->shape;

	shape->whole &= equality && reader->negated == 0;
	shape->exact &=
	    template_shape_is_key(value, (size_t)(reader->at - value));
	template_shape_add_attribute(shape, type, type_len);
	buf_add(&reader->out, type, type_len);
	buf_add_text(&reader->out, "=*");
}

/* *needs: whether an entry that matches has the key. */
static int
template_shape_read_item(struct template_shape_reader *reader, bool *needs)
{
	const char *start = reader->at, *value;
	size_t len = template_shape_type_len(start), i;
	bool expands = false, equality = true;

	reader->at += len;
	if (len == 0 && *reader->at == '%')
		return template_shape_wrong(
		    reader, "an expansion that stands in no value");
	if (len == 0)
		return template_shape_wrong(reader, "no attribute");
	for (i = 0; i < len; i++)
		equality &= start[i] != ':';
	if (*reader->at != '\0' && strchr("<>~", *reader->at) != NULL) {
		equality = false;
		reader->at++;
	}
	if (*reader->at != '=')
		return template_shape_wrong(reader, "no \"=\"");
	value = ++reader->at;
	if (template_shape_read_value(reader, &expands) == -1)
		return -1;
	*needs = expands;
	if (expands)
		template_shape_add_key(reader, start, len, equality, value);
	else
		buf_add(&reader->out, start, (size_t)(reader->at - start));
	return 0;
}

/* The filters behind "&", "|" or "!". One of "&" is enough to need the key; of
 * "|" it takes all, or one of the others finds an entry for every key. */
static int
template_shape_read_list(struct template_shape_reader *reader, bool *needs)
{
	bool negation = *reader->at == '!', all = *reader->at == '|', one;
	unsigned n = 0;

	*needs = all;
	buf_add_byte(&reader->out, *reader->at++);
	reader->negated += negation;
	template_shape_skip_space(reader);
	for (; *reader->at == '('; n++) {
		if (template_shape_read(reader, &one) == -1)
			return -1;
		*needs = all ? *needs && one : *needs || one;
		template_shape_skip_space(reader);
	}
	reader->negated -= negation;
	*needs &= !negation;
	if (negation && n != 1)
		return template_shape_wrong(
		    reader, "not exactly one filter behind \"!\"");
	return 0;
}

/* One filter in its parentheses. */
static int
template_shape_read(struct template_shape_reader *reader, bool *needs)
{
	int rc;

	if (++reader->depth > TEMPLATE_SHAPE_DEPTH)
		return template_shape_wrong(reader, "too many parentheses");
	buf_add_byte(&reader->out, *reader->at++);
	template_shape_skip_space(reader);
	if (*reader->at != '\0' && strchr("&|!", *reader->at) != NULL)
		rc = template_shape_read_list(reader, needs);
	else
		rc = template_shape_read_item(reader, needs);
	if (rc == -1)
		return -1;
	if (*reader->at != ')')
		return template_shape_wrong(reader, "no \")\"");
	buf_add_byte(&reader->out, *reader->at++);
	reader->depth--;
	return 0;
}

static int
template_shape_read_all(struct template_shape_reader *reader)
{
	bool needs = false;
	int rc;

	template_shape_skip_space(reader);
	if (*reader->at == '(') {
		rc = template_shape_read(reader, &needs);
	} else {
		buf_add_byte(&reader->out, '(');
		rc = template_shape_read_item(reader, &needs);
		buf_add_byte(&reader->out, ')');
	}
	template_shape_skip_space(reader);
	if (rc == 0 && *reader->at != '\0')
		rc = template_shape_wrong(reader, "something behind its end");
	reader->shape->exact &= needs && reader->shape->nattributes > 0;
	return rc;
}

int
template_shape_init(
    struct template_shape *shape, const char *filter, struct err *err)
{
	struct template_shape_reader reader = {
	    .at = filter, .shape = shape, .err = err};
	int rc;

	*shape = (struct template_shape){.exact = true, .whole = true};
	rc = template_shape_read_all(&reader);
	shape->filter = buf_steal(&reader.out);
	if (rc == -1)
		template_shape_fini(shape);
	return rc;
}

void
template_shape_fini(struct template_shape *shape)
{
	size_t i;

	for (i = 0; i < shape->nattributes; i++)
		free(shape->attribute[i]);
	free(shape->attribute);
	free(shape->filter);
	*shape = (struct template_shape){0};
}
