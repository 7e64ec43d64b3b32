/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/option.h"
#include "conf_test.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"

/* The conf whose only table has this text. */
static struct conf *
table_load(struct conf_test *t, const char *text)
{
	folder_write_text(&t->folder, "policy.cf", text);
	return conf_test_load(t, CONF_TEST_TABLES);
}

static const struct conf_table *
table_of(const struct conf *conf)
{
	return &conf->map[0].table[0];
}

static void
table_has_defaults(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = table_load(t, "dbpath = data/policy.db\n");
	const struct conf_table *table = table_of(conf);

	assert_int_equal(table->type, CONF_TABLE_SQLITE);
	assert_string_equal(table->spec, "sqlite:policy.cf");
	assert_string_equal(table->path, folder_path(&t->folder, "policy.cf"));
	assert_string_equal(
	    table->sqlite.dbpath, folder_path(&t->folder, "data/policy.db"));
	assert_string_equal(table->sqlite.query,
	    "SELECT answer FROM policy WHERE address = '%s'");
	assert_true(table->sqlite.own_query);
	assert_string_equal(table->sqlite.result_format, "%s");
	assert_int_equal(table->sqlite.ndomains, 0);
	assert_int_equal(table->sqlite.expansion_limit, 0);
	assert_int_equal(table->sqlite.query_time_limit, 20);
	conf_free(conf);
}

/* As one made for Postfix may look. */
static void
table_takes_what_is_set(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = table_load(t,
	    "dbpath = /var/lib/mail/users.db\r\n"
	    "query = SELECT transport\r\n"
	    "    FROM users\r\n"
	    "# only those who are active\r\n"
	    "    WHERE name = '%u' AND domain = '%d'\r\n"
	    "result_format = %s:\r\n"
	    "domain = Example.COM, ex\xc3\xa4mple.com\r\n"
	    "expansion_limit = 1\r\n"
	    "query_time_limit = 1s\r\n");
	const struct conf_sqlite *sqlite = &table_of(conf)->sqlite;

	assert_string_equal(sqlite->dbpath, "/var/lib/mail/users.db");
	assert_string_equal(sqlite->query,
	    "SELECT transport    FROM users    WHERE name = '%u' AND "
	    "domain = '%d'");
	assert_false(sqlite->own_query);
	assert_string_equal(sqlite->result_format, "%s:");
	/* Keys come in both spellings. */
	assert_int_equal(sqlite->ndomains, 3);
	assert_string_equal(sqlite->domains[0], "example.com");
	assert_string_equal(sqlite->domains[1], "xn--exmple-cua.com");
	assert_string_equal(sqlite->domains[2], "ex\xc3\xa4mple.com");
	assert_int_equal(sqlite->expansion_limit, 1);
	assert_int_equal(sqlite->query_time_limit, 1000);
	conf_free(conf);
}

struct table_row {
	const char *text; /* behind "dbpath = x\n", from line 2 on */
	const char *what;
};

