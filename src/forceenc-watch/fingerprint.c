/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/fingerprint.h"

#include <sodium.h>
#include <string.h>

void
fingerprint_make(struct fingerprint *print, const char *bytes, size_t len)
{
	print->len = len < FINGERPRINT_SPAN ? len : FINGERPRINT_SPAN;
	crypto_generichash(print->sum, sizeof(print->sum),
	    (const unsigned char *)bytes, print->len, NULL, 0);
}

bool
fingerprint_fits(const struct fingerprint *print, const char *bytes, size_t len)
{
	struct fingerprint other;

	if (len < print->len)
		return false;
	fingerprint_make(&other, bytes, print->len);
	return memcmp(other.sum, print->sum, sizeof(other.sum)) == 0;
}

void
fingerprint_hex(const struct fingerprint *print, char *out)
{
	sodium_bin2hex(
	    out, FINGERPRINT_HEX_LEN + 1, print->sum, sizeof(print->sum));
}
