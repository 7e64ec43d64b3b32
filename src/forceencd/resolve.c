/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The walk of a question.
 *
 * A client's bytes become a question in session.c: a map's name and an
 * address. The address becomes keys, most specific first (address.h). Here
 * the keys are tried in that order, and for each key the map's tables in
 * theirs; the next one is asked only if the one before said "absent".
 *
 *     for each key:            alice+tag@example.com
 *         for each table:      alice@example.com
 *             fact?            @example.com
 *
 * A table gives a fresh fact from the cache, or asks its source. Most
 * questions end here at once, without an allocation. If the source needs
 * time, the question becomes a ticket that stands in the walk at one key and
 * one table, waits for the flight that fetches that fact, and walks on when
 * it has landed. The table is asked for the keys behind it at the same time,
 * so that a walk takes one round trip and not three. A ticket has a deadline,
 * and one is always kept.
 *
 * A fact that is present decides: a permitted answer, DUNNO, or off, which is
 * an exception from what a less specific key says and thus "absent" to the
 * client. Absent goes on. Only when every table has said so for every key is
 * the answer ABSENT.
 *
 * Where a table can't be asked (or not in time) the fact is in doubt, and
 * doubt never becomes an absence: the last fact that was known is used if the
 * map's on_failure says "stale" and it isn't too old; otherwise the question
 * as a whole is unsure, which a client hears as TEMP. A value that isn't
 * permitted is doubt as well, but no stale fact resolves it: the directory
 * was asked, and somebody must correct it.
 */

#include "forceencd/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceenc/text.h"

/* Where a question stands. */
struct resolve_walk {
	struct service *service;
	struct map *map;
	const struct address_key *key; /* nkeys of them */
	unsigned nkeys;
	unsigned at_key;
	size_t at_table;
	const char *hurry; /* why nothing is waited for any more, or NULL */
	struct resolve_listener *listener; /* NULL: nobody listens */
};

struct resolve_ticket {
	struct table_waiter waiter; /* first: the table gives it back */
	struct resolve *resolve;
	struct resolve_walk walk;
	uint64_t deadline;
	uint64_t begun_us;
	resolve_done_fn *done;
	void *arg;
	TAILQ_ENTRY(resolve_ticket) link;
	struct address_key key[ADDRESS_KEYS_MAX];
	char text[]; /* of the keys */
};

struct resolve {
	TAILQ_HEAD(resolve_tickets, resolve_ticket) tickets; /* by deadline */
	unsigned ntickets;
};

struct resolve *
resolve_new(void)
{
	struct resolve *resolve = mem_zalloc(sizeof(*resolve));

	TAILQ_INIT(&resolve->tickets);
	return resolve;
}

void
resolve_free(struct resolve *resolve)
{
	if (resolve == NULL)
		return;
	MUST(TAILQ_EMPTY(&resolve->tickets));
	free(resolve);
}

unsigned
resolve_tickets(const struct resolve *resolve)
{
	return resolve->ntickets;
}

static struct table *
resolve_table(const struct resolve_walk *walk)
{
	return walk->map->table[walk->at_table];
}

/* A fact that is there. True: the question is decided. */
static bool
resolve_take_fact(const struct resolve_walk *walk, const struct fact *fact,
    struct resolve_reply *reply)
{
	const struct address_key *key = &walk->key[walk->at_key];

	if (!fact->present)
		return false;
	switch (fact->answer) {
	case ANSWER_DUNNO:
		reply->outcome = RESOLVE_DUNNO;
		return true;
	case ANSWER_OFF:
		reply->outcome = RESOLVE_ABSENT;
		return true;
	case ANSWER_BAD:
		reply->outcome = RESOLVE_UNSURE;
		err_set(&reply->why,
		    "%s: value of %s is not a permitted answer",
		    table_name(resolve_table(walk)),
		    text_show(key->text, key->len));
		return true;
	default:
		MUST(fact->answer < walk->map->conf->answers.n);
		reply->outcome = RESOLVE_ANSWER;
		reply->text = walk->map->conf->answers.list[fact->answer];
		return true;
	}
}

