/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/option.h"
#include "conf_test.h"
#include "forceenc/buf.h"

static void
conf_has_defaults(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = conf_test_load(t, CONF_TEST_TABLES);

	assert_int_equal(conf->nlisten, 1);
	assert_string_equal(
	    conf->listen[0].endpoint.text, "inet:127.0.0.1:9999");
	assert_null(conf->listen[0].map);
	assert_int_equal(conf->socket_mode, 0666);
	assert_string_equal(conf->socket_group, "");
	assert_int_equal(conf->connection_limit, 10000);
	assert_int_equal(conf->question_limit, 100);
	assert_int_equal(conf->frame_time_limit, 10000);
	assert_int_equal(conf->idle_time_limit, 0);
	assert_int_equal(conf->nmaps, 1);
	assert_string_equal(conf->map[0].name, "forceenc");
	assert_int_equal(conf->map[0].answers.n, 1);
	assert_string_equal(conf->map[0].answers.list[0], "forceenc:");
	assert_int_equal(conf->map[0].on_failure, CONF_ON_FAILURE_STALE);
	assert_int_equal(conf->map[0].ntables, 1);
	assert_string_equal(conf->recipient_delimiter, "+");
	assert_true(conf->fold_local_part);
	assert_int_equal(conf->answer_deadline, 2000);
	assert_int_equal(conf->drain_time_limit, 5000);
	assert_int_equal(conf->present_ttl, 300 * 1000);
	assert_int_equal(conf->absent_ttl, 60 * 1000);
	assert_int_equal(conf->watched_ttl, 3600 * 1000);
	assert_int_equal(conf->stale_max, 24 * 3600 * 1000);
	assert_int_equal(conf->watch_interval, 50);
	assert_int_equal(conf->cache_size, 64 << 20);
	assert_true(conf->has_control_socket);
	assert_string_equal(
	    endpoint_path(&conf->control_socket), "/run/forceenc/control");
	assert_int_equal(conf->control_socket_mode, 0660);
	assert_string_equal(conf->control_socket_group, "");
	assert_false(conf->has_http || conf->has_watch_http);
	assert_string_equal(conf->store, "sqlite:/var/lib/forceenc/stats.db");
	assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
	conf_free(conf);
	conf_free(NULL);
}

/* Nothing as it is by default. */
static const char everything[] =
    "maps = out, in-1\n"
    "out_tables = sqlite:policy.cf, sqlite:two.cf\n"
    "in-1_tables = sqlite:two.cf\n"
    "out_answers = strict:[a]:1, forceenc:\n"
    "out_on_failure = forceenc:\n"
    "in-1_on_failure = tempfail\n"
    "socketmap_listen = unix:/run/a, inet:[::1]:1\n"
    "tcp_table_listen = in-1=inet:127.0.0.1:2\n"
    "socket_mode = 660\n"
    "socket_group = postfix\n"
    "connection_limit = 1\n"
    "question_limit = 2\n"
    "frame_time_limit = 100ms\n"
    "idle_time_limit = 3\n"
    "recipient_delimiter = +-\n"
    "fold_local_part = NO\n"
    "answer_deadline = 30\n"
    "drain_time_limit = 0\n"
    "present_ttl = 1w\n"
    "absent_ttl = 2d\n"
    "watched_ttl = 3h\n"
    "stale_max = 0\n"
    "watch_interval = 7\n"
    "cache_size = 32G\n"
    "control_socket = unix:/run/b\n"
    "control_socket_mode = 0600\n"
    "control_socket_group = adm\n"
    "http_listen = unix:/run/c\n"
    "watch_http_listen = inet:127.0.0.1:3\n"
    "log_level = Debug\n";

static struct conf *
test_load_everything(struct conf_test *t)
{
	folder_write_text(&t->folder, "two.cf", "dbpath = two.db\n");
	return conf_test_load(t, everything);
}

