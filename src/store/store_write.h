/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_WRITE_H
#define FORCEENC_STORE_STORE_WRITE_H

#include "store/store_db.h"

/* Within a transaction. -1 leaves it to be rolled back. */
int store_write_batch(
    struct store_db *, const struct store_batch *, struct err *);

#endif
