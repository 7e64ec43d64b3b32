/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/must.h"

#define TEXT_SHOWN  256
#define TEXT_SLOTS  4
#define TEXT_FIGURE 32

static _Thread_local char text_slot[TEXT_SLOTS][TEXT_SHOWN];
static _Thread_local unsigned text_turn;
static _Thread_local char text_figure[TEXT_SLOTS][TEXT_FIGURE];
static _Thread_local unsigned text_figure_turn;

struct text_unit {
	const char *name;
	int64_t factor;
};

/* Largest first: text_time() takes the first that divides. */
static const struct text_unit text_times[] = {
    {"w", 7 * 24 * 3600 * INT64_C(1000)},
    {"d", 24 * 3600 * INT64_C(1000)},
    {"h", 3600 * INT64_C(1000)},
    {"m", 60 * INT64_C(1000)},
    {"s", INT64_C(1000)},
    {"ms", 1},
    {NULL, 0},
};

static const struct text_unit text_sizes[] = {
    {"G", INT64_C(1) << 30},
    {"M", INT64_C(1) << 20},
    {"K", INT64_C(1) << 10},
    {"", 1},
    {NULL, 0},
};

unsigned
text_utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned n, i;

	if (len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	for (i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF (RFC 3629, 4). */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

/* Characters that terminals obey: the controls from U+0080 to U+009F, what
 * ends a line (U+2028, U+2029), and what turns the direction of the text around
 * it (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), so that a
 * line seems to say something else. */
static bool
text_is_obeyed(const char *s, unsigned n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 2)
		return (u[0] == 0xc2 && u[1] < 0xa0) ||
		    (u[0] == 0xd8 && u[1] == 0x9c);
	if (n != 3 || u[0] != 0xe2)
		return false;
	if (u[1] == 0x80)
		return u[2] == 0x8e || u[2] == 0x8f ||
		    (u[2] >= 0xa8 && u[2] <= 0xae);
	return u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9;
}

static unsigned
text_shown_len(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	unsigned n;

	if (c >= 0x20 && c < 0x7f)
		return c != '\\';
	n = text_utf8_len(s, len);
	return n > 1 && !text_is_obeyed(s, n) ? n : 0;
}

/* One character as it is shown; out has room for 4 bytes. Returns how many,
 * and in *eaten how many of s they stand for. */
static size_t
text_show_char(char *out, const char *s, size_t len, size_t *eaten)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char c = (unsigned char)*s;
	unsigned n = text_shown_len(s, len);

	*eaten = n > 0 ? n : 1;
	if (n > 0) {
		memcpy(out, s, n);
		return n;
	}
	out[0] = out[1] = '\\';
	if (c == '\\')
		return 2;
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 15];
	return 4;
}

char *
text_printable(char *out, size_t size, const char *bytes, size_t len)
{
	size_t used = 0, cut = 0, i = 0, n, eaten;
	char shown[4];

	MUST(size >= 8);
	while (i < len) {
		n = text_show_char(shown, bytes + i, len - i, &eaten);
		if (used + n > size - 1) {
			strcpy(out + cut, "...");
			return out;
		}
		memcpy(out + used, shown, n);
		used += n;
		/* The last place that leaves room for the dots. */
		if (used <= size - 4)
			cut = used;
		i += eaten;
	}
	out[used] = '\0';
	return out;
}

const char *
text_show(const char *bytes, size_t len)
{
	char *out = text_slot[text_turn++ % TEXT_SLOTS];

	return text_printable(out, TEXT_SHOWN, bytes, len);
}

const char *
text_show_str(const char *s)
{
	return text_show(s, strlen(s));
}

static bool
text_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *
text_trim(const char *s, size_t *len)
{
	while (*len > 0 && text_is_space(s[*len - 1]))
		--*len;
	while (*len > 0 && text_is_space(*s)) {
		s++;
		--*len;
	}
	return s;
}

/* A number and a unit out of the table; -1 if it is none or too large. */
static int64_t
text_parse_units(
    const char *s, const struct text_unit *units, const char *default_unit)
{
	const char *name;
	char *end;
	int64_t n;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0)
		return -1;
	name = *end != '\0' ? end : default_unit;
	for (; units->name != NULL; units++) {
		if (!text_equal_fold(name, strlen(name), units->name))
			continue;
		if (n > INT64_MAX / units->factor)
			return -1;
		return n * units->factor;
	}
	return -1;
}

int64_t
text_parse_time(const char *s, const char *unit)
{
	return text_parse_units(s, text_times, unit);
}

int64_t
text_parse_size(const char *s)
{
	return text_parse_units(s, text_sizes, "");
}

int
text_parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = *s == '-' ? s + 1 : s;
	char *end;
	int64_t n;

	if (*digits < '0' || *digits > '9')
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return -1;
	*out = n;
	return 0;
}

static const char *
text_units(int64_t n, const struct text_unit *units, const char *zero)
{
	char *out = text_figure[text_figure_turn++ % TEXT_SLOTS];

	snprintf(out, TEXT_FIGURE, "%s", zero);
	if (n == 0)
		return out;
	while (n % units->factor != 0)
		units++;
	snprintf(
	    out, TEXT_FIGURE, "%" PRId64 "%s", n / units->factor, units->name);
	return out;
}

const char *
text_time(int64_t ms)
{
	return text_units(ms, text_times, "0s");
}

const char *
text_size(int64_t bytes)
{
	return text_units(bytes, text_sizes, "0");
}

bool
text_is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
text_equal_fold(const char *a, size_t alen, const char *b)
{
	size_t i;

	if (strlen(b) != alen)
		return false;
	for (i = 0; i < alen; i++)
		if (text_lower(a[i]) != text_lower(b[i]))
			return false;
	return true;
}
