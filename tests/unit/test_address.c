/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "exact.h"
#include "forceenc/buf.h"

static const struct address_rules test_plus = {"+", true};
static const struct address_rules test_both = {"+-", true};
static const struct address_rules test_none = {"", true};
static const struct address_rules test_case = {"+", false};
/* The first byte of many letters, which splits none. */
static const struct address_rules test_byte = {"\xc3+", true};

/* An address and its keys, each behind its level's letter: Full, Stripped,
 * Domain, Null. */
struct test_row {
	const struct address_rules *rules;
	const char *address;
	const char *keys; /* separated by "|" */
};

static const struct test_row test_rows[] = {
    /* What Postfix asks for each kind of sender. */
    {&test_plus, "alice@example.com", "Falice@example.com|D@example.com"},
    {&test_plus, "Alice@EXAMPLE.com", "Falice@example.com|D@example.com"},
    {&test_plus, "alice+tag@example.com",
	"Falice+tag@example.com|Salice@example.com|D@example.com"},
    {&test_plus, "\"<>\"", "N<>"},
    {&test_plus, "<>", "N<>"},
    {&test_plus, "joe@lab.example", "Fjoe@lab.example|D@lab.example"},
    {&test_plus, "\"a b\"@example.com",
	"F\"a b\"@example.com|Fa b@example.com|D@example.com"},
    {&test_plus, "a b@example.com",
	"F\"a b\"@example.com|Fa b@example.com|D@example.com"},
    {&test_plus, "\"a+b c\"@example.com",
	"F\"a+b c\"@example.com|Fa+b c@example.com|Sa@example.com|"
	"D@example.com"},
    {&test_plus, "a+b c@example.com",
	"F\"a+b c\"@example.com|Fa+b c@example.com|Sa@example.com|"
	"D@example.com"},
    {&test_plus, "\"alice\"@example.com", "Falice@example.com|D@example.com"},
    {&test_plus, "\"a@b\"@example.com",
	"F\"a@b\"@example.com|Fa@b@example.com|D@example.com"},
    {&test_plus, "a@b@example.com",
	"F\"a@b\"@example.com|Fa@b@example.com|D@example.com"},
    {&test_plus, "\"\"@example.com", "D@example.com"},
    {&test_plus, "@example.com", "D@example.com"},
    {&test_plus, "alice@example.com.", "Falice@example.com|D@example.com"},
    {&test_plus, "a%b@example.com", "Fa%b@example.com|D@example.com"},
    {&test_plus, "j\xc3\xb6rg@ex\xc3\xa4mple.com",
	"Fj\xc3\xb6rg@xn--exmple-cua.com|Fj\xc3\xb6rg@ex\xc3\xa4mple.com|"
	"D@xn--exmple-cua.com|D@ex\xc3\xa4mple.com"},
    {&test_plus, "x@xn--exmple-cua.com",
	"Fx@xn--exmple-cua.com|Fx@ex\xc3\xa4mple.com|D@xn--exmple-cua.com|"
	"D@ex\xc3\xa4mple.com"},
    {&test_plus, "bob@[127.0.0.1]", "Fbob@[127.0.0.1]|D@[127.0.0.1]"},

    /* The null sender and what has no domain. */
    {&test_plus, "", "N<>"},
    {&test_plus, "\"\"", "N<>"},
    {&test_plus, "\"\\<\\>\"", "N<>"},
    {&test_plus, "\"<>\"@example.com",
	"F\"<>\"@example.com|F<>@example.com|D@example.com"},
    {&test_plus, "joe", "Fjoe"},
    {&test_plus, "Joe+X", "Fjoe+x|Sjoe"},
    {&test_plus, "\"joe\"", "Fjoe"},
    {&test_plus, "joe@", "Fjoe"},
    {&test_plus, "a b", "F\"a b\"|Fa b"},
    {&test_plus, "\"a@b\"", "F\"a@b\""},
    {&test_plus, "<>+x", "F\"<>+x\"|F<>+x"},
    {&test_plus, "\"<>\"+x", "F\"\\\"<>\\\"+x\"|F\"<>\"+x|S\"\\\"<>\\\"\""},

    /* Quotes. */
    {&test_plus, "\"a\\\"b\"@d", "F\"a\\\"b\"@d|Fa\"b@d|D@d"},
    {&test_plus, "a\"b@d", "F\"a\\\"b\"@d|Fa\"b@d|D@d"},
    {&test_plus, "\"a\\b\"@d", "Fab@d|D@d"},
    {&test_plus, "a\\b@d", "F\"a\\\\b\"@d|Fa\\b@d|D@d"},
    {&test_plus, "\"a\\\\b\"@d", "F\"a\\\\b\"@d|Fa\\b@d|D@d"},
    {&test_plus, "\"\\\"x\\\"\"@d", "F\"\\\"x\\\"\"@d|D@d"},
    {&test_plus, "\"x\"@d", "Fx@d|D@d"},
    {&test_plus, "\"x@d", "F\"\\\"x\"@d|F\"x@d|D@d"},
    {&test_plus, "\"x\\\"@d", "F\"\\\"x\\\\\\\"\"@d|F\"x\\\"@d|D@d"},
    {&test_plus, "\"x\"y@d", "F\"\\\"x\\\"y\"@d|F\"x\"y@d|D@d"},
    {&test_plus, "\"a\"@b@d", "F\"\\\"a\\\"@b\"@d|F\"a\"@b@d|D@d"},
    {&test_plus, ".a@d", "F\".a\"@d|F.a@d|D@d"},
    {&test_plus, "a.@d", "F\"a.\"@d|Fa.@d|D@d"},
    {&test_plus, "a..b@d", "F\"a..b\"@d|Fa..b@d|D@d"},
    {&test_plus, "\"a.b\"@d", "Fa.b@d|D@d"},
    {&test_plus, "!#$%&'*/=?^_`{|}~@d", "F!#$%&'*/=?^_`{|}~@d|D@d"},
    {&test_plus, "a(b@d", "F\"a(b\"@d|Fa(b@d|D@d"},
    {&test_plus, "a,b@d", "F\"a,b\"@d|Fa,b@d|D@d"},

    /* Extensions. */
    {&test_none, "alice+tag@d", "Falice+tag@d|D@d"},
    {&test_plus, "alice-tag@d", "Falice-tag@d|D@d"},
    {&test_byte, "j\xc3\xb6\xc3\xa4+x@d",
	"Fj\xc3\xb6\xc3\xa4+x@d|Sj\xc3\xb6\xc3\xa4@d|D@d"},
    {&test_both, "alice-tag+x@d", "Falice-tag+x@d|Salice@d|D@d"},
    {&test_both, "alice+tag-x@d", "Falice+tag-x@d|Salice@d|D@d"},
    {&test_plus, "+x@d", "F+x@d|D@d"},
    {&test_plus, "+a+b@d", "F+a+b@d|S+a@d|D@d"},
    {&test_plus, "a+@d", "Fa+@d|Sa@d|D@d"},
    {&test_plus, "a.+b@d", "Fa.+b@d|S\"a.\"@d|Sa.@d|D@d"},
    {&test_plus, "a+b@c@d", "F\"a+b@c\"@d|Fa+b@c@d|Sa@d|D@d"},
    {&test_both, "Owner-list@d", "Fowner-list@d|D@d"},
    {&test_both, "list-REQUEST@d", "Flist-request@d|D@d"},
    {&test_both, "-request@d", "F-request@d|D@d"},
    {&test_both, "x-request-y@d", "Fx-request-y@d|Sx@d|D@d"},
    {&test_both, "owner-list+x@d", "Fowner-list+x@d|Sowner-list@d|D@d"},
    {&test_both, "ownerx-list@d", "Fownerx-list@d|Sownerx@d|D@d"},
    {&test_both, "double-bounce@d", "Fdouble-bounce@d|D@d"},
    {&test_both, "MAILER-DAEMON@d", "Fmailer-daemon@d|D@d"},
    {&test_both, "double-bounce-x@d", "Fdouble-bounce-x@d|Sdouble@d|D@d"},

    /* Case, with the local part's kept. */
    {&test_case, "Alice+Tag@D", "FAlice+Tag@d|SAlice@d|D@d"},
    {&test_case, "\"A B\"@D", "F\"A B\"@d|FA B@d|D@d"},
    {&test_case, "J\xc3\x96RG@d", "FJ\xc3\x96RG@d|D@d"},
    {&test_case, "\"<>\"", "N<>"},
    {&test_plus, "J\xc3\x96RG@d", "Fj\xc3\xb6rg@d|D@d"},
    {&test_plus, "jo\xcc\x88rg@d", "Fj\xc3\xb6rg@d|D@d"},
    {&test_plus, "STRASSE@d", "Fstrasse@d|D@d"},
    {&test_plus, "stra\xc3\x9f\x65@d", "Fstrasse@d|D@d"},
    /* The Greek question mark is a semicolon once it's composed. */
    {&test_plus, "a\xcd\xbe@d", "F\"a;\"@d|Fa;@d|D@d"},

    /* Domains. */
    {&test_plus, "x@EX\xc3\x84MPLE.Com",
	"Fx@xn--exmple-cua.com|Fx@ex\xc3\xa4mple.com|D@xn--exmple-cua.com|"
	"D@ex\xc3\xa4mple.com"},
    {&test_plus, "x@XN--EXMPLE-CUA.COM.",
	"Fx@xn--exmple-cua.com|Fx@ex\xc3\xa4mple.com|D@xn--exmple-cua.com|"
	"D@ex\xc3\xa4mple.com"},
    {&test_plus, "x@exa\xcc\x88mple.com",
	"Fx@xn--exmple-cua.com|Fx@ex\xc3\xa4mple.com|D@xn--exmple-cua.com|"
	"D@ex\xc3\xa4mple.com"},
    {&test_plus, "\"a b\"@ex\xc3\xa4mple.com",
	"F\"a b\"@xn--exmple-cua.com|F\"a b\"@ex\xc3\xa4mple.com|"
	"Fa b@xn--exmple-cua.com|Fa b@ex\xc3\xa4mple.com|"
	"D@xn--exmple-cua.com|D@ex\xc3\xa4mple.com"},
    {&test_plus, "\"a +b\"@ex\xc3\xa4mple.com",
	"F\"a +b\"@xn--exmple-cua.com|F\"a +b\"@ex\xc3\xa4mple.com|"
	"Fa +b@xn--exmple-cua.com|Fa +b@ex\xc3\xa4mple.com|"
	"S\"a \"@xn--exmple-cua.com|S\"a \"@ex\xc3\xa4mple.com|"
	"Sa @xn--exmple-cua.com|Sa @ex\xc3\xa4mple.com|"
	"D@xn--exmple-cua.com|D@ex\xc3\xa4mple.com"},
    {&test_plus, "@ex\xc3\xa4mple.com",
	"D@xn--exmple-cua.com|D@ex\xc3\xa4mple.com"},
    {&test_plus, "x@fa\xc3\x9f.de",
	"Fx@xn--fa-hia.de|Fx@fa\xc3\x9f.de|D@xn--fa-hia.de|D@fa\xc3\x9f.de"},
    /* Fullwidth letters and dots mean the plain ones ... */
    {&test_plus, "x@\xef\xbd\x81\xef\xbc\x8e\x63om", "Fx@a.com|D@a.com"},
    {&test_plus, "x@a.com\xe3\x80\x82", "Fx@a.com|D@a.com"},
    /* ... but no domain may turn into another's by a fullwidth "@". */
    {&test_plus, "x@evil\xef\xbc\xa0good.com",
	"Fx@evil\xef\xbc\xa0good.com|D@evil\xef\xbc\xa0good.com"},
    /* No A-labels of names that aren't in lower case or not composed. */
    {&test_plus, "x@xn--b-5da.com", "Fx@xn--b-5da.com|D@xn--b-5da.com"},
    {&test_plus, "x@xn--ab-uub.com", "Fx@xn--ab-uub.com|D@xn--ab-uub.com"},
    {&test_plus, "x@xn--x-sy8h.com", "Fx@xn--x-sy8h.com|D@xn--x-sy8h.com"},
    /* What IDNA refuses stays, in lower case. */
    {&test_plus,
	"x@A\xe2\x80\xae"
	"B.com",
	"Fx@a\xe2\x80\xae"
	"b.com|D@a\xe2\x80\xae"
	"b.com"},
    {&test_plus, "x@xn--zz--.com", "Fx@xn--zz--.com|D@xn--zz--.com"},
    {&test_plus, "x@a..b..", "Fx@a..b|D@a..b"},
    {&test_plus, "x@_a-b.c", "Fx@_a-b.c|D@_a-b.c"},
    {&test_plus, "x@[IPv6:FE80::1]", "Fx@[ipv6:fe80::1]|D@[ipv6:fe80::1]"},
};

