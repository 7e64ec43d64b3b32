/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/tls_policy.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"

struct raise_row {
	const char *policy;
	const char *raised; /* NULL: as it stands, none of it is too weak */
};

static const struct raise_row raise_rows[] = {
    /* Levels. */
    {"none", "encrypt"},
    {"may", "encrypt"},
    {"encrypt", NULL},
    {"fingerprint match=aa:bb|cc:dd", NULL},
    {"dane", "dane-only"},
    {"dane-only", NULL},
    {"verify", NULL},
    {"secure match=nexthop:.example.com servername=hostname", NULL},
    {"verify match=hostname tafile=/etc/ca.pem tafile=/etc/other.pem", NULL},
    /* Attributes of what was too weak are kept. */
    {"may ciphers=high protocols=>=TLSv1.2 exclude=3DES",
	"encrypt ciphers=high "
	"protocols=>=TLSv1.2 exclude=3DES"},
    {"dane connection_reuse=yes enable_rpk=no",
	"dane-only "
	"connection_reuse=yes enable_rpk=no"},
    {"may policy_type=sts policy_domain=example.com policy_ttl=86400 "
     "{policy_string = version: STSv1} {policy_string = mode: testing} "
     "mx_host_pattern=mx.example.com",
	"encrypt policy_type=sts policy_domain=example.com policy_ttl=86400 "
	"{policy_string = version: STSv1} {policy_string = mode: testing} "
	"mx_host_pattern=mx.example.com"},
    {"encrypt policy_type=no-policy-found", NULL},
    {"secure policy_type=sts policy_failure=sts-webpki-invalid match=a", NULL},
    /* What lets ciphers or protocols in that don't protect. */
    {"secure ciphers=null", "secure"},
    {"encrypt ciphers=EXPORT exclude=", "encrypt exclude="},
    {"encrypt ciphers=low", "encrypt"},
    {"encrypt ciphers=Medium", NULL},
    {"encrypt protocols=", "encrypt"},
    {"encrypt protocols=SSLv3:TLSv1", "encrypt"},
    {"encrypt protocols=SSLv3:TLSv1:!SSLv3", NULL},
    {"encrypt protocols=SSLv2", "encrypt"},
    {"encrypt protocols=!SSLv2", "encrypt"},
    {"encrypt protocols=!SSLv2:!SSLv3", NULL},
    {"encrypt protocols=!sslv3", NULL},
    {"encrypt protocols=TLSv1.2:TLSv1.3", NULL},
    {"encrypt protocols=TLSv1", NULL},
    {"encrypt protocols=>=TLSv1", NULL},
    {"encrypt protocols=>=0303", NULL},
    {"encrypt protocols=>=0300", "encrypt"},
    {"encrypt protocols=>=0200", "encrypt"},
    {"encrypt protocols=>=SSLv3", "encrypt"},
    {"encrypt protocols=<=TLSv1.2", "encrypt"},
    {"encrypt protocols=>=TLSv1.1:<=TLSv1.2", NULL},
    {"encrypt protocols=!TLSv1.3", "encrypt"},
    {"encrypt {protocols = SSLv3} servername=a.example",
	"encrypt servername=a.example"},
};

/* The same policy, spelled as it would leave. */
static const struct raise_row spelling_rows[] = {
    {"MAY", "encrypt"},
    {" Secure,\tMATCH=a,\r\nservername=b.example ",
	"secure MATCH=a servername=b.example"},
    {"verify {match = a\n:b}", "verify {match = a :b}"},
    {"encrypt\n", "encrypt"},
};

static const char *const refused_rows[] = {
    "",
    " \t,",
    "half-dane",
    "OK",
    "{may}",
    "encrypt;may",
    "encrypt match=a",
    "may match=a",
    "dane match=a",
    "dane tafile=/a",
    "fingerprint tafile=/a",
    "secure match=",
    "secure match",
    "secure =a",
    "secure ciphers=",
    "secure ciphers=best",
    "secure ciphers=high ciphers=high",
    "secure protocols=TLS",
    "secure protocols=>TLSv1",
    "secure protocols=>=0x301",
    "secure protocols=!",
    "secure protocols=TLSv1 protocols=TLSv1",
    "secure servername=",
    "secure servername=a..b",
    "secure servername=a.",
    "secure servername=a_b servername=c",
    "secure connection_reuse=maybe",
    "secure enable_rpk=1",
    "secure unheard_of=1",
    "none unheard_of=1",
    "secure policy_ttl=1",
    "secure policy_string=a",
    "secure policy_type=other",
    "secure policy_type=sts policy_type=sts",
    "secure policy_type=sts policy_ttl=1s",
    "secure policy_type=sts policy_domain=a/b",
    "secure policy_type=sts policy_failure=no.way",
    "secure {match = a",
    "secure {match = a}b",
    "secure match={a",
    "secure match={a,ciphers=null,exclude=}",
    "secure match=a}",
    "secure match=\x01",
    "secure match=\x7f",
    "secure match=\xff",
};

static int
raise(const char *policy, size_t len, enum tls_policy_dane dane, char *out,
    bool *raised, struct err *err)
{
	char *exact = exact_copy(policy, len);
	struct buf buf = {0};
	int rc = tls_policy_raise(&buf, exact, len, dane, raised, err);

	snprintf(out, 1000, "%s", buf_text(&buf));
	buf_fini(&buf);
	free(exact);
	return rc;
}

