/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What is kept of the correlator's state, and read under other bounds. */

#include <stdio.h>
#include <string.h>

#include "forceenc-watch/state.h"
#include "forceenc-watch/walk.h"
#include "unit.h"

#define MESSAGES 1500

static struct walk *
make_walk(unsigned max_inflight)
{
	struct walk_rules rules = {.recipient_delimiter = "",
	    .syslog_names = "postfix",
	    .local_relays = "127.0.0.1",
	    .max_inflight = max_inflight};
	struct err err;
	struct walk *walk = walk_new(&rules, 1700000000, &err);

	assert_non_null(walk);
	return walk;
}

/* Messages in the queue; the size of each tells which it is. */
static void
feed(struct walk *walk)
{
	char line[256];
	unsigned i;
	int len;

	for (i = 0; i < MESSAGES; i++) {
		len = snprintf(line, sizeof(line),
		    "2026-11-28T20:00:00.000000+00:00 mx postfix/qmgr[77]: "
		    "%06X: from=<u%u@example.org>, size=%u, nrcpt=1 (queue "
		    "active)\n",
		    0xA00000 + i, i, 1000 + i);
		walk_feed(walk, line, (size_t)len);
	}
}

/* The first of those that are left has the size that it had. */
static void
expect(const struct buf *state, unsigned max_inflight, size_t left)
{
	struct walk *walk = make_walk(max_inflight);
	struct message *oldest;
	struct err err;

	assert_int_equal(state_read(walk, state->data, state->len, &err), 0);
	assert_int_equal(messages_count(walk->inflight->messages), left);
	oldest = messages_oldest(walk->inflight->messages);
	assert_int_equal(oldest->size, 1000 + MESSAGES - left);
	walk_free(walk);
}

static void
test_a_lower_bound(void **state)
{
	struct walk *walk = make_walk(2 * MESSAGES);
	struct buf kept = {0};

	(void)state;
	feed(walk);
	assert_int_equal(messages_count(walk->inflight->messages), MESSAGES);
	state_write(walk, &kept);
	walk_free(walk);
	expect(&kept, 2 * MESSAGES, MESSAGES);
	expect(&kept, 1000, 1000);
	buf_fini(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_lower_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
