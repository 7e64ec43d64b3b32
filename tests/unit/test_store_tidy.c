/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdint.h>
#include <sys/stat.h>

#include "forceenc/mem.h"
#include "stored.h"

/*
 * The store against a model of it: batches at random, tidying at random, and
 * then all that is in the database compared with what should be.
 */

#define SENDERS      30
#define DESTINATIONS 12
#define KINDS        4
#define HOURS        25 /* the last one holds what was rolled up */
#define DAYS         60
#define FIRST_DAY    20000
#define PLACES       (SENDERS * DESTINATIONS * KINDS)
#define CELLS        (DAYS * HOURS * PLACES)
#define BATCH        300

struct model {
	uint32_t random;
	uint32_t n[CELLS]; /* by day, hour, sender, destination, kind */
	int64_t first_hour;
	int64_t first_day;
};

static const uint8_t model_kind[KINDS][3] = {
    {STORE_DELIVERED, STORE_VERIFIED, STORE_NO_REASON},
    {STORE_DEFERRED, STORE_NO_LEVEL, STORE_NO_REASON},
    {STORE_HARD, STORE_NO_LEVEL, STORE_NOT_OFFERED},
    {STORE_SOFT, STORE_NO_LEVEL, STORE_DANE},
};

static uint32_t
model_random(struct model *model, uint32_t below)
{
	model->random = model->random * 1103515245u + 12345u;
	return (model->random >> 8) % below;
}

static uint32_t
model_cell(uint32_t day, uint32_t hour, uint32_t place)
{
	MUST(day < DAYS && hour < HOURS && place < PLACES);
	return (day * HOURS + hour) * PLACES + place;
}

static const char *
model_sender(uint32_t i)
{
	static char name[SENDERS][32];

	snprintf(name[i], sizeof(name[i]), "%u@d%u.example", i, i % 4);
	return i == 0 ? "0" : name[i];
}

static const char *
model_destination(uint32_t i)
{
	static char name[DESTINATIONS][32];

	snprintf(name[i], sizeof(name[i]), "%u", i);
	return name[i];
}

/* Adds to the cell what the count says. */
static struct store_count
model_count(struct model *model, uint32_t today)
{
	/* Mostly of today, some as old as can be. */
	uint32_t day =
	    model_random(model, 4) > 0 ? today : model_random(model, today + 1);
	uint32_t hour = model_random(model, 24);
	uint32_t place = model_random(model, PLACES);
	uint32_t n = model_random(model, 1000);
	const uint8_t *kind = model_kind[place % KINDS];

	model->n[model_cell(day, hour, place)] += n;
	return (struct store_count){.hour = (FIRST_DAY + day) * 24 + hour,
	    .sender = model_sender(place / KINDS / DESTINATIONS),
	    .destination = model_destination(place / KINDS % DESTINATIONS),
	    .service = "postfix",
	    .outcome = kind[0],
	    .level = kind[1],
	    .reason = kind[2],
	    .n = n};
}

static void
model_commit(
    struct stored *t, struct model *model, struct store *store, uint32_t today)
{
	struct store_count count[BATCH];
	struct store_batch batch = {.count = count};

	while (batch.ncounts < BATCH)
		count[batch.ncounts++] = model_count(model, today);
	stored_commit(t, store, &batch);
}

static void
tidy_all(struct stored *t, struct store *store, int64_t now,
    unsigned keep_hours, unsigned keep_days, unsigned failures_kept)
{
	int rc;

	while ((rc = store_tidy(store, now, keep_hours, keep_days,
		    failures_kept, &t->err)) == 1)
		;
	if (rc == -1)
		fail_msg("%s", t->err.text);
}

static void
model_tidy(
    struct model *model, int64_t now, unsigned keep_hours, unsigned keep_days)
{
	uint32_t day, hour, place;
	uint32_t *from;

	model->first_day = now / 86400 - keep_days;
	model->first_hour = (now / 3600 - keep_hours) / 24 * 24;
	if (model->first_hour < model->first_day * 24)
		model->first_hour = model->first_day * 24;
	for (day = 0; day < DAYS && (FIRST_DAY + day) * 24 < model->first_hour;
	     day++)
		for (hour = 0; hour < HOURS; hour++)
			for (place = 0; place < PLACES; place++) {
				from = &model->n[model_cell(day, hour, place)];
				if (hour < 24)
					model->n[model_cell(day, 24, place)] +=
					    *from;
				if (hour < 24 ||
				    FIRST_DAY + day < model->first_day)
					*from = 0;
			}
}

