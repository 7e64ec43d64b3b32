/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/stats.h"

#include <stdint.h>
#include <time.h>

#include "forceenc/buf.h"
#include "forceenc/mem.h"
#include "forceenc/sqlite.h"
#include "stored.h"

/*
 * Answers compared with those of a list that is simply gone through: the same
 * events are in both.
 */

#define EVENTS 4000
#define ROLLED (HOUR + 24 * 5) /* hours before are days by now */
#define END    (HOUR + 24 * 10)

struct event {
	uint32_t hour;
	const char *value[STATS_DIMENSIONS];
	char text[2][32]; /* of hour and day */
	uint32_t n;
};

struct asked {
	struct event event[EVENTS];
	struct stored *stored;
	struct store *store;
	uint32_t random;
};

/* An answer, or what it should be: lines of values, and their counts. */
struct answer {
	unsigned columns;
	struct buf line[2000];
	int64_t count[2000];
	size_t n;
};

static const char *const asked_senders[] = {"<>", "alice@example.com",
    "alice+tag@example.com", "alice+other@example.com", "bob@example.com",
    "alice@example.org", "alicea@example.com", "joe",
    "\"alice+a b\"@example.com", "a@b@example.com",
    "\xc3\xa4@xn--exmple-cua.com", "O'Brien%_@example.com"};

static const char *const asked_destinations[] = {
    "example.net", "example.org", "[192.0.2.1]", "xn--exmple-cua.com", ""};

static const uint8_t asked_kinds[][3] = {
    {STORE_DELIVERED, STORE_NONE, STORE_NO_REASON},
    {STORE_DELIVERED, STORE_UNTRUSTED, STORE_NO_REASON},
    {STORE_DELIVERED, STORE_ANONYMOUS, STORE_NO_REASON},
    {STORE_DELIVERED, STORE_VERIFIED, STORE_NO_REASON},
    {STORE_DELIVERED, STORE_LOCAL, STORE_NO_REASON},
    {STORE_HARD, STORE_NO_LEVEL, STORE_NOT_OFFERED},
    {STORE_SOFT, STORE_NO_LEVEL, STORE_CERTIFICATE},
    {STORE_DEFERRED, STORE_NO_LEVEL, STORE_NO_REASON},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint32_t
asked_random(struct asked *asked, size_t below)
{
	asked->random = asked->random * 1103515245u + 12345u;
	return (asked->random >> 8) % (uint32_t)below;
}

static void
asked_add_event(struct asked *asked, struct event *event, const char *host)
{
	const uint8_t *kind = asked_kinds[asked_random(asked, 8)];
	time_t t;
	struct tm tm;

	event->hour = HOUR + asked_random(asked, END - HOUR);
	event->n = 1 + asked_random(asked, 9);
	event->value[STATS_SENDER] =
	    asked_senders[asked_random(asked, COUNT(asked_senders))];
	event->value[STATS_DESTINATION] =
	    asked_destinations[asked_random(asked, COUNT(asked_destinations))];
	event->value[STATS_SERVICE] =
	    asked_random(asked, 2) ? "postfix" : "forceenc";
	event->value[STATS_OUTCOME] = store_outcome_name(kind[0]);
	event->value[STATS_LEVEL] = store_level_name(kind[1]);
	event->value[STATS_REASON] = store_reason_name(kind[2]);
	event->value[STATS_HOST] = host;
	t = event->hour * 3600;
	gmtime_r(&t, &tm);
	strftime(event->text[0], sizeof(event->text[0]),
	    event->hour < ROLLED ? "%Y-%m-%d" : "%Y-%m-%dT%H:00Z", &tm);
	strftime(event->text[1], sizeof(event->text[1]), "%Y-%m-%d", &tm);
	event->value[STATS_HOUR] = event->text[0];
	event->value[STATS_DAY] = event->text[1];
}

static uint8_t
asked_number(const char *(*name)(unsigned), unsigned n, const char *want)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (name(i) == want)
			break;
	return (uint8_t)i;
}

static const char *
asked_outcome(unsigned i)
{
	return store_outcome_name(i);
}

static const char *
asked_level(unsigned i)
{
	return store_level_name(i);
}

static const char *
asked_reason(unsigned i)
{
	return store_reason_name(i);
}

static void
asked_write(struct asked *asked, const struct event *event, size_t n)
{
	struct store_count *count = mem_zalloc(n * sizeof(*count));
	struct store_batch batch = {.count = count, .ncounts = n};
	size_t i;

	for (i = 0; i < n; i++)
		count[i] = (struct store_count){.hour = event[i].hour,
		    .sender = event[i].value[STATS_SENDER],
		    .destination = event[i].value[STATS_DESTINATION],
		    .service = event[i].value[STATS_SERVICE],
		    .outcome = asked_number(asked_outcome, STORE_OUTCOMES,
			event[i].value[STATS_OUTCOME]),
		    .level = asked_number(
			asked_level, STORE_LEVELS, event[i].value[STATS_LEVEL]),
		    .reason = asked_number(asked_reason, STORE_REASONS,
			event[i].value[STATS_REASON]),
		    .n = event[i].n};
	stored_commit(asked->stored, asked->store, &batch);
	free(count);
}

