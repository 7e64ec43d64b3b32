/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/store_db.h"
#include "stored.h"

#define NOBODY 65534
#define SKIP   77 /* what a child ends with that isn't allowed to try */

#define ROWS 20000

/* Locks aren't waited for, so that the test needn't either. */
static struct store *
test_open(struct stored *t)
{
	struct store *store = stored_open(t, STORE_WRITE);
	struct sqlite *db = ((struct store_db *)store)->db;

	assert_int_equal(
	    sqlite_exec(db, "PRAGMA busy_timeout = 0", &t->err), 0);
	return store;
}

static void
store_refuses_what_is_no_store(void **state)
{
	static const char *const spec[] = {"", "/tmp/db", "sqlite",
	    "sqlite:", "SQLITE:/tmp/x", "sqlit:/tmp/x", "sqlitee:/tmp/x",
	    ":/tmp/x", "mysql:/etc/forceenc/stats.cf"};
	struct stored *t = *state;
	size_t i;

	for (i = 0; i < sizeof(spec) / sizeof(spec[0]); i++) {
		assert_null(store_open(spec[i], STORE_WRITE, HOST, &t->err));
		stored_word(t, "not a store");
	}
}

static void
store_refuses_what_it_cant_open(void **state)
{
	struct stored *t = *state;

	stored_refused(t, STORE_READ, "No such file");
	snprintf(t->spec, sizeof(t->spec), "sqlite:%s/none/db", t->folder.name);
	stored_refused(t, STORE_WRITE, "No such file");
	stored_refused(t, STORE_READ, "No such file");
	snprintf(t->spec, sizeof(t->spec), "sqlite:%s", t->folder.name);
	stored_refused(t, STORE_WRITE, "not a regular file");
	snprintf(t->spec, sizeof(t->spec), "sqlite:%s/db", t->folder.name);
	folder_write_text(&t->folder, "db", "");
	stored_refused(t, STORE_READ, "an empty database");
	folder_write_text(&t->folder, "db", "Feb 29 00:00:00 mail postfix");
	stored_refused(t, STORE_WRITE, "not a database");
	stored_refused(t, STORE_READ, "not a database");
}

/* Not even its journal mode. */
static void
store_leaves_other_databases_alone(void **state)
{
	static const char *const sql[] = {"CREATE TABLE t (a)",
	    "PRAGMA application_id = 0x66656e63",
	    "PRAGMA user_version = 1; CREATE TABLE sender (a)",
	    "PRAGMA user_version = 1", "PRAGMA application_id = 0x66656e73"};
	struct stored *t = *state;
	char *before, *after;
	size_t i, len, after_len;

	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		stored_exec(t, "db", sql[i]);
		before = folder_read(&t->folder, "db", &len);
		stored_refused(t, STORE_WRITE, "not a database that forceenc");
		stored_refused(t, STORE_READ, "not a database that forceenc");
		after = folder_read(&t->folder, "db", &after_len);
		assert_int_equal(len, after_len);
		assert_memory_equal(before, after, len);
		free(before);
		free(after);
		unlink(folder_path(&t->folder, "db"));
	}
}

/* A batch of everything, of rows counts. */
static void
test_fill(struct store_batch *batch, struct store_count *count, size_t rows)
{
	static char sender[ROWS][32];
	static struct store_failure failure;
	static struct store_blob blob;
	size_t i;

	for (i = 0; i < rows; i++) {
		snprintf(sender[i], sizeof(sender[i]), "u%zu@example.com", i);
		count[i] = stored_one(sender[i], 1);
	}
	failure = (struct store_failure){.time = HOUR * INT64_C(3600),
	    .sender = "alice@example.com",
	    .queue_id = "4ABC",
	    .destination = "example.net",
	    .recipient = "",
	    .relay = "mx.example.net[127.0.0.1]:25",
	    .service = "forceenc",
	    .outcome = STORE_HARD,
	    .reason = STORE_NOT_OFFERED,
	    .text = "TLS is required, but was not offered"};
	blob = (struct store_blob){.name = "position", .bytes = "x", .len = 1};
	*batch = (struct store_batch){.count = count,
	    .ncounts = rows,
	    .failure = &failure,
	    .nfailures = 1,
	    .blob = &blob,
	    .nblobs = 1};
}

