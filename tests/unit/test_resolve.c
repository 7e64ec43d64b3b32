/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The walk of a question, told as stories in simulated time. */

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "scripted.h"

#define T0 1000000

static const char *const outcomes[] = {"answer", "dunno", "absent", "unsure"};

/* A question that had to wait. */
struct waited {
	struct resolve_ticket *ticket;
	bool done;
	struct resolve_reply reply;
	char said[300];
};

static char said[300];
static unsigned warnings;

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	if (level <= LOG_LEVEL_WARN)
		warnings++;
}

static void
say_reply(char *out, const struct resolve_reply *reply)
{
	snprintf(out, 300, "%s%s%s%s%s", outcomes[reply->outcome],
	    reply->text != NULL ? " " : "",
	    reply->text != NULL ? reply->text : "",
	    reply->stale ? " stale" : "", reply->failsafe ? " failsafe" : "");
}

static void
on_done(const struct resolve_reply *reply, void *arg)
{
	struct waited *waited = arg;

	assert_false(waited->done);
	waited->done = true;
	waited->ticket = NULL;
	waited->reply = *reply;
	say_reply(waited->said, reply);
}

static enum resolve_status
start(struct stage *stage, const char *address, uint64_t now,
    struct waited *waited)
{
	static struct address_keys keys;
	struct resolve_reply reply;
	enum resolve_status status;
	const char *why;

	memset(waited, 0, sizeof(*waited));
	assert_int_equal(address_keys(&keys, &stage->service.rules, address,
			     strlen(address), &why),
	    0);
	status = resolve_ask(stage->resolve, &stage->service, &stage->map,
	    &keys, now, NULL, NULL, &reply, &waited->ticket);
	if (status == RESOLVE_DONE) {
		waited->done = true;
		waited->reply = reply;
		say_reply(waited->said, &reply);
	} else
		resolve_wait(waited->ticket, on_done, waited);
	return status;
}

/* What is said at once. */
static const char *
ask(struct stage *stage, const char *address, uint64_t now)
{
	struct waited waited;

	assert_int_equal(start(stage, address, now, &waited), RESOLVE_DONE);
	strcpy(said, waited.said);
	return said;
}

static void
test_most_specific_key_decides(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "@example.com", SOURCE_PRESENT, 1);
	scripted_say(stage.source[0], "alice@example.com", SOURCE_PRESENT, 0);
	scripted_say(
	    stage.source[0], "bob@example.com", SOURCE_PRESENT, ANSWER_OFF);
	scripted_say(
	    stage.source[0], "carol@example.com", SOURCE_PRESENT, ANSWER_DUNNO);
	assert_string_equal(
	    ask(&stage, "Alice+tag@EXAMPLE.com", T0), "answer forceenc:");
	assert_string_equal(scripted_asked(stage.source[0]),
	    "alice+tag@example.com alice@example.com ");
	assert_string_equal(ask(&stage, "bob@example.com", T0), "absent");
	assert_string_equal(ask(&stage, "carol@example.com", T0), "dunno");
	assert_string_equal(
	    ask(&stage, "dave@example.com", T0), "answer lenient:");
	assert_string_equal(ask(&stage, "dave@example.org", T0), "absent");
	assert_int_equal(stage.map.counts.questions, 5);
	assert_int_equal(stage.map.counts.answered, 2);
	assert_int_equal(stage.map.counts.absent, 2);
	stage_fini(&stage);
}

static void
test_second_table_is_asked_after_absent_only(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 2);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	scripted_say(stage.source[1], "alice@x", SOURCE_PRESENT, 0);
	scripted_say(stage.source[1], "bob@x", SOURCE_PRESENT, 0);
	scripted_say(stage.source[0], "@x", SOURCE_PRESENT, 1);
	assert_string_equal(ask(&stage, "alice@x", T0), "answer lenient:");
	assert_string_equal(scripted_asked(stage.source[1]), "");
	/* All tables for a key before a less specific key. */
	assert_string_equal(ask(&stage, "bob@x", T0), "answer forceenc:");
	assert_string_equal(ask(&stage, "carol@x", T0), "answer lenient:");
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(ask(&stage, "dave@x", T0), "unsure");
	assert_string_equal(scripted_asked(stage.source[1]), "bob@x carol@x ");
	stage_fini(&stage);
}

