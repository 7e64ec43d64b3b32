/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/pack.h"

#include <sodium.h>
#include <string.h>

#include "forceenc/must.h"

void
pack_begin(struct buf *buf, const char *name)
{
	MUST(strlen(name) == PACK_NAME_LEN);
	buf_clear(buf);
	buf_add(buf, name, PACK_NAME_LEN);
}

void
pack_number(struct buf *buf, uint64_t n)
{
	char *out = buf_reserve(buf, 8);
	size_t i;

	for (i = 0; i < 8; i++)
		out[i] = (char)(n >> (8 * i));
	buf->len += 8;
}

void
pack_bytes(struct buf *buf, const void *bytes, size_t len)
{
	pack_number(buf, len);
	if (len > 0)
		buf_add(buf, bytes, len);
}

void
pack_end(struct buf *buf)
{
	unsigned char sum[PACK_SUM_LEN];

	crypto_generichash(sum, sizeof(sum), (const unsigned char *)buf->data,
	    buf->len, NULL, 0);
	buf_add(buf, sum, sizeof(sum));
}
