/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencctl/asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What Postfix was seen to ask for each sender. */
static const char *const asked_table[][3] = {
    {"alice@example.com", "alice@example.com", NULL},
    {"Alice@EXAMPLE.com", "Alice@EXAMPLE.com", NULL},
    {"alice+tag@example.com", "alice+tag@example.com", NULL},
    {"<>", "\"<>\"", "<>"},
    {"\"<>\"", "\"<>\"", "<>"},
    {"joe", "joe", NULL},
    {"\"a b\"@example.com", "\"a b\"@example.com", "a b@example.com"},
    {"a b@example.com", "\"a b\"@example.com", "a b@example.com"},
    {"\"a+b c\"@example.com", "\"a+b c\"@example.com", "a+b c@example.com"},
    {"\"alice\"@example.com", "alice@example.com", NULL},
    {"\"al\\ice\"@example.com", "alice@example.com", NULL},
    {"a@b@example.com", "\"a@b\"@example.com", "a@b@example.com"},
    {"@example.com", "\"\"@example.com", "@example.com"},
    {"\"\"@example.com", "\"\"@example.com", "@example.com"},
    {"alice@example.com.", "alice@example.com", NULL},
    {"bob@[127.0.0.1]", "bob@[127.0.0.1]", NULL},
    {"j\xc3\xb6rg@ex\xc3\xa4mple.com", "j\xc3\xb6rg@ex\xc3\xa4mple.com", NULL},
    {"x@xn--exmple-cua.com", "x@xn--exmple-cua.com", NULL},
    {"a%b@example.com", "a%b@example.com", NULL},
    {"o'brien/{x}=~@example.com", "o'brien/{x}=~@example.com", NULL},
    /* Dots at an end or in a row want quotes, one in between doesn't. */
    {"a.b@example.com", "a.b@example.com", NULL},
    {".a@example.com", "\".a\"@example.com", ".a@example.com"},
    {"a.@example.com", "\"a.\"@example.com", "a.@example.com"},
    {"a..b@example.com", "\"a..b\"@example.com", "a..b@example.com"},
    /* What is in quotes keeps its backslashes there, and only there. */
    {"\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com", "a\"b@example.com"},
    {"\"a\\\\ b\"@example.com", "\"a\\\\ b\"@example.com", "a\\ b@example.com"},
    {"a\\b@example.com", "\"a\\\\b\"@example.com", "a\\b@example.com"},
    /* A quote that isn't closed before the "@" is a character. */
    {"\"a b@example.com", "\"\\\"a b\"@example.com", "\"a b@example.com"},
    {"\"a\"b@example.com", "\"\\\"a\\\"b\"@example.com", "\"a\"b@example.com"},
    {"\"", "\"\\\"\"", "\""},
    {"\"\\", "\"\\\"\\\\\"", "\"\\"},
    {"a\tb@example.com", "\"a\tb\"@example.com", "a\tb@example.com"},
    {"@", "\"\"@", "@"},
    {"a@.", "a@.", NULL},
};

static void
asked_is_what_postfix_asks(void **state)
{
	struct asked asked;
	size_t i;
	unsigned j;

	(void)state;
	for (i = 0; i < sizeof(asked_table) / sizeof(*asked_table); i++) {
		asked_init(&asked, asked_table[i][0]);
		for (j = 0; j < asked.n; j++) {
			if (asked_table[i][1 + j] == NULL)
				fail_msg("%s: asks for %s as well",
				    asked_table[i][0], buf_text(&asked.key[j]));
			assert_string_equal(
			    buf_text(&asked.key[j]), asked_table[i][1 + j]);
		}
		if (asked.n < 2 && asked_table[i][2] != NULL)
			fail_msg("%s: doesn't ask for %s", asked_table[i][0],
			    asked_table[i][2]);
		assert_true(asked.n >= 1);
		asked_fini(&asked);
	}
}

/* Any address: the quoted form is read as the same address. */
static void
asked_reads_its_own_quotes(void **state)
{
	struct asked asked, again;
	char address[8];
	unsigned seed = 1, i, j;

	(void)state;
	for (i = 0; i < 20000; i++) {
		for (j = 0; j + 2 < sizeof(address); j++) {
			seed = seed * 1103515245 + 12345;
			address[j] = "ab\"\\@. <>"[(seed >> 16) % 9];
		}
		memcpy(address + j, "x", 2);
		asked_init(&asked, address);
		if (asked.n == 2) {
			asked_init(&again, buf_text(&asked.key[0]));
			assert_int_equal(again.n, 2);
			assert_string_equal(
			    buf_text(&again.key[0]), buf_text(&asked.key[0]));
			assert_string_equal(
			    buf_text(&again.key[1]), buf_text(&asked.key[1]));
			asked_fini(&again);
		}
		asked_fini(&asked);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(asked_is_what_postfix_asks),
	    cmocka_unit_test(asked_reads_its_own_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
