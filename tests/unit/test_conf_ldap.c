/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf_ldap_server.h"
#include "conf_test.h"
#include "forceenc/buf.h"
#include "forceenc/conf.h"

#define TABLES "forceenc_tables = ldap:people.cf\n"

static struct conf *
table_load(struct conf_test *t, const char *text)
{
	folder_write_text(&t->folder, "people.cf", text);
	return conf_test_load(t, TABLES);
}

static const struct conf_ldap *
table_of(const struct conf *conf)
{
	return &conf->map[0].table[0].ldap;
}

static void
table_has_postfix_s_defaults(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = table_load(t, "search_base = dc=x\n");
	const struct conf_ldap *ldap = table_of(conf);

	assert_int_equal(conf->map[0].table[0].type, CONF_TABLE_LDAP);
	assert_int_equal(ldap->nservers, 1);
	assert_string_equal(ldap->server[0].url, "ldap://localhost:389");
	assert_int_equal(ldap->timeout, 10000);
	assert_int_equal(ldap->scope, CONF_LDAP_SUB);
	assert_string_equal(ldap->query_filter, "mailacceptinggeneralid=%s");
	assert_string_equal(ldap->result_format, "%s");
	assert_int_equal(ldap->nattributes, 1);
	assert_string_equal(ldap->attribute[0], "maildrop");
	assert_int_equal(ldap->bind, CONF_LDAP_BIND_SIMPLE);
	assert_string_equal(ldap->bind_dn, "");
	assert_int_equal(ldap->bind_pw.len, 0);
	assert_int_equal(ldap->expansion_limit, 0);
	assert_int_equal(ldap->size_limit, 0);
	assert_int_equal(ldap->dereference, 0);
	assert_int_equal(ldap->version, 3);
	assert_false(ldap->start_tls);
	/* These are ours. */
	assert_true(ldap->tls_require_cert);
	assert_string_equal(
	    ldap->tls_ca_cert_file, "/etc/ssl/certs/ca-certificates.crt");
	assert_int_equal(ldap->connections, 1);
	assert_false(ldap->watch);
	conf_free(conf);
}

static void
table_takes_the_file_of_today(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = table_load(t,
	    "server_host = ldaps://ldap.example.com\n"
	    "bind = yes\n"
	    "start_tls = no\n"
	    "version = 3\n"
	    "bind_dn = cn=postfix,dc=example,dc=com\n"
	    "bind_pw = with space # and more\n"
	    "search_base = ou=people,dc=example,dc=com\n"
	    "scope = sub\n"
	    "query_filter = (&(mail=%s)(mailEnabled=TRUE)(objectClass=person))"
	    "\n"
	    "result_attribute = transportMap\n"
	    "debuglevel = 0\n");
	const struct conf_ldap *ldap = table_of(conf);

	assert_string_equal(
	    ldap->server[0].url, "ldaps://ldap.example.com:636");
	assert_int_equal(ldap->bind_pw.len, strlen("with space # and more"));
	assert_memory_equal(
	    ldap->bind_pw.bytes, "with space # and more", ldap->bind_pw.len);
	assert_string_equal(ldap->attribute[0], "transportMap");
	conf_free(conf);
}

static void
table_may_be_changed(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf = table_load(t,
	    "search_base = dc=x\n"
	    "result_attribute = a, b\n"
	    "admin_server_host = ldaps://master\n"
	    "admin_bind = yes\n"
	    "admin_bind_dn = cn=admin\n"
	    "admin_bind_pw_file = admin.pw\n"
	    "update_filter = mail=%s\n"
	    "update_attribute = A\n");
	const struct conf_ldap *ldap = table_of(conf);

	assert_int_equal(ldap->nadmin_servers, 1);
	assert_string_equal(ldap->admin_server[0].url, "ldaps://master:636");
	assert_int_equal(ldap->admin_bind, CONF_LDAP_BIND_SIMPLE);
	/* It isn't read, and needn't be there. */
	assert_string_equal(
	    ldap->admin_bind_pw_file, folder_path(&t->folder, "admin.pw"));
	conf_free(conf);
}

