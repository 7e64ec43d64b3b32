/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_REASON_H
#define FORCEENC_WATCH_REASON_H

#include <stddef.h>

#include "forceenc/store.h"

/*
 * Whether the words behind a status say that TLS was enforced and couldn't be
 * had, and why. Only Postfix's own words count: what a server says begins
 * with "host ", so it can't pass for them. STORE_NO_REASON for any other
 * failure. Pure.
 */
enum store_reason reason_of(const char *text, size_t len);

#endif
