/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * A client's conversation: one answer per question, in order, whatever the
 * cutting of the bytes and the order in which sources answer.
 */

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceencd/session.h"
#include "scripted.h"

#define T0 1000000

struct talk {
	struct stage stage;
	struct session_shared shared;
	struct turn turn;
	struct session *session;
	struct buf out;
	struct buf sent;
	unsigned wakes;
	enum session_state state;
};

static void
talk_on_wake(void *arg)
{
	struct talk *talk = arg;

	talk->wakes++;
}

static void
talk_init(
    struct talk *talk, const struct lookup_protocol *protocol, const char *map)
{
	memset(talk, 0, sizeof(*talk));
	stage_init(&talk->stage, 1);
	scripted_say(talk->stage.source[0], "alice@x", SOURCE_PRESENT, 0);
	scripted_say(talk->stage.source[0], "bob@x", SOURCE_PRESENT, 1);
	scripted_say(
	    talk->stage.source[0], "dunno@x", SOURCE_PRESENT, ANSWER_DUNNO);
	scripted_say(talk->stage.source[0], "broken@x", SOURCE_UNSURE, 0);
	talk->shared.resolve = talk->stage.resolve;
	talk->shared.service = &talk->stage.service;
	talk->shared.turn = &talk->turn;
	talk->session =
	    session_new(&talk->shared, protocol, map, talk_on_wake, talk);
}

static void
talk_fini(struct talk *talk)
{
	session_free(talk->session);
	stage_fini(&talk->stage);
	buf_fini(&talk->out);
	buf_fini(&talk->sent);
}

/* What the owner does: everything is sent, and as long as that helps, the
 * session goes on. */
static void
talk_settle(struct talk *talk, enum session_state state)
{
	for (;;) {
		bool progress = talk->out.len > 0;

		buf_add(&talk->sent, talk->out.data, talk->out.len);
		buf_clear(&talk->out);
		talk->state = state;
		if (state != SESSION_FULL || !progress)
			return;
		state = session_resume(talk->session, T0, &talk->out);
	}
}

static void
talk_say(struct talk *talk, const char *bytes, size_t len)
{
	char *copy = mem_dup(bytes, len);

	talk_settle(
	    talk, session_input(talk->session, copy, len, T0, &talk->out));
	free(copy);
}

static void
talk_resume(struct talk *talk)
{
	talk_settle(talk, session_resume(talk->session, T0, &talk->out));
}

static void
talk_expect(struct talk *talk, const char *bytes)
{
	assert_string_equal(buf_text(&talk->sent), bytes);
	buf_clear(&talk->sent);
}

static void
test_answers_in_words(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	talk_say(&talk, "16:forceenc alice@x,", 20);
	talk_expect(&talk, "12:OK forceenc:,");
	talk_say(&talk, "16:forceenc dunno@x,16:forceenc carol@x,", 40);
	talk_expect(&talk, "8:OK DUNNO,9:NOTFOUND ,");
	talk_say(&talk, "17:forceenc broken@x,", 21);
	talk_expect(&talk, "34:TEMP scripted:: as the script says,");
	assert_int_equal(talk.state, SESSION_OPEN);
	talk_fini(&talk);
}

static void
test_refuses_and_goes_on(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	talk_say(&talk, "13:other alice@x,", 17);
	assert_non_null(strstr(buf_text(&talk.sent), ":PERM "));
	buf_clear(&talk.sent);
	talk_say(&talk, "13:forceenc a\nb@,", 17);
	assert_non_null(strstr(buf_text(&talk.sent), ":PERM "));
	buf_clear(&talk.sent);
	talk_say(&talk, "16:forceenc alice@x,", 20);
	talk_expect(&talk, "12:OK forceenc:,");
	assert_int_equal(talk.shared.counts.refused, 2);
	talk_fini(&talk);
}

static void
test_garbage_ends_it_behind_the_answers(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	scripted_set_waiting(talk.stage.source[0], true);
	talk_say(&talk, "16:forceenc alice@x,GET / HTTP/1.0\r\n", 36);
	assert_int_equal(talk.state, SESSION_FULL);
	talk_expect(&talk, "");
	assert_true(scripted_answer(talk.stage.source[0], 0, T0));
	talk_resume(&talk);
	assert_int_equal(talk.state, SESSION_ENDED);
	assert_memory_equal(talk.sent.data, "12:OK forceenc:,", 16);
	assert_non_null(strstr(buf_text(&talk.sent) + 16, ":PERM "));
	assert_int_equal(talk.shared.counts.broken, 1);
	talk_fini(&talk);
}

static void
test_tcp_table_is_bound_to_its_map(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_tcp_table, "forceenc");
	talk_say(&talk, "get alice@x\nget carol@x\n", 24);
	talk_expect(&talk, "200 forceenc:\n500 not found\n");
	talk_fini(&talk);
}

