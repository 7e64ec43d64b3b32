/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What the walk counts depends on the log alone: not on the pieces in which it
 * comes, nor on how often the watcher stops and goes on, nor on the clock. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "forceenc-watch/state.h"
#include "forceenc-watch/walk.h"
#include "unit.h"

#define T0     1795564800 /* 2026-11-25T00:00:00Z */
#define MINUTE 60

/* Totals of all batches, in no order. */
struct counted {
	uint64_t total[STORE_WHATS];
	uint64_t level[STORE_NO_LEVEL + 1];
};

struct walked {
	struct walk *walk;
	struct counted counted;
};

static struct walk *
make_walk(void)
{
	struct walk_rules rules = {.recipient_delimiter = "",
	    .syslog_names = "postfix",
	    .local_relays = "127.0.0.1",
	    .max_inflight = 1000};
	struct err err;
	struct walk *walk = walk_new(&rules, T0, &err);

	assert_non_null(walk);
	return walk;
}

static void
take_batch(struct walked *walked)
{
	struct store_batch batch;
	size_t i;

	walk_batch(walked->walk, &batch);
	for (i = 0; i < batch.ntotals; i++)
		walked->counted.total[batch.total[i].what] += batch.total[i].n;
	for (i = 0; i < batch.ncounts; i++)
		walked->counted.level[batch.count[i].level] += batch.count[i].n;
	tally_clear(walked->walk->tally);
}

/* Stops, and goes on as another process would. */
static void
restart(struct walked *walked)
{
	struct buf state = {0};
	struct err err;

	take_batch(walked);
	state_write(walked->walk, &state);
	walk_free(walked->walk);
	walked->walk = make_walk();
	assert_int_equal(
	    state_read(walked->walk, state.data, state.len, &err), 0);
	buf_fini(&state);
}

static void
finish(struct walked *walked)
{
	take_batch(walked);
	walk_free(walked->walk);
	walked->walk = NULL;
}

static size_t
feed_bytes(struct walked *walked, const char *bytes, size_t len)
{
	return walk_feed(walked->walk, bytes, len);
}