static void
model_compare_row(const int64_t value[], void *arg)
{
	uint32_t *n = arg;
	uint32_t cell =
	    model_cell((uint32_t)value[0] - FIRST_DAY, (uint32_t)value[1],
		(uint32_t)((value[2] * DESTINATIONS + value[3]) * KINDS +
		    value[4]));

	assert_int_equal(value[5], n[cell]);
	assert_int_not_equal(n[cell], 0);
	n[cell] = 0;
}

/* Each row is a cell that isn't 0, and each such cell a row. */
static void
model_compare(struct stored *t, const struct model *model)
{
	uint32_t *n = mem_alloc(sizeof(model->n));
	uint32_t cell;

	memcpy(n, model->n, sizeof(model->n));
	stored_rows(t,
	    "SELECT day, hour, CAST(local AS INTEGER), "
	    "CAST(text AS INTEGER), CASE outcome WHEN 'delivered' THEN 0 "
	    "WHEN 'deferred' THEN 1 WHEN 'hard' THEN 2 ELSE 3 END, n FROM "
	    "(SELECT hour / 24 AS day, hour % 24 AS hour, sender, "
	    "destination, kind, n FROM delivery_hour UNION ALL "
	    "SELECT day, 24, sender, destination, kind, n "
	    "FROM delivery_day) AS d "
	    "JOIN sender AS s ON s.id = d.sender "
	    "JOIN name AS m ON m.id = d.destination "
	    "JOIN kind AS k ON k.id = d.kind",
	    6, model_compare_row, n);
	for (cell = 0; cell < CELLS; cell++)
		assert_int_equal(n[cell], 0);
	free(n);
}

/* Names that are used, and no others. */
static void
model_compare_names(struct stored *t)
{
	assert_int_equal(stored_number(t,
			     "SELECT count(*) FROM sender WHERE id NOT IN "
			     "(SELECT sender FROM delivery_hour UNION "
			     "SELECT sender FROM delivery_day)"),
	    0);
	assert_int_equal(stored_number(t,
			     "SELECT count(*) FROM name WHERE id NOT IN "
			     "(SELECT destination FROM delivery_hour UNION "
			     "SELECT destination FROM delivery_day)"),
	    0);
}

static void
model_play(struct stored *t, uint32_t seed)
{
	struct model *model = mem_zalloc(sizeof(*model));
	struct store *store = stored_open(t, STORE_WRITE);
	unsigned keep_hours, keep_days;
	uint32_t day, i;
	int64_t now;

	model->random = seed;
	for (day = 0; day < DAYS; day++) {
		for (i = model_random(model, 4); i > 0; i--)
			model_commit(t, model, store, day);
		if (model_random(model, 5) > 0)
			continue;
		now = (FIRST_DAY + day) * INT64_C(86400) +
		    model_random(model, 86400);
		keep_hours = model_random(model, 200);
		keep_days = model_random(model, 50);
		if (model_random(model, 2) == 0) {
			store_close(store);
			store = stored_open(t, STORE_WRITE);
		}
		tidy_all(t, store, now, keep_hours, keep_days, 10);
		model_tidy(model, now, keep_hours, keep_days);
		model_compare(t, model);
	}
	/* A day later everything has a last look. */
	now = (FIRST_DAY + DAYS + 1) * INT64_C(86400);
	tidy_all(t, store, now, 0, 20, 10);
	model_tidy(model, now, 0, 20);
	model_compare(t, model);
	model_compare_names(t);
	tidy_all(t, store, now + 30 * 86400, 0, 1, 10);
	assert_int_equal(stored_number(t,
			     "SELECT (SELECT count(*) FROM delivery_hour) + "
			     "(SELECT count(*) FROM delivery_day) + "
			     "(SELECT count(*) FROM sender) + "
			     "(SELECT count(*) FROM name) + "
			     "(SELECT count(*) FROM kind)"),
	    0);
	store_close(store);
	stored_empty(t);
	free(model);
}

static void
store_is_as_its_model(void **state)
{
	const struct stored *t = *state;
	uint32_t seed;

	for (seed = 1; seed <= (t->conf != NULL ? 3 : 6); seed++)
		model_play(*state, seed);
}

