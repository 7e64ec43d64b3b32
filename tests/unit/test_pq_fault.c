/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forceenc/pq_fault.h"

#define AT "connection to server at \"127.0.0.1\", port 5432 failed: "

static void
is(enum pq_fault fault, const char *message, const char *plain)
{
	struct buf out = {0};

	assert_int_equal(pq_fault_message(&out, message), fault);
	assert_string_equal(buf_text(&out), plain);
	buf_fini(&out);
}

/* The text is as it would be without SQLSTATE and source. */
static void
test_words_of_the_server(void **state)
{
	(void)state;
	is(PQ_FAULT_WRONG,
	    AT "FATAL:  28P01: password authentication failed for user \"a\"\n"
	       "LOCATION:  auth_failed, auth.c:338\n",
	    AT "FATAL:  password authentication failed for user \"a\"\n");
	is(PQ_FAULT_AWAY,
	    AT "FATAL:  57P03: the database system is starting up\n"
	       "DETAIL:  a detail\n"
	       "LOCATION:  ProcessStartupPacket, postmaster.c:2344\n",
	    AT "FATAL:  the database system is starting up\n"
	       "DETAIL:  a detail\n");
	/* The last one counts, in whatever language it is. */
	is(PQ_FAULT_WRONG,
	    AT "FATAL:  53300: sorry, too many clients already\n" AT
	       "FATAL:  3D000: Datenbank \"nowhere\" existiert nicht\n",
	    AT "FATAL:  sorry, too many clients already\n" AT
	       "FATAL:  Datenbank \"nowhere\" existiert nicht\n");
	/* A server's words aren't libpq's. */
	is(PQ_FAULT_AWAY, AT "FATAL:  08P01: a certificate is invalid here",
	    AT "FATAL:  a certificate is invalid here");
}

static void
same(enum pq_fault fault, const char *message)
{
	is(fault, message, message);
}

static void
test_words_of_libpq(void **state)
{
	(void)state;
	same(PQ_FAULT_AWAY, "");
	same(PQ_FAULT_AWAY, AT "Connection refused\n\tIs the server running?");
	same(PQ_FAULT_AWAY, AT "server closed the connection unexpectedly");
	same(PQ_FAULT_AWAY, AT "session is read-only");
	same(PQ_FAULT_AWAY, AT "SSL SYSCALL error: EOF detected");
	same(PQ_FAULT_AWAY, AT "SSL error: unexpected eof while reading");
	same(PQ_FAULT_AWAY,
	    "connection to server on socket \"/nowhere/.s.PGSQL.5432\" failed: "
	    "No such file or directory");
	same(PQ_FAULT_WRONG,
	    "connection to server on socket \"/there/.s.PGSQL.5432\" failed: "
	    "Permission denied");
	same(PQ_FAULT_WRONG, AT "SSL error: certificate verify failed");
	same(PQ_FAULT_WRONG,
	    AT "server certificate for \"a\" does not match host name \"b\"");
	same(PQ_FAULT_WRONG, "root certificate file \"/ca\" does not exist");
	same(PQ_FAULT_WRONG,
	    AT "server does not support SSL, but SSL was required");
	same(PQ_FAULT_WRONG, AT "fe_sendauth: no password supplied");
	same(PQ_FAULT_WRONG, "invalid sslmode value: \"yes\"");
}

/* What looks like a state and isn't one stays. */
static void
test_odd_words(void **state)
{
	(void)state;
	same(PQ_FAULT_AWAY, "FATAL:  28P01");
	same(PQ_FAULT_AWAY, "FATAL:  28P01:");
	same(PQ_FAULT_AWAY, "FATAL:  28P011: text");
	same(PQ_FAULT_AWAY, "FATAL:  28p01: text");
	same(PQ_FAULT_AWAY, "FATAL:  ");
	same(PQ_FAULT_AWAY, "FATAL:  28P\n01: text");
	is(PQ_FAULT_WRONG, "F:  28P01: ", "F:  ");
	is(PQ_FAULT_AWAY, "LOCATION:", "");
	is(PQ_FAULT_AWAY, "\nLOCATION:\n\n", "\n\n");
}

static void
test_states(void **state)
{
	static const char *const away[] = {"", "08006", "08P01", "25006",
	    "40001", "40P01", "53300", "53400", "55P03", "57014", "57P01",
	    "57P03", "58030", "XX000"};
	static const char *const wrong[] = {"0A000", "22023", "28000", "28P01",
	    "3D000", "3F000", "42501", "42P01", "42703"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(away) / sizeof(*away); i++)
		assert_int_equal(pq_fault_state(away[i]), PQ_FAULT_AWAY);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(pq_fault_state(wrong[i]), PQ_FAULT_WRONG);
	for (i = 0; i < sizeof(away) / sizeof(*away); i++)
		assert_int_equal(
		    pq_fault_is_conflict(away[i]), away[i][0] == '4');
	assert_false(pq_fault_is_conflict("40003"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words_of_the_server),
	    cmocka_unit_test(test_words_of_libpq),
	    cmocka_unit_test(test_odd_words),
	    cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
