/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The walk of a question that must wait: flights, deadlines, changes. */

#include "story.h"

#include <stdio.h>

#include "forceenc/clock.h"

#define T0 1000000

static void
test_one_flight_however_many_ask(void **state)
{
	struct story_waited waited[3];
	struct stage stage;
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < 3; i++)
		assert_int_equal(story_start(&stage, "alice@x", T0, &waited[i]),
		    RESOLVE_WAIT);
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
	    story_ask(&stage, "alice@x", T0 + 10), "answer forceenc:");
	stage_fini(&stage);
}

static void
test_a_waiting_question_walks_on(void **state)
{
	struct story_waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 2);
	scripted_say(stage.source[1], "@x", SOURCE_PRESENT, 1);
	scripted_set_waiting(stage.source[0], true);
	assert_int_equal(
	    story_start(&stage, "alice+t@x", T0, &waited), RESOLVE_WAIT);
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

/* Where the walk comes to is somebody who may have had their tick already. */
static void
test_who_is_asked_by_an_answer_is_due(void **state)
{
	struct story_waited waited;
	struct stage stage;
	unsigned i;

	(void)state;
	stage_init(&stage, 2);
	for (i = 0; i < 2; i++)
		scripted_set_waiting(stage.source[i], true);
	story_start(&stage, "alice@x", T0, &waited);
	assert_true(source_is_due(scripted_source(stage.source[0])));
	assert_false(source_is_due(scripted_source(stage.source[1])));
	for (i = 0; i < 2; i++) {
		table_tick(stage.table[i], T0);
		assert_false(source_is_due(scripted_source(stage.source[i])));
	}
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_true(source_is_due(scripted_source(stage.source[1])));
	table_tick(stage.table[1], T0 + 10);
	assert_false(source_is_due(scripted_source(stage.source[1])));
	/* One that answers at once has nothing to do later. */
	resolve_cancel(stage.resolve, waited.ticket);
	for (i = 0; i < 2; i++)
		scripted_set_waiting(stage.source[i], false);
	table_tick(stage.table[0], T0 + 20);
	story_ask(&stage, "bob@x", T0 + 20);
	assert_false(source_is_due(scripted_source(stage.source[0])));
	stage_fini(&stage);
}

static void
test_a_deadline_is_kept(void **state)
{
	struct story_waited first, second;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_waiting(stage.source[0], true);
	story_start(&stage, "alice@x", T0, &first);
	story_start(&stage, "bob@x", T0 + 500, &second);
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
	    story_ask(&stage, "alice@x", T0 + 2100), "answer forceenc:");
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
	struct story_waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "@x", SOURCE_PRESENT, 0);
	story_ask(&stage, "alice@x", T0);
	scripted_set_waiting(stage.source[0], true);
	assert_int_equal(
	    story_start(&stage, "alice@x", T0 + 20000, &waited), RESOLVE_WAIT);
	resolve_tick(stage.resolve, T0 + 20000 + STAGE_DEADLINE);
	assert_string_equal(waited.said, "answer forceenc: stale");
	while (scripted_answer(stage.source[0], 0, T0 + 23000))
		;
	stage_fini(&stage);
}

static void
test_a_walk_takes_one_round_trip(void **state)
{
	struct story_waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	scripted_say(stage.source[0], "@x", SOURCE_PRESENT, 1);
	scripted_set_waiting(stage.source[0], true);
	story_start(&stage, "alice+t@x", T0, &waited);
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
	story_ask(&stage, "alice@x", T0);
	scripted_asked(stage.source[0]);
	scripted_set_waiting(stage.source[0], true);
	story_ask(&stage, "alice@x", T0 + 8800);
	assert_string_equal(scripted_asked(stage.source[0]), "");
	story_ask(&stage, "alice@x", T0 + 9200);
	story_ask(&stage, "alice@x", T0 + 9300);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 9400));
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 18000), "answer lenient:");
	assert_string_equal(scripted_asked(stage.source[0]), "");
	stage_fini(&stage);
}