static int
asked_setup(void **state)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));
	static const char *const host[] = {HOST, "other.example.com"};
	void *stored;
	int i, j, rc;

	stored_setup(&stored);
	asked->stored = stored;
	asked->random = 7;
	for (i = 0; i < 2; i++) {
		asked->store =
		    stored_open_as(asked->stored, STORE_WRITE, host[i]);
		for (j = 0; j < EVENTS / 2; j++)
			asked_add_event(
			    asked, &asked->event[i * EVENTS / 2 + j], host[i]);
		asked_write(asked, &asked->event[i * EVENTS / 2], EVENTS / 2);
		while ((rc = store_tidy(asked->store,
			    (ROLLED + 24) * INT64_C(3600), 24, 1000, 10,
			    &asked->stored->err)) == 1)
			;
		assert_int_equal(rc, 0);
		store_close(asked->store);
	}
	asked->store = stored_open(asked->stored, STORE_READ);
	*state = asked;
	return 0;
}

static int
asked_teardown(void **state)
{
	struct asked *asked = *state;
	void *stored = asked->stored;

	store_close(asked->store);
	stored_teardown(&stored);
	free(asked);
	return 0;
}

static void
answer_line(struct buf *line, const char *const value[], unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		buf_printf(line, "%s\n", value[i] != NULL ? value[i] : "NULL");
}

static void
answer_row(const char *const value[], int64_t count, void *arg)
{
	struct answer *answer = arg;

	MUST(answer->n < COUNT(answer->line));
	answer_line(&answer->line[answer->n], value, answer->columns);
	answer->count[answer->n++] = count;
}

/* What is counted twice under the same line is wrong; what isn't there too. */
static void
answer_take(struct answer *answer, const struct buf *line, int64_t count)
{
	size_t i;

	for (i = 0; i < answer->n; i++)
		if (answer->line[i].len == line->len &&
		    (line->len == 0 ||
			memcmp(answer->line[i].data, line->data, line->len) ==
			    0)) {
			answer->count[i] -= count;
			return;
		}
	fail_msg("missing: %.*s", (int)line->len, line->data);
}

/* Whom the words stand for, said one by one. */
struct asked_filter {
	const char *sender;
	const char *matches; /* indices of asked_senders, in hex */
};

static const struct asked_filter asked_filters[] = {
    {NULL, "0123456789ab"},
    {"alice@example.com", "1238"},
    {"Alice@EXAMPLE.com.", "1238"},
    {"\"alice\"@example.com", "1238"},
    {"alice+tag@example.com", "2"},
    {"ALICE+TAG@example.com", "2"},
    {"bob@example.com", "4"},
    {"@example.com", "1234689b"},
    {"@EXAMPLE.COM", "1234689b"},
    {"@example", ""},
    {"<>", "0"},
    {"joe", "7"},
    {"alice", ""},
    {"carol@example.com", ""},
    {"\xc3\xa4@ex\xc3\xa4mple.com", "a"},
    {"@ex\xc3\xa4mple.com", "a"},
    {"o'brien%_@example.com", "b"},
    {"' OR 1=1 --@example.com", ""},
    {"%@example.com", ""},
    {"@%", ""},
};

static bool
asked_matches(const struct asked_filter *filter, const char *sender)
{
	const char *digit;

	for (digit = filter->matches; *digit != '\0'; digit++)
		if (strcmp(asked_senders[*digit <= '9' ? *digit - '0'
						       : *digit - 'a' + 10],
			sender) == 0)
			return true;
	return false;
}

/* Whether an event lies in the hours or, rolled up, days of the filter. */
static bool
asked_in_time(const struct event *event, const struct stats_filter *filter)
{
	uint32_t unit = event->hour < ROLLED ? 24 : 1;
	int64_t start = event->hour / unit * unit * INT64_C(3600);
	int64_t end = start + unit * INT64_C(3600);

	return (filter->since == STATS_ALWAYS || end > filter->since) &&
	    (filter->until == STATS_ALWAYS || start < filter->until);
}

static void
asked_compare(struct asked *asked, const struct stats_filter *filter,
    const struct asked_filter *words, const enum stats_dimension *by,
    unsigned n)
{
	struct answer *answer = mem_zalloc(sizeof(*answer));
	const char *value[STATS_DIMENSIONS];
	struct buf line = {0};
	size_t i;
	unsigned j;

	answer->columns = n;
	if (stats_count(asked->store, filter, by, n, answer_row, answer,
		&asked->stored->err) == -1)
		fail_msg("%s", asked->stored->err.text);
	for (i = 0; i < EVENTS; i++) {
		if (!asked_matches(words, asked->event[i].value[STATS_SENDER]))
			continue;
		if (!asked_in_time(&asked->event[i], filter))
			continue;
		for (j = 0; j < n; j++)
			value[j] = asked->event[i].value[by[j]];
		buf_clear(&line);
		answer_line(&line, value, n);
		answer_take(answer, &line, asked->event[i].n);
	}
	for (i = 0; i < answer->n; i++) {
		if (answer->count[i] != 0)
			fail_msg("%s: %lld too many: %s", words->sender,
			    (long long)answer->count[i],
			    buf_text(&answer->line[i]));
		buf_fini(&answer->line[i]);
	}
	buf_fini(&line);
	free(answer);
}

