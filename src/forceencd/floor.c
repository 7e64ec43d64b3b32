/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/floor.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/tls_policy.h"
#include "forceencd/floor_walk.h"
#include "forceencd/source_socketmap.h"

#define FLOOR_MAGIC 0x464c4f52u

struct floor {
	struct answerer base;
	unsigned magic;
	struct floor_map map;
	TAILQ_HEAD(, floor_ticket) tickets; /* by deadline */
};

struct floor_ticket {
	struct answerer_ticket base; /* first: the asker gives it back */
	struct floor *floor;
	struct floor_walk walk;
	struct floor_fact *fact; /* that it waits for */
	unsigned round;          /* of the fact's, as it began to */
	uint64_t deadline;
	TAILQ_ENTRY(floor_ticket) link;    /* of the floor's */
	TAILQ_ENTRY(floor_ticket) waiting; /* of the fact's */
	char text[];                       /* of the key */
};

static struct floor *
floor_of(void *arg)
{
	struct floor *floor = arg;

	MUST_BE(floor, FLOOR_MAGIC);
	return floor;
}

static void
floor_join(struct floor_ticket *ticket, struct floor_fact *fact)
{
	ticket->fact = fact;
	ticket->round = fact->round;
	TAILQ_INSERT_TAIL(&fact->waiters, ticket, waiting);
}

static void
floor_leave(struct floor_ticket *ticket)
{
	if (ticket->fact != NULL)
		TAILQ_REMOVE(&ticket->fact->waiters, ticket, waiting);
	ticket->fact = NULL;
}

static void
floor_ticket_free(struct floor_ticket *ticket)
{
	struct floor *floor = ticket->floor;

	floor_leave(ticket);
	TAILQ_REMOVE(&floor->tickets, ticket, link);
	floor->base.waiting--;
	free(ticket);
}

static void
floor_finish(struct floor_ticket *ticket, const struct resolve_reply *reply)
{
	struct answerer_ticket base = ticket->base;

	floor_ticket_free(ticket);
	base.done(reply, base.arg);
}

/* The step that it waited for is over. */
static void
floor_go_on(struct floor_ticket *ticket, enum floor_walk_stop stop,
    uint64_t now, struct resolve_reply *reply)
{
	struct floor_fact *wanted = NULL;

	if (stop == FLOOR_WALK_ON)
		stop = floor_walk_go_on(&ticket->walk, now, reply, &wanted);
	if (stop == FLOOR_WALK_WAIT)
		floor_join(ticket, wanted);
	else
		floor_finish(ticket, reply);
}

static void
floor_reply_init(struct resolve_reply *reply, const struct floor_walk *walk)
{
	*reply = (struct resolve_reply){
	    .outcome = RESOLVE_UNSURE, .late = walk->hurry != NULL};
}

/* The upstream map has answered, or can't: those who wait are told. Whoever
 * is told may ask on at once, for this key as well, which is a new round. */
static void
floor_on_reply(
    struct source_ask *ask, const struct source_reply *said, uint64_t now)
{
	struct floor_fact *fact = (struct floor_fact *)ask;
	struct floor *floor = floor_of(fact->owner);
	unsigned round = fact->round++;
	struct floor_ticket *ticket;
	struct resolve_reply reply;
	enum floor_walk_stop stop;
	struct floor_said heard;

	source_answered(floor->map.upstream, ask);
	fact->told = true;
	fact->asked = false;
	floor->map.asking--;
	floor_walk_learn(&floor->map, fact, said, now, &heard);
	while ((ticket = TAILQ_FIRST(&fact->waiters)) != NULL &&
	    ticket->round == round) {
		floor_leave(ticket);
		floor_reply_init(&reply, &ticket->walk);
		stop =
		    floor_walk_take(&ticket->walk, fact, &heard, now, &reply);
		floor_go_on(ticket, stop, now, &reply);
	}
	fact->told = false;
}

/* The rest of the walk, from what is known. */
static void
floor_on_deadline(struct floor_ticket *ticket, uint64_t now)
{
	struct floor_fact *fact = ticket->fact;
	struct resolve_reply reply;
	enum floor_walk_stop stop;

	floor_leave(ticket);
	ticket->walk.hurry = "no answer in time";
	floor_reply_init(&reply, &ticket->walk);
	stop = floor_walk_doubt(
	    &ticket->walk, fact, ticket->walk.hurry, now, &reply);
	floor_go_on(ticket, stop, now, &reply);
}

/* A walk that must wait becomes a ticket, which has the key in memory of its
 * own. */
static struct floor_ticket *
floor_ticket_new(struct floor *floor, const struct floor_walk *walk,
    struct floor_fact *wanted, uint64_t now)
{
	struct floor_ticket *ticket =
	    mem_zalloc(sizeof(*ticket) + walk->len + 1);

