/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "forceencctl/mapspec.h"
#include "forceencctl/postconf.h"
#include "forceencctl/postconf_expand.h"
#include "forceencctl/postconf_parse.h"
#include "forceencctl/protocols.h"
#include "forceencctl/table_text.h"
#include "unit.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static int
parse(struct postconf *conf, enum postconf_output output, const char *text)
{
	char *copy = exact_copy(text, strlen(text));
	struct err err;
	int rc = postconf_parse(conf, output, copy, strlen(text), &err);

	free(copy);
	return rc;
}

static void
postconf_reads_parameters(void **state)
{
	struct postconf conf = {0};

	(void)state;
	assert_int_equal(parse(&conf, POSTCONF_DEFAULTS,
			     "a = 1\nmail_version = 3.10.2\nempty =\n"),
	    0);
	assert_int_equal(parse(&conf, POSTCONF_SET,
			     "b =  x y \nlong = a,\n    b,\n\tc\n"
			     "twice = 1\ntwice = 2\nlast = $a=$b"),
	    0);
	assert_int_equal(parse(&conf, POSTCONF_OVERRIDES,
			     "s/unix/b = z\n"
			     "x/y/unix/b = w\n"
			     "10.0.0.1:25/inet/b = v\n"),
	    0);
	assert_string_equal(postconf_value(&conf, NULL, "a"), "1");
	assert_string_equal(postconf_value(&conf, NULL, "b"), "x y");
	assert_string_equal(postconf_value(&conf, "s/unix", "b"), "z");
	assert_string_equal(postconf_value(&conf, "x/y/unix", "b"), "w");
	assert_string_equal(
	    postconf_value(&conf, "10.0.0.1:25/inet", "b"), "v");
	assert_string_equal(postconf_value(&conf, "other/unix", "b"), "x y");
	assert_string_equal(postconf_value(&conf, NULL, "twice"), "2");
	assert_string_equal(postconf_value(&conf, NULL, "last"), "1=x y");
	assert_string_equal(postconf_value(&conf, "s/unix", "last"), "1=z");
	assert_string_equal(postconf_value(&conf, NULL, "nosuch"), "");
	assert_null(postconf_raw(&conf, NULL, "nosuch"));
	assert_string_equal(postconf_raw(&conf, NULL, "empty"), "");
	assert_string_equal(
	    postconf_value(&conf, NULL, "long"), "a,     b, \tc");
	assert_string_equal(postconf_line(&conf, NULL, "a"), "a = 1 (default)");
	assert_string_equal(
	    postconf_line(&conf, "s/unix", "b"), "s/unix/b = z");
	assert_string_equal(
	    postconf_line(&conf, "s/unix", "twice"), "twice = 2");
	assert_true(postconf_since(&conf, 3, 9));
	assert_true(postconf_since(&conf, 3, 10));
	assert_false(postconf_since(&conf, 3, 11));
	postconf_fini(&conf);
	assert_false(postconf_since(&conf, 3, 0));
	postconf_fini(&conf);
}

static void
postconf_reads_services(void **state)
{
	const struct postconf_service *service;
	struct postconf conf = {0};

	(void)state;
	assert_int_equal(parse(&conf, POSTCONF_SERVICES,
			     "smtp inet n - y - - smtpd\n"
			     "smtp unix - - - - - smtp\n  -o a=b\n"
			     "    -o { c = d e }\n"),
	    0);
	assert_int_equal(conf.nservices, 2);
	service = postconf_find(&conf, "smtp:", 4, "unix");
	assert_non_null(service);
	assert_string_equal(service->command, "smtp");
	assert_string_equal(service->args, "-o a=b     -o { c = d e }");
	assert_string_equal(postconf_path(&conf, service), "smtp/unix");
	assert_true(postconf_chrooted(&conf, service));
	assert_int_equal(
	    parse(&conf, POSTCONF_SET, "compatibility_level = 2\n"), 0);
	assert_false(postconf_chrooted(&conf, service));
	assert_true(
	    postconf_chrooted(&conf, postconf_find(&conf, "smtp", 4, "inet")));
	assert_null(postconf_find(&conf, "smt", 3, "inet"));
	postconf_fini(&conf);
}