static void
table_takes_all_there_is(void **state)
{
	struct conf_test *t = *state;
	struct conf *conf;
	const struct conf_ldap *ldap;

	folder_write_text(&t->folder, "pw", "s3cret\r\nsecond line\n");
	conf = table_load(t,
	    "server_host = ldap1, ldap2:1389 ldap://[::1], ldapi:///\n"
	    "server_port = 3890\n"
	    "timeout = 500ms\n"
	    "search_base = ou=%d,dc=x\n"
	    "scope = ONE\n"
	    "domain = Example.com\n"
	    "result_attribute = a, b;lang-de 1.2.3\n"
	    "expansion_limit = 3\n"
	    "bind = Simple\n"
	    "bind_dn = cn=x\n"
	    "bind_pw_file = pw\n"
	    "chase_referrals = no\n"
	    "dereference = 2\n"
	    "tls_ca_cert_dir = ca\n"
	    "tls_cert = c.pem\n"
	    "tls_key = /k.pem\n"
	    "tls_require_cert = no\n"
	    "connections = 4\n"
	    "special_result_attribute =\n"
	    "idle_interval = 30\n");
	ldap = table_of(conf);
	assert_int_equal(ldap->nservers, 4);
	assert_string_equal(ldap->server[0].url, "ldap://ldap1:3890");
	assert_string_equal(ldap->server[1].url, "ldap://ldap2:1389");
	/* Postfix takes server_port for no URL. */
	assert_string_equal(ldap->server[2].url, "ldap://[::1]:389");
	assert_string_equal(ldap->server[2].host, "::1");
	assert_string_equal(ldap->server[3].path, "/var/run/slapd/ldapi");
	assert_int_equal(ldap->timeout, 500);
	assert_int_equal(ldap->scope, CONF_LDAP_ONE);
	assert_int_equal(ldap->ndomains, 1);
	assert_string_equal(ldap->domains[0], "example.com");
	assert_int_equal(ldap->nattributes, 3);
	assert_string_equal(ldap->attribute[1], "b;lang-de");
	assert_int_equal(ldap->size_limit, 3);
	assert_int_equal(ldap->bind, CONF_LDAP_BIND_SIMPLE);
	assert_string_equal(ldap->bind_pw.bytes, "s3cret");
	assert_string_equal(ldap->tls_ca_cert_file, "");
	assert_string_equal(
	    ldap->tls_ca_cert_dir, folder_path(&t->folder, "ca"));
	assert_string_equal(ldap->tls_cert, folder_path(&t->folder, "c.pem"));
	assert_string_equal(ldap->tls_key, "/k.pem");
	assert_int_equal(ldap->idle_interval, 30000);
	conf_free(conf);
}

