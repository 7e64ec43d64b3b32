/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/report.h"

#include <stdlib.h>
#include <time.h>

#include "forceenc/buf.h"
#include "forceencctl/report_html.h"
#include "forceencctl/report_rank.h"
#include "forceencctl/report_send.h"
#include "forceencctl/report_text.h"
#include "stored.h"

/* Of a store with known contents, in the time of Berlin. */

/* June 22nd, 2026, 08:00 in Berlin. */
#define NOW   INT64_C(1782108000)
#define TODAY ((uint32_t)(INT64_C(1782079200) / 3600)) /* its first hour */
#define KEEP  192

struct reported {
	struct stored *stored;
	struct store *store;
	struct conf conf;
	struct conf_map map;
	char *answer[1];
	char transport[16];
	char log[160];
	char host[64]; /* store_host */
};

static int
zone(void **state)
{
	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	return 0;
}

static void
reported_begin(struct reported *r, void *state)
{
	*r = (struct reported){.stored = state};
	r->store = stored_open(r->stored, STORE_WRITE);
	snprintf(r->transport, sizeof(r->transport), "forceenc:");
	r->answer[0] = r->transport;
	r->map.answers.list = r->answer;
	r->map.answers.n = 1;
	r->conf.map = &r->map;
	r->conf.nmaps = 1;
	r->conf.keep_hours = KEEP;
	snprintf(
	    r->log, sizeof(r->log), "file:%s/mail.log", r->stored->folder.name);
	r->conf.log = r->log;
	r->conf.store = r->stored->spec;
	snprintf(r->host, sizeof(r->host), "%s", HOST);
	r->conf.store_host = r->host;
}

static void
reported_end(struct reported *r)
{
	store_close(r->store);
}

static json_t *
reported_gather_at(
    struct reported *r, enum report_span span, const char *day, int64_t now)
{
	struct report_ask ask = {.store = r->store,
	    .conf = &r->conf,
	    .now = now,
	    .host = HOST,
	    .limit = 3};
	struct err err;
	json_t *report;

	assert_int_equal(
	    report_period_find(&ask.period, span, day, now, KEEP, &err), 0);
	report_period_before(&ask.before, &ask.period, now, KEEP);
	if (report_gather(&ask, &report, &err) == -1)
		fail_msg("%s", err.text);
	return report;
}

static json_t *
reported_gather(struct reported *r, enum report_span span, const char *day)
{
	return reported_gather_at(r, span, day, NOW);
}

static struct store_count
counted(uint32_t hour, const char *sender, const char *destination,
    const char *service, enum store_outcome outcome, enum store_level level,
    uint32_t n)
{
	return (struct store_count){.hour = hour,
	    .sender = sender,
	    .destination = destination,
	    .service = service,
	    .outcome = (uint8_t)outcome,
	    .level = (uint8_t)level,
	    .reason =
		outcome == STORE_HARD ? STORE_NOT_OFFERED : STORE_NO_REASON,
	    .n = n};
}

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A day with some of everything, and the one before. */
static void
reported_fill_counts(struct reported *r)
{
	const uint32_t day = TODAY - 24, before = TODAY - 48;
	struct store_count count[] = {
	    counted(day, "alice@example.com", "good.example", "forceenc",
		STORE_DELIVERED, STORE_VERIFIED, 60),
	    counted(day + 23, "alice@example.com", "bad.example", "forceenc",
		STORE_DELIVERED, STORE_NONE, 2),
	    counted(day + 3, "<b&b>@example.com", "odd.example",
		"postfix/forceenc", STORE_DELIVERED, STORE_UNKNOWN, 1),
	    counted(day + 3, "alice@example.com", "plain.example", "forceenc",
		STORE_HARD, STORE_NO_LEVEL, 4),
	    counted(day + 4, "\x1b[31m\"<x>\"@example.com", "plain.example",
		"postfix", STORE_DELIVERED, STORE_NONE, 17),
	    counted(day + 5, "bob@example.com", "good.example", "postfix",
		STORE_DELIVERED, STORE_TRUSTED, 20),
	    counted(day + 5, "bob@example.com", "here.example", "postfix",
		STORE_DELIVERED, STORE_LOCAL, 9),
	    counted(before + 5, "bob@example.com", "good.example", "postfix",
		STORE_DELIVERED, STORE_TRUSTED, 4),
	    /* Those of today aren't of yesterday. */
	    counted(TODAY, "carol@example.com", "bad.example", "forceenc",
		STORE_DELIVERED, STORE_NONE, 1000),
	};
	struct store_batch batch = {.count = count, .ncounts = COUNT(count)};

	stored_commit(r->stored, r->store, &batch);
}

