/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REPORT_SEND_H
#define FORCEENC_FORCEENCCTL_REPORT_SEND_H

#include "forceenc/buf.h"
#include "forceenc/err.h"

/* A report as a mail. */

/* Whether text is one address, or several between commas, that can stand in a
 * header and on a command line. */
int report_send_check(const char *addresses, struct err *);

/* The message (MIME): subject is UTF-8 without control characters; html is NULL
 * for plain text alone. */
void report_send_message(struct buf *out, const char *addresses,
    const char *subject, const char *text, const char *html);

/* Hands it to sendmail(1), whose complaint is in err if it wants it not. */
int report_send(const char *addresses, const char *message, struct err *);

#endif
