/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/netstring.h"

#include <string.h>

/* More digits than any size_t has, and a colon. */
#define NETSTRING_HEAD_MAX 24

enum netstring_status
netstring_parse(const char *in, size_t len, size_t max, const char **payload,
    size_t *payload_len, size_t *used, const char **why)
{
	size_t n = 0, i, digit;

	for (i = 0; i < len && in[i] >= '0' && in[i] <= '9'; i++) {
		digit = (size_t)(in[i] - '0');
		if (i > 0 && n == 0) {
			*why = "netstring length with a leading zero";
			return NETSTRING_BAD;
		}
		if (digit > max || n > (max - digit) / 10) {
			*why = "netstring too long";
			return NETSTRING_BAD;
		}
		n = n * 10 + digit;
	}
	if (i == len)
		return NETSTRING_MORE;
	if (i == 0 || in[i] != ':') {
		*why = "not a netstring: no length and colon in front";
		return NETSTRING_BAD;
	}
	i++;
	if (len - i <= n)
		return NETSTRING_MORE;
	if (in[i + n] != ',') {
		*why = "netstring without the comma at its end";
		return NETSTRING_BAD;
	}
	*payload = in + i;
	*payload_len = n;
	*used = i + n + 1;
	return NETSTRING_OK;
}

void
netstring_add(struct buf *out, const char *payload, size_t len)
{
	char head[NETSTRING_HEAD_MAX];
	size_t at = sizeof(head), n = len, head_len;
	char *to;

	head[--at] = ':';
	do {
		head[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	head_len = sizeof(head) - at;
	to = buf_reserve(out, head_len + len + 1);
	memcpy(to, head + at, head_len);
	if (len > 0)
		memcpy(to + head_len, payload, len);
	to[head_len + len] = ',';
	out->len += head_len + len + 1;
}