static void
test_assert_rows(struct stored *t, int64_t times, int64_t rows)
{
	assert_int_equal(stored_number(t, TOTAL), times * rows);
	assert_int_equal(
	    stored_number(t, "SELECT count(*) FROM failure"), times);
	assert_int_equal(
	    stored_number(t, "SELECT count(*) FROM state"), times > 0);
	/* No name without its number, no number twice. */
	assert_int_equal(stored_number(t,
			     "SELECT count(*) FROM delivery_hour WHERE "
			     "sender NOT IN (SELECT id FROM sender) OR "
			     "destination NOT IN (SELECT id FROM name) OR "
			     "kind NOT IN (SELECT id FROM kind)"),
	    0);
	assert_int_equal(stored_number(t, "SELECT count(*) FROM delivery"),
	    times > 0 ? rows : 0);
}

static void
store_locked_is_tried_again(void **state)
{
	struct stored *t = *state;
	struct store *store = test_open(t);
	struct store_batch batch;
	struct store_count count[10];
	struct sqlite *other = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_WRITE, 0, &t->err);

	test_fill(&batch, count, 10);
	assert_int_equal(sqlite_exec(other, "BEGIN IMMEDIATE", &t->err), 0);
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	stored_word(t, "locked");
	assert_true(store_locked(store));
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	assert_int_equal(
	    store_tidy(store, HOUR * INT64_C(3600), 1, 1, 1, &t->err), -1);
	assert_true(store_locked(store));
	assert_false(store_lost(store));
	assert_int_equal(store_conflicts(store), 3);
	assert_int_equal(store_conflicts(store), 0);
	test_assert_rows(t, 0, 10);
	assert_int_equal(sqlite_exec(other, "ROLLBACK", &t->err), 0);
	stored_commit(t, store, &batch);
	assert_false(store_locked(store));
	test_assert_rows(t, 1, 10);
	sqlite_close(other);
	store_close(store);
}

static int
test_poll(struct pollfd *pollfd, nfds_t n, int ms, void *arg)
{
	(void)arg;
	return poll(pollfd, n, ms);
}

/* Who has more to do than to wait finds out later. */
static void
store_waits_as_told(void **state)
{
	struct stored *t = *state;
	struct store_place place = stored_place(t, HOST);
	enum store_trouble trouble;
	struct sqlite *other;
	struct store *store;
	int64_t patience;

	place.trouble = &trouble;
	for (place.poll = NULL;; place.poll = test_poll) {
		store = store_open_place(&place, STORE_WRITE, &t->err);
		assert_non_null(store);
		assert_int_equal(
		    sqlite_ask_number(((struct store_db *)store)->db,
			"PRAGMA busy_timeout", &patience, &t->err),
		    0);
		assert_int_equal(patience, place.poll == NULL ? 5000 : 20);
		store_close(store);
		if (place.poll != NULL)
			break;
	}
	other = sqlite_open(
	    folder_path(&t->folder, "db"), SQLITE_MODE_WRITE, 0, &t->err);
	assert_int_equal(sqlite_exec(other,
			     "PRAGMA locking_mode = EXCLUSIVE; "
			     "BEGIN IMMEDIATE; COMMIT",
			     &t->err),
	    0);
	assert_null(store_open_place(&place, STORE_WRITE, &t->err));
	stored_word(t, "locked");
	assert_int_equal(trouble, STORE_LOCKED);
	sqlite_close(other);
	store = store_open_place(&place, STORE_WRITE, &t->err);
	assert_non_null(store);
	store_close(store);
}

