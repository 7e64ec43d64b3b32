/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_PROTOCOLS_H
#define FORCEENC_FORCEENCCTL_PROTOCOLS_H

#include <stdbool.h>

/* The protocols that a list such as ">=TLSv1.2" or "!SSLv2, !SSLv3" leaves
 * permitted, by bit. */
enum protocols {
	PROTOCOLS_SSL2 = 1,
	PROTOCOLS_SSL3 = 2,
	PROTOCOLS_TLS10 = 4,
	PROTOCOLS_TLS11 = 8,
	PROTOCOLS_TLS12 = 16,
	PROTOCOLS_TLS13 = 32,
	PROTOCOLS_ALL = 63,
};

/* ranges: whether ">=" and "<=" are known, as from Postfix 3.6 on. -1 if
 * Postfix wouldn't understand it. */
int protocols_parse(const char *list, bool ranges, unsigned *permitted);

#endif