static struct store_session
met(uint32_t hour, const char *destination, enum store_level level,
    int64_t seconds, uint32_t n)
{
	return (struct store_session){.hour = hour,
	    .destination = destination,
	    .mx = "mx",
	    .version = level == STORE_NONE ? "" : "TLSv1.3",
	    .cipher = "",
	    .level = (uint8_t)level,
	    .last_seen = hour * INT64_C(3600) + seconds,
	    .n = n};
}

static void
reported_fill(struct reported *r)
{
	const uint32_t day = TODAY - 24, before = TODAY - 48;
	struct store_session session[] = {
	    met(before, "lost.example", STORE_TRUSTED, 0, 5),
	    met(day, "lost.example", STORE_NONE, 60, 2),
	    met(before, "found.example", STORE_NONE, 1, 3),
	    met(day, "found.example", STORE_UNTRUSTED, 120, 1),
	    met(before, "same.example", STORE_UNTRUSTED, 1, 9),
	    met(day, "same.example", STORE_UNTRUSTED, 1, 9),
	    met(day, "new.example", STORE_NONE, 1, 1),
	};
	struct store_total total[] = {
	    {day, "postfix", STORE_RECEIVED, 100},
	    {day, "postfix/submission", STORE_RECEIVED, 1},
	    {day + 1, "forceenc", STORE_HANDED_ON, 90},
	    {day + 1, "postfix", STORE_PUT_OFF, 3},
	    {day + 1, "postfix", STORE_PUT_OFF_BEFORE, 2},
	    {day + 1, "postfix", STORE_DEFERRALS, 7},
	    {day + 1, "forceenc", STORE_RETURNED, 4},
	    {day + 2, "postfix", STORE_REJECTED, 5},
	    {day + 2, "postfix", STORE_HELD, 1},
	    {day + 2, "postfix", STORE_BYTES_RECEIVED, 123456},
	    {day + 22, "", STORE_GAPS, 1},
	    {day + 23, "", STORE_GAPS, 1},
	    {TODAY, "", STORE_GAPS, 1},
	    {TODAY, "postfix", STORE_RECEIVED, 1000},
	    {before, "postfix", STORE_RECEIVED, 10},
	    {before, "postfix", STORE_PUT_OFF_BEFORE, 20},
	};
	struct store_batch batch = {.session = session,
	    .nsessions = COUNT(session),
	    .total = total,
	    .ntotals = COUNT(total)};

	reported_fill_counts(r);
	stored_commit(r->stored, r->store, &batch);
}

#include "report_golden.h"

static void
report_shows_a_day(void **state)
{
	struct reported r;
	struct buf out = {0};
	json_t *report;

	reported_begin(&r, *state);
	reported_fill(&r);
	report = reported_gather(&r, REPORT_DAY, "yesterday");
	report_text(report, &out);
	assert_string_equal(buf_text(&out), report_golden);
	json_decref(report);
	buf_fini(&out);
	reported_end(&r);
}

