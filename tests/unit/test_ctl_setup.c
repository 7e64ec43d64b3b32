/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What a Postfix lacks for the guarantee. */

#include <stdio.h>
#include <string.h>

#include "audit_case.h"
#include "forceencctl/setup.h"
#include "unit.h"

/* A forceenc.cf with listeners of both kinds. */
static struct answers answers;
static struct conf_table tables[1];
static struct conf_map maps[2];
static struct conf_listen listens[2];
static struct conf site;

static const char base[] = "D queue_directory = /var/spool/postfix\n"
			   "D syslog_name = postfix\n"
			   "D smtp_tls_loglevel = 0\n"
			   "D smtp_tls_security_level =\n"
			   "D smtp_tls_policy_maps =\n"
			   "D smtp_tls_per_site =\n"
			   "D smtp_tls_connection_reuse = no\n"
			   "D sender_dependent_default_transport_maps =\n"
			   "M rewrite unix - - y - - trivial-rewrite\n"
			   "M smtp unix - - y - - smtp\n"
			   "M error unix - - y - - error\n"
			   "M relay unix - - y - - smtp\n";

/* All that is wanted but for the map. */
static const char done[] = "smtp_tls_loglevel = 1\n"
			   "M forceenc unix - - y - - smtp\n"
			   "P forceenc/unix/syslog_name = postfix/forced\n"
			   "P forceenc/unix/smtp_tls_security_level = secure\n"
			   "P forceenc/unix/smtp_tls_policy_maps =\n"
			   "P forceenc/unix/smtp_tls_per_site =\n"
			   "P forceenc/unix/tls_required_enable = no\n"
			   "P forceenc/unix/smtp_tls_loglevel = 2\n"
			   "P forceenc/unix/smtp_tls_connection_reuse = no\n"
			   "P forceenc/unix/smtp_delivery_status_filter = "
			   "pcre:/etc/postfix/dsn_filter.pcre\n";

#define MAPS "sender_dependent_default_transport_maps = "
#define OURS "socketmap:inet:127.0.0.1:9999:forceenc"

static int
setup_group(void **state)
{
	static char spec[] = "ldap:/etc/postfix/ldap/transport_maps.cf";
	static char name[] = "forceenc", floor_name[] = "floor";
	struct err err;

	(void)state;
	assert_int_equal(answers_add(&answers, "forceenc:", &err), 0);
	assert_int_equal(
	    endpoint_parse(&listens[0].endpoint, "inet:127.0.0.1:9999", &err),
	    0);
	assert_int_equal(endpoint_parse(&listens[1].endpoint,
			     "unix:/var/spool/postfix/forceenc/lookup", &err),
	    0);
	tables[0].spec = spec;
	maps[0] = (struct conf_map){
	    .name = name, .answers = answers, .table = tables, .ntables = 1};
	maps[1] = (struct conf_map){.name = floor_name, .kind = CONF_MAP_FLOOR};
	site = (struct conf){
	    .listen = listens, .nlisten = 2, .map = maps, .nmaps = 1};
	return 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	answers_fini(&answers);
	return 0;
}

/* Its plan, a line a step, each with its kind in front. */
static const char *
plan(const char *more, enum setup_file file, const char **notes)
{
	static const char kinds[] = "FMPE";
	static char text[8192], said[2048];
	struct audit_case c;
	struct setup setup = {.site = &site,
	    .map = maps,
	    .folder = "/etc/postfix",
	    .filter = "/etc/postfix/dsn_filter.pcre",
	    .file = file};
	struct err err;
	size_t i;

	audit_case_open(&c, base, more);
	setup.conf = &c.conf;
	text[0] = '\0';
	if (setup_plan(&setup, &err) == -1) {
		snprintf(text, sizeof(text), "-%s", err.text);
	} else {
		for (i = 0; i < setup.n; i++)
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), "%c %s\n",
			    kinds[setup.step[i].kind], setup.step[i].arg);
	}
	snprintf(said, sizeof(said), "%s", buf_text(&setup.notes));
	if (notes != NULL)
		*notes = said;
	setup_fini(&setup);
	audit_case_close(&c);
	return text;
}

static void
test_stock(void **state)
{
	(void)state;
	assert_string_equal(plan("", SETUP_FILE_NONE, NULL),
	    "F /etc/postfix/dsn_filter.pcre\n"
	    "M forceenc/unix=forceenc unix - - y - - smtp\n"
	    "P forceenc/unix/syslog_name=forceenc\n"
	    "P forceenc/unix/smtp_tls_security_level=encrypt\n"
	    "P forceenc/unix/smtp_tls_policy_maps=\n"
	    "P forceenc/unix/smtp_tls_per_site=\n"
	    "P forceenc/unix/tls_required_enable=no\n"
	    "P forceenc/unix/smtp_tls_loglevel=1\n"
	    "P forceenc/unix/smtp_tls_connection_reuse=no\n"
	    "P forceenc/unix/smtp_delivery_status_filter="
	    "pcre:/etc/postfix/dsn_filter.pcre\n"
	    "E " MAPS OURS "\n"
	    "E smtp_tls_loglevel = 1\n");
}

