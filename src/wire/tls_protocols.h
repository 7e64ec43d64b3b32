/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef WIRE_TLS_PROTOCOLS_H
#define WIRE_TLS_PROTOCOLS_H

#include <stdbool.h>
#include <stddef.h>

/* A list of TLS protocols as Postfix writes it, such as ">=TLSv1.2",
 * "!SSLv2:!SSLv3", "TLSv1.2". False if it's none; *ssl tells whether it lets
 * in what came before TLS 1.0. */
bool tls_protocols_read(const char *text, size_t len, bool *ssl);

#endif