static void
test_answers_keep_the_order_of_asking(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_tcp_table, "forceenc");
	talk_say(&talk, "get alice@x\n", 12); /* cached from now on */
	talk_expect(&talk, "200 forceenc:\n");
	scripted_set_waiting(talk.stage.source[0], true);
	talk_say(&talk, "get bob@x\nget alice@x\nget dunno@x\n", 34);
	talk_expect(&talk, "");
	assert_int_equal(session_unanswered(talk.session), 3);
	assert_true(scripted_answer(talk.stage.source[0], 1, T0));
	assert_int_equal(talk.wakes, 0);
	assert_true(scripted_answer(talk.stage.source[0], 0, T0));
	assert_int_equal(talk.wakes, 1);
	talk_resume(&talk);
	talk_expect(&talk, "200 lenient:\n200 forceenc:\n200 DUNNO\n");
	assert_int_equal(talk.state, SESSION_OPEN);
	talk_fini(&talk);
}

static void
test_stops_reading_at_the_limit(void **state)
{
	struct talk talk;
	unsigned i;

	(void)state;
	talk_init(&talk, &lookup_tcp_table, "forceenc");
	talk.stage.conf.question_limit = 2;
	scripted_set_waiting(talk.stage.source[0], true);
	talk_say(&talk, "get alice@x\nget bob@x\nget dunno@x\nget al", 40);
	assert_int_equal(talk.state, SESSION_FULL);
	assert_int_equal(session_unanswered(talk.session), 2);
	assert_false(session_is_partial(talk.session));
	for (i = 0; i < 2; i++) {
		assert_true(scripted_answer(talk.stage.source[0], 0, T0));
		talk_resume(&talk);
	}
	assert_int_equal(talk.state, SESSION_OPEN);
	assert_true(session_is_partial(talk.session));
	assert_true(scripted_answer(talk.stage.source[0], 0, T0));
	talk_resume(&talk);
	talk_say(&talk, "ice@x\n", 6);
	assert_false(session_is_partial(talk.session));
	talk_expect(
	    &talk, "200 forceenc:\n200 lenient:\n200 DUNNO\n200 forceenc:\n");
	talk_fini(&talk);
}

static void
test_answers_what_was_asked_before_the_end(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_tcp_table, "forceenc");
	scripted_set_waiting(talk.stage.source[0], true);
	talk_say(&talk, "get alice@x\nget b", 17);
	talk_settle(&talk, session_finish(talk.session, T0, &talk.out));
	assert_int_equal(talk.state, SESSION_FULL);
	assert_true(scripted_answer(talk.stage.source[0], 0, T0));
	talk_resume(&talk);
	talk_expect(&talk, "200 forceenc:\n");
	assert_int_equal(talk.state, SESSION_ENDED);
	talk_fini(&talk);
}

static void
test_a_client_that_leaves_gives_up_its_questions(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_tcp_table, "forceenc");
	scripted_set_waiting(talk.stage.source[0], true);
	talk_say(&talk, "get alice@x\nget bob@x\n", 22);
	assert_int_equal(resolve_tickets(talk.stage.resolve), 2);
	session_free(talk.session);
	talk.session = NULL;
	assert_int_equal(resolve_tickets(talk.stage.resolve), 0);
	assert_true(scripted_answer(talk.stage.source[0], 0, T0));
	talk_fini(&talk);
}

static void
test_a_flood_is_answered_in_pieces(void **state)
{
	struct buf bytes = {0}, expect = {0};
	struct talk talk;
	unsigned i;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	talk.shared.turn = NULL;
	for (i = 0; i < 10000; i++) {
		buf_add_text(&bytes, "16:forceenc alice@x,");
		buf_add_text(&expect, "12:OK forceenc:,");
	}
	session_input(talk.session, bytes.data, bytes.len, T0, &talk.out);
	assert_in_range(talk.out.len, 32 * 1024, 33 * 1024);
	talk_settle(&talk, SESSION_FULL);
	talk_expect(&talk, buf_text(&expect));
	buf_fini(&bytes);
	buf_fini(&expect);
	talk_fini(&talk);
}

/* What is there when the loop's turn is over has the next one. */
static void
test_a_turn_that_is_over_ends_it_for_now(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	talk.turn.questions = TURN_QUESTIONS - 1;
	talk_say(&talk, "16:forceenc alice@x,14:forceenc bob@x,16:force", 46);
	talk_expect(&talk, "12:OK forceenc:,");
	assert_int_equal(talk.state, SESSION_PAUSED);
	assert_false(session_is_partial(talk.session));
	/* Still the same turn. */
	talk_resume(&talk);
	talk_expect(&talk, "");
	assert_int_equal(talk.state, SESSION_PAUSED);
	talk.turn = (struct turn){0};
	talk_resume(&talk);
	talk_expect(&talk, "11:OK lenient:,");
	assert_int_equal(talk.state, SESSION_OPEN);
	assert_true(session_is_partial(talk.session));
	talk_fini(&talk);
}

