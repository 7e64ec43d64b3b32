/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* What "log = journal:..." means, and what the journal is asked for then. */

#include <stdio.h>
#include <string.h>

#include "forceenc-watch/journal_query.h"
#include "forceenc/buf.h"
#include "unit.h"

/* Pieces in a row: "A" and "B" stand for AND and OR, those of an identifier
 * only for itself. */
static int
show_piece(enum journal_query_op op, const char *term, void *arg)
{
	if (op == JOURNAL_QUERY_OR)
		buf_printf(arg, "| ");
	else if (op == JOURNAL_QUERY_AND)
		buf_printf(arg, "& ");
	else if (strchr(term, '/') == NULL)
		buf_printf(arg, "%s ", term);
	return 0;
}

static const char *
asked(const char *text)
{
	static struct buf shown;
	struct journal_spec spec;
	struct err err;

	buf_clear(&shown);
	if (journal_spec_parse(&spec, text, &err) == -1) {
		buf_printf(&shown, "%s", err.text);
		return buf_text(&shown);
	}
	if (spec.folder != NULL)
		buf_printf(&shown, "%s: ", spec.folder);
	assert_int_equal(journal_query_each(&spec, show_piece, &shown), 0);
	journal_spec_fini(&spec);
	return buf_text(&shown);
}

#define LOST "| MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e "

static void
journal_words_become_questions(void **state)
{
	(void)state;
	assert_string_equal(asked(""), "SYSLOG_FACILITY=2 | " LOST);
	assert_string_equal(asked("/var/log/journal"),
	    "/var/log/journal: SYSLOG_FACILITY=2 | " LOST);
	assert_string_equal(asked("postfix@-.service, postfix@out.service"),
	    "_SYSTEMD_UNIT=postfix@-.service "
	    "_SYSTEMD_UNIT=postfix@out.service | " LOST);
	assert_string_equal(asked(" postfix , forceenc\n"),
	    "| SYSLOG_IDENTIFIER=postfix SYSLOG_IDENTIFIER=forceenc " LOST);
	assert_string_equal(asked("postfix,x.service,/j,_HOSTNAME=a,A=b=c"),
	    "/j: _SYSTEMD_UNIT=x.service | SYSLOG_IDENTIFIER=postfix " LOST
	    "& _HOSTNAME=a A=b=c ");
}

static int
count_piece(enum journal_query_op op, const char *term, void *arg)
{
	int *left = arg;

	if (op == JOURNAL_QUERY_TERM &&
	    strcmp(term, "SYSLOG_IDENTIFIER=postfix-out/smtp") == 0)
		*left += 100;
	return --*left < 0 ? -5 : 0;
}

static void
journal_identifiers_stand_for_programs(void **state)
{
	struct journal_spec spec;
	int left = 1000;

	(void)state;
	assert_int_equal(journal_spec_parse(&spec, "postfix-out", NULL), 0);
	assert_int_equal(journal_query_each(&spec, count_piece, &left), 0);
	assert_in_range(left, 1000, 1095);
	/* The first failure is the last call. */
	left = 1;
	assert_int_equal(journal_query_each(&spec, count_piece, &left), -5);
	journal_spec_fini(&spec);
}

static void
journal_refuses_wrong_words(void **state)
{
	(void)state;
	assert_non_null(strstr(asked("postfix@-"), "ends in .service"));
	assert_non_null(strstr(asked("/a, /b"), "\"/b\": one folder only"));
	assert_non_null(strstr(asked("host=out"), "NAME=value"));
	assert_non_null(strstr(asked("=out"), "NAME=value"));
	assert_non_null(strstr(asked("1A=out"), "NAME=value"));
	assert_non_null(strstr(asked("postfix, \033=x"), "\\x1b=x"));
}

static bool
others(const char *words, const char *program, const char *text)
{
	struct maillog log = {.program = program,
	    .program_len = strlen(program),
	    .text = text,
	    .text_len = strlen(text)};
	struct journal_spec spec;
	bool is;

	assert_int_equal(journal_spec_parse(&spec, words, NULL), 0);
	is = journal_query_is_others_loss(&spec, &log);
	journal_spec_fini(&spec);
	return is;
}

static void
journal_tells_whose_entries_were_lost(void **state)
{
	static const char *const journald = "systemd-journald";

	(void)state;
	assert_false(others(
	    "", journald, "Suppressed 12 messages from postfix@-.service"));
	assert_true(
	    others("", journald, "Suppressed 12 messages from web.service"));
	assert_true(others("", journald, "Suppressed 12 messages from "));
	assert_false(others("mta.service", journald,
	    "Suppressed 12 messages from mta.service"));
	assert_true(others("mta.service", journald,
	    "Suppressed 12 messages from postfix@-.service"));
	/* Nobody knows whose. */
	assert_false(others("", journald, "Suppressed 12 messages"));
	assert_false(others("", "postfix/smtp", "lost 1 from web.service"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(journal_words_become_questions),
	    cmocka_unit_test(journal_identifiers_stand_for_programs),
	    cmocka_unit_test(journal_refuses_wrong_words),
	    cmocka_unit_test(journal_tells_whose_entries_were_lost),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
