/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_POOLER_H
#define FORCEENC_STORE_STORE_PGSQL_POOLER_H

#include "store/store_pgsql_db.h"

/* -1 if a pooler in between gives each transaction another session of the
 * server's: a writer's lock belongs to a session. It can't always be found
 * out, so each batch looks again. */
int store_pgsql_pooler_check(
    struct store_pgsql_db *, const struct store_place *, struct err *);

/* Sets err to that, and what to do; returns -1. */
int store_pgsql_pooler_refuse(struct err *);

#endif