static void
postconf_refuses_what_is_no_output(void **state)
{
	static const struct {
		enum postconf_output output;
		const char *text;
	} table[] = {{POSTCONF_SET, "nothing\n"}, {POSTCONF_SET, "= x\n"},
	    {POSTCONF_SET, "a b = x\n"}, {POSTCONF_DEFAULTS, "a = 1\nx\n"},
	    {POSTCONF_OVERRIDES, "a = x\n"}, {POSTCONF_OVERRIDES, "a/b = x\n"},
	    {POSTCONF_OVERRIDES, "/a/b = x\n"},
	    {POSTCONF_OVERRIDES, "a/b/ = x\n"},
	    {POSTCONF_SERVICES, "smtp inet n - y - -\n"},
	    {POSTCONF_SERVICES, "smtp inet n - maybe - - smtpd\n"},
	    {POSTCONF_SERVICES, "postconf: fatal: no such file\n"}};
	struct postconf conf;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		conf = (struct postconf){0};
		if (parse(&conf, table[i].output, table[i].text) != -1)
			fail_msg("%s", table[i].text);
		postconf_fini(&conf);
	}
}

static const char *
on_name(const char *name, void *arg)
{
	static const char *const names[][2] = {{"a", "1"}, {"e", ""},
	    {"b", "<$a>"}, {"loop", "x$pool"}, {"pool", "$(loop)"},
	    {"level", "3.6"}, {"big", "$b$b"}};
	size_t i;

	(void)arg;
	for (i = 0; i < COUNT(names); i++)
		if (strcmp(name, names[i][0]) == 0)
			return names[i][1];
	return NULL;
}

static void
postconf_expands_names(void **state)
{
	static const struct {
		const char *text;
		const char *expanded; /* NULL: it can't be */
	} table[] = {{"", ""}, {"$a", "1"}, {"x${a}y$(a)z", "x1y1z"},
	    {"$a.b", "1.b"}, {"$$a", "$a"}, {"$b", "<1>"}, {"$no", ""},
	    {"${a?yes}", "yes"}, {"${e?yes}", ""}, {"${no?yes}", ""},
	    {"${a:no}", ""}, {"${e:no}", "no"}, {"${e:$b}", "<1>"},
	    {"${a?{y}:{n}}", "y"}, {"${e?{y}:{n}}", "n"},
	    {"${e ? {y} : {n}}", "n"}, {"${a?{x ${b}}}", "x <1>"},
	    {"${{$a} == {1} ? {y} : {n}}", "y"},
	    {"${{$a} != {1} ? {y} : {n}}", "n"},
	    {"${{9} < {10} ? {y} : {n}}", "y"},
	    {"${{b} < {a} ? {y} : {n}}", "n"},
	    {"${{$level} <level {3.10} ? {y} : {n}}", "y"},
	    {"${{$level} <level {3.6} ? {md5} : {sha256}}", "sha256"},
	    {"${{$level} >=level {3.6.0} ? {y}}", "y"}, {"$loop", NULL},
	    {"${a", NULL}, {"$(a", NULL}, {"$", NULL}, {"$ a", NULL},
	    {"${}", NULL}, {"${a!b}", NULL}, {"${{a} = {b} ? {c}}", NULL},
	    {"${{a} == b ? {c}}", NULL}, {"${a?{y}z}", NULL}};
	struct buf out = {0};
	struct err err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		buf_clear(&out);
		rc = postconf_expand(&out, table[i].text, on_name, NULL, &err);
		if ((rc == 0) != (table[i].expanded != NULL))
			fail_msg("%s: %s", table[i].text,
			    rc == 0 ? buf_text(&out) : err.text);
		if (rc == 0)
			assert_string_equal(buf_text(&out), table[i].expanded);
	}
	buf_fini(&out);
}

static void
postconf_walks_words(void **state)
{
	static const char *const words[] = {"a", "b:c", "{d, {e} f}", "g"};
	const char *at = " a, b:c\t{d, {e} f} ,,g ", *word;
	size_t i, len;

	(void)state;
	for (i = 0; i < COUNT(words); i++) {
		len = postconf_word(&at, &word);
		assert_int_equal(len, strlen(words[i]));
		assert_memory_equal(word, words[i], len);
	}
	assert_int_equal(postconf_word(&at, &word), 0);
}

