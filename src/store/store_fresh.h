/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_FRESH_H
#define FORCEENC_STORE_STORE_FRESH_H

#include "store/store_db.h"

/*
 * Finds or adds the senders and names of a batch whose numbers in the database
 * aren't remembered, all of a table with one statement and in the order of its
 * key. store_intern.h remembers them then; what it doesn't, for lack of room,
 * it asks for one by one. Within a transaction.
 */
int store_fresh_batch(
    struct store_db *, const struct store_batch *, struct err *);

#endif
