/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/fold.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#include "forceenc/must.h"

static uint8_t *
fold_check(uint8_t *text)
{
	/* Nothing else can go wrong with well-formed text. */
	if (text == NULL)
		must_fatal("out of memory (in libunistring)");
	return text;
}

/* Decomposed first: the order of marks would make a difference otherwise
 * (Unicode, definition D145). */
int
fold_utf8(const char *in, size_t len, char *out, size_t size, size_t *out_len)
{
	size_t apart_len, folded_len;
	uint8_t *apart, *folded;
	int rc = -1;

	*out_len = 0;
	if (len == 0)
		return 0;
	apart = fold_check(u8_normalize(
	    UNINORM_NFD, (const uint8_t *)in, len, NULL, &apart_len));
	folded = fold_check(u8_casefold(
	    apart, apart_len, NULL, UNINORM_NFC, NULL, &folded_len));
	if (folded_len <= size) {
		memcpy(out, folded, folded_len);
		*out_len = folded_len;
		rc = 0;
	}
	free(folded);
	free(apart);
	return rc;
}
