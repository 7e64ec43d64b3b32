/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_IDN_H
#define WIRE_IDN_H

#include <stddef.h>

#define IDN_ASCII_MAX   255  /* bytes of a domain in A-labels */
#define IDN_UNICODE_MAX 1023 /* the same domain in U-labels, UTF-8 */

/* The two ways to write an internationalised domain. */
struct idn_forms {
	char ascii[IDN_ASCII_MAX + 1];
	size_t ascii_len;
	char unicode[IDN_UNICODE_MAX + 1];
	size_t unicode_len; /* 0: there is no other way than ascii */
};

/*
 * domain is well-formed UTF-8, its ASCII letters in lower case, without NULs
 * and without a dot at its end. Unicode is mapped as UTS #46 says (not
 * transitional), and the form in U-labels is given only if it leads back to
 * the one in A-labels. -1 if IDNA knows no such domain: it stays as it is.
 */
int idn_convert(struct idn_forms *, const char *domain, size_t len);

#endif
