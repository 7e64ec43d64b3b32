/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"

struct query_row {
	char mark;
	const char *text;
	const char *sql;   /* NULL: an error */
	const char *param; /* or a word of the error */
};

static const struct query_row query_rows[] = {
    {'?', "SELECT a FROM t WHERE k = '%s'", "SELECT a FROM t WHERE k = ?1",
	"s"},
    {'$', "SELECT a FROM t WHERE k = '%s'", "SELECT a FROM t WHERE k = $1",
	"s"},
    {'?', "SELECT a FROM t WHERE k = %s", "SELECT a FROM t WHERE k = ?1", "s"},
    {'?', "SELECT 'x' FROM t", "SELECT 'x' FROM t", ""},

    /* Strings. */
    {'?', "'%u@%d'", "(?1||'@'||?2)", "ud"},
    {'$', "'%u@%d'", "($1||'@'||$2)", "ud"},
    {'?', "'@%d'", "('@'||?1)", "d"},
    {'?', "'%d.'", "(?1||'.')", "d"},
    {'?', "'%u%d'", "(?1||?2)", "ud"},
    {'?', "'it''s %s'''", "('it''s '||?1||'''')", "s"},
    {'?', "'%s''%s'", "(?1||''''||?1)", "s"},
    {'?', "'%s'='%u' OR '%d'='%s'", "?1=?2 OR ?3=?1", "sud"},
    {'?', "'%S' '%U' '%D'", "?1 ?2 ?3", "sud"},
    {'?', "'%s%S'", "(?1||?1)", "s"},
    {'?', "'%1%2%3%4%5%6%7%8%9'", "(?1||?2||?3||?4||?5||?6||?7||?8||?9)",
	"123456789"},
    {'?', "'%9%s%d%u%8%7%6%5%4%3%2%1' LIKE '%1'",
	"(?1||?2||?3||?4||?5||?6||?7||?8||?9||?10||?11||?12) LIKE ?12",
	"9sdu87654321"},
    {'?', "x LIKE '%%%d'", "x LIKE ('%'||?1)", "d"},
    {'?', "x LIKE '%d%%'", "x LIKE (?1||'%')", "d"},
    {'?', "x LIKE '%%a%%'", "x LIKE '%a%'", ""},
    {'?', "'%%s'", "'%s'", ""},
    {'?', "'%%%s'", "('%'||?1)", "s"},
    {'?', "''", "''", ""},
    {'?', "'''%s'", "(''''||?1)", "s"},
    {'?', "'-- %s' AND 1", "('-- '||?1) AND 1", "s"},
    {'?', "'/* %s'", "('/* '||?1)", "s"},
    {'?', "'\"%s\"'", "('\"'||?1||'\"')", "s"},
    {'?', "'?1 :a %s'", "('?1 :a '||?1)", "s"},
    {'$', "'$1 $$ %s'", "('$1 $$ '||$1)", "s"},
    {'?', "'\\' = '%s'", "'\\' = ?1", "s"},
    {'?', "'%u' COLLATE NOCASE", "?1 COLLATE NOCASE", "u"},
    {'$', "'x%u'::text", "('x'||$1)::text", "u"},
    {'?', "k='%s'AND 1", "k=?1 AND 1", "s"},
    {'?', "k LIKE'%s'", "k LIKE ?1", "s"},
    {'?', "k IN('%s','%u@%d')", "k IN(?1,(?2||'@'||?3))", "sud"},

    /* Outside strings. */
    {'?', "a = %1 AND b=%d;", "a = ?1 AND b=?2;", "1d"},
    {'?', "id %% 2 = 0", "id % 2 = 0", ""},
    {'?', "(%s)", "(?1)", "s"},
    {'$', "a = any(%s)", "a = any($1)", "s"},

    /* Names and comments are left alone. */
    {'?', "SELECT \"a\"\"b'\", [c'], `d''e` WHERE '%s'",
	"SELECT \"a\"\"b'\", [c'], `d''e` WHERE ?1", "s"},
    {'?', "[a]]='%s'", "[a]]=?1", "s"},
    {'?', "\"100%%\"", "\"100%\"", ""},
    {'?', "1 -- it's\n, '%s'", "1 -- it's\n, ?1", "s"},
    {'?', "1 /* it's */ , '%s'", "1 /* it's */ , ?1", "s"},
    {'?', "/* /* */ '%s'", "/* /* */ ?1", "s"},
    {'$', "/* /* ' */ ' */ '%s'", "/* /* ' */ ' */ $1", "s"},
    {'?', "/**/ '%s'", "/**/ ?1", "s"},
    {'?', "-- 100%%", "-- 100%", ""},
    {'?', "5 - 3 / '%s'", "5 - 3 / ?1", "s"},

    /* PostgreSQL's other strings and operators. */
    {'$', "E'a\\'b' = '%s'", "E'a\\'b' = $1", "s"},
    {'$', "e'\\\\' = '%s'", "e'\\\\' = $1", "s"},
    {'$', "E'50%%' = '%s'", "E'50%' = $1", "s"},
    {'$', "$$it's$$ = '%s'", "$$it's$$ = $1", "s"},
    {'$', "$a$ $$ ' $b$ $a$ = '%s'", "$a$ $$ ' $b$ $a$ = $1", "s"},
    {'$', "a$b$c = '%s'", "a$b$c = $1", "s"},
    {'$', "j ? 'k' AND a[1] @> '%s' # 3", "j ? 'k' AND a[1] @> $1 # 3", "s"},
    {'$', "a[%1]", "a[$1]", "1"},
    {'$', "U&'d\\0061t' = '%s'", "U&'d\\0061t' = $1", "s"},
    {'$', "`'%s'", "`$1", "s"},
    {'?', "e'\\' = '%s'", "e'\\' = ?1", "s"},
    {'?', "X'00' = '%s'", "X'00' = ?1", "s"},
    {'?', "u & '%s'", "u & ?1", "s"},

    /* Errors. */
    {'?', "", NULL, "empty"},
    {'?', " \t\n", NULL, "empty"},
    {'?', "SELECT '%x'", NULL, "\"%x\" is no expansion"},
    {'?', "SELECT '%0'", NULL, "\"%0\" is no expansion"},
    {'?', "SELECT '100%'", NULL, "is no expansion"},
    {'?', "SELECT '100% %s'", NULL, "\"% \" is no expansion"},
    {'?', "a LIKE '%\xc3\xa4'", NULL, "\"%\xc3\xa4\" is no expansion"},
    {'?', "id % 2", NULL, "\"% \" is no expansion"},
    {'?', "id %", NULL, "\"%\" is no expansion"},
    {'?', "SELECT \"%s\"", NULL, "a quoted name"},
    {'?', "SELECT [%s]", NULL, "a quoted name"},
    {'?', "SELECT `%s`", NULL, "a quoted name"},
    {'?', "SELECT \"%x\"", NULL, "is no expansion"},
    {'?', "1 -- '%s'", NULL, "a comment"},
    {'?', "1 /* '%s' */", NULL, "a comment"},
    {'?', "1 /* 100% */", NULL, "is no expansion"},
    {'?', "x'%s'", NULL, "prefix"},
    {'$', "E'%s'", NULL, "prefix"},
    {'$', "E'\\'%s'", NULL, "prefix"},
    {'$', "E'\\%s'", NULL, "prefix"},
    {'$', "U&'%s'", NULL, "prefix"},
    {'$', "$$%s$$", NULL, "$-quoted"},
    {'$', "$q$ '%s' $q$", NULL, "$-quoted"},
    {'?', "t_%s", NULL, "part of a name"},
    {'?', "%s_t", NULL, "part of a name"},
    {'?', "12%s", NULL, "part of a name"},
    {'?', "%u%d", NULL, "part of a name"},
    {'?', "'a", NULL, "isn't closed"},
    {'?', "'%s''", NULL, "isn't closed"},
    {'?', "\"a", NULL, "isn't closed"},
    {'?', "[a", NULL, "isn't closed"},
    {'?', "`a``", NULL, "isn't closed"},
    {'?', "/* a", NULL, "isn't closed"},
    {'?', "/*/", NULL, "isn't closed"},
    {'$', "/* /* */", NULL, "isn't closed"},
    {'$', "E'a\\'", NULL, "isn't closed"},
    {'$', "$a$ $b$", NULL, "isn't closed"},
    {'?', "k = ?", NULL, "from expansions only"},
    {'?', "k = ?1 OR k = '%s'", NULL, "from expansions only"},
    {'?', "k = :a", NULL, "from expansions only"},
    {'?', "k = @a", NULL, "from expansions only"},
    {'?', "k = $a", NULL, "from expansions only"},
    {'$', "k = $1", NULL, "from expansions only"},
};

