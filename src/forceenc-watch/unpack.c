/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/unpack.h"

#include <sodium.h>
#include <string.h>

bool
unpack_begin(
    struct unpack *unpack, const char *name, const void *bytes, size_t len)
{
	unsigned char sum[PACK_SUM_LEN];
	const unsigned char *at = bytes;

	memset(unpack, 0, sizeof(*unpack));
	if (len < PACK_NAME_LEN + PACK_SUM_LEN ||
	    memcmp(bytes, name, PACK_NAME_LEN) != 0)
		return false;
	len -= PACK_SUM_LEN;
	crypto_generichash(sum, sizeof(sum), at, len, NULL, 0);
	if (memcmp(sum, at + len, PACK_SUM_LEN) != 0)
		return false;
	unpack->at = at + PACK_NAME_LEN;
	unpack->end = at + len;
	return true;
}

uint64_t
unpack_number(struct unpack *unpack, uint64_t max)
{
	uint64_t n = 0;
	size_t i;

	if (unpack->bad || unpack->end - unpack->at < 8) {
		unpack->bad = true;
		return 0;
	}
	for (i = 0; i < 8; i++)
		n |= (uint64_t)unpack->at[i] << (8 * i);
	unpack->at += 8;
	if (n > max) {
		unpack->bad = true;
		return 0;
	}
	return n;
}

int64_t
unpack_time(struct unpack *unpack)
{
	return (int64_t)unpack_number(unpack, UINT64_MAX);
}

const char *
unpack_bytes(struct unpack *unpack, size_t max, size_t *len)
{
	const char *bytes;

	*len = (size_t)unpack_number(unpack, max);
	if (unpack->bad || (size_t)(unpack->end - unpack->at) < *len) {
		unpack->bad = true;
		*len = 0;
		return "";
	}
	bytes = (const char *)unpack->at;
	unpack->at += *len;
	return bytes;
}

bool
unpack_end(const struct unpack *unpack)
{
	return !unpack->bad && unpack->at == unpack->end;
}
