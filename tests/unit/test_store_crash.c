/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "store/store_db.h"
#include "store/store_write.h"
#include "stored.h"

/*
 * A writer is killed again and again, between and within its transactions. Its
 * batches follow from their number, and each says in the state how many have
 * been: so what must be in the database follows from that number.
 */

#define DEATHS   200
#define SENDERS  50
#define COUNTS   40 /* of a batch */
#define FAILURES 3

static uint32_t
test_mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

struct test_batch {
	struct store_batch batch;
	struct store_count count[COUNTS];
	struct store_failure failure[FAILURES];
	struct store_blob blob[2];
	char sender[COUNTS][32];
	char state[5000];
	uint32_t next; /* the number of batches when this one is done */
};

/* Recipients of sender in batch number i. */
static uint32_t
test_share(uint32_t i, uint32_t slot)
{
	return 1 + test_mix(i * COUNTS + slot) % 9;
}

static void
test_make(struct test_batch *b, uint32_t number)
{
	uint32_t i, sender;

	for (i = 0; i < COUNTS; i++) {
		sender = test_mix(number + i * 977) % SENDERS;
		snprintf(b->sender[i], sizeof(b->sender[i]), "u%u@d%u.example",
		    sender, sender % 3);
		b->count[i] = stored_one(b->sender[i], test_share(number, i));
		b->count[i].hour += number / 50;
	}
	for (i = 0; i < FAILURES; i++)
		b->failure[i] =
		    (struct store_failure){.time = HOUR * INT64_C(3600),
			.sender = b->sender[i],
			.queue_id = "4ABC",
			.destination = "example.org",
			.recipient = "",
			.relay = "",
			.service = "forceenc",
			.outcome = STORE_SOFT,
			.reason = STORE_DANE,
			.text = "no"};
	b->next = number + 1;
	memset(b->state, (char)number, sizeof(b->state));
	b->blob[0] = (struct store_blob){
	    .name = "position", .bytes = &b->next, .len = sizeof(b->next)};
	/* Its length tells the number as well. */
	b->blob[1] = (struct store_blob){.name = "state",
	    .bytes = b->state,
	    .len = 1 + number % sizeof(b->state)};
	b->batch = (struct store_batch){.count = b->count,
	    .ncounts = COUNTS,
	    .failure = b->failure,
	    .nfailures = FAILURES,
	    .blob = b->blob,
	    .nblobs = 2};
}

static uint32_t
test_position(struct stored *t, struct store *store)
{
	uint32_t number = 0;
	void *bytes;
	size_t len;
	int rc = store_get_blob(store, "position", &bytes, &len, &t->err);

	if (rc == -1)
		fail_msg("%s", t->err.text);
	if (rc == 1) {
		assert_int_equal(len, sizeof(number));
		memcpy(&number, bytes, len);
	}
	free(bytes);
	return number;
}

/* Writes until it's killed: by an alarm, whatever it's doing. The clock starts
 * behind the first batch, so that there is progress on any machine, or at
 * once. */
static void
test_write(struct stored *t, uint32_t microseconds, bool at_once)
{
	struct itimerval timer = {.it_value.tv_usec = microseconds};
	struct test_batch *b = malloc(sizeof(*b));
	struct store *store;
	uint32_t number;

	if (at_once)
		setitimer(ITIMER_REAL, &timer, NULL);
	store = stored_open(t, STORE_WRITE);
	for (number = test_position(t, store);; number++) {
		test_make(b, number);
		stored_commit(t, store, &b->batch);
		if (store_tidy(store, HOUR * INT64_C(3600) + number * 100, 24,
			100, 5, &t->err) == -1)
			_exit(1);
		if (!at_once)
			setitimer(ITIMER_REAL, &timer, NULL);
		at_once = true;
	}
}

static void
test_kill(struct stored *t, uint32_t microseconds, bool at_once)
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		test_write(t, microseconds, at_once);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
}