static void
resolve_tell(const struct resolve_walk *walk, enum table_status status,
    const struct table_answer *answer, const struct fact *stale)
{
	struct resolve_step step;

	if (walk->listener == NULL)
		return;
	step.key = &walk->key[walk->at_key];
	step.table = resolve_table(walk);
	step.answer = answer;
	step.status = status;
	step.used_stale = stale != NULL;
	step.stale = stale;
	step.trace = &walk->listener->trace;
	walk->listener->step(&step, walk->listener->arg);
}

/* The table couldn't say, for the reason why. True: the question is decided;
 * false: a stale fact says "absent", and the walk goes on. */
static bool
resolve_doubt(const struct resolve_walk *walk, enum table_status status,
    const struct table_answer *answer, const char *why, uint64_t now,
    struct resolve_reply *reply)
{
	const struct conf_map *conf = walk->map->conf;
	const struct address_key *key = &walk->key[walk->at_key];
	struct fact fact;
	uint64_t age;

	if (conf->on_failure == CONF_ON_FAILURE_STALE &&
	    table_get_stale(resolve_table(walk), key->text, key->len,
		walk->service->conf->stale_max, now, &fact, &age)) {
		reply->stale = true;
		resolve_tell(walk, status, answer, &fact);
		return resolve_take_fact(walk, &fact, reply);
	}
	resolve_tell(walk, status, answer, NULL);
	if (conf->on_failure == CONF_ON_FAILURE_ANSWER) {
		reply->outcome = RESOLVE_ANSWER;
		reply->text = conf->answers.list[conf->on_failure_answer];
		reply->failsafe = true;
		return true;
	}
	reply->outcome = RESOLVE_UNSURE;
	err_set(&reply->why, "%s: %s", table_name(resolve_table(walk)), why);
	return true;
}

/* What the source says. True: decided. */
static bool
resolve_take_reply(const struct resolve_walk *walk,
    const struct table_answer *answer, uint64_t now,
    struct resolve_reply *reply)
{
	struct fact fact = {.present = answer->reply.kind == SOURCE_PRESENT,
	    .answer = answer->reply.answer};

	if (answer->reply.kind == SOURCE_UNSURE)
		return resolve_doubt(walk, TABLE_ASKED, answer,
		    answer->reply.why.text, now, reply);
	resolve_tell(walk, TABLE_ASKED, answer, NULL);
	return resolve_take_fact(walk, &fact, reply);
}

/* What the cache had, for when the answer has come. */
static void
resolve_keep_seen(
    const struct resolve_walk *walk, const struct table_answer *answer)
{
	struct table_answer *seen;

	if (walk->listener == NULL)
		return;
	seen = &walk->listener->seen;
	seen->cached = answer->cached;
	seen->restored = answer->restored;
	seen->joined = answer->joined;
	seen->age = answer->age;
}

static void
resolve_recall_seen(
    const struct resolve_walk *walk, struct table_answer *answer)
{
	answer->cached = CACHE_NONE;
	if (walk->listener == NULL)
		return;
	*answer = walk->listener->seen;
}

enum resolve_stop { RESOLVE_STOP_WAIT, RESOLVE_STOP_GO_ON, RESOLVE_STOP_END };

/* One fact: of the key and table where the walk stands. */
static enum resolve_stop
resolve_one(const struct resolve_walk *walk, uint64_t now,
    struct resolve_reply *reply, struct table_waiter *waiter)
{
	const struct address_key *key = &walk->key[walk->at_key];
	struct table_answer answer;
	enum table_status status;
	bool decided = true;

