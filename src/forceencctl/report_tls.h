/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_TLS_H
#define FORCEENC_FORCEENCCTL_REPORT_TLS_H

#include "forceencctl/report_ask.h"

/* The days in front of a period that TLS at a destination is compared with. */
#define REPORT_TLS_DAYS 28

/* Adds what became of the guarantee: leaks, failures, plaintext_senders,
 * without_tls, tls_vanished, tls_new, levels, guarantee. */
int report_tls_gather(const struct report_ask *, json_t *report, struct err *);

#endif