#define QUERY_ROWS (sizeof(query_rows) / sizeof(query_rows[0]))

static void
test_query_row(const struct query_row *row)
{
	struct template_query query;
	struct err err = {""};
	/* An exact copy, so that a look behind the end is seen. */
	char *text = exact_copy(row->text, strlen(row->text) + 1);
	int rc = template_query_init(&query, text, row->mark, &err);

	free(text);
	if (row->sql == NULL) {
		if (rc != -1)
			fail_msg("%s: became %s", row->text, query.sql);
		if (strstr(err.text, row->param) == NULL)
			fail_msg("%s: %s", row->text, err.text);
		assert_null(query.sql);
		assert_int_equal(query.nparams, 0);
		return;
	}
	if (rc == -1)
		fail_msg("%s: %s", row->text, err.text);
	if (strcmp(query.sql, row->sql) != 0)
		fail_msg("%s: became %s", row->text, query.sql);
	assert_int_equal(query.nparams, strlen(row->param));
	assert_memory_equal(query.param, row->param, query.nparams);
	template_query_fini(&query);
	assert_null(query.sql);
}

static void
test_queries(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < QUERY_ROWS; i++)
		test_query_row(&query_rows[i]);
}

struct value_row {
	const char *key;
	char part;
	const char *value; /* NULL: skip */
};

