/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf_test.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"

#define TABLES "forceenc_tables = pgsql:policy.cf\n"

static struct conf *
pgsql_load(struct conf_test *t, const char *text)
{
	folder_write_text(&t->folder, "policy.cf", text);
	return conf_test_load(t, TABLES);
}

static const struct conf_pgsql *
pgsql_of(const struct conf *conf)
{
	return &conf->map[0].table[0].pgsql;
}

/* What a host's connection is told of name, "-" for nothing. */
static const char *
pgsql_param(const struct conf_pgsql_host *host, const char *name)
{
	const char *value = "-";
	size_t i, n = 0;

	for (i = 0; i < host->nparams; i++) {
		if (strcmp(host->param[i].name, name) != 0)
			continue;
		value = host->param[i].value;
		n++;
	}
	assert_true(n <= 1);
	return value;
}

static void
pgsql_has_defaults(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = pgsql_load(t, "dbname = mail\n");
	const struct conf_pgsql *pgsql = pgsql_of(conf);
	const struct conf_pgsql_host *host = pgsql->host;

	assert_int_equal(conf->map[0].table[0].type, CONF_TABLE_PGSQL);
	assert_int_equal(pgsql->nhosts, 1);
	assert_string_equal(host->name, "localhost:5432");
	assert_string_equal(pgsql_param(host, "host"), "localhost");
	assert_string_equal(pgsql_param(host, "port"), "5432");
	assert_string_equal(pgsql_param(host, "dbname"), "mail");
	assert_string_equal(pgsql_param(host, "user"), "-");
	assert_string_equal(pgsql_param(host, "password"), "-");
	assert_string_equal(pgsql_param(host, "client_encoding"), "UTF8");
	assert_string_equal(pgsql_param(host, "sslmode"), "prefer");
	assert_string_equal(pgsql_param(host, "sslrootcert"), "-");
	assert_string_equal(pgsql_param(host, "target_session_attrs"), "any");
	assert_string_equal(
	    pgsql->query, "SELECT answer FROM policy WHERE address = '%s'");
	assert_int_equal(pgsql->idle_interval, 60000);
	assert_int_equal(pgsql->retry_interval, 5000);
	assert_int_equal(pgsql->query_time_limit, 500);
	assert_true(pgsql->prepared_statements);
	conf_free(conf);
}

struct pgsql_form {
	const char *word;
	const char *name;
	const char *host;
	const char *port;
};

static const struct pgsql_form pgsql_forms[] = {
    {"db", "db:5432", "db", "5432"},
    {"db.example.com:6000", "db.example.com:6000", "db.example.com", "6000"},
    {"inet:db", "db:5432", "db", "5432"},
    {"inet:192.0.2.1:6000", "192.0.2.1:6000", "192.0.2.1", "6000"},
    {"[2001:db8::1]", "[2001:db8::1]:5432", "2001:db8::1", "5432"},
    {"inet:[::1]:6000", "[::1]:6000", "::1", "6000"},
    {"unix:/run/postgresql", "/run/postgresql", "/run/postgresql", "5432"},
    {"/run/x", "/run/x", "/run/x", "5432"},
    {"inet:/run/x", "/run/x", "/run/x", "5432"},
    {"unix:/run/x/.s.PGSQL.6000", "/run/x:6000", "/run/x", "6000"},
    {"postgresql://db", "db:5432", "db", "5432"},
    {"postgres://db:6000/other", "db:6000", "db", "6000"},
    {"postgresql://u@[::1]:6000/x", "[::1]:6000", "::1", "6000"},
    {"postgresql://%2Frun%2Fx/y", "/run/x", "/run/x", "5432"},
    {"postgresql:///y?host=/run/x&port=6000", "/run/x:6000", "/run/x", "6000"},
};

static void
pgsql_knows_every_form_of_host(void **state)
{
	struct conf_test *t = *state;
	const struct conf_pgsql_host *host;
	char text[256];
	struct conf *conf;
	size_t i;

	for (i = 0; i < sizeof(pgsql_forms) / sizeof(pgsql_forms[0]); i++) {
		snprintf(text, sizeof(text), "hosts = %s\ndbname = mail\n",
		    pgsql_forms[i].word);
		conf = pgsql_load(t, text);
		host = pgsql_of(conf)->host;
		assert_int_equal(pgsql_of(conf)->nhosts, 1);
		assert_string_equal(host->name, pgsql_forms[i].name);
		assert_string_equal(host->host, pgsql_forms[i].host);
		assert_string_equal(
		    pgsql_param(host, "host"), pgsql_forms[i].host);
		assert_string_equal(
		    pgsql_param(host, "port"), pgsql_forms[i].port);
		conf_free(conf);
	}
}