static void
conf_takes_maps_and_listeners(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = test_load_everything(t);

	assert_int_equal(conf->nmaps, 2);
	assert_int_equal(conf->map[0].ntables, 2);
	assert_string_equal(conf->map[0].table[1].spec, "sqlite:two.cf");
	assert_string_equal(
	    conf->map[0].table[1].path, folder_path(&t->folder, "two.cf"));
	assert_int_equal(conf->map[0].on_failure, CONF_ON_FAILURE_ANSWER);
	assert_int_equal(conf->map[0].on_failure_answer, 1);
	assert_int_equal(conf->map[1].on_failure, CONF_ON_FAILURE_TEMPFAIL);
	assert_ptr_equal(conf_map_find(conf, "in-1_", 4), &conf->map[1]);
	assert_null(conf_map_find(conf, "in-", 3));
	assert_null(conf_map_find(conf, "Out", 3));
	assert_null(conf_map_find(conf, "", 0));
	assert_int_equal(conf->nlisten, 3);
	assert_null(conf->listen[1].map);
	assert_string_equal(conf->listen[1].endpoint.text, "inet:[::1]:1");
	assert_string_equal(conf->listen[2].map, "in-1");
	assert_int_equal(conf->socket_mode, 0660);
	assert_string_equal(conf->socket_group, "postfix");
	assert_string_equal(endpoint_path(&conf->control_socket), "/run/b");
	assert_int_equal(conf->control_socket_mode, 0600);
	assert_string_equal(conf->control_socket_group, "adm");
	assert_true(conf->has_http && conf->has_watch_http);
	assert_string_equal(conf->http_listen.text, "unix:/run/c");
	assert_string_equal(conf->watch_http_listen.text, "inet:127.0.0.1:3");
	conf_free(conf);
}

static void
conf_takes_limits_and_times(void **state)
{
	struct conf *conf = test_load_everything(*state);

	assert_int_equal(conf->connection_limit, 1);
	assert_int_equal(conf->question_limit, 2);
	assert_int_equal(conf->frame_time_limit, 100);
	assert_int_equal(conf->idle_time_limit, 3000);
	assert_string_equal(conf->recipient_delimiter, "+-");
	assert_false(conf->fold_local_part);
	assert_int_equal(conf->answer_deadline, 30000);
	assert_int_equal(conf->drain_time_limit, 0);
	assert_int_equal(conf->present_ttl, 7 * 24 * 3600 * 1000);
	assert_int_equal(conf->absent_ttl, 2 * 24 * 3600 * 1000);
	assert_int_equal(conf->watched_ttl, 3 * 3600 * 1000);
	assert_int_equal(conf->stale_max, 0);
	assert_int_equal(conf->watch_interval, 7);
	assert_true(conf->cache_size == (size_t)32 << 30);
	assert_int_equal(conf->log_level, LOG_LEVEL_DEBUG);
	conf_free(conf);
}

static void
conf_can_do_without(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = conf_test_load(t,
	    CONF_TEST_TABLES
	    "socketmap_listen =\ncontrol_socket =\nrecipient_delimiter =\n");

	assert_int_equal(conf->nlisten, 0);
	assert_false(conf->has_control_socket);
	assert_string_equal(conf->recipient_delimiter, "");
	conf_free(conf);
}

struct refused_row {
	const char *text; /* behind CONF_TEST_TABLES, from line 2 on */
	const char *what;
};

