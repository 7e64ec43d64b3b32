/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdint.h>

#include "forceenc/buf.h"
#include "forceenc/stats.h"
#include "stored.h"

static void
sum_row(const char *const value[], int64_t count, void *arg)
{
	int64_t *sum = arg;

	assert_string_equal(value[0], "verified");
	*sum += count;
}

/* Many senders are recognised as they come by, a few are looked up. */
static void
stats_count_many_as_few(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct stats_filter filter = {.sender = "@example.com",
	    .rules = {.delimiters = "+", .fold_local = true},
	    .since = STATS_ALWAYS,
	    .until = STATS_ALWAYS};
	int64_t sum;
	enum stats_dimension by = STATS_LEVEL;
	char name[32];
	int64_t i;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "u%lld@example.com", (long long)i);
		stored_add(t, store, name, 1);
		stored_add(t, store, "alice@example.org", 1);
		if (i % 10 > 0)
			continue;
		sum = 0;
		assert_int_equal(
		    stats_count(store, &filter, &by, 1, sum_row, &sum, &t->err),
		    0);
		assert_int_equal(sum, i + 1);
	}
	filter.sender = "bad\n@example.com";
	assert_int_equal(
	    stats_count(store, &filter, &by, 1, sum_row, &sum, &t->err), -1);
	stored_word(t, "control byte");
	/* The failed question left no transaction behind. */
	stored_add(t, store, "alice@example.org", 1);
	store_close(store);
}

static void
failed_row(const struct stats_failure *failure, void *arg)
{
	struct buf *out = arg;

	buf_printf(out, "%lld %s %s %s %s %s %s %s %s %s %s\n",
	    (long long)failure->time, failure->host, failure->sender,
	    failure->queue_id, failure->destination, failure->recipient,
	    failure->relay, failure->service, failure->outcome, failure->reason,
	    failure->text);
}

static void
stats_failures_newest_first(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_failure failure = {.sender = "alice+x@example.com",
	    .queue_id = "4ABC",
	    .destination = "example.net",
	    .recipient = "bob@example.net",
	    .relay = "mx[192.0.2.1]:25",
	    .service = "forceenc",
	    .outcome = STORE_HARD,
	    .reason = STORE_NOT_OFFERED,
	    .text = "TLS is required"};
	struct store_batch batch = {.failure = &failure, .nfailures = 1};
	struct stats_filter filter = {.sender = "alice@example.com",
	    .rules = {.delimiters = "+", .fold_local = true},
	    .since = STATS_ALWAYS,
	    .until = STATS_ALWAYS};
	struct buf out = {0};

	for (failure.time = 1000; failure.time < 1010; failure.time++)
		stored_commit(t, store, &batch);
	failure.time = 5;
	failure.sender = "bob@example.com";
	failure.reason = STORE_NO_REASON;
	stored_commit(t, store, &batch);
	assert_int_equal(
	    stats_failures(store, &filter, 2, failed_row, &out, &t->err), 0);
	assert_string_equal(buf_text(&out),
	    "1009 " HOST " alice+x@example.com 4ABC example.net "
	    "bob@example.net mx[192.0.2.1]:25 forceenc hard not-offered "
	    "TLS is required\n"
	    "1008 " HOST " alice+x@example.com 4ABC example.net "
	    "bob@example.net mx[192.0.2.1]:25 forceenc hard not-offered "
	    "TLS is required\n");
	buf_clear(&out);
	filter.sender = NULL;
	filter.until = 1000;
	assert_int_equal(
	    stats_failures(store, &filter, 9, failed_row, &out, &t->err), 0);
	assert_string_equal(buf_text(&out),
	    "5 " HOST " bob@example.com 4ABC example.net bob@example.net "
	    "mx[192.0.2.1]:25 forceenc hard  TLS is required\n");
	buf_clear(&out);
	filter.since = 1005;
	filter.until = 1006;
	assert_int_equal(
	    stats_failures(store, &filter, 9, failed_row, &out, &t->err), 0);
	assert_memory_equal(buf_text(&out), "1005 ", 5);
	buf_fini(&out);
	store_close(store);
}