#define TEST_ROWS (sizeof(test_rows) / sizeof(test_rows[0]))

static struct address_keys test_keys, test_again;

static void
test_inside(const struct address_keys *keys)
{
	unsigned i;

	assert_true(keys->n >= 1 && keys->n <= ADDRESS_KEYS_MAX);
	assert_true(keys->used <= sizeof(keys->buf));
	for (i = 0; i < keys->n; i++) {
		assert_true(keys->key[i].text >= keys->buf);
		assert_true(keys->key[i].text + keys->key[i].len <=
		    keys->buf + keys->used);
		assert_true(keys->key[i].len > 0);
	}
}

static int
test_run(struct address_keys *keys, const struct address_rules *rules,
    const char *address, size_t len, const char **why)
{
	char *copy = exact_copy(address, len);
	int rc = address_keys(keys, rules, copy, len, why);

	free(copy);
	if (rc == 0)
		test_inside(keys);
	return rc;
}

static void
test_show(struct buf *out, const struct address_keys *keys)
{
	unsigned i;

	buf_clear(out);
	for (i = 0; i < keys->n; i++) {
		if (i > 0)
			buf_add_byte(out, '|');
		buf_add_byte(out, "FSDN"[keys->key[i].level]);
		buf_add(out, keys->key[i].text, keys->key[i].len);
	}
}