static const struct {
	const char *text;
	const char *what;
} refused[] = {
    {"scope = deep\n", "people.cf:2: scope: \"deep\": no such word"},
    {"query_filter = (mail=%s\n", "people.cf:2: query_filter: no \")\""},
    {"query_filter = (mail=%x)\n", "people.cf:2: query_filter: *expansion"},
    {"query_filter = (mail=x)\n",
	"people.cf:2: query_filter: finds the same for every sender"},
    {"result_format = %y\n", "people.cf:2: result_format: *expansion"},
    {"result_attribute = ,\n", "people.cf:2: result_attribute: a list"},
    {"result_attribute = a=b\n", "people.cf:2: result_attribute: \"a=b\""},
    {"server_host = ,\n", "people.cf:2: server_host: a list without"},
    {"server_host = http://x\n", "people.cf:2: server_host: *no scheme"},
    {"server_host = ldap://\n", "people.cf:2: server_host: *no host"},
    {"server_host = ldap://x:0\n", "people.cf:2: server_host: *no port"},
    {"server_host = ldap://x:99999\n", "people.cf:2: server_host: *no port"},
    {"server_host = ldap://x/dc=x\n", "people.cf:2: server_host: *behind"},
    {"server_host = ldap://a b:c:d\n", "people.cf:2: server_host: *brackets"},
    {"server_host = ldapi://%zz\n", "people.cf:2: server_host: *percent"},
    {"server_host = ldapi://here\n", "people.cf:2: server_host: *no path"},
    {"version = 2\n", "people.cf:2: version: \"2\": too small"},
    {"bind = kerberos\n", "people.cf:2: bind: \"kerberos\": no such word"},
    {"bind_dn = cn=x\n", "people.cf:2: bind_dn: there is no password"},
    {"bind_dn = cn=x\nbind_pw_file = none\n",
	"people.cf:3: bind_pw_file: *No such file"},
    {"bind_pw = x\nbind_pw_file = pw\n",
	"people.cf:3: bind_pw_file: there is a bind_pw as well"},
    {"bind_pw_file = empty\n",
	"people.cf:2: bind_pw_file: *first line is empty"},
    {"bind = sasl\nsasl_mechs = GSSAPI\n",
	"people.cf:3: sasl_mechs: \"GSSAPI\""},
    {"admin_bind = simple\n", "people.cf:2: admin_bind: *set admin_bind_dn"},
    {"admin_bind = sasl\n", "people.cf:2: admin_bind: *ldapi:// only"},
    {"admin_bind_dn = cn=x\n", "people.cf:2: admin_bind_dn: *set admin_bind"},
    {"admin_bind_pw_file = x\n",
	"people.cf:2: admin_bind_pw_file: *set admin_bind"},
    {"admin_server_host = ldap://a:b:c\n",
	"people.cf:2: admin_server_host: *brackets"},
    {"update_filter = (mail=*)\n", "people.cf:2: update_filter: *the same"},
    {"update_filter = (mail=%s\n", "people.cf:2: update_filter: "},
    {"update_attribute = other\n",
	"people.cf:2: update_attribute: \"other\": not among"},
    {"chase_referrals = 1\n", "people.cf:2: chase_referrals: referrals are"},
    {"chase_referrals = yes\n", "people.cf:2: chase_referrals: referrals"},
    {"size_limit = few\n", "people.cf:2: size_limit: \"few\": no number"},
    {"tls_cert = x\n", "people.cf:2: tls_cert: needs a tls_key"},
    {"tls_key = x\n", "people.cf:2: tls_key: needs a tls_cert"},
    {"start_tls = yes\nserver_host = ldaps://x\n",
	"people.cf:2: start_tls: not for ldaps://x:636"},
    {"watch = yes\nquery_filter = (!(mail=%s))\n",
	"people.cf:2: watch: not with a query_filter"},
    {"result_filter = %s\n", "people.cf:2: result_filter: obsolete; write"},
    {"cache = yes\n", "people.cf:2: cache: obsolete"},
    {"tls_random_file = /dev/random\n", "people.cf:2: tls_random_file: obs"},
    {"special_result_attribute = member\n",
	"people.cf:2: special_result_attribute: DNs and URLs"},
    {"search_bse = x\n", "people.cf:2: search_bse: *did you mean search_base"},
    {"zzzzzzzzzzzz = x\n",
	"people.cf:2: zzzzzzzzzzzz: no parameter of an "
	"ldap table; forceenc.cf(5)"},
};