static const struct table_row table_rows[] = {
    {"querry = SELECT 1\n", "policy.cf:2: querry: *did you mean query?"},
    {"server_host = ldap1\n",
	"policy.cf:2: server_host: no parameter of a sqlite table; "
	"forceenc.cf(5)"},
    {"dbpath = y\n", "policy.cf:2: dbpath is set a second time, after line 1"},
    {"select_field = a\ntable = b\nwhere_field = c\n",
	"policy.cf:2: select_field, table, where_field: obsolete; *write query "
	"= SELECT a FROM b WHERE c = '%s'"},
    {"additional_conditions = AND d\nselect_field = a\n",
	"policy.cf:2: *SELECT a FROM ... WHERE ... = '%s' AND d"},
    {"query = SELECT '%s'\ntable = b\n",
	"policy.cf:3: table: obsolete, and without effect beside query"},
    {"query =\n", "policy.cf:2: query: empty"},
    {"query = SELECT a FROM b WHERE c = ':s'\n",
	"policy.cf:2: query: finds the same for every sender"},
    {"query = SELECT '%x'\n", "policy.cf:2: query: *%x"},
    {"query = SELECT \"%s\"\n", "policy.cf:2: query: "},
    {"result_format = %\n", "policy.cf:2: result_format: "},
    {"result_format = %x\n", "policy.cf:2: result_format: "},
    {"result_format =\n", "policy.cf:2: result_format: empty"},
    {"domain = /etc/postfix/domains\n",
	"policy.cf:2: domain: \"/etc/postfix/domains\": *list each domain"},
    {"domain = example.com, hash:/etc/x\n",
	"policy.cf:2: domain: \"hash:/etc/x\": no table *list each domain"},
    {"domain = !example.com\n", "policy.cf:2: domain: \"!example.com\": "},
    {"domain = .example.com\n", "policy.cf:2: domain: \".example.com\": "},
    {"domain = a@example.com\n", "policy.cf:2: domain: \"a@example.com\": "},
    {"domain = $mydestination\n",
	"policy.cf:2: domain: \"$mydestination\": no parameter *"},
    {"domain = example.com *.example.com\n",
	"policy.cf:2: domain: \"*.example.com\": no domain"},
    {"domain = @example.com\n", "policy.cf:2: domain: \"@example.com\": "},
    {"domain = ,\n", "policy.cf:2: domain: a list without a domain"},
    {"domain = a\xff.com\n", "policy.cf:2: domain: \"a\\xff.com\": "},
    {"expansion_limit = -1\n", "policy.cf:2: expansion_limit: *no number"},
    {"expansion_limit = 2147483648\n",
	"policy.cf:2: expansion_limit: *too large"},
    {"query_time_limit = 0\n", "policy.cf:2: query_time_limit: *1ms to 1s"},
    {"query_time_limit = 2s\n", "policy.cf:2: query_time_limit: *1ms to 1s"},
};

static void
table_refuses(void **state)
{
	struct conf_test *t = *state;
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(table_rows) / sizeof(table_rows[0]); i++) {
		snprintf(
		    text, sizeof(text), "dbpath = x\n%s", table_rows[i].text);
		folder_write_text(&t->folder, "policy.cf", text);
		conf_test_refused(t, CONF_TEST_TABLES, table_rows[i].what);
	}
	folder_write_text(&t->folder, "policy.cf", "");
	conf_test_refused(t, CONF_TEST_TABLES,
	    "policy.cf: dbpath: missing; it must be set: the database file");
	folder_write_text(&t->folder, "policy.cf", "dbpath =\n");
	conf_test_refused(
	    t, CONF_TEST_TABLES, "policy.cf:1: dbpath: empty; *no default");
}

static void
table_needs_a_type(void **state)
{
	static const char *const rows[][2] = {
	    {"policy.cf",
		"\"policy.cf\": no table; write sqlite:FILE, ldap:FILE or "
		"pgsql:FILE"},
	    {"sqlite:",
		"\"sqlite:\": no table; write sqlite:FILE, ldap:FILE or "
		"pgsql:FILE"},
	    {":x", "\":x\": \"\" is no type of table"},
	    {"SQLite:x", "\"SQLite:x\": \"SQLite\" is no type of table"},
	    {"hash:/etc/x", "\"hash:/etc/x\": \"hash\" is no type of table"},
	    {"sqlite:policy.cf sqlite:policy.cf",
		"\"sqlite:policy.cf\" is named twice"},
	};
	struct conf_test *t = *state;
	char text[128], what[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(
		    text, sizeof(text), "forceenc_tables = %s\n", rows[i][0]);
		snprintf(what, sizeof(what),
		    "forceenc.cf:1: forceenc_tables: %s", rows[i][1]);
		conf_test_refused(t, text, what);
	}
}