static void
test_table(void **state)
{
	struct buf got = {0};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_ROWS; i++) {
		const struct test_row *row = &test_rows[i];

		if (test_run(&test_keys, row->rules, row->address,
			strlen(row->address), &why) == -1)
			fail_msg("%s: %s", row->address, why);
		test_show(&got, &test_keys);
		if (strcmp(buf_text(&got), row->keys) != 0)
			fail_msg("%s\n  is  %s\n  not %s", row->address,
			    buf_text(&got), row->keys);
	}
	buf_fini(&got);
}

/* Each key, asked in its turn, has the canonical form of its own level in
 * front: a policy tool and the daemon agree on the name of an entry. */
static void
test_keys_read_back(const struct address_rules *rules)
{
	const struct address_key *key, *first = &test_keys.key[0];
	const char *why;
	unsigned i;

	for (i = 0; i < test_keys.n; i++) {
		key = &test_keys.key[i];
		if (key->level != first->level)
			first = key;
		/* Quotes can make a key longer than what may be asked. */
		if (key->len > ADDRESS_MAX)
			continue;
		assert_int_equal(
		    test_run(&test_again, rules, key->text, key->len, &why), 0);
		assert_int_equal(test_again.key[0].len, first->len);
		assert_memory_equal(
		    test_again.key[0].text, first->text, first->len);
	}
}

