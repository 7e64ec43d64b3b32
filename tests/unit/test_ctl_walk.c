/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#define WALK_STEP(key, level, rest)                         \
	"{\"key\": \"" key "\", \"level\": \"" level "\", " \
	"\"table\": \"sqlite:p.cf\", " rest "}"
#define WALK(outcome, rest, steps)                             \
	"{\"map\": \"forceenc\", \"address\": \"A+t@E.com\", " \
	"\"outcome\": \"" outcome "\", \"ms\": 3, " rest       \
	", \"steps\": [" steps "]}"

#define WALK_FALSE "\"stale\": false, \"failsafe\": false"

static void
walk_check(const char *text, const char *expected)
{
	json_error_t error;
	json_t *record = json_loads(text, 0, &error);
	struct buf out = {0};

	if (record == NULL)
		fail_msg("%s: %s", text, error.text);
	walk_print(record, &out);
	assert_string_equal(buf_text(&out), expected);
	json_decref(record);
	buf_fini(&out);
}

static void
walk_shows_the_key_that_decides(void **state)
{
	(void)state;
	walk_check(
	    WALK("answer", "\"answer\": \"forceenc:\", " WALK_FALSE,
		WALK_STEP("a+t@e.com", "full address",
		    "\"cache\": \"none\", \"said\": \"absent\"") "," WALK_STEP("a@e.com",
		    "without extension",
		    "\"cache\": \"fresh\", \"age\": 12.5, "
		    "\"said\": \"absent\"") "," WALK_STEP("@e.com", "domain",
		    "\"cache\": \"stale\", \"age\": 7200, "
		    "\"said\": \"forceenc:\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a+t@e.com (full address)\n"
	    "      sqlite:p.cf: absent (asked; the cache had nothing)\n"
	    "  a@e.com (without extension)\n"
	    "      sqlite:p.cf: absent (cached 12s ago)\n"
	    "  @e.com (domain)\n"
	    "      sqlite:p.cf: forceenc: (asked; what the cache had is 2h 0m "
	    "old)\n"
	    "answer: forceenc: (Postfix is told: OK forceenc:)\n"
	    "why:    decided by @e.com in sqlite:p.cf\n"
	    "took:   3ms\n");
}

/* The question in the table's own words, and who answered it. */
static void
walk_shows_what_was_asked_of_whom(void **state)
{
	(void)state;
	walk_check(
	    WALK("answer", "\"answer\": \"forceenc:\", " WALK_FALSE,
		WALK_STEP("a+t@e.com", "full address",
		    "\"cache\": \"stale\", \"age\": 7, \"snapshot\": true, "
		    "\"from\": \"joined\", \"said\": \"absent\", "
		    "\"question\": {\"base\": \"o=x\\u001b\", "
		    "\"filter\": \"(mail=\\\\2a\\u001b)\"}, "
		    "\"server\": \"ldap://l\", \"server_ms\": 1.25, "
		    "\"ms\": 12.5") "," WALK_STEP("@e.com", "domain",
		    "\"cache\": \"none\", \"from\": \"asked\", "
		    "\"said\": \"forceenc:\", "
		    "\"question\": {\"query\": \"SELECT ?1\", "
		    "\"?1\": \"@e.com\"}, \"server\": \"db:5432\", "
		    "\"server_ms\": 0.5, \"entry\": \"uid=a\\\\2Cb,o=x\", "
		    "\"entries\": 3, \"ms\": 0.75")),
	    "A+t@E.com in map forceenc:\n"
	    "  a+t@e.com (full address)\n"
	    "      sqlite:p.cf: absent (asked for somebody else already; what "
	    "the cache had is 7s old, from before a restart)\n"
	    "        base: o=x\\x1b\n"
	    "        filter: (mail=\\2a\\x1b)\n"
	    "        server: ldap://l, in 1.2ms\n"
	    "        took: 12ms\n"
	    "  @e.com (domain)\n"
	    "      sqlite:p.cf: forceenc: (asked; the cache had nothing)\n"
	    "        query: SELECT ?1\n"
	    "        ?1: @e.com\n"
	    "        server: db:5432, in 0.50ms\n"
	    "        entry: uid=a\\2Cb,o=x (and 2 more)\n"
	    "        took: 0.75ms\n"
	    "answer: forceenc: (Postfix is told: OK forceenc:)\n"
	    "why:    decided by @e.com in sqlite:p.cf\n"
	    "took:   3ms\n");
}

static void
walk_tells_off_from_absent(void **state)
{
	(void)state;
	walk_check(
	    WALK("absent", "\"answer\": null, " WALK_FALSE,
		WALK_STEP("a@e.com", "full address",
		    "\"cache\": \"fresh\", \"age\": 0, \"said\": \"off\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a@e.com (full address)\n"
	    "      sqlite:p.cf: off (cached <1s ago)\n"
	    "answer: none (Postfix is told: NOTFOUND)\n"
	    "why:    decided by a@e.com in sqlite:p.cf: an exception\n"
	    "took:   3ms\n");
	walk_check(WALK("absent", "\"answer\": null, " WALK_FALSE,
		       WALK_STEP("a@e.com", "full address",
			   "\"cache\": \"none\", \"said\": \"absent\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a@e.com (full address)\n"
	    "      sqlite:p.cf: absent (asked; the cache had nothing)\n"
	    "answer: none (Postfix is told: NOTFOUND)\n"
	    "why:    no table has any of these keys\n"
	    "took:   3ms\n");
}

static void
walk_shows_trouble(void **state)
{
	(void)state;
	walk_check(
	    WALK("unsure",
		"\"answer\": null, \"why\": \"p.db: \\u001block\", " WALK_FALSE,
		WALK_STEP("a@e.com", "full address",
		    "\"cache\": \"none\", \"said\": \"unsure\", "
		    "\"why\": \"p.db: lock\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a@e.com (full address)\n"
	    "      sqlite:p.cf: unsure (asked; the cache had nothing)\n"
	    "        because: p.db: lock\n"
	    "answer: unsure (Postfix is told: TEMP)\n"
	    "why:    p.db: \\x1block\n"
	    "took:   3ms\n");
	walk_check(
	    WALK("answer",
		"\"answer\": \"forceenc:\", \"stale\": true, "
		"\"failsafe\": false",
		WALK_STEP("a@e.com", "full address",
		    "\"cache\": \"stale\", \"age\": 90, \"said\": \"unsure\", "
		    "\"why\": \"gone\", \"used\": \"forceenc:\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a@e.com (full address)\n"
	    "      sqlite:p.cf: unsure (asked; what the cache had is 1m 30s "
	    "old)\n"
	    "        because: gone\n"
	    "        used in its place, as last known: forceenc:\n"
	    "answer: forceenc: (Postfix is told: OK forceenc:)\n"
	    "why:    decided by a@e.com in sqlite:p.cf, from what was last "
	    "known\n"
	    "took:   3ms\n");
	walk_check(WALK("answer",
		       "\"answer\": \"slow:\", \"stale\": false, "
		       "\"failsafe\": true",
		       WALK_STEP("a@e.com", "full address",
			   "\"cache\": \"none\", \"said\": \"unsure\", "
			   "\"why\": \"gone\"")),
	    "A+t@E.com in map forceenc:\n"
	    "  a@e.com (full address)\n"
	    "      sqlite:p.cf: unsure (asked; the cache had nothing)\n"
	    "        because: gone\n"
	    "answer: slow: (Postfix is told: OK slow:)\n"
	    "why:    a table failed, and forceenc_on_failure says so\n"
	    "took:   3ms\n");
}

/* Whatever a daemon of another version leaves out. */
static void
walk_survives_gaps(void **state)
{
	(void)state;
	walk_check("{}",
	    " in map :\n"
	    "answer: unsure (Postfix is told: TEMP)\n"
	    "why:    \n"
	    "took:   0ms\n");
	walk_check("{\"outcome\": \"absent\", \"steps\": [1]}",
	    " in map :\n"
	    "   ()\n"
	    "      :  (asked; the cache had nothing)\n"
	    "answer: none (Postfix is told: NOTFOUND)\n"
	    "why:    no table has any of these keys\n"
	    "took:   0ms\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(walk_shows_the_key_that_decides),
	    cmocka_unit_test(walk_shows_what_was_asked_of_whom),
	    cmocka_unit_test(walk_tells_off_from_absent),
	    cmocka_unit_test(walk_shows_trouble),
	    cmocka_unit_test(walk_survives_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
