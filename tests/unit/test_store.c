/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/store.h"

#include "store/store_pgsql_names.h"
#include "stored.h"

/* So that two hosts that add the same ones in pieces don't wait for each
 * other. */
static void
names_have_one_order(void **state)
{
	static const char *const text[] = {"b@b.example", "a@b.example",
	    "z@a.example", "local", "", "odd@", "b@b.example", "a@b.example",
	    "\xff@b.example"};
	static const char *const want[] = {"", "local", "odd@", "z@a.example",
	    "a@b.example", "b@b.example", "\xff@b.example"};
	struct store_pgsql_seen_number *seen =
	    calloc(STORE_PGSQL_SEEN_NUMBERS, sizeof(*seen));
	struct store_pgsql_names names = {.senders = true, .seen = seen};
	size_t i;

	(void)state;
	assert_non_null(seen);
	store_pgsql_names_sort(&names);
	assert_int_equal(names.n, 0);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		store_pgsql_names_add(&names, text[i], 0, (int64_t)i);
	/* What has a number is asked for once. */
	for (i = 0; i < 2; i++)
		store_pgsql_names_add(&names, "z@a.example", 7, 1);
	assert_int_equal(names.n, sizeof(text) / sizeof(text[0]) + 1);
	store_pgsql_names_sort(&names);
	assert_int_equal(names.n, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < names.n; i++)
		assert_string_equal(names.name[i].text, want[i]);
	assert_int_equal(names.name[4].day, 7);
	assert_int_equal(names.name[5].day, 6);
	store_pgsql_names_fini(&names);
	free(seen);
}

static void
store_counts_what_comes_again(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_count count[6];
	struct store_batch batch = {.count = count, .ncounts = 6};
	size_t i;

	for (i = 0; i < 6; i++)
		count[i] = stored_one("alice@example.com", 1);
	count[1].hour++;
	count[2].destination = "example.org";
	count[3].service = "forceenc";
	count[4].level = STORE_NO_LEVEL;
	count[4].outcome = STORE_HARD;
	count[4].reason = STORE_NOT_OFFERED;
	count[5].n = 0;
	stored_commit(t, store, &batch);
	stored_commit(t, store, &batch);
	store_close(store);
	store = stored_open(t, STORE_WRITE);
	stored_commit(t, store, &batch);
	assert_int_equal(stored_number(t, TOTAL), 15);
	assert_int_equal(
	    stored_number(t, "SELECT count(*) FROM delivery_hour"), 5);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM sender"), 1);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM kind"), 3);
	/* What is in there is what was meant, in words. */
	assert_int_equal(stored_number(t,
			     "SELECT count FROM delivery WHERE "
			     "hour = '2026-06-21 00:00:00' AND "
			     "sender = 'alice@example.com' AND "
			     "destination = 'example.net' AND "
			     "host = '" HOST "' AND service = 'postfix' AND "
			     "outcome = 'hard' AND level IS NULL AND "
			     "reason = 'not-offered'"),
	    3);
	store_close(store);
	store_close(NULL);
}

/* A batch has the order of the log, the table that of its key. */
static void
store_counts_in_any_order(void **state)
{
	enum { ROWS = 3000 };
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	static struct store_count count[ROWS];
	static char sender[ROWS][32];
	struct store_batch batch = {.count = count, .ncounts = ROWS};
	size_t i, k;

	for (i = 0; i < ROWS; i++) {
		k = i * 1009 % ROWS;
		snprintf(
		    sender[i], sizeof(sender[i]), "u%zu@example.com", k % 700);
		count[i] = stored_one(sender[i], (uint32_t)(k + 1));
		count[i].hour = HOUR + (uint32_t)(k % 300);
	}
	stored_commit(t, store, &batch);
	stored_commit(t, store, &batch);
	store_close(store);
	assert_int_equal(stored_number(t, TOTAL), ROWS * (ROWS + 1));
	/* As many pairs of k % 300 and k % 700. */
	assert_int_equal(
	    stored_number(t, "SELECT count(*) FROM delivery_hour"), 2100);
	assert_int_equal(stored_number(t,
			     "SELECT sum(d.n) FROM delivery_hour AS d "
			     "JOIN sender AS s ON s.id = d.sender "
			     "WHERE s.local = 'u42' AND d.hour % 300 = 42"),
	    2 * (43 + 2143));
}