static void
store_full_is_tried_again(void **state)
{
	struct stored *t = *state;
	struct store *store = test_open(t);
	struct sqlite *db = ((struct store_db *)store)->db;
	struct store_count *count = calloc(ROWS, sizeof(*count));
	struct store_batch batch;
	char sql[64];
	int pages;

	test_fill(&batch, count, ROWS);
	for (pages = 20; pages < 200; pages += 50) {
		snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", pages);
		assert_int_equal(sqlite_exec(db, sql, &t->err), 0);
		assert_int_equal(store_commit(store, &batch, &t->err), -1);
		stored_word(t, "full");
		test_assert_rows(t, 0, ROWS);
	}
	assert_int_equal(
	    sqlite_exec(db, "PRAGMA max_page_count = 100000", &t->err), 0);
	stored_commit(t, store, &batch);
	test_assert_rows(t, 1, ROWS);
	free(count);
	store_close(store);
}

/* Runs fn in a process of its own, which ends with what fn returns. */
static void
test_in_child(struct stored *t, int (*fn)(struct stored *))
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(fn(t));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP)
		skip();
	if (WEXITSTATUS(status) != 0)
		fail_msg("at line %d", WEXITSTATUS(status));
}

/* Lines are numbers from 1 to 255, and tell where it went wrong. */
#define CHILD(n, cond)            \
	do {                      \
		if (!(cond))      \
			return n; \
	} while (0)