	if (walk->listener != NULL) {
		walk->listener->trace = (struct source_trace){0};
		waiter->trace = &walk->listener->trace;
	}
	status = table_get(resolve_table(walk), &walk->service->times,
	    key->text, key->len, now, &answer, waiter);
	switch (status) {
	case TABLE_KNOWN:
		resolve_tell(walk, status, &answer, NULL);
		decided = resolve_take_fact(walk, &answer.fact, reply);
		break;
	case TABLE_ASKED:
		decided = resolve_take_reply(walk, &answer, now, reply);
		break;
	case TABLE_WAIT:
		if (walk->hurry == NULL) {
			resolve_keep_seen(walk, &answer);
			return RESOLVE_STOP_WAIT;
		}
		flight_leave(waiter);
		decided = resolve_doubt(
		    walk, status, &answer, walk->hurry, now, reply);
		break;
	case TABLE_FULL:
		decided = resolve_doubt(walk, status, &answer,
		    "too many questions on their way", now, reply);
		break;
	}
	return decided ? RESOLVE_STOP_END : RESOLVE_STOP_GO_ON;
}

static void
resolve_step_on(struct resolve_walk *walk)
{
	if (++walk->at_table < walk->map->conf->ntables)
		return;
	walk->at_table = 0;
	walk->at_key++;
}

/* On from where the walk stands. */
static enum resolve_status
resolve_go(struct resolve_walk *walk, uint64_t now, struct resolve_reply *reply,
    struct table_waiter *waiter)
{
	for (; walk->at_key < walk->nkeys; resolve_step_on(walk)) {
		switch (resolve_one(walk, now, reply, waiter)) {
		case RESOLVE_STOP_WAIT:
			return RESOLVE_WAIT;
		case RESOLVE_STOP_END:
			return RESOLVE_DONE;
		case RESOLVE_STOP_GO_ON:
			break;
		}
	}
	reply->outcome = RESOLVE_ABSENT;
	return RESOLVE_DONE;
}

/* The reply's text is set where it's needed only: it is long. */
static void
resolve_reply_clear(struct resolve_reply *reply)
{
	reply->text = NULL;
	reply->stale = false;
	reply->failsafe = false;
	reply->late = false;
	reply->why.text[0] = '\0';
}

static void
resolve_ticket_free(struct resolve *resolve, struct resolve_ticket *ticket)
{
	flight_leave(&ticket->waiter);
	TAILQ_REMOVE(&resolve->tickets, ticket, link);
	resolve->ntickets--;
	service_release(ticket->walk.service);
	free(ticket);
}

static void
resolve_finish(struct resolve_ticket *ticket, const struct resolve_reply *reply)
{
	resolve_done_fn *done = ticket->done;
	void *arg = ticket->arg;
	struct service *service = ticket->walk.service;

	service_count_waited(
	    ticket->walk.map, reply, clock_us() - ticket->begun_us);
	/* reply->text is the service's. */
	service_keep(service);
	resolve_ticket_free(ticket->resolve, ticket);
	done(reply, arg);
	service_release(service);
}

/* The flight that a ticket waited for has landed. */
static void
resolve_on_reply(struct table_waiter *waiter, const struct source_reply *source,
    uint64_t now)
{
	struct resolve_ticket *ticket = (struct resolve_ticket *)waiter;
	struct resolve_walk *walk = &ticket->walk;
	struct resolve_reply reply;
	struct table_answer answer;

	resolve_recall_seen(walk, &answer);
	answer.reply = *source;
	resolve_reply_clear(&reply);
	if (resolve_take_reply(walk, &answer, now, &reply)) {
		resolve_finish(ticket, &reply);
		return;
	}
	resolve_step_on(walk);
	if (resolve_go(walk, now, &reply, waiter) == RESOLVE_DONE)
		resolve_finish(ticket, &reply);
}

/* The rest of the walk without waiting. */
static void
resolve_on_deadline(struct resolve_ticket *ticket, uint64_t now)
{
	struct resolve_walk *walk = &ticket->walk;
	struct table_answer answer;
	struct resolve_reply reply;

	resolve_recall_seen(walk, &answer);
	resolve_reply_clear(&reply);
	flight_leave(&ticket->waiter);
	walk->hurry = "no answer before the deadline";
	reply.late = true;
	if (!resolve_doubt(
		walk, TABLE_WAIT, &answer, walk->hurry, now, &reply)) {
		resolve_step_on(walk);
		resolve_go(walk, now, &reply, &ticket->waiter);
	}
	resolve_finish(ticket, &reply);
}