static const struct refused_row refused_rows[] = {
    {"answer_dedline = 2s\n",
	"forceenc.cf:2: answer_dedline: *did you mean answer_deadline?"},
    {"forceenc_tabels = sqlite:x\n",
	"forceenc.cf:2: forceenc_tabels: *did you mean forceenc_tables?"},
    {"virtual_mailbox_domains = x\n",
	"forceenc.cf:2: virtual_mailbox_domains: no such option; "
	"forceenc.cf(5)"},
    {"inbound_tables = sqlite:x\n",
	"forceenc.cf:2: inbound_tables: \"inbound\" is no map; add it to maps"},
    {"_tables = sqlite:x\n", "forceenc.cf:2: _tables: no such option"},
    {"Maps = forceenc\n", "forceenc.cf:2: Maps: *did you mean maps?"},
    {"log_level = info\nlog_level = info\n", "forceenc.cf:3: log_level is set"},
    {"answer_deadline = 2x\n",
	"forceenc.cf:2: answer_deadline: \"2x\": no time; *10ms to 30s"},
    {"answer_deadline = 2s # short\n",
	"forceenc.cf:2: answer_deadline: *a comment needs a line of its own"},
    {"answer_deadline = 9ms\n",
	"forceenc.cf:2: answer_deadline: \"9ms\": too small; *10ms to 30s"},
    {"answer_deadline = 31\n",
	"forceenc.cf:2: answer_deadline: \"31\": too large; *10ms to 30s"},
    {"answer_deadline = -1s\n",
	"forceenc.cf:2: answer_deadline: \"-1s\": no time"},
    {"answer_deadline = 99999999999999999999\n",
	"forceenc.cf:2: answer_deadline: *no time"},
    {"answer_deadline =\n",
	"forceenc.cf:2: answer_deadline: empty; *remove the line"},
    {"watch_interval = 0\n", "forceenc.cf:2: watch_interval: *too small"},
    {"cache_size = 63K\n", "forceenc.cf:2: cache_size: *64K to 32G"},
    {"cache_size = 33G\n", "forceenc.cf:2: cache_size: *64K to 32G"},
    {"cache_size = 64MB\n", "forceenc.cf:2: cache_size: \"64MB\": no size"},
    {"connection_limit = 0\n",
	"forceenc.cf:2: connection_limit: *1 to 1000000"},
    {"connection_limit = many\n",
	"forceenc.cf:2: connection_limit: \"many\": no number"},
    {"connection_limit = 1.5\n", "forceenc.cf:2: connection_limit: *no number"},
    {"question_limit = 4294967297\n",
	"forceenc.cf:2: question_limit: *too large"},
    {"fold_local_part = maybe\n",
	"forceenc.cf:2: fold_local_part: \"maybe\": *write yes or no"},
    {"log_level = loud\n",
	"forceenc.cf:2: log_level: \"loud\": *error, warn, info, debug"},
    {"socket_mode = 0668\n", "forceenc.cf:2: socket_mode: *octal"},
    {"socket_mode = 01777\n", "forceenc.cf:2: socket_mode: *octal"},
    {"socket_mode = u+rw\n", "forceenc.cf:2: socket_mode: *octal"},
    {"socket_mode = -1\n", "forceenc.cf:2: socket_mode: *octal"},
    {"store = mysql:/etc/forceenc/stats.cf\n",
	"forceenc.cf:2: store: *write sqlite: or pgsql: and a whole path"},
    {"store = sqlite:stats.db\n", "forceenc.cf:2: store: *whole path"},
    {"store = /stats.db\n", "forceenc.cf:2: store: "},
    {"log = journal:postfix@-\n", "forceenc.cf:2: log: \"journal:postfix@-\""},
    {"local_relays = 127.0.0.1, mx\n", "forceenc.cf:2: local_relays: \"mx\""},
    {"local_relays = ::1/129\n", "forceenc.cf:2: local_relays: \"::1/129\""},
    {"local_relays = ::1/\n", "forceenc.cf:2: local_relays: \"::1/\""},
    {"local_relays = 10/8\n", "forceenc.cf:2: local_relays: \"10/8\""},
    {"log = /var/log/mail.log\n", "forceenc.cf:2: log: *write file:"},
    {"log = file:mail.log\n", "forceenc.cf:2: log: *write file:"},
    {"store =\n", "forceenc.cf:2: store: "},
    {"recipient_delimiter = + -\n",
	"forceenc.cf:2: recipient_delimiter: \"+ -\": *side by side"},
    {"recipient_delimiter = @\n", "forceenc.cf:2: recipient_delimiter: "},
    {"recipient_delimiter = plus\n", "forceenc.cf:2: recipient_delimiter: "},
    {"socketmap_listen = 127.0.0.1:9999\n",
	"forceenc.cf:2: socketmap_listen: 127.0.0.1:9999: not an endpoint"},
    {"socketmap_listen = inet:127.0.0.1:9999 inet:127.0.0.1:9999\n",
	"forceenc.cf:2: socketmap_listen: inet:127.0.0.1:9999 is named twice"},
    {"tcp_table_listen = forceenc=inet:localhost:9999\n",
	"forceenc.cf:2: tcp_table_listen: inet:localhost:9999 is named twice"},
    {"tcp_table_listen = inet:127.0.0.1:1\n",
	"forceenc.cf:2: tcp_table_listen: *write MAP=ENDPOINT"},
    {"tcp_table_listen = other=inet:127.0.0.1:1\n",
	"forceenc.cf:2: tcp_table_listen: \"other\" is no map"},
    {"tcp_table_listen = forceenc=unix:x\n",
	"forceenc.cf:2: tcp_table_listen: unix:x: *begins with /"},
    {"control_socket = run/control\n",
	"forceenc.cf:2: control_socket: \"run/control\" is no absolute path"},
    {"control_socket = inet:127.0.0.1:1\n",
	"forceenc.cf:2: control_socket: *no absolute path"},
    {"socketmap_listen = unix:/a\ncontrol_socket = /a\n",
	"forceenc.cf:3: control_socket: *choose another path"},
    {"http_listen = 9199\n",
	"forceenc.cf:2: http_listen: 9199: not an endpoint"},
    {"http_listen = inet:127.0.0.1:9999\n",
	"forceenc.cf:2: http_listen: *named twice"},
    {"control_socket = /a\nhttp_listen = unix:/a\n",
	"forceenc.cf:3: http_listen: *named twice"},
    {"http_listen = inet:*:1\nwatch_http_listen = inet:*:1\n",
	"forceenc.cf:3: watch_http_listen: *endpoint of their own"},
    {"maps = forceenc, forceenc\n",
	"forceenc.cf:2: maps: map forceenc is named twice"},
    {"maps = forceenc, a:b\n",
	"forceenc.cf:2: maps: \"a:b\" is no name of a map"},
    {"maps = forceenc, _x\n",
	"forceenc.cf:2: maps: \"_x\" is no name of a map"},
    {"maps = forceenc, in\n", "forceenc.cf: in_tables: missing"},
    {"forceenc_answers = ,\n", "forceenc.cf:2: forceenc_answers: no answer"},
    {"forceenc_answers =\n", "forceenc.cf:2: forceenc_answers: empty"},
    {"forceenc_answers = forceenc\n",
	"forceenc.cf:2: forceenc_answers: *forceenc"},
    {"forceenc_answers = forceenc:, :x\n",
	"forceenc.cf:2: forceenc_answers: *:x"},
    {"forceenc_answers = a:, b:, a:\n", "forceenc.cf:2: forceenc_answers: *a:"},
    {"forceenc_on_failure = DUNNO\n",
	"forceenc.cf:2: forceenc_on_failure: \"DUNNO\" *stale, tempfail or"},
    {"forceenc_on_failure = other:\n", "forceenc.cf:2: forceenc_on_failure: "},
    {"forceenc_on_failure =\n", "forceenc.cf:2: forceenc_on_failure: empty"},
};