static void
test_done(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_printf(&text, "%s%s%s\n", done, MAPS, OURS);
	assert_string_equal(plan(buf_text(&text), SETUP_FILE_OURS, NULL), "");
	buf_fini(&text);
}

/* Where the site has a floor, nothing else is let in its place, not even no
 * policies; where it has none, none are. */
static void
test_policies(void **state)
{
	static const struct {
		const char *now;
		bool stays;
	} cases[] = {
	    {"", false},
	    {"socketmap:inet:127.0.0.1:9999:floor", true},
	    {"socketmap:unix:forceenc/lookup:floor", true},
	    {"socketmap:inet:127.0.0.1:9999:forceenc", false},
	    {"socketmap:inet:127.0.0.1:8461:floor", false},
	    {"tcp:127.0.0.1:9999", false},
	    {"hash:/p", false},
	    {"hash:/p, socketmap:inet:127.0.0.1:9999:floor", false},
	};
	struct buf text = {0};
	size_t i;

	(void)state;
	site.nmaps = 2;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&text);
		buf_printf(&text,
		    "%s%s%s\nP forceenc/unix/smtp_tls_policy_maps = %s\n", done,
		    MAPS, OURS, cases[i].now);
		assert_string_equal(
		    plan(buf_text(&text), SETUP_FILE_OURS, NULL),
		    cases[i].stays ? ""
				   : "P forceenc/unix/smtp_tls_policy_maps="
				     "socketmap:inet:127.0.0.1:9999:floor\n");
	}
	site.nmaps = 1;
	assert_string_equal(plan(buf_text(&text), SETUP_FILE_OURS, NULL),
	    "P forceenc/unix/smtp_tls_policy_maps=\n");
	buf_fini(&text);
}

/* What others wrote. */
static void
test_maps(void **state)
{
	static const struct {
		const char *now;
		const char *then; /* NULL: it stays */
		const char *note;
	} cases[] = {
	    {OURS, NULL, ""},
	    {"socketmap:unix:forceenc/lookup:forceenc", NULL, ""},
	    {"proxy:ldap:/etc/postfix/ldap/transport_maps.cf", OURS, ""},
	    {"ldap:/etc/postfix/ldap/transport_maps.cf " OURS, OURS, ""},
	    {OURS ", ldap:/etc/postfix/ldap/transport_maps.cf", OURS, ""},
	    {"hash:/etc/postfix/x", OURS ", hash:/etc/postfix/x",
		"hash:/etc/postfix/x stays behind"},
	    {OURS " hash:/etc/postfix/x", NULL,
		"hash:/etc/postfix/x stays behind"},
	    {"hash:/x, socketmap:unix:forceenc/lookup:forceenc",
		"socketmap:unix:forceenc/lookup:forceenc, hash:/x",
		"hash:/x stays behind"},
	    /* Another map of ours, another server. */
	    {"socketmap:inet:127.0.0.1:9999:other",
		OURS ", socketmap:inet:127.0.0.1:9999:other", "other stays"},
	    {"socketmap:inet:127.0.0.1:9998:forceenc",
		OURS ", socketmap:inet:127.0.0.1:9998:forceenc", "stays"},
	};
	struct buf text = {0}, want = {0};
	const char *notes, *have;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&text);
		buf_clear(&want);
		buf_printf(&text, "%s%s%s\n", done, MAPS, cases[i].now);
		if (cases[i].then != NULL)
			buf_printf(&want, "E %s%s\n", MAPS, cases[i].then);
		have = plan(buf_text(&text), SETUP_FILE_OURS, &notes);
		assert_string_equal(have, buf_text(&want));
		assert_non_null(strstr(notes, cases[i].note));
	}
	buf_fini(&text);
	buf_fini(&want);
}

