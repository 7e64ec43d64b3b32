/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_array.h"

#include <stdbool.h>
#include <string.h>

#include "forceenc/text.h"

/* U+EF80 to U+EFFF in UTF-8. */
#define STORE_ARRAY_ODD     "\xee\xbe"
#define STORE_ARRAY_ODD_LEN 3

static bool
store_array_is_odd(const char *text, size_t len)
{
	return len == STORE_ARRAY_ODD_LEN && text[0] == STORE_ARRAY_ODD[0] &&
	    (text[1] == STORE_ARRAY_ODD[1] ||
		text[1] == (char)(STORE_ARRAY_ODD[1] + 1));
}

/* The character at text, one byte of it at least: its length, or 0 if the
 * byte stands for itself. */
static size_t
store_array_step(const char *text, size_t len)
{
	size_t n = text_utf8_len(text, len);

	return store_array_is_odd(text, n) ? 0 : n;
}

static void
store_array_odd(struct buf *out, char byte)
{
	unsigned char c = (unsigned char)byte;

	buf_add_byte(out, STORE_ARRAY_ODD[0]);
	buf_add_byte(out, (char)(STORE_ARRAY_ODD[1] + (c >= 0xc0)));
	buf_add_byte(out, (char)(0x80 | (c & 0x3f)));
}

void
store_array_encode(struct buf *out, const char *text, size_t len)
{
	size_t at, n;

	for (at = 0; at<len; at += n> 0 ? n : 1) {
		n = store_array_step(text + at, len - at);
		if (n > 0)
			buf_add(out, text + at, n);
		else
			store_array_odd(out, text[at]);
	}
}

void
store_array_decode(struct buf *out, const char *text, size_t len)
{
	size_t at = 0;
	unsigned base;

	while (at < len) {
		if (len - at < STORE_ARRAY_ODD_LEN ||
		    !store_array_is_odd(text + at, STORE_ARRAY_ODD_LEN)) {
			buf_add_byte(out, text[at++]);
			continue;
		}
		base = text[at + 1] == STORE_ARRAY_ODD[1] ? 0x80 : 0xc0;
		buf_add_byte(out, (char)(base | (text[at + 2] & 0x3f)));
		at += STORE_ARRAY_ODD_LEN;
	}
}

static void
store_array_begin(struct buf *out)
{
	buf_add_byte(out, out->len == 0 ? '{' : ',');
}

void
store_array_number(struct buf *out, int64_t number)
{
	store_array_begin(out);
	buf_printf(out, "%lld", (long long)number);
}

static void
store_array_quoted(struct buf *out, const char *text, size_t len, size_t max)
{
	size_t at, n, room = max;

	store_array_begin(out);
	buf_add_byte(out, '"');
	for (at = 0; at<len; at += n> 0 ? n : 1) {
		n = store_array_step(text + at, len - at);
		if (room < (n > 0 ? n : STORE_ARRAY_ODD_LEN))
			break;
		room -= n > 0 ? n : STORE_ARRAY_ODD_LEN;
		if (n == 1 && (text[at] == '"' || text[at] == '\\'))
			buf_add_byte(out, '\\');
		if (n > 0)
			buf_add(out, text + at, n);
		else
			store_array_odd(out, text[at]);
	}
	buf_add_byte(out, '"');
}

void
store_array_name(struct buf *out, const char *text, size_t len)
{
	store_array_quoted(out, text, len, STORE_ARRAY_NAME_MAX);
}

void
store_array_text(struct buf *out, const char *text)
{
	store_array_quoted(out, text, strlen(text), SIZE_MAX);
}

const char *
store_array_end(struct buf *out)
{
	buf_add_text(out, out->len == 0 ? "{}" : "}");
	return buf_text(out);
}

void
store_array_hex(struct buf *out, const void *bytes, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	char *to;
	size_t i;

	buf_add_text(out, "\\x");
	to = buf_reserve(out, 2 * len);
	for (i = 0; i < len; i++) {
		to[2 * i] = digit[from[i] >> 4];
		to[2 * i + 1] = digit[from[i] & 15];
	}
	out->len += 2 * len;
}

static int
store_array_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
store_array_unhex(struct buf *out, const char *hex, size_t len)
{
	size_t i;
	int a, b;

	for (i = strlen("\\x"); i + 1 < len; i += 2) {
		a = store_array_digit(hex[i]);
		b = store_array_digit(hex[i + 1]);
		if (a != -1 && b != -1)
			buf_add_byte(out, (char)(a << 4 | b));
	}
}
