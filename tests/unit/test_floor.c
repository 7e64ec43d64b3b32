/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The floor in front of an upstream map, in simulated time. */

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceencd/floor.h"

#define T0         1000000
#define TTL        60000
#define TIME_LIMIT 10000
#define STALE_MAX  600000

/* An upstream map whose questions wait until the test answers them. */
struct upstream {
	struct source base;
	struct source_asks waiting;
	const char *down; /* why it can't be asked, or NULL */
	unsigned asked;
};

struct stand {
	struct upstream upstream;
	struct conf conf;
	struct conf_map map;
	struct answerer *floor;
	struct answerer_ticket *ticket;
	bool late;
	char said[200]; /* "" while it's waited for */
};

/* What is no policy is warned of. */
static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	assert_true(level >= LOG_LEVEL_WARN);
}

static enum source_status
upstream_ask(struct source *base, struct source_ask *ask, uint64_t now,
    struct source_reply *reply)
{
	struct upstream *upstream = (struct upstream *)base;

	(void)now;
	upstream->asked++;
	if (upstream->down != NULL) {
		err_set(&reply->why, "%s", upstream->down);
		return SOURCE_DONE;
	}
	TAILQ_INSERT_TAIL(&upstream->waiting, ask, link);
	return SOURCE_WAIT;
}

static void
upstream_cancel(struct source *base, struct source_ask *ask)
{
	TAILQ_REMOVE(&((struct upstream *)base)->waiting, ask, link);
}

static uint64_t
upstream_tick(struct source *base, uint64_t now)
{
	(void)base;
	(void)now;
	return CLOCK_NEVER;
}

static void
upstream_free(struct source *base)
{
	assert_true(TAILQ_EMPTY(&((struct upstream *)base)->waiting));
}

static const struct source_ops upstream_ops = {
    .remote = true,
    .ask = upstream_ask,
    .cancel = upstream_cancel,
    .tick = upstream_tick,
    .free = upstream_free,
};

/* The question that waits longest is key's, and gets this reply: NULL for
 * absent, "!..." for unsure. */
static void
upstream_says(
    struct stand *stand, const char *key, const char *said, uint64_t now)
{
	struct source_ask *ask = TAILQ_FIRST(&stand->upstream.waiting);
	struct source_reply reply = {.kind = SOURCE_PRESENT};

	assert_non_null(ask);
	assert_int_equal(ask->len, strlen(key));
	assert_memory_equal(ask->key, key, ask->len);
	TAILQ_REMOVE(&stand->upstream.waiting, ask, link);
	if (said == NULL) {
		reply.kind = SOURCE_ABSENT;
	} else if (*said == '!') {
		reply.kind = SOURCE_UNSURE;
		err_set(&reply.why, "%s", said + 1);
	} else {
		reply.value = said;
		reply.value_len = strlen(said);
	}
	ask->done(ask, &reply, now);
}

static void
stand_init(struct stand *stand, bool has_upstream)
{
	memset(stand, 0, sizeof(*stand));
	stand->upstream.base.ops = &upstream_ops;
	stand->upstream.base.name = "upstream";
	TAILQ_INIT(&stand->upstream.waiting);
	stand->conf.stale_max = STALE_MAX;
	stand->map.kind = CONF_MAP_FLOOR;
	stand->map.on_failure = CONF_ON_FAILURE_STALE;
	stand->map.floor.upstream_ttl = TTL;
	stand->map.floor.upstream_time_limit = TIME_LIMIT;
	stand->floor = floor_new_with(
	    &stand->map, has_upstream ? &stand->upstream.base : NULL);
}

static void
stand_fini(struct stand *stand)
{
	answerer_free(stand->floor);
}

static void
stand_say(struct stand *stand, const struct resolve_reply *reply)
{
	assert_true(reply->outcome == RESOLVE_ANSWER ||
	    reply->outcome == RESOLVE_UNSURE);
	stand->late = reply->late;
	if (reply->outcome == RESOLVE_UNSURE)
		snprintf(stand->said, sizeof(stand->said), "unsure %.150s",
		    reply->why.text);
	else
		snprintf(stand->said, sizeof(stand->said), "%.150s%s",
		    reply->text, reply->stale ? " (stale)" : "");
}

