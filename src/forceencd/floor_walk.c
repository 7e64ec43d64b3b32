/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * The walk of a question for a destination's policy.
 *
 * smtp(8) asks with the next hop: "example.com", "[host]:port". Where a table
 * has nothing for a domain, it asks for its parents, and if none of them has
 * anything, main.cf decides. Nothing of that is left to it here: the walk asks
 * the upstream map for all these keys, in Postfix's order, and ends with a
 * policy in any case.
 *
 *     mx.example.com   .example.com   .com   -> encrypt
 *
 * Each step is a fact: this key has that policy upstream, or none. A policy is
 * raised to the floor before it becomes a fact, so what is remembered may
 * leave. A fact that is older than upstream_ttl is asked for again; many who
 * wait for the same key wait for the same fact.
 *
 * An upstream map that can't be asked, or not in time, puts the step in doubt.
 * Then the last fact serves, if on_failure says "stale" and it isn't too old:
 * it's at least the floor. Otherwise the answer is unsure, and mail waits. The
 * same holds for what is no policy, but no older fact helps there, since the
 * map was asked, and somebody must correct it.
 */

#include "forceencd/floor_walk.h"

#include "forceenc/log.h"
#include "forceenc/must.h"
#include "forceenc/text.h"
#include "forceenc/tls_policy.h"

/* Policies that are none are warned of this often (ms). */
#define FLOOR_WALK_QUIET 10000

static void
floor_walk_tell(const struct floor_walk *walk, const char *cached, uint64_t age,
    const char *said, const char *why)
{
	const struct answerer_step step = {
	    .key = walk->key,
	    .len = walk->len,
	    .level = walk->first ? "destination" : "parent domain",
	    .from = walk->map->upstream->name,
	    .cached = cached,
	    .age = age,
	    .said = said,
	    .why = why,
	};

	if (walk->step != NULL)
		walk->step(&step, walk->step_arg);
}

static void
floor_walk_answer(const struct floor_walk *walk, const char *policy,
    struct resolve_reply *reply)
{
	struct buf *text = &walk->map->text;

	buf_clear(text);
	buf_add_text(text, policy);
	reply->outcome = RESOLVE_ANSWER;
	reply->text = buf_text(text);
	reply->stale = walk->stale;
}

void
floor_walk_answer_none(
    const struct floor_walk *walk, struct resolve_reply *reply)
{
	floor_walk_answer(walk, "encrypt", reply);
}

static const char *
floor_walk_said(const struct floor_fact *fact)
{
	return fact->policy != NULL ? fact->policy : "absent";
}

static enum floor_walk_stop
floor_walk_take_fact(const struct floor_walk *walk,
    const struct floor_fact *fact, struct resolve_reply *reply)
{
	if (fact->policy == NULL)
		return FLOOR_WALK_ON;
	walk->map->raised += fact->raised;
	floor_walk_answer(walk, fact->policy, reply);
	return FLOOR_WALK_END;
}

enum floor_walk_stop
floor_walk_doubt(struct floor_walk *walk, const struct floor_fact *fact,
    const char *why, uint64_t now, struct resolve_reply *reply)
{
	uint64_t age = fact != NULL && fact->known ? now - fact->learned_at : 0;

	if (fact != NULL && fact->known && age < walk->stale_max &&
	    walk->map->conf->on_failure == CONF_ON_FAILURE_STALE) {
		walk->stale = true;
		floor_walk_tell(walk, "stale", age, floor_walk_said(fact), why);
		return floor_walk_take_fact(walk, fact, reply);
	}
	floor_walk_tell(walk, "none", 0, "unsure", why);
	reply->outcome = RESOLVE_UNSURE;
	err_set(&reply->why, "%s: %s", walk->map->upstream->name, why);
	return FLOOR_WALK_END;
}

static void
floor_walk_warn(struct floor_map *map, const struct floor_fact *fact,
    const char *why, uint64_t now)
{
	if (map->warned_at != 0 && now - map->warned_at < FLOOR_WALK_QUIET)
		return;
	map->warned_at = now;
	log_warn("%s: %s: not a policy: %s; mail to this destination waits "
		 "until it's corrected",
	    map->upstream->name, text_show(fact->key, fact->len), why);
}