static void feed(struct walked *, int64_t, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* "smtp[7]: text" at that time. */
static void
feed(struct walked *walked, int64_t time, const char *fmt, ...)
{
	char line[1024], text[512];
	time_t t = (time_t)time;
	struct tm tm;
	va_list ap;
	int len;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_non_null(gmtime_r(&t, &tm));
	len = snprintf(line, sizeof(line),
	    "%04d-%02d-%02dT%02d:%02d:%02d.000000+00:00 mx postfix/%s\n",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, text);
	assert_int_equal(feed_bytes(walked, line, (size_t)len), len);
}

/* In a log that misses nothing. */
static void
feed_delivery(struct walked *walked, int64_t time)
{
	feed(walked, time,
	    "master[1]: daemon started -- version 3.7.11, configuration "
	    "/etc/postfix");
	feed(walked, time,
	    "qmgr[3]: 4F0001AB12: from=<a@x.example>, size=9, nrcpt=1 (queue "
	    "active)");
	feed(walked, time,
	    "smtp[7]: 4F0001AB12: to=<r@y.example>, relay=mx.y.example"
	    "[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
	    "(250 ok)");
}

static void
feed_tls(struct walked *walked, int64_t time)
{
	feed(walked, time,
	    "smtp[8]: Trusted TLS connection established to "
	    "mx.z.example[192.0.2.2]:25: TLSv1.3 with cipher X (256/256 bits)");
}

static size_t
waiting(const struct walked *walked)
{
	return undecided_count(walked->walk->inflight->undecided);
}

/* A log of last year, or of tomorrow: a delivery waits for its service's first
 * line about TLS for ten minutes in which nothing comes. */
static void
walk_waits_by_the_time_of_the_log(void **state)
{
	struct walked walked = {.walk = make_walk()};

	(void)state;
	feed_delivery(&walked, T0);
	walk_idle(walked.walk, 5000);
	walk_idle(walked.walk, 5000 + 600000);
	assert_int_equal(waiting(&walked), 1);
	/* Another second of the log, and the wait is as long again. */
	feed(&walked, T0 + 1, "qmgr[3]: 4F0001AB12: removed");
	walk_idle(walked.walk, 5000 + 600500);
	walk_idle(walked.walk, 5000 + 600500 + 599999);
	assert_int_equal(waiting(&walked), 1);
	walk_idle(walked.walk, 5000 + 600500 + 600000);
	assert_int_equal(waiting(&walked), 0);
	finish(&walked);
	assert_int_equal(walked.counted.level[STORE_UNKNOWN], 1);
}

static void
walk_decides_what_waited_through_idle_times(void **state)
{
	struct walked walked = {.walk = make_walk()};

	(void)state;
	feed_delivery(&walked, T0);
	walk_idle(walked.walk, 1000);
	restart(&walked);
	/* Nobody knows how long that took. */
	walk_idle(walked.walk, 99999999);
	walk_idle(walked.walk, 99999999 + 300000);
	feed_tls(&walked, T0 + 9 * MINUTE);
	finish(&walked);
	assert_int_equal(walked.counted.level[STORE_NONE], 1);
	assert_int_equal(walked.counted.level[STORE_UNKNOWN], 0);
}

/* A message that came in so long before its size was told. */
struct arriving {
	int64_t came;
	int64_t active;
};

static void
feed_arrivals(
    struct walked *walked, const struct arriving *mail, size_t n, int stops)
{
	int64_t at;
	size_t i;

	for (at = 0; at < 72 * 60; at++) {
		for (i = 0; i < n; i++) {
			if (mail[i].came == at)
				feed(walked, T0 + at * MINUTE,
				    "smtpd[5]: 4F%04zXAB12: "
				    "client=c.example[192.0.2.9]",
				    i);
			if (mail[i].active == at)
				feed(walked, T0 + at * MINUTE,
				    "qmgr[3]: 4F%04zXAB12: from=<a@x.example>,"
				    " size=%zu, nrcpt=1 (queue active)",
				    i, (size_t)1 << i);
			if (stops > 0 &&
			    (mail[i].came == at || mail[i].active == at))
				restart(walked);
		}
	}
}

static void
walk_knows_the_same_arrivals_after_a_restart(void **state)
{
	/* In minutes. Many get old at once, and few come after that. */
	static const struct arriving mail[] = {
	    {0, 1441},
	    {1, 1442},
	    {2, 1442}, /* just in time */
	    {3, 5},
	    {4, 2000},
	    {5, 2001},
	    {6, 2002},
	    {1443, 1444},
	    {1446, 2886},
	    {1447, 2888},
	    {1600, 1601},
	};
	struct walked once = {.walk = make_walk()};
	struct walked often = {.walk = make_walk()};
	const size_t n = sizeof(mail) / sizeof(*mail);

	(void)state;
	feed_arrivals(&once, mail, n, 0);
	feed_arrivals(&often, mail, n, 1);
	finish(&once);
	finish(&often);
	assert_int_equal(once.counted.total[STORE_RECEIVED], n);
	assert_int_equal(often.counted.total[STORE_BYTES_RECEIVED],
	    once.counted.total[STORE_BYTES_RECEIVED]);
	assert_int_equal(once.counted.total[STORE_BYTES_RECEIVED],
	    1 << 2 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 10);
}

/* As one who reads so much at once, and keeps what wasn't taken. */
static void
feed_in_pieces(struct walked *walked, const char *log, size_t len, size_t size)
{
	size_t at = 0, end = 0;

	while (end < len) {
		end = end + size < len ? end + size : len;
		at += feed_bytes(walked, log + at, end - at);
	}
	assert_int_equal(at, len);
}

/* One that is too long by a byte, and one that isn't. */
static void
walk_takes_lines_of_any_length_in_any_pieces(void **state)
{
	static char log[4 * WALK_LINE_MAX];
	static const size_t sizes[] = {1000, 4096, 65535, 65536, 65537, 262144};
	struct walked walked;
	size_t i, len = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(log + len, 'x', WALK_LINE_MAX + i);
		len += WALK_LINE_MAX + i;
		log[len++] = '\n';
	}
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		walked = (struct walked){.walk = make_walk()};
		feed_in_pieces(&walked, log, len, sizes[i]);
		assert_int_equal(walked.walk->counters.lines, 2);
		assert_int_equal(walked.walk->counters.cut, 1);
		assert_int_equal(walked.walk->counters.bytes, len);
		finish(&walked);
	}
}