static void
store_keeps_senders_apart(void **state)
{
	static const char *const sender[] = {"<>", "joe", "joe@", "@joe",
	    "joe@x", "a@b@x", "\"a@b\"@x", "\"a@b\"", "", "@", "J\xc3\xb6@x",
	    "\xff\xfe@x", "joe@X", "' OR 1=1; --@x", "%s%n@x"};
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	char sql[256];
	size_t i;

	for (i = 0; i < sizeof(sender) / sizeof(sender[0]); i++)
		stored_add(t, store, sender[i], 1u << i);
	for (i = 0; i < sizeof(sender) / sizeof(sender[0]); i++)
		stored_add(t, store, sender[i], 1u << i);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM sender"),
	    sizeof(sender) / sizeof(sender[0]));
	for (i = 0; i < sizeof(sender) / sizeof(sender[0]); i++) {
		if (strchr(sender[i], '\'') != NULL)
			continue;
		snprintf(sql, sizeof(sql),
		    "SELECT sum(count) FROM delivery WHERE sender = '%s'",
		    sender[i]);
		assert_int_equal(stored_number(t, sql), 2 << i);
	}
	store_close(store);
}

static void
store_keeps_sessions(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_session session[] = {
	    {.hour = HOUR,
		.destination = "example.net",
		.mx = "mx1",
		.version = "TLSv1.3",
		.cipher = "AES",
		.level = STORE_VERIFIED,
		.last_seen = 100,
		.n = 2},
	    {.hour = HOUR,
		.destination = "example.net",
		.mx = "mx1",
		.version = "TLSv1.3",
		.cipher = "AES",
		.level = STORE_VERIFIED,
		.last_seen = 90,
		.n = 3},
	    {.hour = HOUR,
		.destination = "example.net",
		.mx = "mx1",
		.version = "",
		.cipher = "",
		.level = STORE_NONE,
		.last_seen = 80,
		.n = 1},
	};
	struct store_inbound inbound[] = {
	    {.hour = HOUR, .level = STORE_ANONYMOUS, .n = 7},
	    {.hour = HOUR, .level = STORE_ANONYMOUS, .n = 4},
	    {.hour = HOUR, .level = STORE_NONE, .n = 1},
	};
	struct store_batch batch = {.session = session,
	    .nsessions = 3,
	    .inbound = inbound,
	    .ninbounds = 3};

	stored_commit(t, store, &batch);
	assert_int_equal(stored_number(t,
			     "SELECT n * 1000 + last_seen FROM session_hour "
			     "JOIN tls ON tls.id = tls "
			     "WHERE level = 'verified'"),
	    5100);
	assert_int_equal(
	    stored_number(t, "SELECT count(*) FROM session_hour"), 2);
	assert_int_equal(stored_number(t,
			     "SELECT n FROM inbound_hour WHERE host = '" HOST
			     "' AND level = 'anonymous'"),
	    11);
	store_close(store);
}

static void
test_blob(struct stored *t, struct store *store, const char *name,
    const void *bytes, size_t len)
{
	struct store_blob blob = {.name = name, .bytes = bytes, .len = len};
	struct store_batch batch = {.blob = &blob, .nblobs = 1};

	stored_commit(t, store, &batch);
}

static void
test_assert_blob(struct stored *t, struct store *store, const char *name,
    const char *bytes, size_t want)
{
	void *got;
	size_t len;
	int rc = store_get_blob(store, name, &got, &len, &t->err);

	if (rc == -1)
		fail_msg("%s", t->err.text);
	assert_int_equal(rc, want > 0);
	assert_int_equal(len, want);
	if (want > 0)
		assert_memory_equal(got, bytes, want);
	free(got);
}

