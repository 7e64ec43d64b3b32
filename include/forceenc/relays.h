/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_RELAYS_H
#define FORCEENC_RELAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "forceenc/err.h"

/*
 * Addresses and networks ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32") of
 * relays that belong to us: content filters, mail stores. Pure.
 */
struct relays;

/* list is separated by commas and white space. NULL with err for what is no
 * address or network. */
struct relays *relays_new(const char *list, struct err *);
void relays_free(struct relays *);

/* address as it is in the log. */
bool relays_have(const struct relays *, const char *address, size_t len);

#endif