static void
conf_refuses(void **state)
{
	struct conf_test *t = *state;
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", CONF_TEST_TABLES,
		    refused_rows[i].text);
		conf_test_refused(t, text, refused_rows[i].what);
	}
}

static void
conf_refuses_lists_without_end(void **state)
{
	struct conf_test *t = *state;
	struct buf text = {0};
	unsigned i;

	buf_add_text(&text, "maps = forceenc");
	for (i = 1; i <= CONF_MAPS_MAX; i++)
		buf_printf(&text, " m%u", i);
	buf_add_text(&text, "\nforceenc_tables = sqlite:policy.cf\n");
	for (i = 1; i <= CONF_MAPS_MAX; i++)
		buf_printf(&text, "m%u_tables = sqlite:policy.cf\n", i);
	assert_null(conf_test_try(t, buf_text(&text)));
	conf_test_problem(
	    t, 0, "forceenc.cf:1: maps: too many maps; there may be 32");
	buf_clear(&text);

	buf_add_text(&text, "forceenc_tables =");
	for (i = 0; i <= CONF_TABLES_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "t%u.cf", i);
		folder_write_text(&t->folder, name, "dbpath = x\n");
		buf_printf(&text, " sqlite:%s", name);
	}
	conf_test_refused(t, buf_text(&text),
	    "forceenc.cf:1: forceenc_tables: too many tables; *16");
	buf_fini(&text);
}

