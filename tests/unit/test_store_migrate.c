/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_migrate.h"

#include "store/store_schema.h"
#include "stored.h"

static void
store_refuses_a_newer_schema(void **state)
{
	struct stored *t = *state;

	store_close(stored_open(t, STORE_WRITE));
	stored_exec(t, "db", "PRAGMA user_version = 99");
	stored_refused(t, STORE_WRITE, "later version of forceenc-watch");
	stored_refused(t, STORE_READ, "version 99");
}

static struct sqlite *
test_migrate(struct stored *t, enum store_mode mode,
    const char *const migrations[], int want)
{
	struct sqlite *db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_WRITE, 0, &t->err);

	assert_non_null(db);
	assert_int_equal(
	    store_migrate(db, "db", mode, migrations, &t->err), want);
	return db;
}

static void
store_migrates_by_number(void **state)
{
	struct stored *t = *state;
	const char *migrations[] = {store_schema[0], store_schema[1],
	    "CREATE TABLE two (a); INSERT INTO two VALUES (2)",
	    "INSERT INTO two VALUES (3); UPDATE none SET a = 1", NULL};
	struct store *store = stored_open(t, STORE_WRITE);

	stored_add(t, store, "alice@example.com", 3);
	store_close(store);
	/* Reading changes nothing. */
	sqlite_close(test_migrate(t, STORE_READ, migrations, -1));
	stored_word(t, "earlier forceenc-watch");
	assert_int_equal(stored_number(t, "PRAGMA user_version"), 2);
	/* The last is broken: the one before is done, of the last nothing. */
	sqlite_close(test_migrate(t, STORE_WRITE, migrations, -1));
	stored_word(t, "none");
	assert_int_equal(stored_number(t, "PRAGMA user_version"), 3);
	assert_int_equal(stored_number(t, "SELECT sum(a) FROM two"), 2);
	migrations[3] = "INSERT INTO two VALUES (3)";
	sqlite_close(test_migrate(t, STORE_WRITE, migrations, 0));
	sqlite_close(test_migrate(t, STORE_WRITE, migrations, 0));
	sqlite_close(test_migrate(t, STORE_READ, migrations, 0));
	assert_int_equal(stored_number(t, "SELECT sum(a) FROM two"), 5);
	assert_int_equal(stored_number(t, TOTAL), 3);
	stored_refused(t, STORE_WRITE, "version 4, this one knows 2");
}

/* A new database goes the same way as an old one. */
static void
store_makes_all_versions_at_once(void **state)
{
	struct stored *t = *state;
	const char *migrations[] = {
	    store_schema[0], "CREATE TABLE two (a)", NULL};

	sqlite_close(test_migrate(t, STORE_WRITE, migrations, 0));
	assert_int_equal(stored_number(t, "PRAGMA user_version"), 2);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM two"), 0);
	assert_int_equal(stored_number(t, TOTAL), 0);
}

/* A name that nobody has chosen may change. */
static void
store_goes_on_under_a_new_name(void **state)
{
	static const char *const host[] = {HOST, "new", "new", "newer"};
	static const char *const was[] = {NULL, HOST, NULL, "new"};
	const struct store_blob blob = {"position", "x", 1};
	const struct store_batch batch = {.blob = &blob, .nblobs = 1};
	struct stored *t = *state;
	struct store_place place;
	struct store *store;
	char *before;
	size_t i, len;
	void *bytes;

	for (i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		place = stored_place(t, host[i]);
		place.before = &before;
		store = store_open_place(&place, STORE_WRITE, &t->err);
		assert_non_null(store);
		if (was[i] == NULL)
			assert_null(before);
		else
			assert_string_equal(before, was[i]);
		free(before);
		assert_int_equal(
		    store_get_blob(store, "position", &bytes, &len, &t->err),
		    i > 0);
		free(bytes);
		stored_commit(t, store, &batch);
		store_close(store);
	}
	/* One that was, may not; and then it isn't known any more. */
	place = stored_place(t, "chosen");
	store = store_open_place(&place, STORE_WRITE, &t->err);
	assert_non_null(store);
	assert_int_equal(
	    store_get_blob(store, "position", &bytes, &len, &t->err), 0);
	stored_commit(t, store, &batch);
	store_close(store);
	place = stored_place(t, "newest");
	place.before = &before;
	store = store_open_place(&place, STORE_WRITE, &t->err);
	assert_non_null(store);
	assert_null(before);
	store_close(store);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(store_refuses_a_newer_schema),
	    TEST(store_migrates_by_number),
	    TEST(store_makes_all_versions_at_once),
	    TEST(store_goes_on_under_a_new_name),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