void
floor_walk_learn(struct floor_map *map, struct floor_fact *fact,
    const struct source_reply *reply, uint64_t now, struct floor_said *said)
{
	const enum tls_policy_dane dane =
	    map->conf->floor.dane == CONF_FLOOR_DANE_ONLY
	    ? TLS_POLICY_DANE_ONLY
	    : TLS_POLICY_DANE_ENCRYPT;
	struct buf policy = {0};
	bool raised = false;

	said->bad = false;
	said->learned = reply->kind != SOURCE_UNSURE;
	if (reply->kind == SOURCE_UNSURE) {
		said->why = reply->why;
	} else if (reply->kind == SOURCE_ABSENT) {
		floor_facts_learn(map->facts, fact, NULL, 0, false, now);
	} else if (tls_policy_raise(&policy, reply->value, reply->value_len,
		       dane, &raised, &said->why) == 0) {
		floor_facts_learn(
		    map->facts, fact, policy.data, policy.len, raised, now);
	} else {
		said->learned = false;
		said->bad = true;
		floor_walk_warn(map, fact, said->why.text, now);
		err_prefix(&said->why, "not a policy");
	}
	buf_fini(&policy);
}

enum floor_walk_stop
floor_walk_take(struct floor_walk *walk, const struct floor_fact *fact,
    const struct floor_said *said, uint64_t now, struct resolve_reply *reply)
{
	if (!said->learned)
		return floor_walk_doubt(
		    walk, said->bad ? NULL : fact, said->why.text, now, reply);
	floor_walk_tell(walk, "none", 0, floor_walk_said(fact), NULL);
	return floor_walk_take_fact(walk, fact, reply);
}

static enum floor_walk_stop
floor_walk_ask(struct floor_walk *walk, struct floor_fact *fact, uint64_t now,
    struct resolve_reply *reply)
{
	struct floor_map *map = walk->map;
	struct source_reply said;

	if (walk->hurry != NULL)
		return floor_walk_doubt(walk, fact, walk->hurry, now, reply);
	if (!fact->asked) {
		fact->owner = map->owner;
		fact->ask.done = map->on_reply;
		if (source_ask(map->upstream, &fact->ask, now, &said) ==
		    SOURCE_DONE) {
			/* What it says takes time; that it can't, doesn't. */
			MUST(said.kind == SOURCE_UNSURE);
			return floor_walk_doubt(
			    walk, fact, said.why.text, now, reply);
		}
		fact->asked = true;
		map->asking++;
	}
	return FLOOR_WALK_WAIT;
}

/* The key at which the walk stands. */
static enum floor_walk_stop
floor_walk_one(struct floor_walk *walk, uint64_t now,
    struct resolve_reply *reply, struct floor_fact **wanted)
{
	struct floor_map *map = walk->map;
	struct floor_fact *fact =
	    floor_facts_get(map->facts, walk->key, walk->len);
	uint64_t age = now - fact->learned_at;

	if (fact->known && age < map->conf->floor.upstream_ttl) {
		floor_walk_tell(
		    walk, "fresh", age, floor_walk_said(fact), NULL);
		return floor_walk_take_fact(walk, fact, reply);
	}
	*wanted = fact;
	return floor_walk_ask(walk, fact, now, reply);
}

enum floor_walk_stop
floor_walk_go(struct floor_walk *walk, uint64_t now,
    struct resolve_reply *reply, struct floor_fact **wanted)
{
	enum floor_walk_stop stop = floor_walk_one(walk, now, reply, wanted);

	return stop == FLOOR_WALK_ON
	    ? floor_walk_go_on(walk, now, reply, wanted)
	    : stop;
}

enum floor_walk_stop
floor_walk_go_on(struct floor_walk *walk, uint64_t now,
    struct resolve_reply *reply, struct floor_fact **wanted)
{
	enum floor_walk_stop stop = FLOOR_WALK_ON;

	walk->first = false;
	while (stop == FLOOR_WALK_ON) {
		if (!tls_policy_parent(&walk->key, &walk->len)) {
			floor_walk_answer_none(walk, reply);
			return FLOOR_WALK_END;
		}
		stop = floor_walk_one(walk, now, reply, wanted);
	}
	return stop;
}