static void
pgsql_lets_a_uri_come_first(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = pgsql_load(t,
	    "hosts = postgresql://al%40ice:p%2Fw%3a@db/x%20y?sslmode=require,\n"
	    "    db2, postgresql://db3?application_name=me\n"
	    "user = mail\npassword = secret\ndbname = mail\n");
	const struct conf_pgsql_host *host = pgsql_of(conf)->host;

	assert_int_equal(pgsql_of(conf)->nhosts, 3);
	assert_string_equal(pgsql_param(host, "user"), "al@ice");
	assert_string_equal(pgsql_param(host, "password"), "p/w:");
	assert_string_equal(pgsql_param(host, "dbname"), "x y");
	assert_string_equal(pgsql_param(host, "sslmode"), "require");
	/* As libpq would check it then. */
	assert_string_equal(pgsql_param(host, "sslrootcert"), "-");
	assert_string_equal(pgsql_param(host + 1, "user"), "mail");
	assert_string_equal(pgsql_param(host + 1, "password"), "secret");
	assert_string_equal(pgsql_param(host + 1, "sslmode"), "verify-full");
	assert_string_equal(pgsql_param(host + 1, "sslrootcert"),
	    "/etc/ssl/certs/ca-certificates.crt");
	assert_string_equal(pgsql_param(host + 2, "application_name"), "me");
	conf_free(conf);
}

/* Only this machine is believed without a certificate. */
static void
pgsql_checks_certificates_of_others(void **state)
{
	static const char *const local[] = {
	    "localhost", "127.0.0.1", "127.1.2.3:1", "[::1]", "/run/x", NULL};
	static const char *const remote[] = {"db", "192.0.2.1", "127.example",
	    "localhost.example.com", "[2001:db8::1]", "postgresql://db/x",
	    NULL};
	struct conf_test *t = *state;
	char text[128];
	struct conf *conf;
	size_t i;

	for (i = 0; local[i] != NULL; i++) {
		snprintf(
		    text, sizeof(text), "hosts = %s\ndbname = m\n", local[i]);
		conf = pgsql_load(t, text);
		assert_string_equal(
		    pgsql_param(pgsql_of(conf)->host, "sslmode"), "prefer");
		conf_free(conf);
	}
	for (i = 0; remote[i] != NULL; i++) {
		snprintf(
		    text, sizeof(text), "hosts = %s\ndbname = m\n", remote[i]);
		conf = pgsql_load(t, text);
		assert_string_equal(
		    pgsql_param(pgsql_of(conf)->host, "sslmode"),
		    "verify-full");
		conf_free(conf);
	}
	conf = pgsql_load(t,
	    "dbname = m\nsslmode = require\nsslrootcert = ca.pem\n"
	    "sslcert = c.pem\nsslkey = /k.pem\n");
	assert_string_equal(
	    pgsql_param(pgsql_of(conf)->host, "sslmode"), "require");
	assert_string_equal(pgsql_param(pgsql_of(conf)->host, "sslrootcert"),
	    folder_path(&t->folder, "ca.pem"));
	assert_string_equal(pgsql_param(pgsql_of(conf)->host, "sslcert"),
	    folder_path(&t->folder, "c.pem"));
	assert_string_equal(
	    pgsql_param(pgsql_of(conf)->host, "sslkey"), "/k.pem");
	conf_free(conf);
}

struct pgsql_row {
	const char *text; /* behind "dbname = m\n", from line 2 on */
	const char *what;
};