static void
conf_tells_all_problems_at_once(void **state)
{
	struct conf_test *t = *state;

	folder_write_text(&t->folder, "bad.cf",
	    "dbpath = x\nquery_time_limit = 2h\nhosts = localhost\n");
	assert_null(conf_test_try(t,
	    "forceenc_tables = hash:x.cf, sqlite:bad.cf, sqlite:none.cf\n"
	    "answer_deadline = soon\n"
	    "nonsense\n"
	    "forceenc_on_failure = shrug\n"));
	assert_int_equal(t->problems.n, 7);
	conf_test_problem(t, 0, "forceenc.cf:3: \"nonsense\": no \"=\"");
	conf_test_problem(t, 1, "forceenc.cf:4: forceenc_on_failure: ");
	conf_test_problem(
	    t, 2, "forceenc.cf:1: forceenc_tables: \"hash:x.cf\": \"hash\"");
	conf_test_problem(t, 3, "bad.cf:2: query_time_limit: *too large");
	conf_test_problem(t, 4, "bad.cf:3: hosts: no parameter of a sqlite");
	conf_test_problem(t, 5, "none.cf: can't be opened: No such file");
	conf_test_problem(t, 6, "forceenc.cf:2: answer_deadline: *no time");
}

static void
conf_needs_a_file_with_tables(void **state)
{
	struct conf_test *t = *state;

	assert_null(
	    conf_load(folder_path(&t->folder, "none.cf"), &t->problems));
	assert_int_equal(t->problems.n, 1);
	conf_test_problem(t, 0, "none.cf: can't be opened: No such file");
	conf_test_refused(
	    t, "", "forceenc.cf: forceenc_tables: missing; it must be set");
	conf_test_refused(
	    t, "forceenc_tables =\n", "forceenc.cf:1: forceenc_tables: empty");
	conf_test_refused(t, "forceenc_tables = ,\n",
	    "forceenc.cf:1: forceenc_tables: no table in the list");
}

struct change_row {
	const char *name;
	const char *value;
};

/* Another value than the default's for every option. */
static const struct change_row change_rows[] = {
    {"socketmap_listen", "inet:127.0.0.1:1"},
    {"tcp_table_listen", "forceenc=inet:127.0.0.1:2"},
    {"socket_mode", "0660"},
    {"socket_group", "postfix"},
    {"connection_limit", "5"},
    {"question_limit", "5"},
    {"frame_time_limit", "5"},
    {"idle_time_limit", "5"},
    {"maps", "forceenc, other\nother_tables = sqlite:policy.cf"},
    {"recipient_delimiter", "-"},
    {"fold_local_part", "no"},
    {"answer_deadline", "5"},
    {"drain_time_limit", "6"},
    {"present_ttl", "5"},
    {"absent_ttl", "5"},
    {"watched_ttl", "5"},
    {"stale_max", "5"},
    {"watch_interval", "5"},
    {"cache_size", "1M"},
    {"snapshot_file", "/x"},
    {"snapshot_interval", "5"},
    {"control_socket", "/x"},
    {"control_socket_mode", "0666"},
    {"control_socket_group", "adm"},
    {"http_listen", "unix:/x"},
    {"watch_http_listen", "unix:/y"},
    {"store", "sqlite:/x"},
    {"store_host", "mx1"},
    {"log_level", "warn"},
    {"log", "-"},
    {"syslog_names", "mail"},
    {"local_relays", "10.0.0.0/8"},
    {"max_inflight", "5000"},
    {"store_recipients", "yes"},
    {"keep_hours", "5"},
    {"keep_days", "5"},
    {"failures_kept", "5"},
    {NULL, NULL},
};