static void
table_refuses(void **state)
{
	struct conf_test *t = *state;
	struct buf text = {0};
	size_t i;

	folder_write_text(&t->folder, "pw", "x\n");
	folder_write_text(&t->folder, "empty", "\nx\n");
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		buf_clear(&text);
		buf_printf(&text, "search_base = dc=x\n%s", refused[i].text);
		folder_write_text(&t->folder, "people.cf", buf_text(&text));
		conf_test_refused(t, TABLES, refused[i].what);
	}
	folder_write_text(&t->folder, "people.cf", "bind = no\n");
	conf_test_refused(t, TABLES, "people.cf: search_base: missing");
	folder_write_text(
	    &t->folder, "people.cf", "search_base = ou=%d\nwatch = yes\n");
	conf_test_refused(t, TABLES, "people.cf:2: watch: not with a search");
	buf_fini(&text);
}

struct shown {
	bool seen;
	bool hidden;
};

static void
on_option(const char *name, const char *value, const char *file, unsigned line,
    const char *def, const char *help, void *arg)
{
	struct shown *shown = arg;

	(void)file;
	(void)line;
	(void)def;
	(void)help;
	assert_null(strstr(value, "s3cret"));
	if (strcmp(name, "ldap:people.cf bind_pw") != 0)
		return;
	shown->seen = true;
	shown->hidden = strcmp(value, "(hidden)") == 0;
}

static void
table_hides_its_password(void **state)
{
	struct conf_test *t = *state;
	struct shown shown = {0};
	size_t i;

	conf_free(table_load(
	    t, "search_base = dc=x\nbind_dn = cn=x\nbind_pw = s3cret\n"));
	assert_int_equal(conf_each(folder_path(&t->folder, "forceenc.cf"),
			     on_option, &shown, &t->problems),
	    0);
	assert_true(shown.seen && shown.hidden);
	/* Nor do problems with the line tell it. */
	folder_write_text(&t->folder, "people.cf",
	    "search_base = dc=x\nbind_pw = s3cret\nbind_pw_file = s\n");
	conf_test_try(t, TABLES);
	assert_true(t->problems.n > 0);
	for (i = 0; i < t->problems.n; i++)
		assert_null(strstr(t->problems.line[i], "s3cret"));
}

/* Tables that are the same keep their connections at a reload. */
static void
table_equals(void **state)
{
	static const char *const texts[] = {
	    "search_base = dc=x\n",
	    "search_base = dc=y\n",
	    "search_base = dc=x\nserver_host = ldap2\n",
	    "search_base = dc=x\nresult_attribute = b\n",
	    "search_base = dc=x\nbind_dn = cn=x\nbind_pw = a\n",
	    "search_base = dc=x\nbind_dn = cn=x\nbind_pw = b\n",
	    "search_base = dc=x\nsize_limit = 3\n",
	    "search_base = dc=x\ntls_ca_cert_file = x\n",
	    "search_base = dc=x\ndomain = x\n",
	};
	size_t i, k, n = sizeof(texts) / sizeof(*texts);
	struct conf_test *t = *state;
	struct conf *a, *b;

	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++) {
			a = table_load(t, texts[i]);
			b = table_load(t, texts[k]);
			assert_int_equal(conf_table_equal(&a->map[0].table[0],
					     &b->map[0].table[0]),
			    i == k);
			conf_free(a);
			conf_free(b);
		}
}

static void
server_keeps_odd_paths(void **state)
{
	struct conf_ldap_server server;

	(void)state;
	assert_int_equal(conf_ldap_server_parse(
			     &server, "LDAPI://%2ftmp%2Fa%25b/", 389, NULL),
	    0);
	assert_string_equal(server.path, "/tmp/a%b");
	assert_string_equal(server.url, "ldapi://%2Ftmp%2Fa%25b");
	conf_ldap_server_fini(&server);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, conf_test_setup, conf_test_teardown)
	    TEST(table_has_postfix_s_defaults),
	    TEST(table_takes_the_file_of_today),
	    TEST(table_takes_all_there_is),
	    TEST(table_may_be_changed),
	    TEST(table_refuses),
	    TEST(table_hides_its_password),
	    TEST(table_equals),
	    cmocka_unit_test(server_keeps_odd_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