static void
stand_on_answer(const struct resolve_reply *reply, void *arg)
{
	struct stand *stand = arg;

	stand->ticket = NULL;
	stand_say(stand, reply);
}

static const char *
stand_ask(struct stand *stand, const char *key, uint64_t now)
{
	const struct answerer_question question = {
	    .key = key, .len = strlen(key), .conf = &stand->conf};
	struct resolve_reply reply;

	stand->said[0] = '\0';
	if (answerer_ask(stand->floor, &question, now, &reply,
		&stand->ticket) == RESOLVE_DONE)
		stand_say(stand, &reply);
	else
		answerer_wait(stand->ticket, stand_on_answer, stand);
	return stand->said;
}

struct answer_row {
	const char *said;
	const char *answer;
};

static const struct answer_row answer_rows[] = {
    {"none", "encrypt"},
    {"may", "encrypt"},
    {"encrypt", "encrypt"},
    {"dane", "dane-only"},
    {"dane-only", "dane-only"},
    {"fingerprint match=aa", "fingerprint match=aa"},
    {"verify", "verify"},
    {"secure match=a ciphers=null", "secure match=a"},
    {NULL, "encrypt"},
    {"!it says TEMP: later", "unsure upstream: it says TEMP: later"},
    {"roof", "unsure upstream: not a policy: \"roof\" is no level of TLS"},
    {"encrypt x=y", "unsure upstream: not a policy: \"x\" is no attribute"},
};

static void
each_answer_is_safe(void **state)
{
	struct stand stand;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answer_rows) / sizeof(answer_rows[0]); i++) {
		stand_init(&stand, true);
		assert_string_equal(stand_ask(&stand, "[host]:25", T0), "");
		upstream_says(&stand, "[host]:25", answer_rows[i].said, T0);
		assert_string_equal(stand.said, answer_rows[i].answer);
		stand_fini(&stand);
	}
}

static void
without_an_upstream_all_is_encrypt(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, false);
	assert_string_equal(stand_ask(&stand, "a.example", T0), "encrypt");
	assert_string_equal(stand_ask(&stand, "", T0), "encrypt");
	assert_true(answerer_tick(stand.floor, T0) == CLOCK_NEVER);
	stand_fini(&stand);
}

static void
parents_are_asked_until_one_says_something(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, true);
	stand_ask(&stand, "mx.a.example", T0);
	upstream_says(&stand, "mx.a.example", NULL, T0);
	upstream_says(&stand, ".a.example", "secure", T0);
	assert_string_equal(stand.said, "secure");
	/* The parent's fact serves others. */
	stand_ask(&stand, "mail.a.example", T0);
	upstream_says(&stand, "mail.a.example", NULL, T0);
	assert_string_equal(stand.said, "secure");
	stand_ask(&stand, "b.example", T0);
	upstream_says(&stand, "b.example", NULL, T0);
	upstream_says(&stand, ".example", NULL, T0);
	assert_string_equal(stand.said, "encrypt");
	assert_int_equal(stand.upstream.asked, 5);
	/* Doubt in between is doubt. */
	stand_ask(&stand, "mx.c.example", T0);
	upstream_says(&stand, "mx.c.example", NULL, T0);
	upstream_says(&stand, ".c.example", "!gone", T0);
	assert_string_equal(stand.said, "unsure upstream: gone");
	stand_fini(&stand);
}

static void
policies_are_believed_for_their_time(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, true);
	stand_ask(&stand, "[a]", T0);
	upstream_says(&stand, "[a]", "may", T0);
	assert_string_equal(stand_ask(&stand, "[a]", T0 + TTL - 1), "encrypt");
	assert_int_equal(stand.upstream.asked, 1);
	assert_int_equal(*stand.floor->raised, 2);
	assert_string_equal(stand_ask(&stand, "[a]", T0 + TTL), "");
	upstream_says(&stand, "[a]", "verify", T0 + TTL);
	assert_string_equal(stand.said, "verify");
	assert_int_equal(*stand.floor->raised, 2);
	stand_fini(&stand);
}