static void
test_idempotent(void **state)
{
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < TEST_ROWS; i++) {
		assert_int_equal(test_run(&test_keys, test_rows[i].rules,
				     test_rows[i].address,
				     strlen(test_rows[i].address), &why),
		    0);
		test_keys_read_back(test_rows[i].rules);
	}
}

/* Every printable byte in a local part: it needs quotes or it doesn't, and
 * both spellings mean the same. */
static void
test_every_byte(void **state)
{
	static const char special[] = " \"(),:;<>@[\\]";
	char address[8];
	const char *why;
	int c;

	(void)state;
	for (c = 0x20; c < 0x7f; c++) {
		snprintf(address, sizeof(address), "a%cb@d", c);
		assert_int_equal(
		    test_run(&test_keys, &test_none, address, 5, &why), 0);
		assert_int_equal(test_keys.n, strchr(special, c) ? 3 : 2);
		assert_int_equal(test_keys.key[0].text[0],
		    strchr(special, c) != NULL ? '"' : 'a');
		test_keys_read_back(&test_none);
	}
	for (c = 0; c < 256; c++) {
		if (c >= 0x20 && c < 0x7f)
			continue;
		memcpy(address, "a\0b@d", 5);
		address[1] = (char)c;
		why = NULL;
		assert_int_equal(
		    test_run(&test_keys, &test_none, address, 5, &why), -1);
		assert_non_null(strstr(why, c < 0x80 ? "control" : "UTF-8"));
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"\xc3@d", "a@\xff", "a\xc0\x80@d",
	    "a\xed\xa0\x80@d", "a@d\xe2\x82", "a@d\n", "\ta@d", "\x7f@d"};
	char address[ADDRESS_MAX + 1];
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		assert_int_equal(test_run(&test_keys, &test_plus, bad[i],
				     strlen(bad[i]), &why),
		    -1);
		assert_non_null(why);
	}
	memset(address, 'a', sizeof(address));
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, ADDRESS_MAX, &why), 0);
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, ADDRESS_MAX + 1, &why),
	    -1);
	assert_non_null(strstr(why, "too long"));
	/* U+0149 and U+1F80 grow when their case is folded. */
	memcpy(address + ADDRESS_MAX - 3, "\xc5\x89", 2);
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, ADDRESS_MAX - 1, &why),
	    0);
	assert_int_equal(test_keys.key[0].len, ADDRESS_MAX);
	memmove(address + 1, address, ADDRESS_MAX - 1);
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, ADDRESS_MAX, &why), -1);
	assert_non_null(strstr(why, "folded"));
	for (i = 0; i + 3 <= ADDRESS_MAX; i += 3)
		memcpy(address + i, "\xe1\xbe\x80", 3);
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, i, &why), -1);
	assert_non_null(strstr(why, "too long"));
	assert_int_equal(test_run(&test_keys, &test_case, address, i, &why), 0);
}