/* A handful of dimensions at random, in any order. */
static unsigned
asked_dimensions(struct asked *asked, enum stats_dimension *by)
{
	unsigned n = asked_random(asked, 4), i, j;

	for (i = 0; i < n; i++) {
		by[i] = asked_random(asked, STATS_DIMENSIONS);
		for (j = 0; j < i && by[j] != by[i]; j++)
			;
		/* Hours by themselves are enough lines. */
		if (j < i || (by[i] == STATS_HOUR && n > 1))
			i--;
	}
	return n;
}

static void
stats_count_as_the_list_does(void **state)
{
	struct asked *asked = *state;
	enum stats_dimension by[STATS_DIMENSIONS];
	struct stats_filter filter;
	uint32_t i, round;
	unsigned n;

	for (round = 0; round < 20; round++)
		for (i = 0; i < COUNT(asked_filters); i++) {
			filter = (struct stats_filter){
			    .sender = asked_filters[i].sender,
			    .rules = {.delimiters = "+", .fold_local = true},
			    .since = STATS_ALWAYS,
			    .until = STATS_ALWAYS};
			if (round % 4 > 0)
				filter.since = HOUR * INT64_C(3600) +
				    asked_random(asked, 240 * 3600);
			if (round % 3 > 0)
				filter.until = HOUR * INT64_C(3600) +
				    asked_random(asked, 240 * 3600);
			n = asked_dimensions(asked, by);
			asked_compare(asked, &filter, &asked_filters[i], by, n);
		}
}

struct topped {
	char sender[20][64];
	int64_t count[20][STATS_MEASURES];
	size_t n;
};

static void
topped_row(const char *sender, const int64_t count[], void *arg)
{
	struct topped *topped = arg;

	MUST(topped->n < 20);
	snprintf(topped->sender[topped->n], 64, "%s", sender);
	memcpy(
	    topped->count[topped->n++], count, STATS_MEASURES * sizeof(*count));
}

static int64_t
asked_measure(
    const struct asked *asked, const char *sender, enum stats_measure measure)
{
	static const char *const outcome[] = {
	    "delivered", "delivered", "delivered", "soft", "hard"};
	const char *level;
	int64_t n = 0;
	size_t i;

	for (i = 0; i < EVENTS; i++) {
		level = asked->event[i].value[STATS_LEVEL];
		if (strcmp(asked->event[i].value[STATS_SENDER], sender) != 0 ||
		    strcmp(asked->event[i].value[STATS_OUTCOME],
			outcome[measure]) != 0)
			continue;
		if (measure == STATS_PLAINTEXT && strcmp(level, "none") != 0)
			continue;
		if (measure == STATS_UNTRUSTED &&
		    strcmp(level, "untrusted") != 0 &&
		    strcmp(level, "anonymous") != 0)
			continue;
		n += asked->event[i].n;
	}
	return n;
}

static void
stats_top_is_sorted(void **state)
{
	struct asked *asked = *state;
	struct stats_filter filter = {
	    .since = STATS_ALWAYS, .until = STATS_ALWAYS};
	struct topped topped;
	unsigned m, k;
	size_t i;

	for (m = 0; m < STATS_MEASURES; m++) {
		topped.n = 0;
		assert_int_equal(stats_top(asked->store, &filter, m, 20,
				     topped_row, &topped, &asked->stored->err),
		    0);
		assert_int_equal(topped.n, COUNT(asked_senders));
		for (i = 0; i < topped.n; i++) {
			assert_true(i == 0 ||
			    topped.count[i - 1][m] >= topped.count[i][m]);
			for (k = 0; k < STATS_MEASURES; k++)
				assert_int_equal(topped.count[i][k],
				    asked_measure(asked, topped.sender[i], k));
		}
		topped.n = 0;
		assert_int_equal(stats_top(asked->store, &filter, m, 3,
				     topped_row, &topped, &asked->stored->err),
		    0);
		assert_int_equal(topped.n, 3);
	}
	filter.since = END * INT64_C(3600);
	topped.n = 0;
	assert_int_equal(stats_top(asked->store, &filter, STATS_SENT, 3,
			     topped_row, &topped, &asked->stored->err),
	    0);
	assert_int_equal(topped.n, 0);
}

int
main(void)
{
#define ASKED(name) \
	cmocka_unit_test_setup_teardown(name, asked_setup, asked_teardown)
	static const struct CMUnitTest tests[] = {
	    ASKED(stats_count_as_the_list_does),
	    ASKED(stats_top_is_sorted),
	};
#undef ASKED

	return cmocka_run_group_tests(tests, NULL, NULL);
}
