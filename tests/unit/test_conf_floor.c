/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* Maps that aren't asked about senders. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf_test.h"

#define MAPS "maps = forceenc, floor\nforceenc_tables = sqlite:policy.cf\n"

static void
a_floor_has_defaults(void **state)
{
	struct conf *conf = conf_test_load(*state, MAPS);
	const struct conf_map *map = &conf->map[1];

	assert_int_equal(conf->map[0].kind, CONF_MAP_SENDERS);
	assert_int_equal(map->kind, CONF_MAP_FLOOR);
	assert_int_equal(map->ntables, 0);
	assert_int_equal(map->on_failure, CONF_ON_FAILURE_STALE);
	assert_null(map->floor.upstream.spec);
	assert_int_equal(map->floor.dane, CONF_FLOOR_DANE_ONLY);
	assert_int_equal(map->floor.upstream_ttl, 60 * 1000);
	assert_int_equal(map->floor.upstream_time_limit, 10 * 1000);
	conf_free(conf);
}

static void
the_name_is_free(void **state)
{
	struct conf *conf = conf_test_load(*state,
	    "maps = floor, policies\nfloor_kind = senders\n"
	    "floor_tables = sqlite:policy.cf\npolicies_kind = Floor\n"
	    "policies_on_failure = tempfail\npolicies_dane = encrypt\n"
	    "policies_upstream_ttl = 0\npolicies_upstream_time_limit = 1m\n"
	    "tcp_table_listen = policies=inet:127.0.0.1:1\n");

	assert_int_equal(conf->map[0].kind, CONF_MAP_SENDERS);
	assert_int_equal(conf->map[0].ntables, 1);
	assert_int_equal(conf->map[1].kind, CONF_MAP_FLOOR);
	assert_int_equal(conf->map[1].on_failure, CONF_ON_FAILURE_TEMPFAIL);
	assert_int_equal(conf->map[1].floor.dane, CONF_FLOOR_DANE_ENCRYPT);
	assert_int_equal(conf->map[1].floor.upstream_ttl, 0);
	assert_int_equal(conf->map[1].floor.upstream_time_limit, 60 * 1000);
	conf_free(conf);
}

struct upstream_row {
	const char *spec;
	const char *host; /* NULL: path is set */
	const char *port;
	const char *path;
	const char *map;
};

static const struct upstream_row upstream_rows[] = {
    {"socketmap:inet:127.0.0.1:8461:postfix", "127.0.0.1", "8461", NULL,
	"postfix"},
    {"socketmap:inet:[::1]:8461:QUERY", "::1", "8461", NULL, "QUERY"},
    {"socketmap:inet:policies.example.com:65535:a-b", "policies.example.com",
	"65535", NULL, "a-b"},
    {"socketmap:unix:/run/mta-sts/lookup:postfix", NULL, NULL,
	"/run/mta-sts/lookup", "postfix"},
};

static void
same_text(const char *text, const char *wanted)
{
	if (wanted == NULL)
		assert_null(text);
	else
		assert_string_equal(text, wanted);
}

static void
upstream_is_spelled_as_postfix_does(void **state)
{
	const struct conf_upstream *upstream;
	const struct upstream_row *row;
	struct conf *conf;
	char text[1000];
	size_t i;

	for (i = 0; i < sizeof(upstream_rows) / sizeof(upstream_rows[0]); i++) {
		row = &upstream_rows[i];
		snprintf(text, sizeof(text), MAPS "floor_upstream = %s\n",
		    row->spec);
		conf = conf_test_load(*state, text);
		upstream = &conf->map[1].floor.upstream;
		assert_string_equal(upstream->spec, row->spec);
		same_text(upstream->host, row->host);
		same_text(upstream->port, row->port);
		same_text(upstream->path, row->path);
		same_text(upstream->map, row->map);
		conf_free(conf);
	}
}

