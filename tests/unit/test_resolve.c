/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The walk of a question, told as stories in simulated time: what decides. */

#include "story.h"

#include "forceenc/log.h"

#define T0 1000000

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
	    story_ask(&stage, "Alice+tag@EXAMPLE.com", T0), "answer forceenc:");
	assert_string_equal(scripted_asked(stage.source[0]),
	    "alice+tag@example.com alice@example.com ");
	assert_string_equal(story_ask(&stage, "bob@example.com", T0), "absent");
	assert_string_equal(
	    story_ask(&stage, "carol@example.com", T0), "dunno");
	assert_string_equal(
	    story_ask(&stage, "dave@example.com", T0), "answer lenient:");
	assert_string_equal(
	    story_ask(&stage, "dave@example.org", T0), "absent");
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
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0), "answer lenient:");
	assert_string_equal(scripted_asked(stage.source[1]), "");
	/* All tables for a key before a less specific key. */
	assert_string_equal(story_ask(&stage, "bob@x", T0), "answer forceenc:");
	assert_string_equal(
	    story_ask(&stage, "carol@x", T0), "answer lenient:");
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(story_ask(&stage, "dave@x", T0), "unsure");
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
	story_ask(&stage, "alice@x", T0);
	story_ask(&stage, "bob@x", T0);
	assert_string_equal(
	    scripted_asked(stage.source[0]), "alice@x bob@x @x ");
	story_ask(&stage, "ALICE@x", T0 + 4000);
	story_ask(&stage, "bob@x", T0 + 4000);
	/* The domain's fact serves its other senders too. */
	story_ask(&stage, "carol@x", T0 + 4000);
	assert_string_equal(scripted_asked(stage.source[0]), "carol@x ");
	/* Absent facts live shorter than present ones. */
	story_ask(&stage, "bob@x", T0 + 5200);
	story_ask(&stage, "alice@x", T0 + 5200);
	assert_string_equal(scripted_asked(stage.source[0]), "bob@x @x ");
	story_ask(&stage, "alice@x", T0 + 10200);
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
	assert_string_equal(story_ask(&stage, "alice@x", T0), "absent");
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	/* The look is due every 50 ms. */
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 49), "absent");
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 50), "answer forceenc:");
	/* Watched facts live long; blindness makes them stale at once. */
	scripted_asked(stage.source[0]);
	story_ask(&stage, "alice@x", T0 + 50 + 900000);
	assert_string_equal(scripted_asked(stage.source[0]), "");
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	story_ask(&stage, "alice@x", T0 + 100 + 900000);
	assert_string_equal(scripted_asked(stage.source[0]), "alice@x ");
	stage_fini(&stage);
}

static void
test_doubt_is_never_absence(void **state)
{
	struct stage stage;
	struct story_waited waited;

	(void)state;
	stage_init(&stage, 1);
	scripted_set_broken(stage.source[0], "connection refused");
	assert_int_equal(
	    story_start(&stage, "alice@x", T0, &waited), RESOLVE_DONE);
	assert_string_equal(waited.said, "unsure");
	assert_string_equal(
	    waited.reply.why.text, "scripted:: connection refused");
	/* Nor is it kept: the next question asks again. */
	scripted_set_broken(stage.source[0], NULL);
	assert_string_equal(story_ask(&stage, "alice@x", T0), "absent");
	stage_fini(&stage);
}

static void
test_doubt_at_a_less_specific_key(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "@x", SOURCE_UNSURE, 0);
	assert_string_equal(story_ask(&stage, "alice@x", T0), "unsure");
	stage_fini(&stage);
}

static void
test_stale_facts_bridge_a_failure(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	story_ask(&stage, "alice@x", T0);
	story_ask(&stage, "bob@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 30000), "answer forceenc: stale");
	assert_string_equal(
	    story_ask(&stage, "bob@x", T0 + 30000), "absent stale");
	assert_string_equal(story_ask(&stage, "carol@x", T0 + 30000), "unsure");
	/* Bounded by stale_max. */
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 60200), "unsure");
	assert_string_equal(story_ask(&stage, "bob@x", T0 + 60200), "unsure");
	assert_int_equal(stage.map.counts.stale, 2);
	assert_int_equal(stage.map.counts.unsure, 3);
	stage_fini(&stage);
}