static const struct pgsql_row pgsql_rows[] = {
    {"host = x\n", "policy.cf:2: host: *did you mean hosts?"},
    {"hosts = ,\n", "policy.cf:2: hosts: no host in the list"},
    {"hosts = ::1\n", "policy.cf:2: hosts: \"::1\": *write [::1]"},
    {"hosts = [::1\n", "policy.cf:2: hosts: \"[::1\": no address"},
    {"hosts = [::1]x\n", "policy.cf:2: hosts: \"[::1]x\": no address"},
    {"hosts = inet:\n", "policy.cf:2: hosts: \"inet:\": no host"},
    {"hosts = db:x\n", "policy.cf:2: hosts: \"db:x\": the port"},
    {"hosts = db:0\n", "policy.cf:2: hosts: \"db:0\": the port"},
    {"hosts = db:65536\n", "policy.cf:2: hosts: \"db:65536\": the port"},
    {"hosts = mysql://db/x\n", "policy.cf:2: hosts: *postgresql://"},
    {"hosts = postgresql:db\n", "policy.cf:2: hosts: *no connection URI"},
    {"hosts = postgresql:///x\n", "policy.cf:2: hosts: *no host in it"},
    {"hosts = postgresql://db/x?sslmod=y\n",
	"policy.cf:2: hosts: *did you mean sslmode?"},
    {"hosts = postgresql://db/x?service=y\n",
	"policy.cf:2: hosts: *can't be given here"},
    {"hosts = postgresql://db/x?connect_timeout=1\n",
	"policy.cf:2: hosts: *set connect_time_limit"},
    {"hosts = postgresql://u@db/x?user=y\n",
	"policy.cf:2: hosts: *user is given twice"},
    {"hosts = postgresql://db/x?host=y\n",
	"policy.cf:2: hosts: *host is given twice"},
    {"hosts = postgresql://db/%zz\n", "policy.cf:2: hosts: *hexadecimal"},
    {"hosts = postgresql://db/%0\n", "policy.cf:2: hosts: *hexadecimal"},
    {"hosts = postgresql://db/%00\n", "policy.cf:2: hosts: *hexadecimal"},
    {"hosts = postgresql://a%2Cb/x\n", "policy.cf:2: hosts: *several hosts"},
    {"hosts = postgresql://db/x?\n", "policy.cf:2: hosts: *name=value"},
    {"select_function = f\n",
	"policy.cf:2: select_function: obsolete; write query = SELECT f('%s')"},
    {"select_field = a\ntable = b\nwhere_field = c\n",
	"policy.cf:2: select_field, table, where_field: obsolete; *write "
	"query = SELECT a FROM b WHERE c = '%s'"},
    {"query = SELECT '%s'\nselect_function = f\n",
	"policy.cf:3: select_function: obsolete, and without effect"},
    {"query = SELECT $1\n", "policy.cf:2: query: *come from expansions"},
    {"query = SELECT E'%s'\n", "policy.cf:2: query: "},
    {"result_format = %x\n", "policy.cf:2: result_format: "},
    {"domain = /etc/x\n", "policy.cf:2: domain: "},
    {"sslmode = yes\n", "policy.cf:2: sslmode: \"yes\": *verify-full"},
    {"target_session_attrs = prefer-standby\n",
	"policy.cf:2: target_session_attrs: *no such word"},
    {"listen_channel = c\ntarget_session_attrs = standby\n",
	"policy.cf: hosts: localhost:5432: *only a primary tells"},
    {"prepared_statements = 1\n", "policy.cf:2: prepared_statements: "},
    {"password_file = gone\n",
	"policy.cf:2: password_file: *No such file or directory"},
    {"update_query = UPDATE a SET b = '%v'\n",
	"policy.cf:2: update_query: concerns every sender*"},
    {"update_query = UPDATE a SET b = 1 WHERE c = '%s'\n",
	"policy.cf:2: update_query: has no '%v'*"},
    {"delete_query = DELETE FROM a WHERE b = '%v'\n",
	"policy.cf:2: delete_query: *no expansion"},
    {"list_query = SELECT '%s', 1\n", "policy.cf:2: list_query: there is no*"},
    {"query = SELECT '%v'\n", "policy.cf:2: query: *no expansion"},
    {"admin_password_file = x\n",
	"policy.cf:2: admin_password_file: *set admin_user"},
    {"password_file = .\n", "policy.cf:2: password_file: *no regular file"},
    {"password_file = empty\n", "policy.cf:2: password_file: *is empty"},
    {"password_file = secret\npassword = x\n",
	"policy.cf:2: password_file: password is set as well"},
};

static void
pgsql_refuses(void **state)
{
	struct conf_test *t = *state;
	char text[512];
	size_t i;

	folder_write_text(&t->folder, "empty", "\nsecret\n");
	folder_write_text(&t->folder, "secret", "secret\n");
	for (i = 0; i < sizeof(pgsql_rows) / sizeof(pgsql_rows[0]); i++) {
		snprintf(
		    text, sizeof(text), "dbname = m\n%s", pgsql_rows[i].text);
		folder_write_text(&t->folder, "policy.cf", text);
		conf_test_refused(t, TABLES, pgsql_rows[i].what);
	}
	folder_write_text(&t->folder, "policy.cf",
	    "hosts = postgresql://a/b, c, postgresql://d\n");
	assert_null(conf_test_try(t, TABLES));
	conf_test_problem(t, 0, "policy.cf:1: hosts: c:5432: *set dbname");
	conf_test_problem(t, 1, "policy.cf:1: hosts: d:5432: *set dbname");
	assert_int_equal(t->problems.n, 2);
}