static void
table_equals_itself_alone(void **state)
{
	static const char *const others[] = {
	    "dbpath = y\ndomain = a.example\n",
	    "dbpath = x\n",
	    "dbpath = x\ndomain = b.example\n",
	    "dbpath = x\ndomain = a.example, b.example\n",
	    "dbpath = x\ndomain = a.example\nquery = SELECT '%s'\n",
	    "dbpath = x\ndomain = a.example\nresult_format = %s:\n",
	    "dbpath = x\ndomain = a.example\nexpansion_limit = 1\n",
	    "dbpath = x\ndomain = a.example\nquery_time_limit = 30\n",
	};
	static const char text[] = "dbpath = x\ndomain = a.example\n";
	struct conf_test *t = *state;
	struct conf *a = table_load(t, text), *b = table_load(t, text);
	size_t i;

	assert_true(conf_table_equal(table_of(a), table_of(b)));
	conf_free(b);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		b = table_load(t, others[i]);
		assert_false(conf_table_equal(table_of(a), table_of(b)));
		conf_free(b);
	}
	/* A comment changes nothing. */
	b = table_load(t, "# x\ndbpath=x\ndomain=A.EXAMPLE");
	assert_true(conf_table_equal(table_of(a), table_of(b)));
	conf_free(b);
	folder_write_text(&t->folder, "other.cf", text);
	b = conf_test_load(t, "forceenc_tables = sqlite:other.cf\n");
	assert_false(conf_table_equal(table_of(a), table_of(b)));
	conf_free(b);
	conf_free(a);
}

struct each_seen {
	struct buf set; /* "name=value@line|" of those that are set */
	unsigned n, defaults;
	const char *folder;
};

static void
each_on_option(const char *name, const char *value, const char *file,
    unsigned line, const char *default_value, const char *help, void *arg)
{
	struct each_seen *seen = arg;

	seen->n++;
	assert_true(strlen(help) > 5);
	assert_true((file != NULL) == (line > 0));
	if (file == NULL) {
		assert_string_equal(value, default_value);
		seen->defaults++;
		return;
	}
	assert_memory_equal(file, seen->folder, strlen(seen->folder));
	buf_printf(&seen->set, "%s=%s@%s:%u|", name, value,
	    file + strlen(seen->folder) + 1, line);
}

static unsigned
each_options(const struct option *table)
{
	unsigned n = 0;

	while (table[n].name != NULL)
		n++;
	return n;
}

/* Those of a map that is asked about senders. */
static unsigned
each_map_options(void)
{
	const struct option *option;
	unsigned n = 0;

	for (option = option_map; option->name != NULL; option++)
		if (option->kinds == 0 ||
		    (option->kinds & OPTION_KIND(CONF_MAP_SENDERS)) != 0)
			n++;
	return n;
}

static void
each_walks_everything_once(void **state)
{
	struct conf_test *t = *state;
	struct each_seen seen = {.folder = t->folder.name};

	folder_write_text(&t->folder, "forceenc.cf",
	    "# x\nmaps = a, b\nb_tables = sqlite:policy.cf\n"
	    "a_tables = sqlite:policy.cf, sqlite:two.cf\n"
	    "log_level = Warn\n");
	folder_write_text(&t->folder, "two.cf", "\ndbpath = two.db\n");
	assert_int_equal(conf_each(folder_path(&t->folder, "forceenc.cf"),
			     each_on_option, &seen, &t->problems),
	    0);
	assert_string_equal(buf_text(&seen.set),
	    "maps=a, b@forceenc.cf:2|log_level=Warn@forceenc.cf:5|"
	    "a_tables=sqlite:policy.cf, sqlite:two.cf@forceenc.cf:4|"
	    "b_tables=sqlite:policy.cf@forceenc.cf:3|"
	    "sqlite:policy.cf dbpath=policy.db@policy.cf:1|"
	    "sqlite:two.cf dbpath=two.db@two.cf:2|");
	assert_int_equal(seen.n,
	    each_options(option_main) + 2 * each_map_options() +
		2 * each_options(option_sqlite));
	assert_int_equal(seen.defaults, seen.n - 6);
	buf_fini(&seen.set);
}

static void
each_refuses_what_load_does(void **state)
{
	struct conf_test *t = *state;
	struct each_seen seen = {.folder = t->folder.name};

	folder_write_text(
	    &t->folder, "forceenc.cf", CONF_TEST_TABLES "log_level = loud\n");
	assert_int_equal(conf_each(folder_path(&t->folder, "forceenc.cf"),
			     each_on_option, &seen, &t->problems),
	    -1);
	assert_int_equal(t->problems.n, 1);
	assert_int_equal(seen.n, 0);
}

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, conf_test_setup, conf_test_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(table_has_defaults),
	    TEST(table_takes_what_is_set),
	    TEST(table_refuses),
	    TEST(table_needs_a_type),
	    TEST(table_equals_itself_alone),
	    TEST(each_walks_everything_once),
	    TEST(each_refuses_what_load_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