/* The totals are those of an undisturbed run up to the position. */
static void
test_check(struct stored *t, uint32_t *batches)
{
	struct test_batch *b = malloc(sizeof(*b));
	int64_t want[SENDERS] = {0}, total = 0;
	struct store *store;
	uint32_t number, i, slot;
	char sql[256];
	size_t len;
	void *bytes;

	/* A server may go on with what the dead had sent: whoever writes next
	 * waits until it's done. */
	if (t->conf != NULL)
		store_close(stored_open(t, STORE_WRITE));
	store = stored_open(t, STORE_READ);
	number = test_position(t, store);
	assert_true(number >= *batches);
	*batches = number;
	for (i = 0; i < number; i++)
		for (slot = 0; slot < COUNTS; slot++) {
			want[test_mix(i + slot * 977) % SENDERS] +=
			    test_share(i, slot);
			total += test_share(i, slot);
		}
	assert_int_equal(
	    stored_number(t, "SELECT coalesce(sum(count), 0) FROM delivery"),
	    total);
	i = number % SENDERS;
	snprintf(sql, sizeof(sql),
	    "SELECT coalesce(sum(count), 0) FROM delivery "
	    "WHERE sender = 'u%u@d%u.example'",
	    i, i % 3);
	assert_int_equal(stored_number(t, sql), want[i]);
	if (number > 0) {
		test_make(b, number - 1);
		assert_int_equal(
		    store_get_blob(store, "state", &bytes, &len, &t->err), 1);
		assert_int_equal(len, b->blob[1].len);
		assert_memory_equal(bytes, b->state, len);
		free(bytes);
	}
	store_close(store);
	free(b);
}

/* Whether there are tables. */
static bool
test_begun(struct stored *t, uint32_t batches)
{
	if (batches > 0)
		return true;
	if (t->conf != NULL)
		return stored_number(t,
			   "SELECT count(*) FROM pg_tables "
			   "WHERE schemaname = 'stats'") > 0;
	return access(folder_path(&t->folder, "db"), F_OK) == 0 &&
	    stored_number(t, "PRAGMA user_version") > 0;
}

static void
store_survives_being_killed(void **state)
{
	struct stored *t = *state;
	uint32_t i, batches = 0;

	for (i = 0; i < DEATHS; i++) {
		test_kill(t, 100 + test_mix(i) % 20000, i % 4 == 0);
		if (test_begun(t, batches))
			test_check(t, &batches);
	}
	/* It was killed at work, and not before. */
	assert_true(batches >= DEATHS / 4 * 3);
	if (t->conf == NULL)
		assert_int_equal(stored_number(t,
				     "SELECT count(*) FROM "
				     "pragma_integrity_check() WHERE "
				     "integrity_check <> 'ok'"),
		    0);
	print_message("%u batches\n", batches);
}

/* Dies after so many rows of a transaction that is never ended. */
static void
test_die_within(struct stored *t, size_t rows)
{
	struct store *store = stored_open(t, STORE_WRITE);
	struct test_batch *b = malloc(sizeof(*b));

	test_make(b, test_position(t, store));
	b->batch.ncounts = rows;
	/* So little memory for pages that they go to the disk before. */
	if (sqlite_exec(((struct store_db *)store)->db, "PRAGMA cache_size = 1",
		NULL) == -1 ||
	    store_db_begin((struct store_db *)store, NULL) == -1 ||
	    store_write_batch((struct store_db *)store, &b->batch, NULL) == -1)
		_exit(1);
	raise(SIGKILL);
}

static void
store_forgets_what_wasnt_committed(void **state)
{
	struct stored *t = *state;
	struct test_batch *b;
	struct store *store;
	uint32_t batches = 0;
	int status;
	size_t i;
	pid_t pid;

	stored_sqlite_only(t);
	b = malloc(sizeof(*b));
	store = stored_open(t, STORE_WRITE);
	for (i = 0; i <= COUNTS; i += 4) {
		test_make(b, test_position(t, store));
		stored_commit(t, store, &b->batch);
		pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0)
			test_die_within(t, i);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		test_check(t, &batches);
		assert_int_equal(batches, i / 4 + 1);
	}
	store_close(store);
	free(b);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(store_survives_being_killed),
	    TEST(store_forgets_what_wasnt_committed),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