static void
the_last_policy_serves_in_doubt(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, true);
	stand_ask(&stand, "[a]", T0);
	upstream_says(&stand, "[a]", "secure", T0);
	stand.upstream.down = "down";
	assert_string_equal(
	    stand_ask(&stand, "[a]", T0 + TTL), "secure (stale)");
	assert_int_equal(*stand.floor->facts, 1);
	assert_string_equal(
	    stand_ask(&stand, "[b]", T0 + TTL), "unsure upstream: down");
	assert_string_equal(
	    stand_ask(&stand, "[a]", T0 + STALE_MAX), "unsure upstream: down");
	stand.map.on_failure = CONF_ON_FAILURE_TEMPFAIL;
	assert_string_equal(
	    stand_ask(&stand, "[a]", T0 + TTL), "unsure upstream: down");
	/* What was said, and is no policy, isn't bridged. */
	stand.map.on_failure = CONF_ON_FAILURE_STALE;
	stand.upstream.down = NULL;
	stand_ask(&stand, "[a]", T0 + TTL);
	upstream_says(&stand, "[a]", "secure secure", T0 + TTL);
	assert_memory_equal(stand.said, "unsure upstream: not a policy", 29);
	stand_fini(&stand);
}

static void
nobody_waits_longer_than_the_limit(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, true);
	stand_ask(&stand, "[a]", T0);
	assert_int_equal(stand.floor->waiting, 1);
	assert_true(answerer_tick(stand.floor, T0) == T0 + TIME_LIMIT);
	answerer_tick(stand.floor, T0 + TIME_LIMIT - 1);
	assert_string_equal(stand.said, "");
	assert_true(answerer_tick(stand.floor, T0 + TIME_LIMIT) == CLOCK_NEVER);
	assert_string_equal(stand.said, "unsure upstream: no answer in time");
	assert_true(stand.late);
	assert_int_equal(stand.floor->waiting, 0);
	/* What comes later is kept. */
	upstream_says(&stand, "[a]", "verify", T0 + TIME_LIMIT + 1);
	assert_string_equal(
	    stand_ask(&stand, "[a]", T0 + TIME_LIMIT + 2), "verify");
	/* A limit in the midst of the parents. */
	stand_ask(&stand, "a.example", T0);
	upstream_says(&stand, "a.example", NULL, T0 + 9000);
	answerer_tick(stand.floor, T0 + TIME_LIMIT);
	assert_string_equal(stand.said, "unsure upstream: no answer in time");
	stand_fini(&stand);
}

static void
one_question_for_all_who_wait(void **state)
{
	struct stand stand;
	struct stand other;
	const struct answerer_question question = {
	    .key = "[a]", .len = 3, .conf = &stand.conf};
	struct answerer_ticket *gone;
	struct resolve_reply reply;

	(void)state;
	stand_init(&stand, true);
	memset(&other, 0, sizeof(other));
	stand_ask(&stand, "[a]", T0);
	assert_int_equal(
	    answerer_ask(stand.floor, &question, T0, &reply, &gone),
	    RESOLVE_WAIT);
	assert_int_equal(
	    answerer_ask(stand.floor, &question, T0, &reply, &other.ticket),
	    RESOLVE_WAIT);
	answerer_wait(other.ticket, stand_on_answer, &other);
	answerer_cancel(gone);
	assert_int_equal(stand.upstream.asked, 1);
	upstream_says(&stand, "[a]", "verify", T0);
	assert_string_equal(stand.said, "verify");
	assert_string_equal(other.said, "verify");
	stand_fini(&stand);
}

/* Somebody who asks for the same again as soon as there is an answer. */
static void
stand_on_answer_ask(const struct resolve_reply *reply, void *arg)
{
	struct stand *stand = arg;

	stand_on_answer(reply, stand);
	stand_ask(stand, "[a]", T0);
}

static void
an_answer_may_bring_a_question(void **state)
{
	struct stand stand;

	(void)state;
	stand_init(&stand, true);
	stand.map.floor.upstream_ttl = 0;
	stand_ask(&stand, "[a]", T0);
	answerer_wait(stand.ticket, stand_on_answer_ask, &stand);
	upstream_says(&stand, "[a]", "verify", T0);
	assert_string_equal(stand.said, "");
	assert_int_equal(stand.upstream.asked, 2);
	upstream_says(&stand, "[a]", "secure", T0);
	assert_string_equal(stand.said, "secure");
	stand_fini(&stand);
}