static const struct value_row value_rows[] = {
    {"alice@mail.example.com", 's', "alice@mail.example.com"},
    {"alice@mail.example.com", 'u', "alice"},
    {"alice@mail.example.com", 'd', "mail.example.com"},
    {"alice@mail.example.com", '1', "com"},
    {"alice@mail.example.com", '2', "example"},
    {"alice@mail.example.com", '3', "mail"},
    {"alice@mail.example.com", '4', NULL},
    {"alice@mail.example.com", '9', NULL},
    {"@example.com", 's', "@example.com"},
    {"@example.com", 'u', NULL},
    {"@example.com", 'd', "example.com"},
    {"@example.com", '2', "example"},
    {"example.com", 's', "example.com"},
    {"example.com", 'u', "example.com"},
    {"example.com", 'd', NULL},
    {"example.com", '1', NULL},
    {"alice@", 'u', "alice"},
    {"alice@", 'd', NULL},
    {"alice@", '1', NULL},
    {"alice@.", '1', NULL},
    {"a@b@c", 'u', "a@b"},
    {"a@b@c", 'd', "c"},
    {"\"a@b\"@c", 'u', "\"a@b\""},
    {"<>", 'u', "<>"},
    {"<>", 'd', NULL},
    /* Empty labels don't count: seen with Postfix 3.7. */
    {"a@b..c", '1', "c"},
    {"a@b..c", '2', "b"},
    {"a@b..c", '3', NULL},
    {"a@b.c.", '1', "c"},
    {"a@.b", '1', "b"},
    {"a@.b", '2', NULL},
    {"a@1.2.3.4.5.6.7.8.9", '9', "1"},
    {"", 's', NULL},
    {"", 'u', NULL},
};

/* A letter of the caller's is one more parameter, and none elsewhere. */
static void
test_own_expansion(void **state)
{
	static const char text[] =
	    "UPDATE a SET b = '%v' WHERE c = '%s' AND d = %v";
	struct template_query query;
	struct err err;

	(void)state;
	assert_int_equal(
	    template_query_init_own(&query, text, '$', 'v', &err), 0);
	assert_string_equal(
	    query.sql, "UPDATE a SET b = $1 WHERE c = $2 AND d = $1");
	assert_int_equal(query.nparams, 2);
	assert_int_equal(query.param[0], 'v');
	assert_int_equal(query.param[1], 's');
	template_query_fini(&query);
	assert_int_equal(template_query_init(&query, text, '$', &err), -1);
	assert_non_null(strstr(err.text, "%v"));
	assert_int_equal(
	    template_query_init_own(&query, "X'%v'", '$', 'v', &err), -1);
}

