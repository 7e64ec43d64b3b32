/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The bytes as a TLS policy, and as the key that one is asked with. */

#include <string.h>

#include "forceenc/must.h"
#include "forceenc/tls_policy.h"
#include "fuzz.h"

unsigned long fuzz_reached;

static bool
fuzz_begins(const struct buf *policy, const char *word)
{
	size_t len = strlen(word);

	return policy->len >= len && memcmp(policy->data, word, len) == 0 &&
	    (policy->len == len || policy->data[len] == ' ');
}

/* Outside of braces, within which it may be anybody's value. */
static bool
fuzz_has(const struct buf *policy, const char *words)
{
	return memchr(policy->data, '{', policy->len) == NULL &&
	    memmem(policy->data, policy->len, words, strlen(words)) != NULL;
}

/* Whatever comes out demands encryption, and stays as it is. */
static void
fuzz_raise(const char *bytes, size_t size, enum tls_policy_dane dane)
{
	struct buf policy = {0}, again = {0};
	struct err err = {""};
	bool raised = false;

	buf_add_text(&policy, "kept");
	if (tls_policy_raise(&policy, bytes, size, dane, &raised, &err) == -1) {
		MUST(policy.len == 4 && err.text[0] != '\0');
		buf_fini(&policy);
		return;
	}
	fuzz_reached++;
	buf_consume(&policy, 4);
	MUST(policy.len > 0 && policy.len <= TLS_POLICY_MAX + 8);
	MUST(fuzz_begins(&policy, "encrypt") ||
	    fuzz_begins(&policy, "fingerprint") ||
	    fuzz_begins(&policy, "dane-only") ||
	    fuzz_begins(&policy, "verify") || fuzz_begins(&policy, "secure"));
	MUST(!fuzz_has(&policy, " ciphers=null"));
	if (policy.len <= TLS_POLICY_MAX) {
		MUST(tls_policy_check(policy.data, policy.len, &err) == 0);
		MUST(tls_policy_raise(&again, policy.data, policy.len, dane,
			 &raised, &err) == 0);
		MUST(!raised && again.len == policy.len &&
		    memcmp(again.data, policy.data, again.len) == 0);
	}
	buf_fini(&again);
	buf_fini(&policy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *key = bytes;
	size_t len = size, before;

	fuzz_raise(bytes, size, TLS_POLICY_DANE_ONLY);
	fuzz_raise(bytes, size, TLS_POLICY_DANE_ENCRYPT);
	for (before = len; tls_policy_parent(&key, &len); before = len)
		MUST(len < before && *key == '.' && key + len == bytes + size);
	return 0;
}
