/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/directory_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What servers have in attributeTypes, and what others may make of it. */
static const struct {
	const char *description;
	const char *attribute;
	enum directory_change_syntax syntax;
} change_rows[] = {
    {"( 1.2.3 NAME 'flag' EQUALITY booleanMatch SYNTAX "
     "1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )",
	"flag", DIRECTORY_CHANGE_BOOLEAN},
    {"( 1.2.3 NAME ( 'x' 'FLAG' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )",
	"Flag;x-tag", DIRECTORY_CHANGE_BOOLEAN},
    {"( 1.2.3 NAME 'flag' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )", "1.2.3",
	DIRECTORY_CHANGE_BOOLEAN},
    {"( 1.2.3 NAME 'flag' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 )", "flags",
	DIRECTORY_CHANGE_OTHER},
    {"( 1.2.3 NAME 'flag' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{255} )", "flag",
	DIRECTORY_CHANGE_TEXT},
    {"( 1.2.3 NAME 'flag' SUP name )", "flag", DIRECTORY_CHANGE_TEXT},
    {"( 1.2.3 NAME 'flag", "flag", DIRECTORY_CHANGE_OTHER},
    {"((((", "flag", DIRECTORY_CHANGE_OTHER},
    {"", "flag", DIRECTORY_CHANGE_OTHER},
};

static void
change_reads_a_schema(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(change_rows) / sizeof(*change_rows); i++)
		assert_int_equal(
		    directory_change_syntax(change_rows[i].description,
			strlen(change_rows[i].description),
			change_rows[i].attribute),
		    change_rows[i].syntax);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(change_reads_a_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