static void
pgsql_changes_our_own_schema(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = pgsql_load(t, "dbname = m\n");

	assert_non_null(
	    strstr(pgsql_of(conf)->update_query, "VALUES ('%s', '%v')"));
	assert_non_null(strstr(pgsql_of(conf)->delete_query, "DELETE"));
	assert_non_null(strstr(pgsql_of(conf)->list_query, "SELECT"));
	conf_free(conf);
	/* One of others isn't ours to change unless it's said how. */
	conf = pgsql_load(t,
	    "dbname = m\n"
	    "query = SELECT a FROM b WHERE c = '%s'\n"
	    "delete_query = DELETE FROM b WHERE c = '%s'\n"
	    "admin_user = u\n"
	    "admin_password_file = admin.pw\n");
	assert_string_equal(pgsql_of(conf)->update_query, "");
	assert_string_equal(pgsql_of(conf)->list_query, "");
	assert_string_equal(
	    pgsql_of(conf)->delete_query, "DELETE FROM b WHERE c = '%s'");
	assert_string_equal(pgsql_of(conf)->admin_password_file,
	    folder_path(&t->folder, "admin.pw"));
	conf_free(conf);
}

static void
pgsql_listens_to_a_primary(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = pgsql_load(t,
	    "dbname = m\nlisten_channel = c\n"
	    "hosts = a, postgresql://b?target_session_attrs=read-write\n");
	const struct conf_pgsql_host *host = pgsql_of(conf)->host;

	assert_string_equal(pgsql_of(conf)->listen_channel, "c");
	assert_string_equal(
	    pgsql_param(host, "target_session_attrs"), "primary");
	assert_string_equal(
	    pgsql_param(host + 1, "target_session_attrs"), "read-write");
	conf_free(conf);
	folder_write_text(&t->folder, "policy.cf",
	    "dbname = m\nlisten_channel = c\n"
	    "hosts = a, postgresql://b?target_session_attrs=any\n");
	conf_test_refused(
	    t, TABLES, "policy.cf:3: hosts: b:5432: *only a primary tells");
	folder_write_text(&t->folder, "policy.cf",
	    "dbname = m\nlisten_channel = "
	    "123456789 123456789 123456789 123456789 123456789 123456789 "
	    "1234\n");
	conf_test_refused(
	    t, TABLES, "policy.cf:2: listen_channel: longer than *63");
}

static void
pgsql_bounds_the_hosts(void **state)
{
	struct conf_test *t = *state;
	struct buf text = {0};
	struct conf *conf;
	int i;

	buf_add_text(&text, "dbname = m\nhosts =");
	for (i = 0; i < CONF_PGSQL_HOSTS_MAX; i++)
		buf_printf(&text, " h%d", i);
	conf = pgsql_load(t, buf_text(&text));
	assert_int_equal(pgsql_of(conf)->nhosts, CONF_PGSQL_HOSTS_MAX);
	conf_free(conf);
	buf_add_text(&text, " more");
	folder_write_text(&t->folder, "policy.cf", buf_text(&text));
	conf_test_refused(t, TABLES, "policy.cf:2: hosts: too many hosts");
	buf_fini(&text);
}

static void
pgsql_reads_the_password(void **state)
{
	struct conf_test *t = *state;
	struct conf *a, *b;

	folder_write_text(&t->folder, "secret", " open sesame\r\nmore\n");
	a = pgsql_load(t, "dbname = m\npassword_file = secret\n");
	assert_string_equal(
	    pgsql_param(pgsql_of(a)->host, "password"), " open sesame");
	/* Another one in the same place is another table. */
	folder_write_text(&t->folder, "secret", "other");
	b = pgsql_load(t, "dbname = m\npassword_file = secret\n");
	assert_string_equal(
	    pgsql_param(pgsql_of(b)->host, "password"), "other");
	assert_false(conf_table_equal(a->map[0].table, b->map[0].table));
	conf_free(a);
	conf_free(b);
}

