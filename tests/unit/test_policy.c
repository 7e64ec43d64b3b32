/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "forceenc/buf.h"
#include "forceenc/sqlite.h"

struct test {
	struct folder folder;
	struct err err;
	struct buf listed;
};

static int
test_setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	*state = t;
	return 0;
}

static int
test_teardown(void **state)
{
	struct test *t = *state;

	buf_fini(&t->listed);
	folder_close(&t->folder);
	free(t);
	return 0;
}

static struct policy *
test_open(struct test *t, enum policy_mode mode)
{
	struct policy *policy =
	    policy_open(folder_path(&t->folder, "db"), mode, &t->err);

	if (policy == NULL)
		fail_msg("%s", t->err.text);
	return policy;
}

static void
test_refused(struct test *t, enum policy_mode mode, const char *word)
{
	assert_null(policy_open(folder_path(&t->folder, "db"), mode, &t->err));
	if (strstr(t->err.text, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, t->err.text);
}

static void
test_on_row(const char *key, const char *answer, int64_t changed, void *arg)
{
	struct test *t = arg;

	buf_printf(&t->listed, "%s=%s@%lld ", key, answer, (long long)changed);
}

static const char *
test_list(struct test *t, struct policy *policy)
{
	buf_clear(&t->listed);
	if (policy_list(policy, test_on_row, t, &t->err) == -1)
		fail_msg("%s", t->err.text);
	return buf_text(&t->listed);
}

static void
test_set(struct test *t, struct policy *policy, const char *key,
    const char *answer, int64_t now)
{
	if (policy_set(policy, key, strlen(key), answer, now, &t->err) == -1)
		fail_msg("%s", t->err.text);
}

static void
policy_sets_lists_and_unsets(void **state)
{
	struct test *t = *state;
	struct policy *policy = test_open(t, POLICY_WRITE);

	assert_string_equal(test_list(t, policy), "");
	test_set(t, policy, "bob@example.com", "forceenc:", 1000);
	test_set(t, policy, "@example.com", "on", 1001);
	test_set(t, policy, "<>", "forceenc:", 1002);
	test_set(t, policy, "o'hara\"@example.com", "DUNNO", 1003);
	assert_string_equal(test_list(t, policy),
	    "<>=forceenc:@1002 @example.com=on@1001 "
	    "bob@example.com=forceenc:@1000 o'hara\"@example.com=DUNNO@1003 ");
	test_set(t, policy, "bob@example.com", "off", 2000);
	assert_int_equal(policy_unset(policy, "@example.com", 12, &t->err), 1);
	assert_int_equal(policy_unset(policy, "@example.com", 12, &t->err), 0);
	assert_int_equal(policy_unset(policy, "<>xyz", 2, &t->err), 1);
	policy_close(policy);

	/* It's on disk, for one who only reads. */
	policy = test_open(t, POLICY_READ);
	assert_string_equal(test_list(t, policy),
	    "bob@example.com=off@2000 o'hara\"@example.com=DUNNO@1003 ");
	assert_int_equal(policy_unset(policy, "<>", 2, &t->err), -1);
	assert_non_null(strstr(t->err.text, "readonly"));
	assert_int_equal(policy_set(policy, "a", 1, "on", 1, &t->err), -1);
	policy_close(policy);
	policy_close(NULL);
}

static void
policy_gets_one(void **state)
{
	struct test *t = *state;
	struct policy *policy = test_open(t, POLICY_WRITE);
	struct buf answer = {0};

	test_set(t, policy, "bob@example.com", "forceenc:", 1000);
	test_set(t, policy, "@example.com", "on", 1001);
	assert_int_equal(
	    policy_get(policy, "@example.com.", 12, &answer, &t->err), 1);
	assert_string_equal(buf_text(&answer), "on");
	assert_int_equal(
	    policy_get(policy, "bob@example.com", 15, &answer, &t->err), 1);
	assert_string_equal(buf_text(&answer), "forceenc:");
	assert_int_equal(
	    policy_get(policy, "bob@example.co", 14, &answer, &t->err), 0);
	assert_int_equal(answer.len, 0);
	policy_close(policy);
	buf_fini(&answer);
}

/* What the daemon asks by default, and how it would see it. */
static void
policy_is_what_the_default_query_reads(void **state)
{
	struct test *t = *state;
	struct policy *policy = test_open(t, POLICY_WRITE);
	struct sqlite_stmt *stmt;
	struct sqlite *db;
	size_t len;

	test_set(t, policy, "alice@example.com", "forceenc:", 1);
	policy_close(policy);
	db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_READ, 0, &t->err);
	assert_non_null(db);
	assert_int_equal(
	    sqlite_prepare(db, "SELECT answer FROM policy WHERE address = ?1",
		&stmt, &t->err),
	    SQLITE_STATUS_DONE);
	sqlite_bind_text(stmt, 1, "alice@example.com", 17);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	assert_string_equal(sqlite_column_text(stmt, 0, &len), "forceenc:");
	sqlite_finalize(stmt);
	/* A daemon that only reads can't follow into WAL mode. */
	assert_int_equal(
	    sqlite_prepare(db, "PRAGMA journal_mode", &stmt, &t->err),
	    SQLITE_STATUS_DONE);
	assert_int_equal(sqlite_step(stmt, &t->err), SQLITE_STATUS_ROW);
	assert_string_equal(sqlite_column_text(stmt, 0, &len), "delete");
	sqlite_close(db);
}

