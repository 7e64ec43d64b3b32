/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * replay [-p PIECE] [-s] [-m MAX] [-n NOW] [-r RELAYS] FILE: walks a log and
 * prints what was counted, a line each, with a word in front that says what
 * kind. -p feeds it in pieces of so many bytes, -s writes the state and goes
 * on from it in a new walk after each of them; neither may change anything.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "forceenc-watch/state.h"
#include "forceenc-watch/walk.h"
#include "forceenc/must.h"

struct replay {
	struct walk_rules rules;
	struct walk *walk;
	int64_t now;
	size_t piece;
	bool restart;
};

static const char *const replay_outcomes[] = {
    "delivered", "soft", "hard", "deferred", "bounced", "expired"};
static const char *const replay_levels[] = {"none", "anonymous", "untrusted",
    "trusted", "verified", "local", "unknown", "-"};
static const char *const replay_reasons[] = {"-", "not-offered", "refused",
    "handshake", "certificate", "dane", "policy", "requiretls", "other"};

static void
replay_flush(struct replay *replay)
{
	struct store_batch batch;
	size_t i;

	walk_batch(replay->walk, &batch);
	for (i = 0; i < batch.ncounts; i++)
		printf("count\t%s\t%s\t%s\t%s\t%s\t%s\t%u\t%u\n",
		    batch.count[i].sender, batch.count[i].destination,
		    batch.count[i].service,
		    replay_outcomes[batch.count[i].outcome],
		    replay_levels[batch.count[i].level],
		    replay_reasons[batch.count[i].reason], batch.count[i].hour,
		    batch.count[i].n);
	for (i = 0; i < batch.nsessions; i++)
		printf("session\t%s\t%s\t%s\t%s\t%s\t%" PRId64 "\t%u\n",
		    batch.session[i].destination, batch.session[i].mx,
		    batch.session[i].version, batch.session[i].cipher,
		    replay_levels[batch.session[i].level],
		    batch.session[i].last_seen, batch.session[i].n);
	for (i = 0; i < batch.ninbounds; i++)
		printf("inbound\t%s\t%u\t%u\n",
		    replay_levels[batch.inbound[i].level],
		    batch.inbound[i].hour, batch.inbound[i].n);
	for (i = 0; i < batch.ntotals; i++)
		printf("total\t%s\t%s\t%u\t%" PRIu64 "\n",
		    batch.total[i].service,
		    store_what_name(batch.total[i].what), batch.total[i].hour,
		    batch.total[i].n);
	for (i = 0; i < batch.nfailures; i++)
		printf("failure\t%" PRId64 "\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
		    batch.failure[i].time, batch.failure[i].sender,
		    batch.failure[i].queue_id, batch.failure[i].destination,
		    batch.failure[i].recipient, batch.failure[i].relay,
		    replay_outcomes[batch.failure[i].outcome],
		    replay_reasons[batch.failure[i].reason],
		    batch.failure[i].text);
	tally_clear(replay->walk->tally);
}

static struct walk *
replay_walk(const struct replay *replay)
{
	struct err err;
	struct walk *walk = walk_new(&replay->rules, replay->now, &err);

	if (walk == NULL)
		must_fatal("%s", err.text);
	return walk;
}

static void
replay_restart(struct replay *replay)
{
	struct buf state = {0};
	struct err err;

	replay_flush(replay);
	state_write(replay->walk, &state);
	walk_free(replay->walk);
	replay->walk = replay_walk(replay);
	if (state_read(replay->walk, state.data, state.len, &err) == -1)
		must_fatal("state: %s", err.text);
	buf_fini(&state);
}

static void
replay_run(struct replay *replay, FILE *f)
{
	struct buf buf = {0};
	size_t n, used;

	do {
		n = fread(
		    buf_reserve(&buf, replay->piece), 1, replay->piece, f);
		buf.len += n;
		do {
			used = walk_feed(replay->walk, buf.data, buf.len);
			buf_consume(&buf, used);
			if (tally_full(replay->walk->tally))
				replay_flush(replay);
			if (replay->restart)
				replay_restart(replay);
		} while (used > 0);
	} while (n > 0);
	if (buf.len > 0)
		walk_feed_rest(replay->walk, buf.data, buf.len);
	correlate_end(replay->walk->inflight);
	buf_fini(&buf);
}

static void
replay_counters(const struct walk *walk)
{
	const struct walk_counters *c = &walk->counters;

	printf("lines\t%" PRIu64 "\nbytes\t%" PRIu64 "\nother\t%" PRIu64
	       "\nunparsed\t%" PRIu64 "\ncut\t%" PRIu64
	       "\nrepeats_lost\t%" PRIu64 "\nevicted\t%" PRIu64
	       "\ndisagreements\t%" PRIu64 "\nsenders_unknown\t%" PRIu64 "\n",
	    c->lines, c->bytes, c->other, c->unparsed, c->cut, c->repeats_lost,
	    walk_evicted(walk), walk->inflight->disagreements,
	    walk->inflight->senders_unknown);
}

int
main(int argc, char **argv)
{
	struct replay replay = {
	    .rules = {.recipient_delimiter = "",
		.fold_local_part = true,
		.syslog_names = "postfix, forceenc",
		.local_relays = "127.0.0.1, ::1",
		.max_inflight = 100000},
	    .now = 1795312000, /* November 22, 2026 */
	    .piece = 65536,
	};
	FILE *f;
	int c;

	while ((c = getopt(argc, argv, "p:sm:n:r:a")) != -1) {
		if (c == 'p')
			replay.piece = strtoul(optarg, NULL, 10);
		else if (c == 's')
			replay.restart = true;
		else if (c == 'm')
			replay.rules.max_inflight = strtoul(optarg, NULL, 10);
		else if (c == 'n')
			replay.now = strtoll(optarg, NULL, 10);
		else if (c == 'r')
			replay.rules.local_relays = optarg;
		else if (c == 'a')
			replay.rules.store_recipients = true;
		else
			return EX_USAGE;
	}
	if (optind + 1 != argc || replay.piece == 0)
		return EX_USAGE;
	f = fopen(argv[optind], "rb");
	if (f == NULL)
		must_fatal("%s: can't be read", argv[optind]);
	replay.walk = replay_walk(&replay);
	replay_run(&replay, f);
	replay_flush(&replay);
	replay_counters(replay.walk);
	walk_free(replay.walk);
	fclose(f);
	return 0;
}
