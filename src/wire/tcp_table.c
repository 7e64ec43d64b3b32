/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdbool.h>
#include <string.h>

#include "forceenc/lookup.h"
#include "wire/reply.h"

#define TCP_TABLE_CODE 4 /* "get ", "200 " */

/* The line in front, without its end; used counts the end too. */
static enum lookup_frame
tcp_table_line(const char *in, size_t len, size_t *line_len, size_t *used,
    const char **why)
{
	size_t look = len < LOOKUP_TCP_MAX ? len : LOOKUP_TCP_MAX;
	const char *end = look > 0 ? memchr(in, '\n', look) : NULL;

	if (end == NULL && len < LOOKUP_TCP_MAX)
		return LOOKUP_FRAME_MORE;
	if (end == NULL) {
		*why = "line too long";
		return LOOKUP_FRAME_BROKEN;
	}
	*line_len = (size_t)(end - in);
	*used = *line_len + 1;
	if (*line_len > 0 && in[*line_len - 1] == '\r')
		--*line_len;
	return LOOKUP_FRAME_QUESTION;
}

static int
tcp_table_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Whether each "%" has its two digits: asked first, so that a line that is
 * refused stays as it is. */
static bool
tcp_table_decodes(const char *s, size_t len)
{
	const char *end = s + len, *p = s;

	while (p < end && (p = memchr(p, '%', (size_t)(end - p))) != NULL) {
		if (end - p < 3 || tcp_table_hex(p[1]) == -1 ||
		    tcp_table_hex(p[2]) == -1)
			return false;
		p += 3;
	}
	return true;
}

/* In place, which works because it never gets longer. */
static size_t
tcp_table_decode(char *s, size_t len)
{
	char *first = len > 0 ? memchr(s, '%', len) : NULL;
	size_t from, to;

	if (first == NULL)
		return len;
	from = to = (size_t)(first - s);
	while (from < len) {
		if (s[from] != '%') {
			s[to++] = s[from++];
			continue;
		}
		s[to++] = (char)(tcp_table_hex(s[from + 1]) << 4 |
		    tcp_table_hex(s[from + 2]));
		from += 3;
	}
	return to;
}

static void
tcp_table_add_coded(struct buf *out, const char *text, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = buf_reserve(out, 3 * len), *start = to;
	unsigned char c;
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c > ' ' && c < 0x7f && c != '%') {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	out->len += (size_t)(to - start);
}

static enum lookup_frame
tcp_table_parse_question(char *in, size_t len, struct lookup_question *question,
    size_t *used, const char **why)
{
	size_t n;
	enum lookup_frame frame = tcp_table_line(in, len, &n, used, why);

	if (frame != LOOKUP_FRAME_QUESTION)
		return frame;
	if (n < TCP_TABLE_CODE || memcmp(in, "get ", TCP_TABLE_CODE) != 0) {
		*why = "a request is \"get\", a space and a key";
		return LOOKUP_FRAME_REFUSED;
	}
	in += TCP_TABLE_CODE;
	n -= TCP_TABLE_CODE;
	if (!tcp_table_decodes(in, n)) {
		*why = "a % without two hexadecimal digits";
		return LOOKUP_FRAME_REFUSED;
	}
	question->map = NULL;
	question->map_len = 0;
	question->key = in;
	question->key_len = tcp_table_decode(in, n);
	return LOOKUP_FRAME_QUESTION;
}

static void
tcp_table_add_reply(
    struct buf *out, enum lookup_reply reply, const char *text, size_t len)
{
	reply_settle(&reply, &text, &len, LOOKUP_TEXT_MAX);
	switch (reply) {
	case LOOKUP_NOTFOUND:
		buf_add(out, "500 not found\n", 14);
		return;
	case LOOKUP_FOUND:
		buf_add(out, "200 ", TCP_TABLE_CODE);
		break;
	case LOOKUP_TEMP:
	case LOOKUP_PERM:
		buf_add(out, "400 ", TCP_TABLE_CODE);
		break;
	}
	tcp_table_add_coded(out, text, len);
	buf_add_byte(out, '\n');
}

static void
tcp_table_add_question(
    struct buf *out, const char *map, const char *key, size_t key_len)
{
	(void)map;
	buf_add(out, "get ", TCP_TABLE_CODE);
	tcp_table_add_coded(out, key, key_len);
	buf_add_byte(out, '\n');
}

static int
tcp_table_code(const char *line, size_t len, enum lookup_reply *reply)
{
	if (len < TCP_TABLE_CODE)
		return -1;
	if (memcmp(line, "200 ", TCP_TABLE_CODE) == 0)
		*reply = LOOKUP_FOUND;
	else if (memcmp(line, "500 ", TCP_TABLE_CODE) == 0)
		*reply = LOOKUP_NOTFOUND;
	else if (memcmp(line, "400 ", TCP_TABLE_CODE) == 0)
		*reply = LOOKUP_TEMP;
	else
		return -1;
	return 0;
}

static enum lookup_frame
tcp_table_parse_reply(char *in, size_t len, enum lookup_reply *reply,
    const char **text, size_t *text_len, size_t *used, const char **why)
{
	enum lookup_reply code = LOOKUP_TEMP;
	size_t n;
	enum lookup_frame frame = tcp_table_line(in, len, &n, used, why);

	if (frame != LOOKUP_FRAME_QUESTION)
		return frame;
	if (tcp_table_code(in, n, &code) == -1) {
		*why = "a reply is 200, 400 or 500, a space and a text";
		return LOOKUP_FRAME_REFUSED;
	}
	in += TCP_TABLE_CODE;
	n -= TCP_TABLE_CODE;
	if (!tcp_table_decodes(in, n)) {
		*why = "a % without two hexadecimal digits";
		return LOOKUP_FRAME_REFUSED;
	}
	if (code == LOOKUP_FOUND && n == 0) {
		*why = "200 without a value";
		return LOOKUP_FRAME_REFUSED;
	}
	*reply = code;
	*text = in;
	*text_len = tcp_table_decode(in, n);
	return LOOKUP_FRAME_QUESTION;
}

const struct lookup_protocol lookup_tcp_table = {
    .name = "tcp_table",
    .parse_question = tcp_table_parse_question,
    .add_reply = tcp_table_add_reply,
    .add_question = tcp_table_add_question,
    .parse_reply = tcp_table_parse_reply,
};
