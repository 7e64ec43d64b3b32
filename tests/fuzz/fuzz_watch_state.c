/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The state of the walk as bytes: damaged ones with a checksum that is right,
 * or nothing behind the checksum would ever be reached. */

#include <string.h>

#include "forceenc-watch/pack.h"
#include "forceenc-watch/state.h"
#include "forceenc/must.h"
#include "fuzz.h"

unsigned long fuzz_reached;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct walk_rules rules = {
	    .recipient_delimiter = "",
	    .syslog_names = "postfix",
	    .local_relays = "",
	    .max_inflight = 16,
	};
	struct walk *walk = walk_new(&rules, 1795312000, NULL);
	struct buf state = {0};
	size_t used;

	MUST(walk != NULL);
	/* A log makes a state; what follows its first NUL spoils it. */
	used = strnlen((const char *)data, size);
	walk_feed(walk, (const char *)data, used);
	state_write(walk, &state);
	state.len -= PACK_SUM_LEN;
	for (; used + 3 <= size; used += 3)
		state.data[(data[used] * 256u + data[used + 1]) % state.len] ^=
		    (char)data[used + 2];
	pack_end(&state);
	walk_free(walk);
	walk = walk_new(&rules, 1795312000, NULL);
	if (state_read(walk, state.data, state.len, NULL) == 0)
		fuzz_reached++;
	walk_free(walk);
	buf_fini(&state);
	return 0;
}