/* What is asked for beforehand, and in vain, is as old as it was. */
static void
test_a_failure_keeps_no_fact_alive(void **state)
{
	struct story_waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	story_ask(&stage, "alice@x", T0);
	scripted_set_waiting(stage.source[0], true);
	scripted_set_broken(stage.source[0], "gone");
	scripted_asked(stage.source[0]);
	story_ask(&stage, "alice@x", T0 + 9200);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 9300));
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 9400), "answer lenient:");
	assert_string_equal(
	    scripted_asked(stage.source[0]), "alice@x alice@x ");
	/* One that is on its way is waited for, when it has to be. */
	assert_int_equal(
	    story_start(&stage, "alice@x", T0 + 10200, &waited), RESOLVE_WAIT);
	assert_string_equal(scripted_asked(stage.source[0]), "@x ");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10300));
	assert_string_equal(waited.said, "answer lenient: stale");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10300));
	stage_fini(&stage);
}

/* What is asked for beforehand is believed, whatever it is. */
static void
test_news_come_beforehand(void **state)
{
	struct story_waited waited;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	story_ask(&stage, "alice@x", T0);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_waiting(stage.source[0], true);
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 4700), "absent");
	assert_int_equal(scripted_waiting(stage.source[0]), 2);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 4710));
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 4720), "answer forceenc:");
	assert_true(scripted_answer(stage.source[0], 0, T0 + 4730));
	/* Not from before a change, though. */
	story_ask(&stage, "alice@x", T0 + 14100);
	assert_int_equal(scripted_waiting(stage.source[0]), 1);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	assert_int_equal(
	    story_start(&stage, "alice@x", T0 + 14200, &waited), RESOLVE_WAIT);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 14210));
	assert_false(waited.done);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 14220));
	assert_string_equal(waited.said, "answer forceenc:");
	stage_fini(&stage);
}

#define BUSY 5000

/* Who can wait leaves room for those who can't. */
static void
test_there_is_room_beside_what_is_asked_beforehand(void **state)
{
	struct story_waited waited;
	struct stage stage;
	char key[16];
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_remote(stage.source[0]);
	for (i = 0; i < BUSY; i++) {
		snprintf(key, sizeof(key), "u%u@x", i);
		story_ask(&stage, key, T0);
	}
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < BUSY; i++) {
		snprintf(key, sizeof(key), "u%u@x", i);
		assert_string_equal(
		    story_ask(&stage, key, T0 + 4700), "absent");
	}
	assert_true(table_flights(stage.table[0]) < BUSY / 2);
	assert_int_equal(table_counts(stage.table[0])->full, 0);
	assert_int_equal(
	    story_start(&stage, "alice@x", T0 + 4700, &waited), RESOLVE_WAIT);
	resolve_cancel(stage.resolve, waited.ticket);
	stage_fini(&stage);
}

/* An answer that was asked for before a change may be from before it. */
static void
test_a_change_during_a_flight(void **state)
{
	struct story_waited waited, other;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	scripted_set_waiting(stage.source[0], true);
	story_start(&stage, "alice@x", T0, &waited);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	story_start(&stage, "bob@x", T0 + 100, &other);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 110));
	assert_string_equal(waited.said, "answer forceenc:");
	scripted_asked(stage.source[0]);
	scripted_set_waiting(stage.source[0], false);
	story_ask(&stage, "alice@x", T0 + 120);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	while (scripted_answer(stage.source[0], 0, T0 + 200))
		;
	stage_fini(&stage);
}

/* Who asks after a change must hear what is true after it. */
static void
test_a_change_is_not_answered_from_before(void **state)
{
	struct story_waited before, after;
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	scripted_set_waiting(stage.source[0], true);
	story_start(&stage, "alice@x", T0, &before);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	story_start(&stage, "alice@x", T0 + 100, &after);
	assert_string_equal(
	    scripted_asked(stage.source[0]), "alice@x alice@x ");
	/* The one from after the change comes first. */
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	assert_true(scripted_answer(stage.source[0], 1, T0 + 110));
	assert_string_equal(after.said, "answer forceenc:");
	assert_false(before.done);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 120));
	assert_string_equal(before.said, "answer lenient:");
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 130), "answer forceenc:");
	assert_int_equal(table_flights(stage.table[0]), 0);
	stage_fini(&stage);
}

/* The most that may happen in one turn of the loop happens in it, and the
 * rest in the next ones. */
#define CROWD 1300

static unsigned
crowd_done(const struct story_waited *waited, const char *said)
{
	unsigned i, n = 0;

	for (i = 0; i < CROWD; i++) {
		n += waited[i].done;
		if (waited[i].done)
			assert_string_equal(waited[i].said, said);
	}
	return n;
}

