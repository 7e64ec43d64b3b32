/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <inttypes.h>

#include "forceenc/buf.h"
#include "forceenc/stats.h"
#include "stored.h"

/* Questions that are about everybody's mail. */

#define EVER                                                 \
	{                                                    \
		.since = STATS_ALWAYS, .until = STATS_ALWAYS \
	}
#define DELIM "\n"

static void
total_row(const struct stats_total *total, void *arg)
{
	buf_printf(arg, "%" PRId64 "%s %s %s %s %" PRId64 DELIM,
	    total->hour - HOUR, total->rolled ? " day" : "", total->host,
	    total->service, total->what, total->n);
}

static void
assert_totals(struct stored *t, struct store *store, int64_t since,
    int64_t until, const char *want)
{
	struct stats_filter filter = {.since = since, .until = until};
	struct buf got = {0};

	if (stats_totals(store, &filter, total_row, &got, &t->err) == -1)
		fail_msg("%s", t->err.text);
	assert_string_equal(buf_text(&got), want);
	buf_fini(&got);
}

static void
stats_totals_by_hour_and_day(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_total total[] = {
	    {HOUR, "postfix", STORE_RECEIVED, 3},
	    {HOUR, "postfix", STORE_RECEIVED, 4},
	    {HOUR, "", STORE_GAPS, 1},
	    {HOUR + 1, "forceenc", STORE_BYTES_DELIVERED, UINT64_C(1) << 40},
	    {HOUR + 30, "postfix", STORE_HELD, 0},
	    {HOUR + 30, "postfix", STORE_REJECTED, 2},
	};
	struct store_batch batch = {.total = total, .ntotals = 6};

	assert_totals(t, store, STATS_ALWAYS, STATS_ALWAYS, "");
	stored_commit(t, store, &batch);
	assert_totals(t, store, STATS_ALWAYS, STATS_ALWAYS,
	    "0 " HOST "  gaps 1" DELIM "0 " HOST " postfix received 7" DELIM
	    "1 " HOST " forceenc bytes-delivered 1099511627776" DELIM "30 " HOST
	    " postfix rejected 2" DELIM);
	assert_totals(t, store, HOUR * INT64_C(3600) + 3600, STATS_ALWAYS,
	    "1 " HOST " forceenc bytes-delivered 1099511627776" DELIM "30 " HOST
	    " postfix rejected 2" DELIM);
	assert_totals(t, store, STATS_ALWAYS, HOUR * INT64_C(3600) + 1,
	    "0 " HOST "  gaps 1" DELIM "0 " HOST " postfix received 7" DELIM);
	while (store_tidy(store, (HOUR + 48) * INT64_C(3600), 24, 10, 10,
		   &t->err) == 1)
		;
	assert_totals(t, store, STATS_ALWAYS, STATS_ALWAYS,
	    "0 day " HOST "  gaps 1" DELIM "0 day " HOST
	    " forceenc bytes-delivered 1099511627776" DELIM "0 day " HOST
	    " postfix received 7" DELIM "30 " HOST " postfix rejected 2" DELIM);
	store_close(store);
}

/* Behind the store's back. */
static void
totals_exec(struct stored *t, const char *sql)
{
	struct store_pq *link;

	if (t->conf == NULL) {
		stored_exec(t, "db", sql);
		return;
	}
	link = stored_link(t);
	if (store_pq_do(link, sql, &t->err) == -1)
		fail_msg("%s", t->err.text);
	store_pq_close(link);
}

/* A size that somebody has made up stops nothing, though the next one comes. */
static void
stats_totals_have_a_bound(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_total total[] = {
	    {HOUR, "postfix", STORE_BYTES_RECEIVED, STORE_TOTAL_MAX - 1},
	    {HOUR, "postfix", STORE_BYTES_RECEIVED, 1},
	    {HOUR + 1, "postfix", STORE_BYTES_RECEIVED, STORE_TOTAL_MAX},
	};
	struct store_batch batch = {.total = total, .ntotals = 3};
	int i, rc;

	stored_commit(t, store, &batch);
	/* As an earlier version has written it, which knew no bound. */
	totals_exec(t,
	    "UPDATE total_hour SET n = 9223372036854775807 WHERE hour = "
	    "(SELECT min(hour) FROM total_hour)");
	for (i = 0; i < 3; i++)
		stored_commit(t, store, &batch);
	assert_totals(t, store, STATS_ALWAYS, STATS_ALWAYS,
	    "0 " HOST " postfix bytes-received 9007199254740992" DELIM "1 " HOST
	    " postfix bytes-received 9007199254740992" DELIM);
	totals_exec(t, "UPDATE total_hour SET n = 9223372036854775807");
	while ((rc = store_tidy(store, (HOUR + 48) * INT64_C(3600), 24, 10, 10,
		    &t->err)) == 1)
		;
	assert_int_equal(rc, 0);
	assert_totals(t, store, STATS_ALWAYS, STATS_ALWAYS,
	    "0 day " HOST " postfix bytes-received 9007199254740992" DELIM);
	store_close(store);
}

