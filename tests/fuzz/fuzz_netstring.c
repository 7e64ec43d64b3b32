/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The first byte chooses the longest payload allowed, the rest is parsed. */

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/netstring.h"
#include "fuzz.h"

unsigned long fuzz_reached;

struct fuzz_result {
	enum netstring_status status;
	const char *payload;
	size_t len;
	size_t used;
	const char *why;
};

static struct fuzz_result
fuzz_parse(const char *in, size_t len, size_t max)
{
	struct fuzz_result r = {0};

	r.status =
	    netstring_parse(in, len, max, &r.payload, &r.len, &r.used, &r.why);
	return r;
}

static void
fuzz_whole(const char *in, size_t len, size_t max, const struct fuzz_result *r)
{
	struct buf out = {0};

	MUST(r->used <= len && r->len <= max);
	MUST(r->payload > in && r->payload + r->len + 1 == in + r->used);
	netstring_add(&out, r->payload, r->len);
	MUST(out.len == r->used && memcmp(out.data, in, out.len) == 0);
	buf_fini(&out);
	fuzz_reached++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = {0, 1, 9, 10, 100, 10000, SIZE_MAX};
	const char *in = (const char *)data + 1;
	struct fuzz_result r, half;
	size_t max;

	if (size == 0)
		return 0;
	size--;
	max = limits[data[0] % (sizeof(limits) / sizeof(limits[0]))];
	r = fuzz_parse(in, size, max);
	/* What is true of the beginning stays true of the whole. */
	half = fuzz_parse(in, size / 2, max);
	switch (r.status) {
	case NETSTRING_OK:
		fuzz_whole(in, size, max, &r);
		MUST(half.status ==
		    (size / 2 < r.used ? NETSTRING_MORE : NETSTRING_OK));
		break;
	case NETSTRING_MORE:
		MUST(half.status == NETSTRING_MORE && r.used == 0);
		break;
	case NETSTRING_BAD:
		MUST(r.why != NULL && half.status != NETSTRING_OK);
		break;
	}
	if (half.status == NETSTRING_BAD)
		MUST(r.status == NETSTRING_BAD);
	return 0;
}