/* Files may be no longer than a limit: writing fails in the middle. */
static int
test_short_files(struct stored *t)
{
	struct rlimit limit = {.rlim_max = RLIM_INFINITY};
	struct store_count *count = calloc(ROWS, sizeof(*count));
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_batch batch;
	rlim_t size;

	signal(SIGXFSZ, SIG_IGN);
	test_fill(&batch, count, ROWS);
	for (size = 50000; size < 1000000; size += 100000) {
		limit.rlim_cur = size;
		CHILD(1, setrlimit(RLIMIT_FSIZE, &limit) == 0);
		CHILD(2, store_commit(store, &batch, &t->err) == -1);
		CHILD(3, strstr(t->err.text, "I/O") != NULL);
	}
	limit.rlim_cur = RLIM_INFINITY;
	CHILD(4, setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD(5, store_commit(store, &batch, &t->err) == 0);
	store_close(store);
	free(count);
	return 0;
}

static void
store_short_write_is_tried_again(void **state)
{
	struct stored *t = *state;

	test_in_child(t, test_short_files);
	test_assert_rows(t, 1, ROWS);
}

/* A disk that is really full, where we may have one. */
static int
test_full_disk(struct stored *t)
{
	struct store_count *count = calloc(ROWS, sizeof(*count));
	struct store_batch batch;
	struct store *store;
	char block[4096] = {0};
	int fd;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", t->folder.name, "tmpfs", 0, "size=2m") == -1)
		return SKIP;
	store = stored_open(t, STORE_WRITE);
	test_fill(&batch, count, 1000);
	CHILD(1, store_commit(store, &batch, &t->err) == 0);
	fd = open(folder_path(&t->folder, "ballast"), O_WRONLY | O_CREAT, 0600);
	CHILD(2, fd != -1);
	while (write(fd, block, sizeof(block)) > 0)
		;
	CHILD(3, errno == ENOSPC);
	close(fd);
	test_fill(&batch, count, ROWS);
	CHILD(4, store_commit(store, &batch, &t->err) == -1);
	CHILD(5, strstr(t->err.text, "full") != NULL);
	CHILD(6, store_commit(store, &batch, &t->err) == -1);
	CHILD(7, stored_number(t, TOTAL) == 1000);
	CHILD(8, unlink(folder_path(&t->folder, "ballast")) == 0);
	test_fill(&batch, count, 2000);
	CHILD(9, store_commit(store, &batch, &t->err) == 0);
	CHILD(10, stored_number(t, TOTAL) == 3000);
	CHILD(11, stored_number(t, "SELECT count(*) FROM failure") == 2);
	store_close(store);
	free(count);
	return 0;
}

static void
store_full_disk_is_tried_again(void **state)
{
	test_in_child(*state, test_full_disk);
}

static bool
test_be_nobody(void)
{
	return geteuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

/* Who may only read can read, whether the writer is there or not. */
static int
test_only_reads(struct stored *t)
{
	struct store *store;
	size_t len;
	void *bytes;

	if (geteuid() != 0)
		return SKIP;
	CHILD(1, test_be_nobody());
	store = store_open(t->spec, STORE_READ, HOST, &t->err);
	if (store == NULL)
		fprintf(stderr, "%s\n", t->err.text);
	CHILD(2, store != NULL);
	CHILD(3, store_get_blob(store, "position", &bytes, &len, NULL) == 1);
	free(bytes);
	store_close(store);
	store = store_open(t->spec, STORE_WRITE, HOST, &t->err);
	CHILD(4, store == NULL);
	CHILD(5, strstr(t->err.text, "read-only") != NULL);
	return 0;
}

static void
store_is_read_by_others(void **state)
{
	struct stored *t = *state;
	struct store *store = test_open(t);
	struct store_count count[10];
	struct store_batch batch;

	assert_int_equal(chmod(t->folder.name, 0755), 0);
	test_fill(&batch, count, 10);
	stored_commit(t, store, &batch);
	test_in_child(t, test_only_reads);
	store_close(store);
	test_in_child(t, test_only_reads);
	store = test_open(t);
	stored_commit(t, store, &batch);
	test_assert_rows(t, 2, 10);
	store_close(store);
}

static void
store_knows_when_it_is_lost(void **state)
{
	struct stored *t = *state;
	struct store *store = test_open(t);
	struct store_count count[10];
	struct store_batch batch;

	test_fill(&batch, count, 10);
	stored_commit(t, store, &batch);
	rename(folder_path(&t->folder, "db"), folder_path(&t->folder, "away"));
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	stored_word(t, "No such file");
	assert_true(store_lost(store));
	/* Back again, it's the same one. */
	rename(folder_path(&t->folder, "away"), folder_path(&t->folder, "db"));
	assert_false(store_lost(store));
	stored_commit(t, store, &batch);
	test_assert_rows(t, 2, 10);
	folder_copy(&t->folder, "db", "copy");
	rename(folder_path(&t->folder, "copy"), folder_path(&t->folder, "db"));
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	stored_word(t, "replaced");
	assert_true(store_lost(store));
	store_close(store);
}

static void
store_says_when_it_is_spoilt(void **state)
{
	struct stored *t = *state;
	struct store *store = test_open(t);
	struct store_count *count = calloc(ROWS, sizeof(*count));
	struct store_batch batch;
	size_t len;
	char *bytes;

	test_fill(&batch, count, ROWS);
	stored_commit(t, store, &batch);
	store_close(store);
	bytes = folder_read(&t->folder, "db", &len);
	assert_true(len > 200 * 4096);
	memset(bytes + 60 * 4096, 0xa5, len - 60 * 4096);
	folder_write(&t->folder, "db", bytes, len);
	free(bytes);
	store = test_open(t);
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	stored_word(t, "malformed");
	assert_int_equal(store_commit(store, &batch, &t->err), -1);
	store_close(store);
	free(count);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(store_refuses_what_is_no_store),
	    TEST(store_refuses_what_it_cant_open),
	    TEST(store_leaves_other_databases_alone),
	    TEST(store_locked_is_tried_again),
	    TEST(store_waits_as_told),
	    TEST(store_full_is_tried_again),
	    TEST(store_short_write_is_tried_again),
	    TEST(store_full_disk_is_tried_again),
	    TEST(store_is_read_by_others),
	    TEST(store_knows_when_it_is_lost),
	    TEST(store_says_when_it_is_spoilt),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