static void
report_html_is_harmless(void **state)
{
	struct reported r;
	struct buf out = {0};
	json_t *report;
	const char *at;

	reported_begin(&r, *state);
	reported_fill(&r);
	report = reported_gather(&r, REPORT_DAY, "yesterday");
	report_html(report, &out);
	assert_non_null(strstr(buf_text(&out), "&lt;b&amp;b&gt;@example.com"));
	assert_non_null(strstr(
	    buf_text(&out), "\\x1b[31m&quot;&lt;x&gt;&quot;@example.com"));
	assert_null(strstr(buf_text(&out), "<b&"));
	assert_null(strstr(buf_text(&out), "http"));
	assert_null(strstr(buf_text(&out), "src="));
	for (at = buf_text(&out); *at != '\0'; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
	json_decref(report);
	buf_fini(&out);
	reported_end(&r);
}

static int64_t
reported_total(const json_t *report, const char *name)
{
	return report_rank_get(json_object_get(report, "totals"), name);
}

/* Of several days, a message that was deferred on the first and before counts
 * once, and so does one that was deferred on several of them. */
static void
report_adds_days_up(void **state)
{
	struct reported r;
	json_t *report;

	reported_begin(&r, *state);
	reported_fill(&r);
	report = reported_gather(&r, REPORT_WEEK, NULL);
	assert_int_equal(reported_total(report, "received"), 111);
	assert_int_equal(reported_total(report, "deferred"), 3);
	json_decref(report);
	report = reported_gather(&r, REPORT_DAY, "2026-06-20");
	assert_int_equal(reported_total(report, "received"), 10);
	assert_int_equal(reported_total(report, "deferred"), 20);
	json_decref(report);
	reported_end(&r);
}

/* Where one of the days has 25 hours, the first still ends at midnight. */
static void
report_knows_the_first_day(void **state)
{
	/* October 22nd, 2026, 00:00 in Berlin, and a week later, 08:00. */
	const uint32_t day = (uint32_t)(INT64_C(1792620000) / 3600);
	const int64_t now = INT64_C(1792620000) + (7 * 24 + 1 + 8) * 3600;
	struct store_total total[] = {
	    {day + 23, "postfix", STORE_PUT_OFF_BEFORE, 1},
	    {day + 24, "postfix", STORE_PUT_OFF_BEFORE, 5},
	};
	struct store_batch batch = {.total = total, .ntotals = COUNT(total)};
	struct reported r;
	json_t *report;

	reported_begin(&r, *state);
	stored_commit(r.stored, r.store, &batch);
	report = reported_gather_at(&r, REPORT_WEEK, NULL, now);
	assert_int_equal(reported_total(report, "deferred"), 1);
	json_decref(report);
	reported_end(&r);
}

/* A day that was rolled up is one of UTC, and counts once. */
static void
report_of_days_rolled_up(void **state)
{
	const uint32_t day = 20600 * 24;
	struct store_total total[] = {
	    {day, "postfix", STORE_RECEIVED, 1},
	    {day + 23, "postfix", STORE_RECEIVED, 2},
	    {day - 1, "postfix", STORE_RECEIVED, 4},
	    {day + 24, "postfix", STORE_RECEIVED, 8},
	};
	struct store_batch batch = {.total = total, .ntotals = 4};
	struct reported r;
	json_t *report;

	reported_begin(&r, *state);
	stored_commit(r.stored, r.store, &batch);
	while (store_tidy(r.store, NOW, KEEP, 400, 10, &r.stored->err) == 1)
		;
	assert_int_equal(
	    stored_number(r.stored, "SELECT count(*) FROM total_day"), 3);
	report = reported_gather(&r, REPORT_DAY, "2026-05-27");
	assert_int_equal(reported_total(report, "received"), 3);
	assert_int_equal(json_array_size(json_object_get(report, "hours")), 0);
	json_decref(report);
	reported_end(&r);
}

static const char *
reported_problem(const json_t *report, const char *id)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(report, "problems"), i, row)
		if (strcmp(json_string_value(json_object_get(row, "id")), id) ==
		    0)
			return json_string_value(json_object_get(row, "text"));
	return NULL;
}

static void
report_of_an_empty_store(void **state)
{
	struct reported r;
	struct buf out = {0};
	json_t *report;

	reported_begin(&r, *state);
	report = reported_gather(&r, REPORT_DAY, "yesterday");
	assert_non_null(reported_problem(report, "empty"));
	report_text(report, &out);
	assert_non_null(strstr(buf_text(&out), "0  received"));
	assert_null(strstr(buf_text(&out), "nan"));
	assert_null(strstr(buf_text(&out), "None:"));
	json_decref(report);
	buf_fini(&out);
	reported_end(&r);
}

static void
reported_commit_watcher(struct reported *r, int64_t time)
{
	char text[128];
	struct store_blob blob = {.name = "follow/counters", .bytes = text};
	struct store_batch batch = {.blob = &blob, .nblobs = 1};

	snprintf(text, sizeof(text), "time %lld\nlines 5\nbytes_behind 4096\n",
	    (long long)time);
	blob.len = strlen(text);
	stored_commit(r->stored, r->store, &batch);
}