static void
policy_refuses_nonsense_rows(void **state)
{
	struct test *t = *state;
	struct policy *policy = test_open(t, POLICY_WRITE);

	assert_int_equal(policy_set(policy, "", 0, "on", 1, &t->err), -1);
	assert_int_equal(policy_set(policy, "a", 1, "", 1, &t->err), -1);
	assert_string_equal(test_list(t, policy), "");
	policy_close(policy);
}

static void
policy_makes_no_file_to_read(void **state)
{
	struct test *t = *state;

	test_refused(t, POLICY_READ, "No such file");
	test_refused(t, POLICY_READ, "No such file");
	/* An empty file is nobody's yet. */
	folder_write(&t->folder, "db", "", 0);
	test_refused(t, POLICY_READ, "not a database that forceencctl made");
	policy_close(test_open(t, POLICY_WRITE));
	policy_close(test_open(t, POLICY_READ));
}

static void
test_make_other(struct test *t, const char *sql)
{
	struct sqlite *db = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_WRITE, 0, &t->err);

	assert_non_null(db);
	if (sqlite_exec(db, sql, &t->err) == -1)
		fail_msg("%s", t->err.text);
	sqlite_close(db);
}

static void
policy_leaves_others_databases_alone(void **state)
{
	struct test *t = *state;
	char *before, *after;
	size_t before_len, after_len;

	test_make_other(t,
	    "CREATE TABLE policy (address TEXT, answer TEXT, changed INTEGER)");
	before = folder_read(&t->folder, "db", &before_len);
	test_refused(t, POLICY_READ, "not a database that forceencctl made");
	test_refused(t, POLICY_WRITE, "not a database that forceencctl made");
	after = folder_read(&t->folder, "db", &after_len);
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, after_len);
	free(before);
	free(after);
}

static void
policy_leaves_later_versions_alone(void **state)
{
	struct test *t = *state;

	policy_close(test_open(t, POLICY_WRITE));
	test_make_other(t, "PRAGMA user_version = 2");
	test_refused(t, POLICY_WRITE, "another version");
	test_refused(t, POLICY_READ, "another version");
}

static void
policy_refuses_what_is_no_database(void **state)
{
	struct test *t = *state;
	char text[5000];

	memset(text, '#', sizeof(text));
	folder_write(&t->folder, "db", text, sizeof(text));
	test_refused(t, POLICY_WRITE, "not a database");
	test_refused(t, POLICY_READ, "not a database");
}

/* Two that make it at the same time: the second finds the first one's. */
static void
policy_is_made_once(void **state)
{
	struct test *t = *state;
	struct policy *one = test_open(t, POLICY_WRITE);
	struct policy *two = test_open(t, POLICY_WRITE);

	test_set(t, one, "one", "on", 1);
	test_set(t, two, "two", "on", 2);
	assert_string_equal(test_list(t, one), "one=on@1 two=on@2 ");
	policy_close(one);
	policy_close(two);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(policy_sets_lists_and_unsets),
	    TEST(policy_gets_one),
	    TEST(policy_is_what_the_default_query_reads),
	    TEST(policy_refuses_nonsense_rows),
	    TEST(policy_makes_no_file_to_read),
	    TEST(policy_leaves_others_databases_alone),
	    TEST(policy_leaves_later_versions_alone),
	    TEST(policy_refuses_what_is_no_database),
	    TEST(policy_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
