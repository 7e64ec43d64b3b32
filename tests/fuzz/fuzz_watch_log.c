/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Whole logs: lines, events, what is made of them, and the state between two
 * halves of one. */

#include <string.h>

#include "forceenc-watch/state.h"
#include "forceenc-watch/walk.h"
#include "forceenc/hash.h"
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

/* The same whatever rows it comes in, and however often. */
static uint64_t
fuzz_row(uint64_t codes, const char *a, const char *b, const char *c,
    const char *d, uint64_t n)
{
	uint64_t hash = hash_bytes(codes, a, strlen(a));

	hash = hash_bytes(hash, b, strlen(b));
	hash = hash_bytes(hash, c, strlen(c));
	return hash_bytes(hash, d, strlen(d)) * n;
}

/* What couldn't be counted has the hour of the commit. */
static uint32_t
fuzz_hour(const struct store_total *total)
{
	switch (total->what) {
	case STORE_EVICTED:
	case STORE_UNPARSED:
	case STORE_CUT:
	case STORE_REPEATS_LOST:
		return 0;
	default:
		return total->hour;
	}
}

static uint64_t
fuzz_sum(const struct store_batch *batch)
{
	const struct store_count *count = batch->count;
	const struct store_session *session = batch->session;
	const struct store_total *total = batch->total;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < batch->ncounts; i++, count++)
		sum += fuzz_row((uint64_t)count->hour << 24 |
			(uint64_t)count->outcome << 16 |
			(uint64_t)count->level << 8 | count->reason,
		    count->sender, count->destination, count->service, "1",
		    count->n);
	for (i = 0; i < batch->nsessions; i++, session++)
		sum += fuzz_row((uint64_t)session->hour << 8 | session->level,
		    session->destination, session->mx, session->version,
		    session->cipher, session->n);
	for (i = 0; i < batch->ninbounds; i++)
		sum += fuzz_row((uint64_t)batch->inbound[i].hour << 8 |
			batch->inbound[i].level,
		    "", "", "", "2", batch->inbound[i].n);
	for (i = 0; i < batch->ntotals; i++, total++)
		sum += fuzz_row((uint64_t)fuzz_hour(total) << 8 | total->what,
		    total->service, "", "", "3", total->n);
	for (i = 0; i < batch->nfailures; i++)
		sum += fuzz_row((uint64_t)batch->failure[i].time,
		    batch->failure[i].queue_id, batch->failure[i].recipient,
		    batch->failure[i].relay, batch->failure[i].text, 1);
	return sum;
}

static uint64_t
fuzz_look(struct walk *walk)
{
	struct store_batch batch;
	uint64_t sum;
	size_t i;

	walk_batch(walk, &batch);
	for (i = 0; i < batch.ncounts; i++) {
		MUST(batch.count[i].n > 0);
		MUST((batch.count[i].outcome == STORE_DELIVERED) ==
		    (batch.count[i].level != STORE_NO_LEVEL));
	}
	fuzz_reached += batch.ncounts > 0;
	sum = fuzz_sum(&batch);
	tally_clear(walk->tally);
	return sum;
}

/* Takes the walk. */
static uint64_t
fuzz_rest(struct walk *walk, const char *bytes, size_t used, size_t size)
{
	uint64_t sum;

	used += walk_feed(walk, bytes + used, size - used);
	walk_feed_rest(walk, bytes + used, size - used);
	correlate_end(walk->inflight);
	sum = fuzz_look(walk);
	MUST(walk->counters.bytes == size);
	walk_free(walk);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	bool store_recipients = size % 2 == 0;
	struct walk *walk = fuzz_walk(store_recipients);
	struct buf state = {0};
	uint64_t sum;
	size_t used;

	used = walk_feed(walk, bytes, size / 2);
	sum = fuzz_look(walk);
	state_write(walk, &state);
	walk_free(walk);
	walk = fuzz_walk(store_recipients);
	MUST(state_read(walk, state.data, state.len, NULL) == 0);
	buf_fini(&state);
	sum += fuzz_rest(walk, bytes, used, size);
	/* Who isn't disturbed counts the same. */
	MUST(fuzz_rest(fuzz_walk(store_recipients), bytes, 0, size) == sum);
	return 0;
}