static void
protocols_are_read_as_postfix_does(void **state)
{
	enum { NEW = PROTOCOLS_TLS12 | PROTOCOLS_TLS13 };
	static const struct {
		const char *list;
		int permitted; /* -1: not understood */
	} table[] = {{"", PROTOCOLS_ALL}, {">=TLSv1.2", NEW},
	    {">=tlsv1.2, <=TLSv1.2", PROTOCOLS_TLS12},
	    {"!SSLv2:!SSLv3 !TLSv1,!TLSv1.1", NEW},
	    {"TLSv1.3", PROTOCOLS_TLS13}, {"TLSv1.3 !TLSv1.3", 0},
	    {">=TLSv1.0", PROTOCOLS_TLS10 | PROTOCOLS_TLS11 | NEW},
	    {">=0303", NEW}, {">=0x0303 <=0305", NEW}, {">=0305", 0},
	    {"0303", -1}, {">=0403", -1}, {">=03", -1},
	    /* What is above a gap isn't reached. */
	    {"TLSv1, TLSv1.2", PROTOCOLS_TLS10},
	    {"!SSLv2 !SSLv3 !TLSv1 !TLSv1.2", PROTOCOLS_TLS11}, {"TLSv1.4", -1},
	    {">=", -1}, {"!", -1}, {">=!TLSv1", -1}};
	unsigned permitted;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		rc = protocols_parse(table[i].list, true, &permitted);
		if ((rc == -1) != (table[i].permitted == -1) ||
		    (rc == 0 && permitted != (unsigned)table[i].permitted))
			fail_msg("%s: %d %u", table[i].list, rc, permitted);
	}
	assert_int_equal(protocols_parse(">=TLSv1.2", false, &permitted), -1);
}

static void
mapspec_reads_what_is_asked_over_sockets(void **state)
{
	static const struct {
		const char *spec, *place, *map;
	} table[] = {
	    {"socketmap:inet:127.0.0.1:9999:x", "inet:127.0.0.1:9999", "x"},
	    {"proxy:socketmap:inet:[::1]:9:x", "inet:[::1]:9", "x"},
	    {"socketmap:unix:a/b:x", "unix:a/b", "x"},
	    {"tcp:127.0.0.1:9", "inet:127.0.0.1:9", ""},
	    {"tcp:nothing", NULL, NULL}, {"socketmap:inet:x", NULL, NULL},
	    {"socketmap:what:a:b", NULL, NULL}, {"hash:/x", NULL, NULL},
	    {"socketmap:unix:x:", NULL, NULL}, {"socketmap:", NULL, NULL}};
	struct endpoint endpoint;
	struct mapspec map;
	struct err err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		rc = mapspec_parse(&map, table[i].spec);
		if ((rc == 0) != (table[i].place != NULL))
			fail_msg("%s", table[i].spec);
		if (rc == -1)
			continue;
		assert_string_equal(map.place, table[i].place);
		assert_string_equal(map.map, table[i].map);
		assert_int_equal(
		    mapspec_endpoint(&map, "/q", &endpoint, &err), 0);
		if (map.path != NULL)
			assert_string_equal(endpoint.text, "unix:/q/a/b");
	}
}

static void
table_text_reads_patterns(void **state)
{
	static const char text[] = "# a comment\n"
				   "/a b\\/c/i  FILTER smtp:h\n"
				   "  and more\n# within\n    of it\n"
				   "if /x/\n!/y/ DUNNO\nendif\n"
				   "/never closed\n|z|\tREJECT\n";
	char *copy = exact_copy(text, strlen(text));
	struct buf out = {0};

	(void)state;
	table_text_parse(TABLE_TEXT_PATTERNS, copy, strlen(text), &out);
	assert_string_equal(buf_text(&out),
	    "/a b\\/c/i\tFILTER smtp:h   and more     of it\n"
	    "!/y/\tDUNNO\n|z|\tREJECT\n");
	buf_clear(&out);
	free(copy);
	table_text_parse(TABLE_TEXT_PLAIN, "10.0.0.0/8 OK x\n\ny\n", 19, &out);
	assert_string_equal(buf_text(&out), "10.0.0.0/8\tOK x\ny\t\n");
	buf_fini(&out);
}

static void
table_text_reads_what_stands_in_a_name(void **state)
{
	static const struct {
		const char *spec, *lines;
	} table[] = {{"{ { /a{2}/ smtp:[h] }, {/b/ x}{c} }",
			 "/a{2}/ smtp:[h]\n/b/ x\nc\n"},
	    {"{}", ""}, {"{ }", ""}, {"{ {a", ""}, {"{ {a} b, {c} }", "a\n"}};
	struct buf out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		buf_clear(&out);
		table_text_inline(table[i].spec, &out);
		assert_string_equal(buf_text(&out), table[i].lines);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(postconf_reads_parameters),
	    cmocka_unit_test(postconf_reads_services),
	    cmocka_unit_test(postconf_refuses_what_is_no_output),
	    cmocka_unit_test(postconf_expands_names),
	    cmocka_unit_test(postconf_walks_words),
	    cmocka_unit_test(protocols_are_read_as_postfix_does),
	    cmocka_unit_test(mapspec_reads_what_is_asked_over_sockets),
	    cmocka_unit_test(table_text_reads_patterns),
	    cmocka_unit_test(table_text_reads_what_stands_in_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
