/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The SQLite source while others hold the database's lock, in simulated
 * time. */

#include "source_sqlite_test.h"

static void
test_a_writer_in_passing_is_waited_for(void **state)
{
	struct world *w = *state;

	expect_absent(w, "nobody@x", T0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	assert_int_equal(source_look(w->source, T0 + 3), SOURCE_BLIND);
	assert_int_equal(source_tick(w->source, T0 + 5), T0 + 10);
	assert_int_equal(w->done, 0);
	write_sql(w, "UPDATE policy SET answer = 'lenient:'");
	write_sql(w, "COMMIT");
	assert_int_equal(source_tick(w->source, T0 + 10), CLOCK_NEVER);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
	assert_int_equal(w->reply.answer, 1);
	assert_int_equal(w->errors, 0);
}

static unsigned crowd_answered;

static void
crowd_on_done(
    struct source_ask *ask, const struct source_reply *reply, uint64_t now)
{
	(void)ask;
	(void)now;
	(void)reply;
	crowd_answered++;
}

static void
crowd_ask(struct world *w, struct source_ask *ask)
{
	*ask = (struct source_ask){
	    .key = "alice@x", .len = 7, .done = crowd_on_done};
	assert_int_equal(
	    source_ask(w->source, ask, T0, &w->reply), SOURCE_WAIT);
}

static void
test_a_crowd_behind_a_lock(void **state)
{
	enum { CROWD = 1100 };
	static struct source_ask asks[CROWD];
	struct world *w = *state;
	unsigned i;

	expect_absent(w, "nobody@x", T0);
	source_tick(w->source, T0);
	write_sql(w, "BEGIN EXCLUSIVE");
	crowd_answered = 0;
	for (i = 0; i < CROWD; i++)
		crowd_ask(w, &asks[i]);
	write_sql(w, "COMMIT");
	while (source_tick(w->source, T0 + 10) == T0 + 10)
		;
	assert_int_equal(crowd_answered, CROWD);
}

/* However long queries take, a turn of the loop takes no more than its share
 * and one of them. */
static void
test_a_crowd_with_slow_queries(void **state)
{
	enum { CROWD = 4 };
	struct source_ask asks[CROWD];
	struct world *w = *state;
	unsigned i;

	free(w->table.sqlite.query);
	w->table.sqlite.query = strdup(
	    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) "
	    "SELECT max(i) || '%s' FROM n");
	remake(w);
	expect_unsure(w, "alice@x", T0, "took longer");
	crowd_answered = 0;
	for (i = 0; i < CROWD; i++)
		crowd_ask(w, &asks[i]);
	/* That turn's time was spent on the first one. */
	assert_int_equal(crowd_answered, 0);
	for (i = 1; i < CROWD; i++) {
		assert_int_equal(source_tick(w->source, T0), T0);
		assert_int_equal(crowd_answered, i);
	}
	assert_int_equal(source_tick(w->source, T0), CLOCK_NEVER);
	assert_int_equal(crowd_answered, CROWD);
	expect_unsure(w, "alice@x", T0, "took longer");
}

static void
test_a_lock_that_stays_is_unsure(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	source_tick(w->source, T0 + 249);
	assert_int_equal(w->done, 0);
	assert_int_equal(source_tick(w->source, T0 + 250), CLOCK_NEVER);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->reply.kind, SOURCE_UNSURE);
	assert_int_equal(w->errors, 1);
	/* From now on nobody waits for it. */
	expect_unsure(w, "alice@x", T0 + 300, "locked");
	assert_int_equal(source_look(w->source, T0 + 300), SOURCE_BLIND);
	write_sql(w, "COMMIT");
	expect_present(w, "alice@x", T0 + 400, 0);
	assert_int_equal(w->errors, 1);
}

static void
test_a_lock_is_noticed_without_questions(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	expect_present(w, "alice@x", T0, 0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_SAME);
	assert_int_equal(source_look(w->source, T0 + 99), SOURCE_SAME);
	assert_int_equal(source_look(w->source, T0 + 100), SOURCE_BLIND);
	assert_int_equal(source_look(w->source, T0 + 299), SOURCE_BLIND);
	assert_int_equal(w->errors, 0);
	assert_int_equal(source_look(w->source, T0 + 300), SOURCE_BLIND);
	assert_int_equal(w->errors, 1);
	write_sql(w, "COMMIT");
}

/* Somebody has made a change, and the next one is at it. */
static void
test_a_lock_hides_no_change(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	write_sql(w, "UPDATE policy SET answer = 'lenient:'");
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(source_look(w->source, T0 + 60000), SOURCE_BLIND);
	write_sql(w, "ROLLBACK");
	assert_int_equal(source_look(w->source, T0 + 60010), SOURCE_CHANGED);
	assert_int_equal(source_look(w->source, T0 + 60060), SOURCE_SAME);
}

static void
test_two_writers_in_passing_are_not_one_that_stays(void **state)
{
	struct world *w = *state;

	assert_int_equal(source_look(w->source, T0), SOURCE_CHANGED);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(source_look(w->source, T0 + 50), SOURCE_SAME);
	/* Somebody else's question may be a little older. */
	assert_int_equal(ask(w, "alice@x", T0 + 49), SOURCE_WAIT);
	source_cancel(w->source, &w->ask);
	write_sql(w, "COMMIT");
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0 + 60000), SOURCE_WAIT);
	write_sql(w, "COMMIT");
	assert_int_equal(source_tick(w->source, T0 + 60005), CLOCK_NEVER);
	assert_int_equal(w->reply.kind, SOURCE_PRESENT);
	assert_int_equal(w->errors, 0);
}

static void
test_who_waits_may_leave(void **state)
{
	struct world *w = *state;

	expect_absent(w, "nobody@x", T0);
	write_sql(w, "BEGIN EXCLUSIVE");
	assert_int_equal(ask(w, "alice@x", T0), SOURCE_WAIT);
	source_cancel(w->source, &w->ask);
	assert_int_equal(source_tick(w->source, T0 + 500), CLOCK_NEVER);
	assert_int_equal(w->done, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_a_writer_in_passing_is_waited_for),
	    TEST(test_a_crowd_behind_a_lock),
	    TEST(test_a_crowd_with_slow_queries),
	    TEST(test_a_lock_that_stays_is_unsure),
	    TEST(test_a_lock_is_noticed_without_questions),
	    TEST(test_a_lock_hides_no_change),
	    TEST(test_two_writers_in_passing_are_not_one_that_stays),
	    TEST(test_who_waits_may_leave),
	};

	return cmocka_run_group_tests_name(
	    "source_sqlite_lock", tests, NULL, NULL);
}