/* The longest is more than SQLite may be told at once. */
static void
store_keeps_blobs_of_any_length(void **state)
{
	static const size_t len[] = {
	    1, 262143, 262144, 262145, 20000000, 5, 524288, 0};
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store *reader = stored_open(t, STORE_READ);
	char *bytes = malloc(20000008);
	size_t i;

	for (i = 0; i < 20000008; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	test_assert_blob(t, store, "state", NULL, 0);
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		test_blob(t, store, "other", "x", 1);
		test_blob(t, store, "state", bytes + i, len[i]);
		test_assert_blob(t, store, "state", bytes + i, len[i]);
		test_assert_blob(t, reader, "state", bytes + i, len[i]);
		test_assert_blob(t, reader, "other", "x", 1);
	}
	test_blob(t, store, "never", NULL, 0);
	store_close(reader);
	store_close(store);
	/* Another host has its own. */
	store = stored_open_as(t, STORE_WRITE, "other.example.com");
	test_assert_blob(t, store, "other", NULL, 0);
	test_blob(t, store, "other", "yy", 2);
	store_close(store);
	store = stored_open(t, STORE_READ);
	test_assert_blob(t, store, "other", "x", 1);
	store_close(store);
	free(bytes);
}

static void
store_readers_and_writer_dont_wait(void **state)
{
	struct stored *t = *state;
	struct sqlite_stmt *stmt;
	struct store *store;
	struct sqlite *db;
	int i;

	stored_sqlite_only(t);
	store = stored_open(t, STORE_WRITE);
	stored_add(t, store, "alice@example.com", 1);
	db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_READ, 0, &t->err);
	assert_int_equal(
	    sqlite_prepare(db, "SELECT n FROM delivery_hour", &stmt, &t->err),
	    SQLITE_STATUS_DONE);
	/* The reader stays in the middle of its query. */
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	for (i = 0; i < 100; i++)
		stored_add(t, store, "alice@example.com", 1);
	assert_int_equal(sqlite_column_int(stmt, 0), 1);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_DONE);
	assert_int_equal(stored_number(t, TOTAL), 101);
	/* And the writer in the middle of a transaction. */
	stored_exec(t, "db", "PRAGMA user_version");
	sqlite_close(db);
	store_close(store);
}

/* What one process removes or adds, the other doesn't remember otherwise. */
static void
store_two_writers_agree(void **state)
{
	struct stored *t = *state;
	int64_t later = (HOUR + 24 * 40) * INT64_C(3600);
	struct store *one, *two;
	int i;

	stored_sqlite_only(t);
	one = stored_open(t, STORE_WRITE);
	two = stored_open(t, STORE_WRITE);
	for (i = 0; i < 20; i++) {
		stored_add(t, one, "alice@example.com", 1);
		stored_add(t, two, i % 2 ? "bob@example.com" : "alice@x", 1);
	}
	assert_int_equal(stored_number(t, TOTAL), 40);
	/* A month later, two removes everything, the names too. */
	while ((i = store_tidy(two, later, 24, 10, 10, &t->err)) == 1)
		;
	assert_int_equal(i, 0);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM sender"), 0);
	stored_add(t, one, "carol@example.com", 5);
	stored_add(t, one, "alice@example.com", 1);
	assert_int_equal(
	    stored_number(t, "SELECT sum(count) FROM delivery"), 6);
	store_close(one);
	store_close(two);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_have_one_order),
	    TEST(store_counts_what_comes_again),
	    TEST(store_counts_in_any_order),
	    TEST(store_keeps_senders_apart),
	    TEST(store_keeps_sessions),
	    TEST(store_keeps_blobs_of_any_length),
	    TEST(store_readers_and_writer_dont_wait),
	    TEST(store_two_writers_agree),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
