/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_TIDY_H
#define FORCEENC_STORE_STORE_TIDY_H

#include "store/store_db.h"

/* As store_tidy(). */
int store_tidy_piece(struct store *, int64_t now, unsigned keep_hours,
    unsigned keep_days, unsigned failures_kept, struct err *);

#endif
