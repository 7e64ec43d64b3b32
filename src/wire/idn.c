/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "wire/idn.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

#include "forceenc/must.h"
#include "forceenc/text.h"

/* Mapping can turn a fullwidth sign into an ASCII one, "@" for instance. What
 * isn't a host's name then is no domain that mail could go to. */
static bool
idn_is_name(const char *s)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

	return *s != '\0' && s[strspn(s, bytes)] == '\0';
}

static int
idn_check(int rc)
{
	if (rc == IDN2_MALLOC)
		must_fatal("out of memory (in libidn2)");
	return rc == IDN2_OK ? 0 : -1;
}

/* in is NUL-terminated; out has room for IDN_ASCII_MAX + 1. */
static int
idn_to_ascii(const char *in, char *out, size_t *out_len)
{
	char *ascii = NULL;
	int rc = idn_check(idn2_to_ascii_8z(
	    in, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL));
	size_t len;

	if (rc == -1)
		return -1;
	len = strlen(ascii);
	/* Signs that are mapped to a dot may stand at the end. */
	while (len > 0 && ascii[len - 1] == '.')
		ascii[--len] = '\0';
	if (len <= IDN_ASCII_MAX && idn_is_name(ascii)) {
		memcpy(out, ascii, len + 1);
		*out_len = len;
	} else {
		rc = -1;
	}
	idn2_free(ascii);
	return rc;
}

/* Leaves unicode_len 0 if the A-labels are no more than a look-alike. */
static void
idn_to_unicode(struct idn_forms *forms)
{
	char back[IDN_ASCII_MAX + 1];
	char *unicode = NULL;
	size_t len, back_len;

	if (idn_check(idn2_to_unicode_8z8z(forms->ascii, &unicode, 0)) == -1)
		return;
	len = strlen(unicode);
	if (len > 0 && len <= IDN_UNICODE_MAX &&
	    strcmp(unicode, forms->ascii) != 0 &&
	    idn_to_ascii(unicode, back, &back_len) == 0 &&
	    strcmp(back, forms->ascii) == 0) {
		memcpy(forms->unicode, unicode, len + 1);
		forms->unicode_len = len;
	}
	idn2_free(unicode);
}

int
idn_convert(struct idn_forms *forms, const char *domain, size_t len)
{
	char in[IDN_UNICODE_MAX + 1];

	forms->unicode_len = 0;
	if (len == 0 || len > IDN_UNICODE_MAX)
		return -1;
	memcpy(in, domain, len);
	in[len] = '\0';
	if (!text_is_ascii(domain, len)) {
		if (idn_to_ascii(in, forms->ascii, &forms->ascii_len) == -1)
			return -1;
	} else {
		if (len > IDN_ASCII_MAX)
			return -1;
		memcpy(forms->ascii, in, len + 1);
		forms->ascii_len = len;
	}
	idn_to_unicode(forms);
	return 0;
}