static void
what_is_no_socketmap_is_refused(void **state)
{
	static const char *const specs[] = {
	    "inet:127.0.0.1:8461:postfix",
	    "hash:/etc/postfix/tls_policy",
	    "socketmap:inet:127.0.0.1:8461",
	    "socketmap:inet:127.0.0.1:8461:",
	    "socketmap:inet:127.0.0.1:0:postfix",
	    "socketmap:inet::8461:postfix",
	    "socketmap:inet:8461:postfix",
	    "socketmap:inet:::1:8461:postfix",
	    "socketmap:inet:[::1:8461:postfix",
	    "socketmap:unix:run/lookup:postfix",
	    "socketmap:unix:/run/lookup",
	    "socketmap:unix:",
	    "socketmap:",
	    "socketmap:tcp:127.0.0.1:8461:postfix",
	    "socketmap:inet:127.0.0.1:8461:a, socketmap:inet:127.0.0.1:1:a",
	};
	char text[1000];
	size_t i;

	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		snprintf(
		    text, sizeof(text), MAPS "floor_upstream = %s\n", specs[i]);
		conf_test_refused(*state, text,
		    "forceenc.cf:3: floor_upstream: *write socketmap:inet:");
	}
}

struct refused_row {
	const char *text; /* behind MAPS, from line 3 on */
	const char *what;
};

static const struct refused_row refused_rows[] = {
    {"floor_tables = sqlite:policy.cf\n",
	"forceenc.cf:3: floor_tables: map floor is of kind floor, which has "
	"no such option"},
    {"floor_answers = forceenc:\n",
	"forceenc.cf:3: floor_answers: map floor is of kind floor"},
    {"forceenc_upstream = socketmap:inet:127.0.0.1:1:a\n",
	"forceenc.cf:3: forceenc_upstream: map forceenc is of kind senders"},
    {"forceenc_dane = encrypt\n",
	"forceenc.cf:3: forceenc_dane: map forceenc is of kind senders"},
    {"floor_kind = roof\n",
	"forceenc.cf:3: floor_kind: \"roof\": *senders, floor"},
    {"floor_dane = may\n",
	"forceenc.cf:3: floor_dane: \"may\": *dane-only, encrypt"},
    {"floor_on_failure = encrypt\n",
	"forceenc.cf:3: floor_on_failure: \"encrypt\": *stale and tempfail"},
    {"floor_upstream_ttl = 2d\n",
	"forceenc.cf:3: floor_upstream_ttl: \"2d\": too large"},
    {"floor_upstream_time_limit = 0\n",
	"forceenc.cf:3: floor_upstream_time_limit: \"0\": too small"},
    {"floor_upsteam = socketmap:inet:127.0.0.1:1:a\n",
	"forceenc.cf:3: floor_upsteam: *did you mean floor_upstream?"},
};

static void
unfit_options_are_refused(void **state)
{
	char text[1000];
	size_t i;

	for (i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		snprintf(text, sizeof(text), MAPS "%s", refused_rows[i].text);
		conf_test_refused(*state, text, refused_rows[i].what);
	}
}

static void
the_same_is_known_again(void **state)
{
	static const char plain[] = MAPS "floor_upstream = "
					 "socketmap:inet:127.0.0.1:1:a\n";
	static const char *const others[] = {
	    MAPS,
	    MAPS "floor_upstream = socketmap:inet:127.0.0.1:2:a\n",
	    MAPS "floor_upstream = socketmap:inet:127.0.0.1:1:a\n"
		 "floor_dane = encrypt\n",
	    MAPS "floor_upstream = socketmap:inet:127.0.0.1:1:a\n"
		 "floor_upstream_ttl = 2m\n",
	    MAPS "floor_upstream = socketmap:inet:127.0.0.1:1:a\n"
		 "floor_on_failure = tempfail\n",
	};
	struct conf *a = conf_test_load(*state, plain);
	struct conf *b = conf_test_load(*state, plain);
	size_t i;

	assert_true(conf_map_equal(&a->map[1], &b->map[1]));
	conf_free(b);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		b = conf_test_load(*state, others[i]);
		assert_false(conf_map_equal(&a->map[1], &b->map[1]));
		conf_free(b);
	}
	conf_free(a);
}

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, conf_test_setup, conf_test_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_floor_has_defaults),
	    TEST(the_name_is_free),
	    TEST(upstream_is_spelled_as_postfix_does),
	    TEST(what_is_no_socketmap_is_refused),
	    TEST(unfit_options_are_refused),
	    TEST(the_same_is_known_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