/* A client that says no more meanwhile still gets all of its answers. */
static void
test_a_turn_that_is_over_doesnt_end_a_client(void **state)
{
	struct talk talk;

	(void)state;
	talk_init(&talk, &lookup_socketmap, NULL);
	talk.turn.full = true;
	talk_say(&talk, "16:forceenc alice@x,14:forceenc bob@x,", 38);
	talk_settle(&talk, session_finish(talk.session, T0, &talk.out));
	assert_int_equal(talk.state, SESSION_PAUSED);
	talk.turn.full = false;
	talk_resume(&talk);
	talk_expect(&talk, "12:OK forceenc:,11:OK lenient:,");
	assert_int_equal(talk.state, SESSION_ENDED);
	talk_fini(&talk);
}

/* One answer per question, in order: random questions, cut anywhere, sources
 * that answer in any order or at once, deadlines in between. */
static const struct {
	const char *address;
	const char *reply;
} property_lines[] = {
    {"alice@x", "12:OK forceenc:,"},
    {"Bob@x", "11:OK lenient:,"},
    {"carol@x", "9:NOTFOUND ,"},
    {"dunno@x", "8:OK DUNNO,"},
    {"alice+t@x", "12:OK forceenc:,"},
    {"broken@x", "34:TEMP scripted:: as the script says,"},
};

static void
property_turn(struct talk *talk, const struct buf *bytes, size_t *at)
{
	struct scripted *source = talk->stage.source[0];
	size_t len;

	talk->turn.full = rand() % 3 == 0;
	if (talk->state == SESSION_PAUSED)
		talk_resume(talk);
	switch (rand() % 4) {
	case 0:
		scripted_set_waiting(source, rand() % 3 != 0);
		break;
	case 1:
		if (scripted_waiting(source) > 0)
			scripted_answer(source,
			    (unsigned)rand() % scripted_waiting(source), T0);
		if (talk->wakes > 0) {
			talk->wakes = 0;
			talk_resume(talk);
		}
		break;
	case 2:
		cache_flush(talk->stage.cache);
		break;
	default:
		len = (size_t)rand() % 60 + 1;
		if (len > bytes->len - *at)
			len = bytes->len - *at;
		if (talk->state == SESSION_OPEN && len > 0) {
			talk_say(talk, bytes->data + *at, len);
			*at += len;
		}
	}
}

static void
property_run(unsigned seed)
{
	struct buf bytes = {0}, expect = {0};
	struct talk talk;
	unsigned i, pick;
	size_t at = 0;

	srand(seed);
	talk_init(&talk, &lookup_socketmap, NULL);
	talk.stage.conf.question_limit = 1 + (unsigned)rand() % 8;
	for (i = 0; i < 60; i++) {
		pick = (unsigned)rand() % 6;
		lookup_socketmap.add_question(&bytes, "forceenc",
		    property_lines[pick].address,
		    strlen(property_lines[pick].address));
		buf_add_text(&expect, property_lines[pick].reply);
	}
	for (i = 0; i < 100000 && talk.sent.len < expect.len; i++)
		property_turn(&talk, &bytes, &at);
	talk_expect(&talk, buf_text(&expect));
	assert_int_equal(at, bytes.len);
	assert_int_equal(session_unanswered(talk.session), 0);
	/* Flights whose questions ended some other way. */
	while (scripted_answer(talk.stage.source[0], 0, T0))
		;
	buf_fini(&bytes);
	buf_fini(&expect);
	talk_fini(&talk);
}

static void
test_one_answer_per_question_in_order(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 300; seed++)
		property_run(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers_in_words),
	    cmocka_unit_test(test_refuses_and_goes_on),
	    cmocka_unit_test(test_garbage_ends_it_behind_the_answers),
	    cmocka_unit_test(test_tcp_table_is_bound_to_its_map),
	    cmocka_unit_test(test_answers_keep_the_order_of_asking),
	    cmocka_unit_test(test_stops_reading_at_the_limit),
	    cmocka_unit_test(test_answers_what_was_asked_before_the_end),
	    cmocka_unit_test(test_a_client_that_leaves_gives_up_its_questions),
	    cmocka_unit_test(test_a_flood_is_answered_in_pieces),
	    cmocka_unit_test(test_a_turn_that_is_over_ends_it_for_now),
	    cmocka_unit_test(test_a_turn_that_is_over_doesnt_end_a_client),
	    cmocka_unit_test(test_one_answer_per_question_in_order),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