static void
report_tells_of_the_watcher(void **state)
{
	struct reported r;
	json_t *report;

	reported_begin(&r, *state);
	reported_fill(&r);
	reported_commit_watcher(&r, NOW - 10);
	report = reported_gather(&r, REPORT_DAY, "yesterday");
	assert_string_equal(reported_problem(report, "behind"),
	    "forceenc-watch on " HOST " is behind by 4.0K of log");
	json_decref(report);
	/* The log is newer than the last commit. */
	stored_exec(r.stored, "mail.log", "CREATE TABLE a (b)");
	reported_commit_watcher(&r, NOW);
	report = reported_gather(&r, REPORT_DAY, "yesterday");
	assert_string_equal(reported_problem(report, "late"),
	    "forceenc-watch on " HOST
	    " hasn't counted what was logged since 2026-06-22 08:00");
	assert_null(reported_problem(report, "incomplete"));
	json_decref(report);
	report = reported_gather(&r, REPORT_DAY, "2026-06-19");
	assert_non_null(reported_problem(report, "incomplete"));
	json_decref(report);
	reported_end(&r);
}

/* Of its own, under the name that it writes under, and of others. */
static void
report_tells_of_silence(void **state)
{
	static const struct {
		int64_t age;
		bool ours;
		const char *id; /* NULL: nothing is wrong */
	} cases[] = {{600, true, NULL}, {600, false, NULL},
	    {1600, true, "stopped"}, {1600, false, "stopped"},
	    {27 * 86400, false, "stopped"}, {29 * 86400, true, "stopped"},
	    {29 * 86400, false, "gone"}};
	struct reported r;
	json_t *report;
	size_t i;

	reported_begin(&r, *state);
	reported_fill(&r);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		strcpy(r.host, cases[i].ours ? HOST : "another.example.com");
		reported_commit_watcher(&r, NOW - cases[i].age);
		report = reported_gather(&r, REPORT_DAY, "yesterday");
		assert_int_equal(reported_problem(report, "stopped") != NULL,
		    cases[i].id != NULL && strcmp(cases[i].id, "stopped") == 0);
		assert_int_equal(reported_problem(report, "gone") != NULL,
		    cases[i].id != NULL && strcmp(cases[i].id, "gone") == 0);
		json_decref(report);
	}
	reported_end(&r);
}

static void
report_send_checks_addresses(void **state)
{
	static const char *const good[] = {"root", "a@example.com",
	    "a@example.com, b@example.com", "a+b=c@[192.0.2.1]"};
	static const char *const bad[] = {"", " ", ",", "a@example.com,", "-bv",
	    "a@x\nBcc: b@y", "a@x\rb", "a b@x", "<a@x>", "a@x;b@y",
	    "\xc3\xa4@x", "\"a\"@x", "a,b,c,d,e,f,g,h,i,j,k", "a@x,-t"};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (report_send_check(good[i], &err) == -1)
			fail_msg("%s: %s", good[i], err.text);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (report_send_check(bad[i], &err) == 0)
			fail_msg("%s", bad[i]);
}

static void
report_send_makes_a_message(void **state)
{
	struct buf out = {0};

	(void)state;
	report_send_message(&out, "a@example.com,  b@example.com", "plain",
	    ".\nFrom here = \xc3\xa4 \nend\n", NULL);
	assert_string_equal(buf_text(&out),
	    "To: a@example.com,\n b@example.com\n"
	    "Subject: plain\n"
	    "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "=2E\n=46rom here =3D =C3=A4=20\nend\n");
	buf_clear(&out);
	report_send_message(&out, "root", "\xc3\xa4?", "t", "<p>");
	assert_non_null(
	    strstr(buf_text(&out), "Subject: =?utf-8?Q?=C3=A4=3F?=\n"));
	assert_non_null(strstr(buf_text(&out),
	    "Content-Type: multipart/alternative;\n"
	    " boundary=\"=_forceenc-report\"\n\n--=_forceenc-report\n"
	    "Content-Type: text/plain"));
	assert_non_null(
	    strstr(buf_text(&out), "\n<p>\n\n--=_forceenc-report--"));
	buf_fini(&out);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, stored_setup, stored_teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(report_shows_a_day),
	    TEST(report_html_is_harmless),
	    TEST(report_adds_days_up),
	    TEST(report_knows_the_first_day),
	    TEST(report_of_days_rolled_up),
	    TEST(report_of_an_empty_store),
	    TEST(report_tells_of_the_watcher),
	    TEST(report_tells_of_silence),
	    cmocka_unit_test(report_send_checks_addresses),
	    cmocka_unit_test(report_send_makes_a_message),
	};
#undef TEST

	return cmocka_run_group_tests(tests, zone, NULL);
}