static void
keys_that_are_none_are_not_asked(void **state)
{
	struct stand stand;
	char key[FLOOR_KEY_MAX + 2];

	(void)state;
	stand_init(&stand, true);
	memset(key, 'x', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_memory_equal(stand_ask(&stand, key, T0), "unsure", 6);
	assert_memory_equal(stand_ask(&stand, "", T0), "unsure", 6);
	assert_int_equal(stand.upstream.asked, 0);
	stand_fini(&stand);
}

static void
what_is_known_stays_within_bounds(void **state)
{
	struct stand stand;
	char key[20];
	unsigned i;

	(void)state;
	stand_init(&stand, true);
	stand.upstream.down = "down";
	for (i = 0; i < 2 * FLOOR_TICKETS_MAX; i++) {
		snprintf(key, sizeof(key), "[%u]", i);
		assert_memory_equal(stand_ask(&stand, key, T0), "unsure", 6);
	}
	stand.upstream.down = NULL;
	for (i = 0; i < 25000; i++) {
		snprintf(key, sizeof(key), "<%u>", i);
		stand_ask(&stand, key, T0);
		upstream_says(&stand, key, "verify", T0);
	}
	stand.upstream.asked = 0;
	assert_string_equal(stand_ask(&stand, "<24999>", T0), "verify");
	assert_string_equal(stand_ask(&stand, "<10000>", T0), "verify");
	assert_int_equal(stand.upstream.asked, 0);
	assert_string_equal(stand_ask(&stand, "<1>", T0), "");
	upstream_says(&stand, "<1>", "verify", T0);
	stand_fini(&stand);
}

/* A flood, and one that hangs up and comes again. */
static void
questions_on_their_way_stay_within_bounds(void **state)
{
	static struct stand waits[FLOOR_TICKETS_MAX];
	struct stand stand;
	char key[20];
	unsigned i;

	(void)state;
	stand_init(&stand, true);
	for (i = 0; i < FLOOR_TICKETS_MAX; i++) {
		snprintf(key, sizeof(key), "[%u]", i);
		waits[i] = (struct stand){.floor = stand.floor};
		assert_string_equal(stand_ask(&waits[i], key, T0), "");
	}
	for (i = 0; i < FLOOR_TICKETS_MAX; i++) {
		snprintf(key, sizeof(key), "<%u>", i);
		assert_memory_equal(stand_ask(&stand, key, T0), "unsure", 6);
		assert_true(stand.late);
	}
	assert_int_equal(stand.upstream.asked, FLOOR_TICKETS_MAX);
	for (i = 0; i < FLOOR_TICKETS_MAX; i++)
		answerer_cancel(waits[i].ticket);
	assert_memory_equal(stand_ask(&stand, "<1>", T0), "unsure", 6);
	assert_int_equal(stand.upstream.asked, FLOOR_TICKETS_MAX);
	upstream_says(&stand, "[0]", "verify", T0);
	assert_string_equal(stand_ask(&stand, "<1>", T0), "");
	answerer_cancel(stand.ticket);
	stand_fini(&stand);
}

static void
only_what_is_safe_may_leave(void **state)
{
	struct stand stand;
	struct err err;

	(void)state;
	stand_init(&stand, false);
	assert_int_equal(answerer_check(stand.floor, "secure", 6, &err), 0);
	assert_int_equal(answerer_check(stand.floor, "may", 3, &err), -1);
	assert_int_equal(answerer_check(stand.floor, "dane", 4, &err), -1);
	assert_int_equal(answerer_check(stand.floor, "", 0, &err), -1);
	stand_fini(&stand);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_answer_is_safe),
	    cmocka_unit_test(without_an_upstream_all_is_encrypt),
	    cmocka_unit_test(parents_are_asked_until_one_says_something),
	    cmocka_unit_test(policies_are_believed_for_their_time),
	    cmocka_unit_test(the_last_policy_serves_in_doubt),
	    cmocka_unit_test(nobody_waits_longer_than_the_limit),
	    cmocka_unit_test(one_question_for_all_who_wait),
	    cmocka_unit_test(an_answer_may_bring_a_question),
	    cmocka_unit_test(keys_that_are_none_are_not_asked),
	    cmocka_unit_test(what_is_known_stays_within_bounds),
	    cmocka_unit_test(questions_on_their_way_stay_within_bounds),
	    cmocka_unit_test(only_what_is_safe_may_leave),
	};

	log_set_sink(on_log, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
