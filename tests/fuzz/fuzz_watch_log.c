/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Whole logs: lines, events, what is made of them, and the state between two
 * halves of one. */

#include <string.h>

#include "forceenc-watch/state.h"
#include "forceenc-watch/walk.h"
#include "forceenc/must.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static struct walk *
fuzz_walk(bool store_recipients)
{
	const struct walk_rules rules = {
	    .recipient_delimiter = "",
	    .fold_local_part = true,
	    .syslog_names = "postfix",
	    .local_relays = "127.0.0.1",
	    .max_inflight = 4,
	    .store_recipients = store_recipients,
	};
	struct walk *walk = walk_new(&rules, 1795312000, NULL);

	MUST(walk != NULL);
	return walk;
}

static void
fuzz_look(struct walk *walk)
{
	struct store_batch batch;
	size_t i;

	walk_batch(walk, &batch);
	for (i = 0; i < batch.ncounts; i++) {
		MUST(batch.count[i].n > 0);
		MUST((batch.count[i].outcome == STORE_DELIVERED) ==
		    (batch.count[i].level != STORE_NO_LEVEL));
	}
	fuzz_reached += batch.ncounts > 0;
	tally_clear(walk->tally);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct walk *walk = fuzz_walk(size % 2 == 0);
	struct buf state = {0};
	size_t used;

	used = walk_feed(walk, bytes, size / 2);
	fuzz_look(walk);
	state_write(walk, &state);
	walk_free(walk);
	walk = fuzz_walk(size % 2 == 0);
	MUST(state_read(walk, state.data, state.len, NULL) == 0);
	buf_fini(&state);
	used += walk_feed(walk, bytes + used, size - used);
	walk_feed_rest(walk, bytes + used, size - used);
	correlate_end(walk->inflight);
	fuzz_look(walk);
	MUST(walk->counters.bytes == size);
	walk_free(walk);
	return 0;
}