static void
store_rolls_up_sessions(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_session session = {.destination = "example.net",
	    .mx = "mx1",
	    .version = "TLSv1.3",
	    .cipher = "AES",
	    .level = STORE_TRUSTED,
	    .n = 2};
	struct store_inbound inbound = {.level = STORE_NONE, .n = 3};
	struct store_total total = {
	    .service = "postfix", .what = STORE_RECEIVED, .n = 4};
	struct store_batch batch = {.session = &session,
	    .nsessions = 1,
	    .inbound = &inbound,
	    .ninbounds = 1,
	    .total = &total,
	    .ntotals = 1};
	uint32_t i;

	for (i = 0; i < 48; i++) {
		session.hour = inbound.hour = total.hour = HOUR + i;
		session.last_seen = 1000 - i;
		stored_commit(t, store, &batch);
	}
	tidy_all(t, store, (HOUR + 48) * INT64_C(3600), 24, 10, 10);
	assert_int_equal(stored_number(t,
			     "SELECT count(*) * 1000000 + sum(n) * 10000 + "
			     "max(last_seen) FROM session_day"),
	    1000000 + 480000 + 1000);
	assert_int_equal(
	    stored_number(t, "SELECT sum(n) FROM session_hour"), 48);
	assert_int_equal(stored_number(t, "SELECT n FROM inbound_day"), 72);
	assert_int_equal(
	    stored_number(t, "SELECT sum(n) FROM inbound_hour"), 72);
	assert_int_equal(stored_number(t,
			     "SELECT n FROM total_day WHERE host = '" HOST
			     "' AND service = 'postfix' AND what = 'received'"),
	    96);
	assert_int_equal(stored_number(t, "SELECT sum(n) FROM total_hour"), 96);
	/* Then the next day as well; the first stays as it is. */
	tidy_all(t, store, (HOUR + 72) * INT64_C(3600), 24, 10, 10);
	assert_int_equal(stored_number(t,
			     "SELECT sum(n) * 1000 + count(*) "
			     "FROM session_day"),
	    96002);
	assert_int_equal(
	    stored_number(t, "SELECT min(last_seen) FROM session_day"), 976);
	tidy_all(t, store, (HOUR + 24 * 30) * INT64_C(3600), 24, 10, 10);
	assert_int_equal(stored_number(t,
			     "SELECT (SELECT count(*) FROM session_day) + "
			     "(SELECT count(*) FROM inbound_day) + "
			     "(SELECT count(*) FROM total_day) + "
			     "(SELECT count(*) FROM tls)"),
	    0);
	store_close(store);
}

static void
tidy_fail(struct stored *t, struct store *store, uint32_t sender, int64_t time)
{
	char text[32];
	struct store_failure failure = {.time = time,
	    .sender = model_sender(sender),
	    .queue_id = "4ABC",
	    .destination = "example.net",
	    .recipient = "",
	    .relay = "",
	    .service = "forceenc",
	    .outcome = STORE_HARD,
	    .reason = STORE_OTHER,
	    .text = text};
	struct store_batch batch = {.failure = &failure, .nfailures = 1};

	snprintf(text, sizeof(text), "%u at %lld", sender, (long long)time);
	stored_commit(t, store, &batch);
}

/* The last ones by their time, not by the order in which they came. */
static void
store_keeps_the_last_failures(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	int64_t noon = HOUR * INT64_C(3600);
	uint32_t i;

	for (i = 0; i < 40; i++)
		tidy_fail(t, store, 1, noon + (i * 7) % 40);
	tidy_fail(t, store, 2, noon);
	tidy_fail(t, store, 2, noon);
	tidy_fail(t, store, 2, noon - 5 * 86400);
	tidy_all(t, store, noon + 100, 24, 10, 20);
	assert_int_equal(stored_number(t,
			     "SELECT count(*) * 1000 + min(time) % 100000 - "
			     "495000 * 3600 % 100000 FROM failure "
			     "WHERE text LIKE '1 at%'"),
	    20020);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM failure"), 23);
	/* What isn't new is looked at again when fewer are kept. */
	tidy_all(t, store, noon + 100, 24, 10, 2);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM failure"), 4);
	assert_int_equal(stored_number(t,
			     "SELECT count(*) FROM failure "
			     "WHERE time < 495000 * 3600"),
	    0);
	for (i = 0; i < 10; i++)
		tidy_fail(t, store, 3, noon + i);
	/* More kept doesn't bring anything back. */
	tidy_all(t, store, noon + 100, 24, 10, 5);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM failure"), 9);
	tidy_all(t, store, noon + 86400, 24, 0, 5);
	assert_int_equal(stored_number(t,
			     "SELECT (SELECT count(*) FROM failure) + "
			     "(SELECT count(*) FROM failed) + "
			     "(SELECT count(*) FROM sender) + "
			     "(SELECT count(*) FROM kind)"),
	    0);
	store_close(store);
}