static void
test_hits_come_from_the_cache(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	ask(&stage, "alice@x", T0);
	ask(&stage, "bob@x", T0);
	assert_string_equal(
	    scripted_asked(stage.source[0]), "alice@x bob@x @x ");
	ask(&stage, "ALICE@x", T0 + 4000);
	ask(&stage, "bob@x", T0 + 4000);
	/* The domain's fact serves its other senders too. */
	ask(&stage, "carol@x", T0 + 4000);
	assert_string_equal(scripted_asked(stage.source[0]), "carol@x ");
	/* Absent facts live shorter than present ones. */
	ask(&stage, "bob@x", T0 + 5200);
	ask(&stage, "alice@x", T0 + 5200);
	assert_string_equal(scripted_asked(stage.source[0]), "bob@x @x ");
	ask(&stage, "alice@x", T0 + 10200);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	stage_fini(&stage);
}

static void
test_a_noticed_change_is_asked_for(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	assert_string_equal(ask(&stage, "alice@x", T0), "absent");
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	/* The look is due every 50 ms. */
	assert_string_equal(ask(&stage, "alice@x", T0 + 49), "absent");
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 50), "answer forceenc:");
	/* Watched facts live long; blindness makes them stale at once. */
	scripted_asked(stage.source[0]);
	ask(&stage, "alice@x", T0 + 50 + 900000);
	assert_string_equal(scripted_asked(stage.source[0]), "");
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	ask(&stage, "alice@x", T0 + 100 + 900000);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	stage_fini(&stage);
}

static void
test_doubt_is_never_absence(void **state)
{
	struct stage stage;
	struct waited waited;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_broken(stage.source[0], "connection refused");
	assert_int_equal(start(&stage, "alice@x", T0, &waited), RESOLVE_DONE);
	assert_string_equal(waited.said, "unsure");
	assert_string_equal(
	    waited.reply.why.text, "scripted:: connection refused");
	/* Nor is it kept: the next question asks again. */
	scripted_set_broken(stage.source[0], NULL);
	assert_string_equal(ask(&stage, "alice@x", T0), "absent");
	stage_fini(&stage);
}

static void
test_doubt_at_a_less_specific_key(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "@x", SOURCE_UNSURE, 0);
	assert_string_equal(ask(&stage, "alice@x", T0), "unsure");
	stage_fini(&stage);
}

static void
test_stale_facts_bridge_a_failure(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	ask(&stage, "alice@x", T0);
	ask(&stage, "bob@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 30000), "answer forceenc: stale");
	assert_string_equal(ask(&stage, "bob@x", T0 + 30000), "absent stale");
	assert_string_equal(ask(&stage, "carol@x", T0 + 30000), "unsure");
	/* Bounded by stale_max. */
	assert_string_equal(ask(&stage, "alice@x", T0 + 60200), "unsure");
	assert_string_equal(ask(&stage, "bob@x", T0 + 60200), "unsure");
	assert_int_equal(stage.map.counts.stale, 2);
	assert_int_equal(stage.map.counts.unsure, 3);
	stage_fini(&stage);
}

/* Somebody may have switched the guarantee on in that change. */
static void
test_stale_absence_ends_with_a_known_change(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_say(stage.source[0], "off@x", SOURCE_PRESENT, ANSWER_OFF);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	ask(&stage, "alice@x", T0);
	ask(&stage, "bob@x", T0);
	ask(&stage, "off@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	assert_string_equal(ask(&stage, "bob@x", T0 + 100), "absent stale");
	assert_string_equal(ask(&stage, "off@x", T0 + 100), "absent stale");
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	assert_string_equal(ask(&stage, "bob@x", T0 + 200), "unsure");
	assert_string_equal(ask(&stage, "off@x", T0 + 200), "unsure");
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 200), "answer forceenc: stale");
	stage_fini(&stage);
}