static void
test_a_crowd_at_its_deadline(void **state)
{
	static struct story_waited waited[CROWD];
	struct stage stage;
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < CROWD; i++)
		story_start(&stage, "alice@x", T0, &waited[i]);
	assert_int_equal(resolve_tick(stage.resolve, T0 + STAGE_DEADLINE),
	    T0 + STAGE_DEADLINE);
	assert_int_equal(crowd_done(waited, "unsure"), RESOLVE_LATE_MAX);
	resolve_tick(stage.resolve, T0 + STAGE_DEADLINE);
	assert_int_equal(crowd_done(waited, "unsure"), 2 * RESOLVE_LATE_MAX);
	assert_int_equal(
	    resolve_tick(stage.resolve, T0 + STAGE_DEADLINE), CLOCK_NEVER);
	assert_int_equal(crowd_done(waited, "unsure"), CROWD);
	stage_fini(&stage);
}

static void
test_a_crowd_waits_for_one_key(void **state)
{
	static struct story_waited waited[CROWD];
	struct stage stage;
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < CROWD; i++)
		story_start(&stage, "alice@x", T0, &waited[i]);
	assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_int_equal(table_flights(stage.table[0]), 0);
	assert_int_equal(
	    crowd_done(waited, "answer forceenc:"), FLIGHT_TOLD_MAX);
	/* Who comes now knows at once; who goes isn't told. */
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 10), "answer forceenc:");
	resolve_cancel(stage.resolve, waited[CROWD - 1].ticket);
	assert_int_equal(table_tick(stage.table[0], T0 + 10), T0 + 10);
	assert_int_equal(
	    crowd_done(waited, "answer forceenc:"), 2 * FLIGHT_TOLD_MAX);
	assert_int_equal(table_tick(stage.table[0], T0 + 10), CLOCK_NEVER);
	assert_int_equal(crowd_done(waited, "answer forceenc:"), CROWD - 1);
	assert_int_equal(resolve_tickets(stage.resolve), 0);
	stage_fini(&stage);
}

static void
test_a_table_goes_down_under_a_crowd(void **state)
{
	static struct story_waited waited[CROWD];
	struct stage stage;
	char key[16];
	unsigned i;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_waiting(stage.source[0], true);
	for (i = 0; i < CROWD; i++) {
		snprintf(key, sizeof(key), "u%u@x", i);
		story_start(&stage, key, T0, &waited[i]);
	}
	scripted_set_broken(stage.source[0], "gone");
	for (i = 0; i < CROWD; i++)
		assert_true(scripted_answer(stage.source[0], 0, T0 + 10));
	assert_int_equal(crowd_done(waited, "unsure"), FLIGHT_TOLD_MAX);
	/* What has its deadline meanwhile isn't told twice. */
	resolve_tick(stage.resolve, T0 + STAGE_DEADLINE);
	assert_int_equal(
	    crowd_done(waited, "unsure"), FLIGHT_TOLD_MAX + RESOLVE_LATE_MAX);
	assert_int_equal(
	    table_tick(stage.table[0], T0 + STAGE_DEADLINE), CLOCK_NEVER);
	assert_int_equal(crowd_done(waited, "unsure"), CROWD);
	stage_fini(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_flight_however_many_ask),
	    cmocka_unit_test(test_a_waiting_question_walks_on),
	    cmocka_unit_test(test_who_is_asked_by_an_answer_is_due),
	    cmocka_unit_test(test_a_deadline_is_kept),
	    cmocka_unit_test(test_a_crowd_at_its_deadline),
	    cmocka_unit_test(test_a_crowd_waits_for_one_key),
	    cmocka_unit_test(test_a_table_goes_down_under_a_crowd),
	    cmocka_unit_test(test_at_the_deadline_stale_facts_serve),
	    cmocka_unit_test(test_a_walk_takes_one_round_trip),
	    cmocka_unit_test(test_a_busy_sender_never_waits),
	    cmocka_unit_test(test_a_failure_keeps_no_fact_alive),
	    cmocka_unit_test(test_news_come_beforehand),
	    cmocka_unit_test(
		test_there_is_room_beside_what_is_asked_beforehand),
	    cmocka_unit_test(test_a_change_during_a_flight),
	    cmocka_unit_test(test_a_change_is_not_answered_from_before),
	};

	return cmocka_run_group_tests_name("resolve_wait", tests, NULL, NULL);
}