static void
conf_knows_what_needs_a_restart(void **state)
{
	struct conf_test *t = *state;
	struct conf *old = conf_test_load(t, CONF_TEST_TABLES), *new;
	const struct change_row *row = change_rows;
	const struct option *option;
	char text[512], *names;

	for (option = option_main; option->name != NULL; option++, row++) {
		assert_string_equal(option->name, row->name);
		snprintf(text, sizeof(text), "%s%s = %s\n", CONF_TEST_TABLES,
		    row->name, row->value);
		new = conf_test_load(t, text);
		names = conf_needs_restart(old, new);
		if (option->restart)
			assert_string_equal(names, option->name);
		else
			assert_null(names);
		free(names);
		names = conf_needs_restart(new, old);
		assert_true((names != NULL) == option->restart);
		free(names);
		assert_null(conf_needs_restart(new, new));
		conf_free(new);
	}
	conf_free(old);
}

/* With its table beside it and, if all, with every default and all maps. */
static char *
test_sample(const char *file, bool all)
{
	static const char path[] = "sqlite:/etc/forceenc/policy.cf\n";
	const struct folder etc = {FORCEENC_SRCDIR "/etc"};
	struct buf out = {0};
	size_t len;
	char *text = folder_read(&etc, file, &len), *at, *next;

	text[len] = '\0';
	for (at = text; *at != '\0'; at = next) {
		next = strchr(at, '\n') + 1;
		if (all && at[0] == '#' && at[1] >= 'a' && at[1] <= 'z')
			at++;
		if (strncmp(at, "forceenc_tables", 15) == 0) {
			assert_memory_equal(
			    next - strlen(path), path, strlen(path));
			buf_add_text(&out, CONF_TEST_TABLES);
		} else if (strncmp(at, "maps = ", 7) == 0) {
			buf_add_text(&out, "maps = forceenc, floor\n");
		} else {
			buf_add(&out, at, (size_t)(next - at));
		}
	}
	free(text);
	return buf_steal(&out);
}

/* The samples are fine as they stand, and mean the defaults. */
static void
conf_takes_the_samples(void **state)
{
	struct conf_test *t = *state;
	struct conf *plain = conf_test_load(t, CONF_TEST_TABLES), *conf;
	char *main_text, *table_text;
	int all;

	for (all = 0; all < 2; all++) {
		main_text = test_sample("forceenc.cf", all);
		table_text = test_sample("policy.cf", all);
		assert_true(
		    (strstr(main_text, "\nlog_level = ") != NULL) == all);
		folder_write_text(&t->folder, "policy.cf", table_text);
		conf = conf_test_load(t, main_text);
		assert_null(conf_needs_restart(plain, conf));
		assert_true(conf->map[0].table[0].sqlite.own_query);
		conf_free(conf);
		free(main_text);
		free(table_text);
	}
	conf_free(plain);
}

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, conf_test_setup, conf_test_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(conf_has_defaults),
	    TEST(conf_takes_maps_and_listeners),
	    TEST(conf_takes_limits_and_times),
	    TEST(conf_can_do_without),
	    TEST(conf_refuses),
	    TEST(conf_refuses_lists_without_end),
	    TEST(conf_tells_all_problems_at_once),
	    TEST(conf_needs_a_file_with_tables),
	    TEST(conf_knows_what_needs_a_restart),
	    TEST(conf_takes_the_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