static void
expect_raised(const char *policy, const char *wanted, bool wanted_raised)
{
	char out[1000], again[1000];
	bool raised;
	struct err err;

	if (raise(policy, strlen(policy), TLS_POLICY_DANE_ONLY, out, &raised,
		&err) == -1)
		fail_msg("%s: %s", policy, err.text);
	assert_string_equal(out, wanted);
	assert_int_equal(raised, wanted_raised);
	/* What left may leave, and nothing is to be done to it any more. */
	assert_int_equal(tls_policy_check(out, strlen(out), &err), 0);
	raise(out, strlen(out), TLS_POLICY_DANE_ENCRYPT, again, &raised, &err);
	assert_string_equal(again, out);
	assert_false(raised);
}

static void
nothing_below_encryption_leaves(void **state)
{
	const struct raise_row *row;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(raise_rows) / sizeof(raise_rows[0]); i++) {
		row = &raise_rows[i];
		expect_raised(row->policy,
		    row->raised != NULL ? row->raised : row->policy,
		    row->raised != NULL);
		assert_int_equal(
		    tls_policy_check(row->policy, strlen(row->policy), &err),
		    row->raised != NULL ? -1 : 0);
	}
}

static void
spelling_is_made_plain(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spelling_rows) / sizeof(spelling_rows[0]); i++)
		expect_raised(
		    spelling_rows[i].policy, spelling_rows[i].raised, i == 0);
}

static void
dane_becomes_what_was_chosen(void **state)
{
	char out[1000];
	bool raised;

	(void)state;
	assert_int_equal(raise("Dane ciphers=high", 17, TLS_POLICY_DANE_ENCRYPT,
			     out, &raised, NULL),
	    0);
	assert_string_equal(out, "encrypt ciphers=high");
	assert_true(raised);
	assert_int_equal(
	    raise("dane-only", 9, TLS_POLICY_DANE_ENCRYPT, out, &raised, NULL),
	    0);
	assert_string_equal(out, "dane-only");
	assert_false(raised);
}

static void
what_is_no_policy_is_refused(void **state)
{
	char out[1000];
	bool raised;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refused_rows) / sizeof(refused_rows[0]); i++) {
		err.text[0] = '\0';
		if (raise(refused_rows[i], strlen(refused_rows[i]),
			TLS_POLICY_DANE_ONLY, out, &raised, &err) == 0)
			fail_msg("taken: %s", refused_rows[i]);
		assert_string_equal(out, "");
		assert_true(err.text[0] != '\0');
		assert_int_equal(tls_policy_check(refused_rows[i],
				     strlen(refused_rows[i]), &err),
		    -1);
	}
	/* A NUL ends a policy for Postfix. */
	assert_int_equal(raise("secure\0match=a", 14, TLS_POLICY_DANE_ONLY, out,
			     &raised, &err),
	    -1);
}

static void
the_longest_is_taken(void **state)
{
	char *policy = malloc(TLS_POLICY_MAX + 1);
	struct buf out = {0};
	bool raised;
	struct err err;

	(void)state;
	assert_non_null(policy);
	memset(policy, 'x', TLS_POLICY_MAX + 1);
	memcpy(policy, "secure match=", 13);
	assert_int_equal(tls_policy_raise(&out, policy, TLS_POLICY_MAX,
			     TLS_POLICY_DANE_ONLY, &raised, &err),
	    0);
	assert_int_equal(out.len, TLS_POLICY_MAX);
	assert_int_equal(tls_policy_raise(&out, policy, TLS_POLICY_MAX + 1,
			     TLS_POLICY_DANE_ONLY, &raised, &err),
	    -1);
	assert_int_equal(out.len, TLS_POLICY_MAX);
	buf_fini(&out);
	free(policy);
}

/* The keys that are asked behind the first one, each with a space behind. */
static const char *
parents(const char *key)
{
	static char all[1000];
	size_t len = strlen(key);
	char *exact = exact_copy(key, len);
	const char *at = exact;

	all[0] = '\0';
	while (tls_policy_parent(&at, &len)) {
		strncat(all, at, len);
		strcat(all, " ");
	}
	free(exact);
	return all;
}

static void
parents_are_those_that_postfix_asks(void **state)
{
	(void)state;
	assert_string_equal(parents("mx.example.com"), ".example.com .com ");
	assert_string_equal(parents("example.com"), ".com ");
	assert_string_equal(parents(".example.com"), ".com ");
	assert_string_equal(parents("a_b.c-d"), ".c-d ");
	assert_string_equal(parents("ex\xc3\xa4mple.test"), ".test ");
	assert_string_equal(parents("com"), "");
	assert_string_equal(parents(".com"), "");
	assert_string_equal(parents(""), "");
	assert_string_equal(parents("."), "");
	assert_string_equal(parents("[mx.example.com]"), "");
	assert_string_equal(parents("[mx.example.com]:587"), "");
	assert_string_equal(parents("mx.example.com:587"), "");
	assert_string_equal(parents("192.0.2.1"), "");
	assert_string_equal(parents("/var/run/lmtp.sock"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_below_encryption_leaves),
	    cmocka_unit_test(spelling_is_made_plain),
	    cmocka_unit_test(dane_becomes_what_was_chosen),
	    cmocka_unit_test(what_is_no_policy_is_refused),
	    cmocka_unit_test(the_longest_is_taken),
	    cmocka_unit_test(parents_are_those_that_postfix_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