static void
pgsql_equals_itself_alone(void **state)
{
	static const char *const others[] = {
	    "dbname = n\nhosts = a b\ndomain = x.example\n",
	    "dbname = m\nhosts = b a\ndomain = x.example\n",
	    "dbname = m\nhosts = a\ndomain = x.example\n",
	    "dbname = m\nhosts = a b\n",
	    "dbname = m\nhosts = a b\ndomain = x.example\nuser = u\n",
	    "dbname = m\nhosts = a b\ndomain = x.example\nsslcert = u\n",
	    "dbname = m\nhosts = a b\ndomain = x.example\nsslmode = allow\n",
	    "dbname = m\nhosts = a b\ndomain = x.example\nidle_interval = 1\n",
	    ("dbname = m\nhosts = a b\ndomain = x.example\n"
	     "prepared_statements = no\n"),
	};
	static const char text[] =
	    "dbname = m\nhosts = a b\ndomain = x.example\n";
	struct conf_test *t = *state;
	struct conf *a = pgsql_load(t, text), *b = pgsql_load(t, text);
	size_t i;

	assert_true(conf_table_equal(a->map[0].table, b->map[0].table));
	conf_free(b);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		b = pgsql_load(t, others[i]);
		assert_false(
		    conf_table_equal(a->map[0].table, b->map[0].table));
		conf_free(b);
	}
	conf_free(a);
}

/* No password in a problem, however mangled the URI is. */
static void
pgsql_never_says_a_password(void **state)
{
	static const char *const hosts[] = {
	    "postgresql://u:SECRET@[::1/x",
	    "postgresql://u:SECRET@db:x/y",
	    "postgresql://u:SECRET@db/y?nothing=z",
	    "postgresql://u:SEC/RET@db:x/y",
	    "postgresql://u:SECRET",
	    "postgresql://u:SEC,RET@db/y",
	    "postgresql://u:%SECRET@db/y",
	    "postgresql://db/x?password=SECRET&bad=1",
	    "postgresql://db/x?sslpassword=SECRET&bad=1",
	    "mysql://u:SECRET@db/x",
	    "u:SECRET@db",
	};
	struct conf_test *t = *state;
	char text[256];
	size_t i, j;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(
		    text, sizeof(text), "dbname = m\nhosts = %s\n", hosts[i]);
		folder_write_text(&t->folder, "policy.cf", text);
		assert_null(conf_test_try(t, TABLES));
		for (j = 0; j < t->problems.n; j++) {
			assert_null(strstr(t->problems.line[j], "SEC"));
			assert_null(strstr(t->problems.line[j], "RET"));
		}
	}
}

static void
pgsql_on_option(const char *name, const char *value, const char *file,
    unsigned line, const char *default_value, const char *help, void *arg)
{
	(void)name;
	(void)file;
	(void)line;
	(void)default_value;
	(void)help;
	buf_printf(arg, "%s\n", value != NULL ? value : "");
}

static void
pgsql_shows_no_password(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = pgsql_load(t,
	    "hosts = postgresql://u:SECRET@db/x, db2:6000,\n"
	    "  postgresql://v@[::1]:6000/x?password=SECRET&sslmode=allow\n"
	    "  postgresql://w@db/x?%70assw%6Frd=SECRET&sslp%61ssword=SECRET\n"
	    "dbname = m\npassword = SECRET\n");
	struct buf all = {0};

	conf_free(conf);
	assert_int_equal(conf_each(folder_path(&t->folder, "forceenc.cf"),
			     pgsql_on_option, &all, &t->problems),
	    0);
	assert_null(strstr(buf_text(&all), "SECRET"));
	assert_non_null(strstr(buf_text(&all),
	    "postgresql://u:(hidden)@db/x, db2:6000,  "
	    "postgresql://v@[::1]:6000/x?password=(hidden)&sslmode=allow  "
	    "postgresql://w@db/x?password=(hidden)&sslpassword=(hidden)"));
	buf_fini(&all);
}

int
main(void)
{
#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, conf_test_setup, conf_test_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(pgsql_has_defaults),
	    TEST(pgsql_knows_every_form_of_host),
	    TEST(pgsql_lets_a_uri_come_first),
	    TEST(pgsql_checks_certificates_of_others),
	    TEST(pgsql_refuses),
	    TEST(pgsql_changes_our_own_schema),
	    TEST(pgsql_listens_to_a_primary),
	    TEST(pgsql_bounds_the_hosts),
	    TEST(pgsql_reads_the_password),
	    TEST(pgsql_equals_itself_alone),
	    TEST(pgsql_never_says_a_password),
	    TEST(pgsql_shows_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