/* The most that the limits allow has room for every spelling. */
static void
test_largest(void **state)
{
	static const char label[] =
	    "xn--ls8haaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.";
	char address[ADDRESS_MAX];
	size_t domain_len, at, i;
	const char *why;

	(void)state;
	for (domain_len = 2; domain_len <= 300; domain_len += 298) {
		memset(address, '"', sizeof(address));
		at = sizeof(address) - domain_len;
		address[at - 10] = '+';
		address[at++] = '@';
		for (i = at; i < sizeof(address); i++)
			address[i] = domain_len == 2
			    ? 'd'
			    : label[(i - at) % (sizeof(label) - 1)];
		assert_int_equal(test_run(&test_keys, &test_plus, address,
				     sizeof(address), &why),
		    0);
		assert_int_equal(test_keys.n, 5);
		test_keys_read_back(&test_plus);
	}
	/* As long as IDNA takes it, in both forms. */
	memset(address, '"', sizeof(address));
	at = sizeof(address) - 250;
	address[at - 20] = '+';
	address[at++] = '@';
	for (i = at; i < sizeof(address); i++)
		address[i] = (i - at) % 50 == 49 ? '.' : 'a';
	memcpy(address + at, "xn--exmple-cua.", 15);
	assert_int_equal(
	    test_run(&test_keys, &test_plus, address, sizeof(address), &why),
	    0);
	assert_int_equal(test_keys.n, ADDRESS_KEYS_MAX);
	test_keys_read_back(&test_plus);
}

static void
test_level_names(void **state)
{
	(void)state;
	assert_string_equal(address_level_name(ADDRESS_FULL), "full address");
	assert_string_equal(
	    address_level_name(ADDRESS_STRIPPED), "without extension");
	assert_string_equal(address_level_name(ADDRESS_DOMAIN), "domain");
	assert_string_equal(address_level_name(ADDRESS_NULL), "null sender");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_idempotent),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_level_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
