/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exact.h"

#define BYTES(s) s, sizeof(s) - 1

struct check_row {
	const char *text;
	size_t len;
	const char *wrong; /* a word of the error, NULL if it's fine */
};

static const struct check_row check_rows[] = {
    {BYTES("forceenc:"), NULL},
    {BYTES("forceenc:[host.example]:587"), NULL},
    {BYTES("forceenc:[2001:db8::1]"), NULL},
    {BYTES("A-b_c.9:x"), NULL},
    {BYTES("error:5.7.1"), NULL},
    {BYTES("a::"), NULL},
    {BYTES(""), "empty"},
    {BYTES("forceenc"), "not an answer"},
    {BYTES(":"), "not an answer"},
    {BYTES(":host"), "not an answer"},
    {BYTES(" forceenc:"), "not an answer"},
    {BYTES("force enc:"), "not an answer"},
    {BYTES("f\xc3\xb6rce:"), "not an answer"},
    {BYTES("a/b:"), "not an answer"},
    {BYTES("forceenc: "), "white space"},
    {BYTES("forceenc:\n"), "white space"},
    {BYTES("forceenc:\r"), "white space"},
    {BYTES("forceenc:\0"), "white space"},
    {BYTES("forceenc:\x7f"), "white space"},
    {BYTES("forceenc:\xc3\xa4"), "white space"},
    {BYTES("error:5.7.1 text"), "white space"},
    {BYTES("a:,b:"), "comma"},
    {BYTES("a:b,"), "comma"},
};