/* A quarter of a million rows, fewer where there is no file to look at: no
 * piece of work is longer than the others, nothing gets lost, and the file
 * doesn't grow by doing it all again. */
static void
store_tidies_much_in_pieces(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	static char sender[5000][32];
	static struct store_count count[5000];
	const uint32_t n = t->conf != NULL ? 1000 : 5000;
	const uint32_t rounds = t->conf != NULL ? 1 : 3;
	struct store_batch batch = {.count = count, .ncounts = n};
	off_t size[3];
	struct stat st;
	uint32_t round, hour, i, piece = 0;
	int64_t rows, before, now;

	for (i = 0; i < n; i++)
		snprintf(sender[i], sizeof(sender[i]), "u%u@example.com", i);
	for (round = 0; round < rounds; round++) {
		for (hour = 0; hour < 50; hour++) {
			for (i = 0; i < n; i++) {
				count[i] = stored_one(sender[i], 1);
				count[i].hour += round * 24 * 30 + hour;
			}
			stored_commit(t, store, &batch);
		}
		before = stored_number(t, "SELECT count(*) FROM delivery_hour");
		assert_int_equal(before, 50 * n);
		now = (HOUR + round * 24 * 30 + 24 * 4) * INT64_C(3600);
		while (store_tidy(store, now, 1, 10, 10, &t->err) == 1) {
			rows = stored_number(
			    t, "SELECT count(*) FROM delivery_hour");
			assert_true(rows <= before && before - rows <= 5000);
			before = rows;
			if (++piece % 8 > 0)
				continue;
			assert_int_equal(
			    stored_number(t,
				"SELECT (SELECT coalesce(sum(n), 0) FROM "
				"delivery_hour) + (SELECT coalesce(sum(n), 0) "
				"FROM delivery_day WHERE day * 24 >= "
				"(SELECT max(day) * 24 - 72 "
				"FROM delivery_day))"),
			    50 * n);
		}
		assert_int_equal(stored_number(t,
				     "SELECT count(*) * 1000000 + sum(n) "
				     "FROM delivery_day"),
		    3 * n * INT64_C(1000000) + 50 * n);
		if (t->conf != NULL)
			continue;
		assert_int_equal(stat(folder_path(&t->folder, "db"), &st), 0);
		size[round] = st.st_size;
	}
	store_close(store);
	if (t->conf != NULL)
		return;
	assert_in_range(size[2], 1, size[1] + size[1] / 10);
	assert_int_equal(stat(folder_path(&t->folder, "db-wal"), &st), 0);
	assert_in_range(st.st_size, 0, 20 * 1024 * 1024);
}

/* A clock that was far ahead, once, doesn't end the removing of names. */
static void
store_tidies_when_the_clock_is_right_again(void **state)
{
	static const int64_t today[] = {HOUR / 24 + 3000, HOUR / 24 + 10};
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_count count = stored_one("a@example.com", 1);
	struct store_batch batch = {.count = &count, .ncounts = 1};
	size_t i;

	for (i = 0; i < sizeof(today) / sizeof(today[0]); i++) {
		stored_commit(t, store, &batch);
		assert_int_equal(
		    stored_number(t, "SELECT count(*) FROM sender"), 1);
		while (
		    store_tidy(store, today[i] * 86400, 1, 5, 10, &t->err) == 1)
			continue;
		assert_int_equal(
		    stored_number(t, "SELECT count(*) FROM sender"), 0);
	}
	store_close(store);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(store_is_as_its_model),
	    TEST(store_rolls_up_sessions),
	    TEST(store_keeps_the_last_failures),
	    TEST(store_tidies_much_in_pieces),
	    TEST(store_tidies_when_the_clock_is_right_again),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