static void
evidence_row(const struct stats_evidence *evidence, void *arg)
{
	struct buf *out = arg;
	int i;

	buf_printf(out, "%s %lld:", evidence->destination,
	    (long long)evidence->last_seen);
	for (i = 0; i < STORE_NO_LEVEL; i++)
		buf_printf(out, " %lld/%lld", (long long)evidence->delivered[i],
		    (long long)evidence->sessions[i]);
	buf_add_byte(out, '\n');
}

static void
stats_evidence_of_all_senders(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	struct store_count count[4];
	struct store_session session[3];
	struct store_batch batch = {
	    .count = count, .ncounts = 4, .session = session, .nsessions = 3};
	struct stats_filter filter = {.sender = "alice@example.com",
	    .rules = {.delimiters = "+", .fold_local = true},
	    .since = STATS_ALWAYS,
	    .until = STATS_ALWAYS};
	struct buf out = {0};
	int i;

	for (i = 0; i < 4; i++)
		count[i] = stored_one("alice@example.com", 5);
	count[0].level = STORE_NONE;
	count[1].destination = "example.org";
	count[1].n = 100;
	count[2].outcome = STORE_HARD;
	count[2].level = STORE_NO_LEVEL;
	count[2].destination = "example.com";
	count[3].sender = "bob@example.com";
	count[3].destination = "bob.example";
	for (i = 0; i < 3; i++)
		session[i] = (struct store_session){.hour = HOUR,
		    .destination = "example.net",
		    .mx = "mx",
		    .version = "TLSv1.3",
		    .cipher = "AES",
		    .level = STORE_UNTRUSTED,
		    .last_seen = 77 + i,
		    .n = 3};
	session[1].level = STORE_NONE;
	session[1].version = "";
	session[2].destination = "bob.example";
	stored_commit(t, store, &batch);
	assert_int_equal(
	    stats_evidence(store, &filter, evidence_row, &out, &t->err), 0);
	assert_string_equal(buf_text(&out),
	    "example.org 0: 0/0 0/0 0/0 0/0 100/0 0/0 0/0\n"
	    "example.net 78: 5/3 0/0 0/3 0/0 0/0 0/0 0/0\n");
	buf_fini(&out);
	store_close(store);
}

static void
blob_row(const char *host, const char *name, const void *bytes, size_t len,
    void *arg)
{
	const char *b = bytes;

	buf_printf(arg, "%s %s %zu %c%c\n", host, name, len, b[0], b[len - 1]);
}

static void
stats_blobs_are_whole(void **state)
{
	struct stored *t = *state;
	struct store *store = stored_open(t, STORE_WRITE);
	char *big = malloc(600000);
	struct store_blob blob[] = {
	    {"lines", "17", 2}, {"big", big, 600000}, {"none", "", 0}};
	struct store_batch batch = {.blob = blob, .nblobs = 3};
	struct buf out = {0};

	memset(big, 'x', 600000);
	big[599999] = 'z';
	assert_int_equal(stats_blobs(store, blob_row, &out, &t->err), 0);
	assert_int_equal(out.len, 0);
	stored_commit(t, store, &batch);
	store_close(store);
	store = stored_open_as(t, STORE_WRITE, "a");
	stored_commit(t, store, &batch);
	assert_int_equal(stats_blobs(store, blob_row, &out, &t->err), 0);
	assert_string_equal(buf_text(&out),
	    "a big 600000 xz\na lines 2 17\n" HOST " big 600000 xz\n" HOST
	    " lines 2 17\n");
	store_close(store);
	buf_fini(&out);
	free(big);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(stats_count_many_as_few),
	    TEST(stats_failures_newest_first),
	    TEST(stats_evidence_of_all_senders),
	    TEST(stats_blobs_are_whole),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
