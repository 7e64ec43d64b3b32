/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_ASKED_H
#define FORCEENC_FORCEENCCTL_ASKED_H

#include "forceenc/buf.h"

/*
 * What Postfix asks a map for an envelope sender, in this order and until one
 * is found: the address with its local part quoted as RFC 5321 wants it, then
 * without quotes if that is something else. The null sender is "<>" in quotes
 * first. Case, extension and domain stay as they are.
 */
struct asked {
	struct buf key[2];
	unsigned n;
};

/* address may have its quotes or not. It isn't empty; "<>" is the null
 * sender. */
void asked_init(struct asked *, const char *address);
void asked_fini(struct asked *);

#endif