/* The way that is found everywhere is brought in line, and no more. */
static void
test_by_hand(void **state)
{
	(void)state;
	assert_string_equal(
	    plan("M forceenc unix - - y - - smtp\n"
		 "P forceenc/unix/smtp_tls_loglevel = 1\n"
		 "P forceenc/unix/smtp_tls_security_level = encrypt\n"
		 "P forceenc/unix/syslog_name = forceenc\n"
		 "P forceenc/unix/smtp_delivery_status_filter = "
		 "pcre:/etc/postfix/smtp_dsn_filter\n"
		 "P forceenc/unix/smtp_bind_address = 192.0.2.1\n"
		 "smtp_tls_loglevel = 1\n" MAPS
		 "ldap:/etc/postfix/ldap/transport_maps.cf\n",
		SETUP_FILE_NONE, NULL),
	    "F /etc/postfix/dsn_filter.pcre\n"
	    "P forceenc/unix/smtp_tls_policy_maps=\n"
	    "P forceenc/unix/smtp_tls_per_site=\n"
	    "P forceenc/unix/tls_required_enable=no\n"
	    "P forceenc/unix/smtp_tls_connection_reuse=no\n"
	    "P forceenc/unix/smtp_delivery_status_filter="
	    "pcre:/etc/postfix/dsn_filter.pcre\n"
	    "E " MAPS OURS "\n");
}

static void
test_weak_transport(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_printf(&text,
	    "%s%s%s\n"
	    "P forceenc/unix/smtp_tls_security_level = dane\n"
	    "P forceenc/unix/smtp_tls_policy_maps = hash:/p\n"
	    "P forceenc/unix/smtp_tls_loglevel = 0\n",
	    done, MAPS, OURS);
	assert_string_equal(plan(buf_text(&text), SETUP_FILE_OURS, NULL),
	    "P forceenc/unix/smtp_tls_security_level=encrypt\n"
	    "P forceenc/unix/smtp_tls_policy_maps=\n"
	    "P forceenc/unix/smtp_tls_loglevel=1\n");
	buf_fini(&text);
}

static void
test_map_of_the_service(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_printf(&text, "%sP rewrite/unix/%shash:/x\n%s%s\n", done, MAPS,
	    MAPS, OURS);
	assert_string_equal(plan(buf_text(&text), SETUP_FILE_OURS, NULL),
	    "P rewrite/unix/sender_dependent_default_transport_maps=" OURS
	    ",hash:/x\n");
	buf_fini(&text);
}

static void
test_other_filter(void **state)
{
	struct buf text = {0};
	const char *notes;

	(void)state;
	buf_printf(&text, "%s%s%s\n", done, MAPS, OURS);
	assert_string_equal(
	    plan(buf_text(&text), SETUP_FILE_OTHER, &notes), "");
	assert_non_null(strstr(notes, "isn't the one of this version"));
	buf_fini(&text);
}

static void
test_refused(void **state)
{
	static char smtp[] = "smtp:", taken[] = "error:5.7.1";
	char *list[2] = {smtp, taken};

	(void)state;
	assert_non_null(
	    strstr(plan("M forceenc unix - n n - - pipe argv=/bin/x\n",
		       SETUP_FILE_NONE, NULL),
		"-/etc/postfix/master.cf: \"forceenc unix\" runs pipe"));
	maps[0].answers = (struct answers){list, 1};
	assert_non_null(strstr(
	    plan("", SETUP_FILE_NONE, NULL), "the transport of all mail"));
	/* Through this one nothing leaves. */
	maps[0].answers = (struct answers){list + 1, 1};
	assert_string_equal(plan("", SETUP_FILE_OURS, NULL),
	    "E " MAPS OURS "\nE smtp_tls_loglevel = 1\n");
	maps[0].answers = answers;
}

static void
test_command(void **state)
{
	struct audit_case c;
	struct setup setup = {0};
	struct setup_step step = {SETUP_MAIN, "a = it's", "", ""};

	(void)state;
	audit_case_open(&c, base, "");
	setup.conf = &c.conf;
	assert_string_equal(
	    setup_command(&setup, &step), "postconf -e 'a = it'\\''s'");
	/* Of another Postfix than the one that postconf(1) would take. */
	setup.folder = "/etc/postfix-out";
	setup.elsewhere = true;
	assert_string_equal(setup_command(&setup, &step),
	    "postconf -c /etc/postfix-out -e 'a = it'\\''s'");
	setup.folder = "/srv/it's mail";
	assert_string_equal(setup_command(&setup, &step),
	    "postconf -c '/srv/it'\\''s mail' -e 'a = it'\\''s'");
	step.kind = SETUP_FILTER;
	assert_string_equal(setup_command(&setup, &step), "");
	audit_case_close(&c);
	assert_non_null(strstr(setup_filter, "\n/^4(\\.7\\.4 TLS is required"));
	assert_non_null(strstr(setup_filter, "$/\t5$1\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stock),
	    cmocka_unit_test(test_done),
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_maps),
	    cmocka_unit_test(test_by_hand),
	    cmocka_unit_test(test_weak_transport),
	    cmocka_unit_test(test_map_of_the_service),
	    cmocka_unit_test(test_other_filter),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_command),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
