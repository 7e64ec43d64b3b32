/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TLS_POLICY_H
#define FORCEENC_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/buf.h"
#include "forceenc/err.h"

/*
 * The TLS policy of a destination, as a table of smtp_tls_policy_maps holds
 * it: a level, and attributes behind it.
 *   secure match=.example.net servername=hostname
 * What Postfix would refuse is no policy here, and a bit more: a policy that
 * two versions of Postfix would read differently isn't one either.
 */

#define TLS_POLICY_MAX 8000 /* bytes of a policy */

/* What becomes of "dane", with which Postfix delivers in plaintext where it
 * finds nothing to check against. */
enum tls_policy_dane {
	TLS_POLICY_DANE_ONLY,
	TLS_POLICY_DANE_ENCRYPT,
};

/*
 * Adds the policy to out as far as it demands encryption: "none" and "may"
 * become "encrypt", "dane" what is said, and an attribute that lets ciphers
 * without encryption or protocols before TLS in is left out, so that Postfix's
 * own mandatory settings hold. All else is kept, with single spaces between.
 * *raised tells whether anything of that was needed. -1 with err, and out as it
 * was, for what is no policy.
 */
int tls_policy_raise(struct buf *out, const char *policy, size_t len,
    enum tls_policy_dane dane, bool *raised, struct err *err);

/* Whether a policy may leave: raising it would change nothing. */
int tls_policy_check(const char *policy, size_t len, struct err *);

/*
 * From the key that Postfix asks for a destination to the one it asks next if
 * there is no policy: the parent domain with a dot in front. "[host]:port" and
 * the like have none. False if this key was the last.
 *   mx.example.com  .example.com  .com
 */
bool tls_policy_parent(const char **key, size_t *len);

#endif