/* A walk that must wait becomes a ticket: it moves into memory of its own,
 * keys included, and takes the waiter's place in the flight. */
static struct resolve_ticket *
resolve_ticket_new(struct resolve *resolve, const struct resolve_walk *walk,
    const struct address_keys *keys, uint64_t now)
{
	struct resolve_ticket *ticket, *after;
	unsigned i;

	ticket = mem_zalloc(sizeof(*ticket) + keys->used);
	ticket->resolve = resolve;
	ticket->walk = *walk;
	ticket->begun_us = clock_us();
	ticket->deadline = now + walk->service->conf->answer_deadline;
	ticket->waiter.done = resolve_on_reply;
	memcpy(ticket->text, keys->buf, keys->used);
	for (i = 0; i < keys->n; i++) {
		ticket->key[i] = keys->key[i];
		ticket->key[i].text =
		    ticket->text + (keys->key[i].text - keys->buf);
	}
	ticket->walk.key = ticket->key;
	service_keep(walk->service);
	/* A reload may have shortened the deadline. */
	TAILQ_FOREACH_REVERSE(after, &resolve->tickets, resolve_tickets, link)
	if (after->deadline <= ticket->deadline)
		break;
	if (after != NULL)
		TAILQ_INSERT_AFTER(&resolve->tickets, after, ticket, link);
	else
		TAILQ_INSERT_HEAD(&resolve->tickets, ticket, link);
	resolve->ntickets++;
	return ticket;
}

/* The keys that the walk comes to next, if the one it waits for is absent. */
static void
resolve_warm(const struct resolve_walk *walk, uint64_t now)
{
	unsigned i;

	for (i = walk->at_key + 1; i < walk->nkeys; i++)
		table_warm(resolve_table(walk), &walk->service->times,
		    walk->key[i].text, walk->key[i].len, now);
}

enum resolve_status
resolve_ask(struct resolve *resolve, struct service *service, struct map *map,
    const struct address_keys *keys, uint64_t now,
    struct resolve_listener *listener, struct resolve_reply *reply,
    struct resolve_ticket **out)
{
	struct resolve_walk walk = {.service = service,
	    .map = map,
	    .key = keys->key,
	    .nkeys = keys->n,
	    .listener = listener};
	struct table_waiter waiter = {0};
	struct resolve_ticket *ticket;

	/* Too many wait already: this one gets what is known at once. */
	if (resolve->ntickets >= RESOLVE_TICKETS_MAX)
		walk.hurry = "too many questions wait for an answer";
	resolve_reply_clear(reply);
	reply->late = walk.hurry != NULL;
	if (resolve_go(&walk, now, reply, &waiter) == RESOLVE_DONE) {
		service_count(map, reply);
		return RESOLVE_DONE;
	}
	ticket = resolve_ticket_new(resolve, &walk, keys, now);
	flight_move(&ticket->waiter, &waiter);
	resolve_warm(&ticket->walk, now);
	*out = ticket;
	return RESOLVE_WAIT;
}

void
resolve_wait(struct resolve_ticket *ticket, resolve_done_fn *done, void *arg)
{
	ticket->done = done;
	ticket->arg = arg;
}

void
resolve_cancel(struct resolve *resolve, struct resolve_ticket *ticket)
{
	resolve_ticket_free(resolve, ticket);
}

uint64_t
resolve_tick(struct resolve *resolve, uint64_t now)
{
	struct resolve_ticket *ticket;
	unsigned late = 0;

	while ((ticket = TAILQ_FIRST(&resolve->tickets)) != NULL) {
		if (ticket->deadline > now)
			return ticket->deadline;
		if (late++ == RESOLVE_LATE_MAX)
			return now;
		resolve_on_deadline(ticket, now);
	}
	return CLOCK_NEVER;
}