static void
stats_first_hour_of_anything(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_total total = {HOUR - 5, "postfix", STORE_RECEIVED, 1};
	struct store_batch batch = {.total = &total, .ntotals = 1};
	int64_t hour;

	assert_int_equal(stats_first_hour(store, &hour, &t->err), 0);
	assert_true(hour == INT64_MAX);
	stored_add(t, store, "alice@example.com", 1);
	assert_int_equal(stats_first_hour(store, &hour, &t->err), 0);
	assert_int_equal(hour, HOUR);
	stored_commit(t, store, &batch);
	assert_int_equal(stats_first_hour(store, &hour, &t->err), 0);
	assert_int_equal(hour, HOUR - 5);
	store_close(store);
}

static void
sessions_row(const struct stats_sessions *sessions, void *arg)
{
	buf_printf(arg,
	    "%s none=%" PRId64 " trusted=%" PRId64 " %" PRId64 DELIM,
	    sessions->destination, sessions->sessions[STORE_NONE],
	    sessions->sessions[STORE_TRUSTED], sessions->last_seen);
}

static void
stats_sessions_of_everybody(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_session session[] = {
	    {HOUR, "a.example", "mx1", "TLSv1.3", "AES", 0, 0, STORE_TRUSTED,
		10, 2},
	    {HOUR, "a.example", "mx2", "", "", 0, 0, STORE_NONE, 20, 3},
	    {HOUR + 1, "a.example", "mx1", "TLSv1.2", "AES", 0, 0,
		STORE_TRUSTED, 15, 4},
	    {HOUR, "b.example", "mx", "", "", 0, 0, STORE_NONE, 5, 1},
	};
	struct store_batch batch = {.session = session, .nsessions = 4};
	struct stats_filter filter = EVER;
	struct buf got = {0};

	stored_commit(t, store, &batch);
	assert_int_equal(
	    stats_sessions(store, &filter, sessions_row, &got, &t->err), 0);
	assert_string_equal(buf_text(&got),
	    "a.example none=3 trusted=6 20" DELIM
	    "b.example none=1 trusted=0 5" DELIM);
	filter.since = (HOUR + 1) * INT64_C(3600);
	buf_clear(&got);
	assert_int_equal(
	    stats_sessions(store, &filter, sessions_row, &got, &t->err), 0);
	assert_string_equal(
	    buf_text(&got), "a.example none=0 trusted=4 15" DELIM);
	buf_fini(&got);
	store_close(store);
}

static void
count_row(const char *const value[], int64_t count, void *arg)
{
	buf_printf(arg, "%s %" PRId64 DELIM, value[0], count);
}

static void
assert_senders(struct stored *t, struct store *store, unsigned outcomes,
    unsigned levels, const char *want)
{
	struct stats_filter filter = EVER;
	enum stats_dimension by = STATS_SENDER;
	struct buf got = {0};

	filter.outcomes = outcomes;
	filter.levels = levels;
	if (stats_count(store, &filter, &by, 1, count_row, &got, &t->err) == -1)
		fail_msg("%s", t->err.text);
	assert_string_equal(buf_text(&got), want);
	buf_fini(&got);
}

static void
stats_count_some_kinds(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_count count[] = {stored_one("alice@example.com", 1),
	    stored_one("bob@example.com", 2),
	    stored_one("carol@example.com", 4),
	    stored_one("dave@example.com", 8)};
	struct store_batch batch = {.count = count, .ncounts = 4};

	count[1].level = STORE_NONE;
	count[2].level = STORE_UNKNOWN;
	count[3].level = STORE_NO_LEVEL;
	count[3].outcome = STORE_HARD;
	count[3].reason = STORE_DANE;
	stored_commit(t, store, &batch);
	assert_senders(
	    t, store, 1u << STORE_HARD, 0, "dave@example.com 8" DELIM);
	assert_senders(t, store, 1u << STORE_DELIVERED,
	    1u << STORE_NONE | 1u << STORE_UNKNOWN,
	    "carol@example.com 4" DELIM "bob@example.com 2" DELIM);
	assert_senders(
	    t, store, 0, 1u << STORE_NO_LEVEL, "dave@example.com 8" DELIM);
	assert_senders(t, store, 1u << STORE_SOFT, 0, "");
	store_close(store);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(stats_totals_by_hour_and_day),
	    TEST(stats_totals_have_a_bound),
	    TEST(stats_first_hour_of_anything),
	    TEST(stats_sessions_of_everybody),
	    TEST(stats_count_some_kinds),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