static void
test_without_stale_facts_none_serves(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	stage.conf.stale_max = 0;
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	story_ask(&stage, "alice@x", T0);
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	scripted_set_broken(stage.source[0], "gone");
	/* Not even one that has just been learned. */
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 60), "unsure");
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
	story_ask(&stage, "alice@x", T0);
	story_ask(&stage, "bob@x", T0);
	story_ask(&stage, "off@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	scripted_set_sight(stage.source[0], SOURCE_BLIND);
	assert_string_equal(
	    story_ask(&stage, "bob@x", T0 + 100), "absent stale");
	assert_string_equal(
	    story_ask(&stage, "off@x", T0 + 100), "absent stale");
	scripted_set_sight(stage.source[0], SOURCE_CHANGED);
	assert_string_equal(story_ask(&stage, "bob@x", T0 + 200), "unsure");
	assert_string_equal(story_ask(&stage, "off@x", T0 + 200), "unsure");
	assert_string_equal(
	    story_ask(&stage, "alice@x", T0 + 200), "answer forceenc: stale");
	stage_fini(&stage);
}

static void
test_on_failure(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 1);
	story_ask(&stage, "alice@x", T0);
	scripted_set_broken(stage.source[0], "gone");
	stage.conf_map.on_failure = CONF_ON_FAILURE_TEMPFAIL;
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 20000), "unsure");
	stage.conf_map.on_failure = CONF_ON_FAILURE_ANSWER;
	stage.conf_map.on_failure_answer = 0;
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 20000),
	    "answer forceenc: failsafe");
	assert_string_equal(story_ask(&stage, "bob@x", T0 + 20000),
	    "answer forceenc: failsafe");
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
	assert_string_equal(story_ask(&stage, "alice@x", T0), "unsure");
	assert_string_equal(story_ask(&stage, "alice@x", T0), "unsure");
	assert_string_equal(story_ask(&stage, "alice@x", T0 + 20000), "unsure");
	assert_int_equal(warnings, 1);
	log_set_sink(NULL, NULL);
	stage_fini(&stage);
}

/* At every bound whoever is known is answered, and nobody is absent. */
static void
test_what_waits_is_bounded(void **state)
{
	static struct story_waited waited[RESOLVE_TICKETS_MAX + 1];
	const uint64_t now = T0 + 2 * STAGE_PRESENT_TTL;
	struct stage stage;
	char key[16];
	unsigned flights = 0, n;

	(void)state;
	stage_init(&stage, 1);
	scripted_say(stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	story_ask(&stage, "alice@x", T0);
	scripted_set_waiting(stage.source[0], true);
	do {
		assert_true(flights < RESOLVE_TICKETS_MAX);
		snprintf(key, sizeof(key), "u%u@x", flights);
	} while (
	    story_start(&stage, key, now, &waited[flights++]) == RESOLVE_WAIT);
	flights--;
	assert_int_equal(table_flights(stage.table[0]), flights);
	assert_int_equal(table_counts(stage.table[0])->full, 1);
	assert_string_equal(waited[flights].said, "unsure");
	assert_string_equal(
	    story_ask(&stage, "alice@x", now), "answer forceenc: stale");
	/* Others may wait for what is on its way. */
	for (n = flights; n < RESOLVE_TICKETS_MAX; n++)
		assert_int_equal(
		    story_start(&stage, "u0@x", now, &waited[n]), RESOLVE_WAIT);
	assert_string_equal(story_ask(&stage, "u0@x", now), "unsure");
	assert_string_equal(
	    story_ask(&stage, "alice@x", now), "answer forceenc: stale");
	while (n > 0)
		resolve_cancel(stage.resolve, waited[--n].ticket);
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
	    cmocka_unit_test(test_without_stale_facts_none_serves),
	    cmocka_unit_test(test_stale_absence_ends_with_a_known_change),
	    cmocka_unit_test(test_on_failure),
	    cmocka_unit_test(
		test_a_value_not_permitted_is_unsure_and_one_warning),
	    cmocka_unit_test(test_what_waits_is_bounded),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
