/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_SAY_H
#define FORCEENC_FORCEENCCTL_SAY_H

/* One line on standard error, "forceencctl: what, and the way out". Foreign
 * bytes in it are the caller's to make printable. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