static void
test_on_failure(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	ask(&stage, "alice@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	stage.conf_map.on_failure = CONF_ON_FAILURE_TEMPFAIL;
	assert_string_equal(ask(&stage, "alice@x", T0 + 20000), "unsure");
	stage.conf_map.on_failure = CONF_ON_FAILURE_ANSWER;
	stage.conf_map.on_failure_answer = 0;
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 20000), "answer forceenc: failsafe");
	assert_string_equal(
	    ask(&stage, "bob@x", T0 + 20000), "answer forceenc: failsafe");
	assert_int_equal(stage.map.counts.failsafe, 2);
	stage_fini(&stage);
}

static void
test_a_value_not_permitted_is_unsure_and_one_warning(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, ANSWER_BAD);
	stage.conf_map.on_failure = CONF_ON_FAILURE_ANSWER;
	warnings = 0;
	log_set_sink(on_log, NULL);
	assert_string_equal(ask(&stage, "alice@x", T0), "unsure");
	assert_string_equal(ask(&stage, "alice@x", T0), "unsure");
	assert_string_equal(ask(&stage, "alice@x", T0 + 20000), "unsure");
	assert_int_equal(warnings, 1);
	log_set_sink(NULL, NULL);
	stage_fini(&stage);
}

static void
test_one_flight_however_many_ask(void **state)
{
	struct waited waited[3];
	struct stage stage;
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    start(&stage, "alice@x", T0, &waited[i]), RESOLVE_WAIT);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	assert_int_equal(resolve_tickets(stage.resolve), 3);
	assert_int_equal(table_flights(stage.table[0]), 1);
	/* One of them no longer cares. */
	resolve_cancel(stage.resolve, waited[1].ticket);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_string_equal(waited[0].said, "answer forceenc:");
	assert_false(waited[1].done);
	assert_string_equal(waited[2].said, "answer forceenc:");
	assert_int_equal(resolve_tickets(stage.resolve), 0);
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 10), "answer forceenc:");
	stage_fini(&stage);
}

static void
test_a_waiting_question_walks_on(void **state)
{
	struct waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 2);
	scripted_say(stage.source[1], "@x", SOURCE_PRESENT, 1);
	scripted_set_waiting(stage.source[0], true);
	assert_int_equal(start(&stage, "alice+t@x", T0, &waited), RESOLVE_WAIT);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_true(scripted_answer(stage.source[0], 0, T0 + 20));
	assert_false(waited.done);
	assert_string_equal(
	    scripted_asked(stage.source[1]), "alice+t@x alice@x ");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 30));
	assert_string_equal(waited.said, "answer lenient:");
	assert_int_equal(stage.map.counts.questions, 1);
	stage_fini(&stage);
}

static void
test_a_deadline_is_kept(void **state)
{
	struct waited first, second;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_waiting(stage.source[0], true);
	start(&stage, "alice@x", T0, &first);
	start(&stage, "bob@x", T0 + 500, &second);
	assert_int_equal(
	    resolve_tick(stage.resolve, T0 + 1000), T0 + STAGE_DEADLINE);
	assert_int_equal(resolve_tick(stage.resolve, T0 + STAGE_DEADLINE),
	    T0 + 500 + STAGE_DEADLINE);
	assert_string_equal(first.said, "unsure");
	assert_false(second.done);
	/* The late answer is kept for the next question. */
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 2100));
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 2100), "answer forceenc:");
	assert_int_equal(resolve_tick(stage.resolve, T0 + 500 + STAGE_DEADLINE),
	    CLOCK_NEVER);
	assert_string_equal(second.said, "unsure");
	assert_int_equal(stage.map.counts.late, 2);
	stage_fini(&stage);
}

