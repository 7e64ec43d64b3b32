/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/unwise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "folder.h"
#include "forceenc/buf.h"

struct test {
	struct folder folder;
	struct buf warnings;
};

static int
test_setup(void **state)
{
	struct test *t = calloc(1, sizeof(*t));

	folder_open(&t->folder);
	folder_write_text(&t->folder, "policy.cf", "dbpath = policy.db\n");
	folder_write_text(&t->folder, "policy.db", "");
	*state = t;
	return 0;
}

static int
test_teardown(void **state)
{
	struct test *t = *state;

	buf_fini(&t->warnings);
	folder_close(&t->folder);
	free(t);
	return 0;
}

static void
test_on_warning(const char *warning, void *arg)
{
	struct test *t = arg;

	buf_printf(&t->warnings, "%s\n", warning);
}

/* The warnings of a configuration that is sound but for these lines. */
static const char *
test_find(struct test *t, const char *lines)
{
	struct problems problems = {0};
	struct buf text = {0};
	struct conf *conf;

	buf_printf(&text, "forceenc_tables = sqlite:policy.cf\n%s", lines);
	folder_write(&t->folder, "forceenc.cf", text.data, text.len);
	buf_fini(&text);
	conf = conf_load(folder_path(&t->folder, "forceenc.cf"), &problems);
	if (conf == NULL)
		fail_msg("%s", problems.line[0]);
	buf_clear(&t->warnings);
	unwise_find(conf, test_on_warning, t);
	conf_free(conf);
	problems_fini(&problems);
	return buf_text(&t->warnings);
}

static void
unwise_is_silent_about_the_defaults(void **state)
{
	assert_string_equal(test_find(*state, ""), "");
	assert_string_equal(test_find(*state,
				"socketmap_listen = inet:127.9.9.9:1, "
				"inet:[::1]:2, unix:/run/x\n"
				"answer_deadline = 10s\nabsent_ttl = 10m\n"
				"watch_interval = 1s\nconnection_limit = 100\n"
				"control_socket_mode = 0660\n"
				"stale_max = 0\n"
				"http_listen = inet:127.0.0.2:3\n"
				"watch_http_listen = inet:[::1]:4\n"
				"forceenc_on_failure = tempfail\n"),
	    "");
}

static void
unwise_warns(void **state)
{
	static const char *const table[][2] = {
	    {"socketmap_listen =\n", "nobody can ask"},
	    {"socketmap_listen = inet:*:9999\n", "inet:*:9999: no loopback"},
	    {"socketmap_listen = inet:[::]:9999\n", "no loopback"},
	    {"tcp_table_listen = forceenc=inet:192.0.2.1:1\n",
		"inet:192.0.2.1:1: no loopback"},
	    {"http_listen = inet:*:1\n", "inet:*:1: no loopback"},
	    {"watch_http_listen = inet:[2001:db8::1]:1\n", "no loopback"},
	    {"control_socket =\n", "control_socket is empty"},
	    {"control_socket_mode = 0666\n", "control_socket_mode = 0666"},
	    {"idle_time_limit = 60\n", "idle_time_limit = 1m"},
	    {"answer_deadline = 11s\n", "answer_deadline = 11s"},
	    {"absent_ttl = 11m\n", "absent_ttl = 11m"},
	    {"watch_interval = 2s\n", "watch_interval = 2s"},
	    {"connection_limit = 99\n", "connection_limit = 99"},
	    {"stale_max = 0\n", "tempfail under another name"},
	};
	struct test *t = *state;
	const char *found;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		found = test_find(t, table[i][0]);
		if (strstr(found, table[i][1]) == NULL)
			fail_msg("%s: no \"%s\" in: %s", table[i][0],
			    table[i][1], found);
		/* One warning, and no other. */
		assert_ptr_equal(
		    strchr(found, '\n'), found + strlen(found) - 1);
	}
}

static void
unwise_looks_at_files(void **state)
{
	struct test *t = *state;

	chmod(folder_path(&t->folder, "policy.db"), 0666);
	assert_non_null(strstr(test_find(t, ""), "may change the policy"));
	chmod(folder_path(&t->folder, "policy.db"), 0644);
	chmod(folder_path(&t->folder, "policy.cf"), 0646);
	assert_non_null(strstr(
	    test_find(t, ""), "may change the configuration of a table"));
	chmod(folder_path(&t->folder, "policy.cf"), 0644);
	chmod(t->folder.name, 0777);
	assert_non_null(strstr(test_find(t, ""), "may replace the policy"));
	chmod(t->folder.name, 01777);
	assert_string_equal(test_find(t, ""), "");
	chmod(t->folder.name, 0700);
	unlink(folder_path(&t->folder, "policy.db"));
	assert_non_null(strstr(test_find(t, ""), "'forceencctl set' makes it"));
	folder_write_text(&t->folder, "policy.cf",
	    "dbpath = gone\nquery = SELECT '%s'\nquery_time_limit = 500ms\n");
	assert_null(strstr(test_find(t, ""), "makes it"));
	assert_non_null(strstr(test_find(t, ""), "No such file"));
	assert_non_null(strstr(test_find(t, ""), "query_time_limit = 500ms"));
}

static void
unwise_hides_the_administrators_password(void **state)
{
	static const char ask[] =
	    "maps = forceenc m\nm_tables = ldap:people.cf\n";
	static const char base[] =
	    "search_base = dc=x\nquery_filter = mail=%s\n"
	    "admin_bind = simple\nadmin_bind_dn = cn=x\n";
	struct test *t = *state;
	struct buf text = {0};

	buf_printf(&text, "%sserver_host = ldap1\n", base);
	folder_write_text(&t->folder, "people.cf", buf_text(&text));
	assert_non_null(
	    strstr(test_find(t, ask), "ldap1:389: the administrator's"));
	buf_add_text(&text, "admin_server_host = ldapi:/// ldap://127.0.0.1\n");
	folder_write_text(&t->folder, "people.cf", buf_text(&text));
	assert_string_equal(test_find(t, ask), "");
	buf_fini(&text);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(unwise_is_silent_about_the_defaults),
	    TEST(unwise_warns),
	    TEST(unwise_looks_at_files),
	    TEST(unwise_hides_the_administrators_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
