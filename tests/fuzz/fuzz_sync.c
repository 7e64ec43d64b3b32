/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The bytes as a sync state control and as a sync info message. */

#include "forceenc/must.h"
#include "forceenc/sync.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static void
fuzz_inside(const char *bytes, size_t size, const char *part, size_t len)
{
	if (part != NULL)
		MUST(
		    part >= bytes && len <= size && part + len <= bytes + size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *uuid;
	struct sync_info info;
	size_t n = 0;

	if (sync_parse_state(bytes, size, &info) == 0) {
		MUST(info.kind <= SYNC_DELETE && info.uuid != NULL);
		fuzz_inside(bytes, size, info.uuid, SYNC_UUID_LEN);
		fuzz_inside(bytes, size, info.cookie, info.cookie_len);
		fuzz_reached++;
	}
	if (sync_parse_info(bytes, size, &info) == 0) {
		MUST(info.kind >= SYNC_COOKIE && info.uuid == NULL);
		fuzz_inside(bytes, size, info.cookie, info.cookie_len);
		while ((uuid = sync_next_uuid(&info)) != NULL) {
			fuzz_inside(bytes, size, uuid, SYNC_UUID_LEN);
			MUST(++n <= size / SYNC_UUID_LEN);
		}
		MUST(info.set_len == 0);
		fuzz_reached++;
	}
	return 0;
}