/* Of a long line it isn't known later that it was the last one: so never. */
static void
walk_repeats_long_lines_in_no_pieces(void **state)
{
	char log[6000];
	int len, cut;
	uint64_t lost[2];
	struct walked walked;

	(void)state;
	cut = snprintf(log, sizeof(log),
	    "Nov 25 00:00:00 mx postfix/smtpd[5]: 4F0001AB12: client=%05000d\n",
	    0);
	len = cut +
	    snprintf(log + cut, sizeof(log) - (size_t)cut,
		"Nov 25 00:00:01 mx last message repeated 3 times\n");
	walked = (struct walked){.walk = make_walk()};
	feed_bytes(&walked, log, (size_t)len);
	lost[0] = walked.walk->counters.repeats_lost;
	finish(&walked);
	walked = (struct walked){.walk = make_walk()};
	feed_bytes(&walked, log, (size_t)cut);
	feed_bytes(&walked, log + cut, (size_t)(len - cut));
	lost[1] = walked.walk->counters.repeats_lost;
	finish(&walked);
	assert_int_equal(lost[0], 1);
	assert_int_equal(lost[1], 1);
}

/* Of one host more than can be told apart nothing is counted, and that can be
 * seen: line by line, but for those that don't matter. */
static void
walk_tells_of_hosts_that_are_too_many(void **state)
{
	static const char *const text[] = {
	    "qmgr[3]: 4F0001AB12: from=<a@x.example>, size=9, nrcpt=1 (queue "
	    "active)",
	    "smtp[7]: connect to mx.y.example[192.0.2.1]:25: Connection timed "
	    "out",
	    "smtp[7]: 4F0001AB12: to=<r@y.example>, relay=mx.y.example"
	    "[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
	    "(250 ok)"};
	struct walked walked = {.walk = make_walk()};
	char line[512];
	size_t host, i;
	int len;

	(void)state;
	for (host = 0; host <= SCENE_HOSTS_MAX; host++)
		for (i = 0; i < sizeof(text) / sizeof(*text); i++) {
			len = snprintf(line, sizeof(line),
			    "2026-11-25T00:00:00+00:00 pod%zu postfix/%s\n",
			    host, text[i]);
			feed_bytes(&walked, line, (size_t)len);
		}
	assert_int_equal(walked.walk->counters.unparsed, 2);
	finish(&walked);
	assert_int_equal(walked.counted.total[STORE_UNPARSED], 2);
}

/* The last line is a part of the state, and so of the store. */
static void
walk_keeps_no_recipient(void **state)
{
	static const char *const text[] = {
	    "smtp[7]: 4F0001AB12: to=<bob@y.example>, orig_to=<bob>, "
	    "relay=mx.y.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, "
	    "dsn=5.1.1, status=bounced (host mx said: 550 <bob@y.example> no)",
	    "smtp[7]: 4F0001AB12: to=<\"bob @\"@y.example>, relay=none, "
	    "delay=1, delays=0/0/0/1, dsn=2.1.5, status=deliverable (bob)",
	    "local[7]: message repeated 2 times: [ 4F0001AB12: to=<bob>, "
	    "orig_to=<bob@y.example>, relay=local, delay=1, delays=0/0/0/1, "
	    "dsn=2.0.0, status=sent (forwarded as bob)]",
	    "smtp[7]: 4F0001AB12: to=<bob@y.example>, relay=none, what",
	    "smtp[7]: 4F0001AB12: host mx said: 450 <bob@y.example> later",
	    "cleanup[7]: 4F0001AB12: to=<bob@here>, relay=none, delay=0, "
	    "delays=0/0/0/0, dsn=5.1.1, status=bounced (no bob)",
	    "cleanup[7]: 4F0001AB12: warning: header To: bob@y.example from c",
	    "smtpd[7]: NOQUEUE: reject: RCPT from c[192.0.2.2]: 550 <bob@y>: "
	    "no; from=<a@x.example> to=<bob@y.example> proto=SMTP helo=<c>",
	    "other[7]: bob@y.example"};
	struct walked walked;
	struct buf kept = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(*text); i++) {
		walked.walk = make_walk();
		feed(&walked, T0, "%s", text[i]);
		assert_true(walked.walk->last.len > 0);
		state_write(walked.walk, &kept);
		if (memmem(kept.data, kept.len, "bob", 3) != NULL)
			fail_msg("%s", text[i]);
		walk_free(walked.walk);
	}
	buf_fini(&kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(walk_waits_by_the_time_of_the_log),
	    cmocka_unit_test(walk_decides_what_waited_through_idle_times),
	    cmocka_unit_test(walk_knows_the_same_arrivals_after_a_restart),
	    cmocka_unit_test(walk_takes_lines_of_any_length_in_any_pieces),
	    cmocka_unit_test(walk_repeats_long_lines_in_no_pieces),
	    cmocka_unit_test(walk_tells_of_hosts_that_are_too_many),
	    cmocka_unit_test(walk_keeps_no_recipient),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