static void
test_values(void **state)
{
	struct template_query query;
	struct template_key key;
	enum template_status status;
	const char *value;
	char text[8], *copy;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(value_rows) / sizeof(value_rows[0]); i++) {
		const struct value_row *row = &value_rows[i];

		snprintf(text, sizeof(text), "'%%%c'", row->part);
		assert_int_equal(
		    template_query_init(&query, text, '?', NULL), 0);
		copy = exact_copy(row->key, strlen(row->key));
		template_key_split(&key, copy, strlen(row->key));
		status = template_query_value(&query, 0, &key, &value, &len);
		if ((status == TEMPLATE_OK) != (row->value != NULL))
			fail_msg("%%%c of %s", row->part, row->key);
		if (status == TEMPLATE_OK) {
			assert_int_equal(len, strlen(row->value));
			assert_memory_equal(value, row->value, len);
		}
		free(copy);
		template_query_fini(&query);
	}
}

static void
test_key_split(void **state)
{
	struct template_key key;

	(void)state;
	template_key_split(&key, "a@b@c", 5);
	assert_int_equal(key.whole_len, 5);
	assert_int_equal(key.local_len, 3);
	assert_int_equal(key.domain_len, 1);
	assert_ptr_equal(key.domain, key.whole + 4);
	template_key_split(&key, "abc", 3);
	assert_null(key.domain);
	assert_int_equal(key.local_len, 3);
	template_key_split(&key, "@", 1);
	assert_non_null(key.domain);
	assert_int_equal(key.local_len, 0);
	assert_int_equal(key.domain_len, 0);
	template_key_split(&key, NULL, 0);
	assert_null(key.domain);
}

struct format_row {
	const char *format;
	const char *key;
	const char *value;
	const char *out; /* NULL: skip */
};

static const struct format_row format_rows[] = {
    {"%s", "a@b.c", "forceenc:", "forceenc:"},
    {"smtp:[%s]", "a@b.c", "mx.example", "smtp:[mx.example]"},
    {"%u|%d|%U|%D|%S|%1", "x@y.z", "u@v", "u|v|x|y.z|x@y.z|z"},
    {"%%%s%%", "x", "v", "%v%"},
    {"%%s", "x", "v", "%s"},
    {"k", "x", "v", "k"},
    {"%u", "x@y", "v", "v"},
    {"%u", "x@y", "v@", "v"},
    {"%u", "x@y", "@v", NULL},
    {"%d", "x@y", "v", NULL},
    {"%d", "x@y", "v@", NULL},
    {"%U", "x", "v", "x"},
    {"%U", "@y", "v", NULL},
    {"%D", "x", "v", NULL},
    {"%3", "x@y.z", "v", NULL},
    {"%2%1", "x@y.z", "v", "yz"},
    {"%s%3", "x@y.z", "v", NULL},
    {"k", "x@y.z", "", NULL},
    {"%%", "x@y.z", "", NULL},
};

static void
test_formats(void **state)
{
	struct buf out = {0};
	struct template_key key;
	enum template_status status;
	char *value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(format_rows) / sizeof(format_rows[0]); i++) {
		const struct format_row *row = &format_rows[i];

		assert_int_equal(template_format_check(row->format, NULL), 0);
		template_key_split(&key, row->key, strlen(row->key));
		value = exact_copy(row->value, strlen(row->value));
		buf_clear(&out);
		buf_add_text(&out, "before,");
		status = template_format(
		    &out, row->format, &key, value, strlen(row->value));
		free(value);
		if ((status == TEMPLATE_OK) != (row->out != NULL))
			fail_msg("row %zu %s", i, row->format);
		if (strncmp(buf_text(&out), "before,", 7) != 0 ||
		    strcmp(buf_text(&out) + 7,
			row->out != NULL ? row->out : "") != 0)
			fail_msg("row %zu: %s", i, buf_text(&out));
	}
	/* Any byte of a value goes through. */
	buf_clear(&out);
	assert_int_equal(
	    template_format(&out, "<%s>", &key, "a\0%s", 4), TEMPLATE_OK);
	assert_int_equal(out.len, 6);
	assert_memory_equal(out.data, "<a\0%s>", 6);
	buf_fini(&out);
}

static void
test_format_check(void **state)
{
	static const char *const bad[] = {
	    "%", "a%", "%x", "%0", "%%%", "%s% ", "%\xc3\xa4", "%\xc3"};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *format = exact_copy(bad[i], strlen(bad[i]) + 1);

		assert_int_equal(template_format_check(format, &err), -1);
		assert_non_null(strstr(err.text, "is no expansion"));
		free(format);
	}
	assert_int_equal(template_format_check("", &err), -1);
	assert_non_null(strstr(err.text, "empty"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_queries),
	    cmocka_unit_test(test_own_expansion),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_key_split),
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_format_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
