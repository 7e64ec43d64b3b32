/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_UNWISE_H
#define FORCEENC_FORCEENCCTL_UNWISE_H

#include "forceenc/conf.h"

/* Finds what a configuration may say but better wouldn't. fn is called with
 * each warning, one line without an end, borrowed. */
typedef void unwise_fn(const char *warning, void *arg);
void unwise_find(const struct conf *, unwise_fn *, void *arg);

#endif