/* With a stale absence for one key the walk goes on to the next, which isn't
 * waited for any more. */
static void
test_at_the_deadline_stale_facts_serve(void **state)
{
	struct waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "@x", SOURCE_PRESENT, 0);
	ask(&stage, "alice@x", T0);
	scripted_set_waiting(stage.source[0], true);
	assert_int_equal(
	    start(&stage, "alice@x", T0 + 20000, &waited), RESOLVE_WAIT);
	resolve_tick(stage.resolve, T0 + 20000 + STAGE_DEADLINE);
	assert_string_equal(waited.said, "answer forceenc: stale");
	while (scripted_answer(stage.source[0], 0, T0 + 23000))
		;
	stage_fini(&stage);
}

static void
test_a_walk_takes_one_round_trip(void **state)
{
	struct waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	scripted_say(stage.source[0], "@x", SOURCE_PRESENT, 1);
	scripted_set_waiting(stage.source[0], true);
	start(&stage, "alice+t@x", T0, &waited);
	assert_string_equal(
	    scripted_asked(stage.source[0]), "alice+t@x alice@x @x ");
	/* They may come in any order. */
	assert_true(scripted_answer(stage.source[0], 2, T0 + 10));
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_false(waited.done);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_string_equal(waited.said, "answer lenient:");
	assert_string_equal(scripted_asked(stage.source[0]), "");
	stage_fini(&stage);
}

static void
test_a_busy_sender_never_waits(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	ask(&stage, "alice@x", T0);
	scripted_asked(stage.source[0]);
	scripted_set_waiting(stage.source[0], true);
	ask(&stage, "alice@x", T0 + 8800);
	assert_string_equal(scripted_asked(stage.source[0]), "");
	ask(&stage, "alice@x", T0 + 9200);
	ask(&stage, "alice@x", T0 + 9300);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 9400));
	assert_string_equal(
	    ask(&stage, "alice@x", T0 + 18000), "answer lenient:");
	assert_string_equal(scripted_asked(stage.source[0]), "");
	stage_fini(&stage);
}

/* An answer that was asked for before a change may be from before it. */
static void
test_a_change_during_a_flight(void **state)
{
	struct waited waited, other;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	scripted_set_waiting(stage.source[0], true);
	start(&stage, "alice@x", T0, &waited);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	start(&stage, "bob@x", T0 + 100, &other);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 110));
	assert_string_equal(waited.said, "answer forceenc:");
	scripted_asked(stage.source[0]);
	scripted_set_waiting(stage.source[0], false);
	ask(&stage, "alice@x", T0 + 120);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	while (scripted_answer(stage.source[0], 0, T0 + 200))
		;
	stage_fini(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_most_specific_key_decides),
	    cmocka_unit_test(test_second_table_is_asked_after_absent_only),
	    cmocka_unit_test(test_hits_come_from_the_cache),
	    cmocka_unit_test(test_a_noticed_change_is_asked_for),
	    cmocka_unit_test(test_doubt_is_never_absence),
	    cmocka_unit_test(test_doubt_at_a_less_specific_key),
	    cmocka_unit_test(test_stale_facts_bridge_a_failure),
	    cmocka_unit_test(test_stale_absence_ends_with_a_known_change),
	    cmocka_unit_test(test_on_failure),
	    cmocka_unit_test(
		test_a_value_not_permitted_is_unsure_and_one_warning),
	    cmocka_unit_test(test_one_flight_however_many_ask),
	    cmocka_unit_test(test_a_waiting_question_walks_on),
	    cmocka_unit_test(test_a_deadline_is_kept),
	    cmocka_unit_test(test_at_the_deadline_stale_facts_serve),
	    cmocka_unit_test(test_a_walk_takes_one_round_trip),
	    cmocka_unit_test(test_a_busy_sender_never_waits),
	    cmocka_unit_test(test_a_change_during_a_flight),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
