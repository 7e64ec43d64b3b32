/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WIRE_ADDRESS_PLAIN_H
#define FORCEENC_WIRE_ADDRESS_PLAIN_H

#include "forceenc/address.h"

/*
 * The address that nearly every sender has: letters, digits, ".", "_", "=" and
 * single "-" around one "@", without an extension, where case is folded. Its
 * keys are itself in lower case and its end. One pass instead of the six that
 * any address takes.
 *
 * False: it isn't one, or may not be; *keys means nothing then.
 */
bool address_plain(struct address_keys *, const struct address_rules *,
    const char *address, size_t len);

#endif