	ticket->base.answerer = &floor->base;
	ticket->floor = floor;
	ticket->walk = *walk;
	memcpy(ticket->text, walk->key, walk->len);
	ticket->walk.key = ticket->text;
	ticket->deadline = now + floor->map.conf->floor.upstream_time_limit;
	TAILQ_INSERT_TAIL(&floor->tickets, ticket, link);
	floor->base.waiting++;
	floor_join(ticket, wanted);
	return ticket;
}

static enum resolve_status
floor_ask(struct answerer *answerer, const struct answerer_question *question,
    uint64_t now, struct resolve_reply *reply, struct answerer_ticket **out)
{
	struct floor *floor = floor_of(answerer);
	struct floor_fact *wanted = NULL;
	struct floor_walk walk = {
	    .map = &floor->map,
	    .key = question->key,
	    .len = question->len,
	    .first = true,
	    .stale_max = question->conf->stale_max,
	    .step = question->step,
	    .step_arg = question->step_arg,
	};

	if (floor->map.upstream == NULL) {
		floor_walk_answer_none(&walk, reply);
		return RESOLVE_DONE;
	}
	if (walk.len == 0 || walk.len > FLOOR_KEY_MAX) {
		err_set(&reply->why,
		    "no destination, or one of more than %d "
		    "bytes",
		    FLOOR_KEY_MAX);
		return RESOLVE_DONE;
	}
	/* Who hangs up leaves a question to the upstream map behind. */
	if (floor->base.waiting >= FLOOR_TICKETS_MAX ||
	    floor->map.asking >= FLOOR_TICKETS_MAX)
		walk.hurry = "too many questions wait for an answer";
	floor_reply_init(reply, &walk);
	if (floor_walk_go(&walk, now, reply, &wanted) == FLOOR_WALK_END)
		return RESOLVE_DONE;
	*out = &floor_ticket_new(floor, &walk, wanted, now)->base;
	return RESOLVE_WAIT;
}

static void
floor_cancel(struct answerer_ticket *ticket)
{
	floor_ticket_free((struct floor_ticket *)ticket);
}

static uint64_t
floor_tick(struct answerer *answerer, uint64_t now)
{
	struct floor *floor = floor_of(answerer);
	struct floor_ticket *ticket;
	uint64_t next;
	bool late = false;

	if (floor->map.upstream == NULL)
		return CLOCK_NEVER;
	/* What has just come is not too late. */
	next = source_tick(floor->map.upstream, now);
	while ((ticket = TAILQ_FIRST(&floor->tickets)) != NULL &&
	    ticket->deadline <= now) {
		floor_on_deadline(ticket, now);
		late = true;
	}
	/* Who was told may have asked. */
	if (late)
		next = source_tick(floor->map.upstream, now);
	return ticket != NULL && ticket->deadline < next ? ticket->deadline
							 : next;
}

static void
floor_cancel_asks(struct floor_fact *fact, void *arg)
{
	struct floor *floor = arg;

	MUST(TAILQ_EMPTY(&fact->waiters));
	if (!fact->asked)
		return;
	source_cancel(floor->map.upstream, &fact->ask);
	fact->asked = false;
	floor->map.asking--;
}

static void
floor_free(struct answerer *answerer)
{
	struct floor *floor = floor_of(answerer);

	MUST(TAILQ_EMPTY(&floor->tickets));
	floor_facts_each(floor->map.facts, floor_cancel_asks, floor);
	source_free(floor->map.upstream);
	floor_facts_free(floor->map.facts);
	buf_fini(&floor->map.text);
	floor->magic = 0;
	free(floor);
}

static const struct answerer_ops floor_ops = {
    .ask = floor_ask,
    .cancel = floor_cancel,
    .check = tls_policy_check,
    .tick = floor_tick,
    .free = floor_free,
};

struct answerer *
floor_new_with(const struct conf_map *conf, struct source *upstream)
{
	struct floor *floor = mem_zalloc(sizeof(*floor));

	floor->base.ops = &floor_ops;
	floor->magic = FLOOR_MAGIC;
	TAILQ_INIT(&floor->tickets);
	floor->map.conf = conf;
	floor->map.upstream = upstream;
	floor->map.facts = floor_facts_new();
	floor->map.on_reply = floor_on_reply;
	floor->map.owner = floor;
	floor->base.source = upstream;
	floor->base.raised = &floor->map.raised;
	floor->base.facts = floor_facts_known(floor->map.facts);
	return &floor->base;
}

struct answerer *
floor_new(const struct conf_map *conf, const struct source_env *env)
{
	const struct conf_floor *rules = &conf->floor;

	return floor_new_with(conf,
	    rules->upstream.spec == NULL
		? NULL
		: source_socketmap_new(
		      &rules->upstream, rules->upstream_time_limit, env));
}