static void
test_check(void **state)
{
	struct err err;
	char *text;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(check_rows) / sizeof(check_rows[0]); i++) {
		const struct check_row *row = &check_rows[i];

		text = exact_copy(row->text, row->len);
		rc = answer_check(text, row->len, &err);
		assert_int_equal(answer_check(text, row->len, NULL), rc);
		free(text);
		if (rc != (row->wrong == NULL ? 0 : -1))
			fail_msg("row %zu: %d", i, rc);
		if (rc == -1 && strstr(err.text, row->wrong) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void
test_check_every_byte(void **state)
{
	char text[3];
	int c, want;

	(void)state;
	for (c = 0; c < 256; c++) {
		memcpy(text, "a:", 2);
		text[2] = (char)c;
		want = c > ' ' && c < 0x7f && c != ',' ? 0 : -1;
		assert_int_equal(answer_check(text, 3, NULL), want);
	}
}

static void
test_check_length(void **state)
{
	char text[ANSWER_LEN_MAX + 1];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[1] = ':';
	assert_int_equal(answer_check(text, ANSWER_LEN_MAX, NULL), 0);
	assert_int_equal(answer_check(text, ANSWER_LEN_MAX + 1, &err), -1);
	assert_non_null(strstr(err.text, "longer than 255"));
}

static void
test_add(void **state)
{
	struct answers answers = {0};
	struct err err;
	char text[16];
	unsigned i;

	(void)state;
	assert_int_equal(answers_add(&answers, "bad", &err), -1);
	assert_int_equal(answers.n, 0);
	for (i = 0; i < ANSWER_MAX; i++) {
		snprintf(text, sizeof(text), "t%u:", i);
		assert_int_equal(answers_add(&answers, text, &err), 0);
	}
	assert_int_equal(answers_add(&answers, "t7:", &err), -1);
	assert_non_null(strstr(err.text, "twice"));
	assert_int_equal(answers_add(&answers, "more:", &err), -1);
	assert_non_null(strstr(err.text, "more than 200"));
	assert_int_equal(answers.n, ANSWER_MAX);
	assert_int_equal(answer_of_value(&answers, "t199:", 5), 199);
	assert_string_equal(answer_name(&answers, 199), "t199:");
	answers_fini(&answers);
	assert_int_equal(answers.n, 0);
	assert_null(answers.list);
}

static void
test_equal(void **state)
{
	struct answers a = {0}, b = {0}, c = {0};

	(void)state;
	assert_true(answers_equal(&a, &b));
	answers_add(&a, "one:", NULL);
	assert_false(answers_equal(&a, &b));
	answers_add(&b, "one:", NULL);
	assert_true(answers_equal(&a, &b));
	answers_add(&a, "two:", NULL);
	answers_add(&b, "three:", NULL);
	assert_false(answers_equal(&a, &b));
	/* The order is the meaning. */
	answers_add(&c, "two:", NULL);
	answers_add(&c, "one:", NULL);
	assert_false(answers_equal(&a, &c));
	answers_fini(&a);
	answers_fini(&b);
	answers_fini(&c);
}

struct value_row {
	const char *value;
	size_t len;
	uint8_t answer;
};

/* The list is secure:, forceenc: */
static const struct value_row value_rows[] = {
    {BYTES("secure:"), 0},
    {BYTES("forceenc:"), 1},
    {BYTES(" \t\r\nforceenc: \n"), 1},
    {BYTES("TRUE"), 0},
    {BYTES("true"), 0},
    {BYTES("tRuE "), 0},
    {BYTES("yes"), 0},
    {BYTES("1"), 0},
    {BYTES("ON"), 0},
    {BYTES("t"), 0},
    {BYTES("Y"), 0},
    {BYTES("FALSE"), ANSWER_OFF},
    {BYTES("No"), ANSWER_OFF},
    {BYTES("0"), ANSWER_OFF},
    {BYTES("off"), ANSWER_OFF},
    {BYTES("F"), ANSWER_OFF},
    {BYTES("n"), ANSWER_OFF},
    {BYTES("DUNNO"), ANSWER_DUNNO},
    {BYTES(" dunno"), ANSWER_DUNNO},
    {BYTES(""), ANSWER_BAD},
    {BYTES("   "), ANSWER_BAD},
    {BYTES("forceenc"), ANSWER_BAD},
    {BYTES("FORCEENC:"), ANSWER_BAD},
    {BYTES("forceenc:x"), ANSWER_BAD},
    {BYTES("forceenc:\0"), ANSWER_BAD},
    {BYTES("\0"), ANSWER_BAD},
    {BYTES("yes\0"), ANSWER_BAD},
    {BYTES("yes no"), ANSWER_BAD},
    {BYTES("01"), ANSWER_BAD},
    {BYTES("2"), ANSWER_BAD},
    {BYTES("-1"), ANSWER_BAD},
    {BYTES("smtp:"), ANSWER_BAD},
    {BYTES("secure:,forceenc:"), ANSWER_BAD},
    {BYTES("OK"), ANSWER_BAD},
    {BYTES("tru"), ANSWER_BAD},
    {BYTES("trues"), ANSWER_BAD},
    {BYTES("\xef\xbb\xbfyes"), ANSWER_BAD},
};

static void
test_values(void **state)
{
	struct answers answers = {0}, none = {0};
	char *value;
	uint8_t got;
	size_t i;

	(void)state;
	assert_int_equal(answers_add(&answers, "secure:", NULL), 0);
	assert_int_equal(answers_add(&answers, "forceenc:", NULL), 0);
	for (i = 0; i < sizeof(value_rows) / sizeof(value_rows[0]); i++) {
		const struct value_row *row = &value_rows[i];

		value = exact_copy(row->value, row->len);
		got = answer_of_value(&answers, value, row->len);
		if (got != row->answer)
			fail_msg("row %zu \"%s\": %u", i, row->value, got);
		/* A list that permits nothing never says yes. */
		got = answer_of_value(&none, value, row->len);
		assert_int_equal(
		    got, row->answer < ANSWER_DUNNO ? ANSWER_BAD : row->answer);
		free(value);
	}
	answers_fini(&answers);
}

static void
test_stricter(void **state)
{
	static const uint8_t order[] = {
	    ANSWER_BAD, 0, 1, 199, ANSWER_DUNNO, ANSWER_OFF};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(order); i++)
		for (k = 0; k < sizeof(order); k++)
			assert_int_equal(answer_stricter(order[i], order[k]),
			    order[i < k ? i : k]);
}

static void
test_name(void **state)
{
	struct answers answers = {0};

	(void)state;
	assert_int_equal(answers_add(&answers, "secure:", NULL), 0);
	assert_string_equal(answer_name(&answers, 0), "secure:");
	assert_string_equal(answer_name(&answers, ANSWER_DUNNO), "DUNNO");
	assert_string_equal(answer_name(&answers, ANSWER_OFF), "off");
	assert_string_equal(
	    answer_name(&answers, ANSWER_BAD), "(not permitted)");
	answers_fini(&answers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_check_every_byte),
	    cmocka_unit_test(test_check_length),
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_stricter),
	    cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
