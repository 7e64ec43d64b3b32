/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_PGSQL_LOCK_H
#define FORCEENC_STORE_STORE_PGSQL_LOCK_H

#include "store/store_pgsql_db.h"

/*
 * Makes this session the one writer of its host, and finds out what the
 * number of the host's last batch is. It doesn't wait for the lock. -1 also if
 * another session has it, with err that names it and the way out; a session
 * that this process has lost is ended instead.
 */
int store_pgsql_lock(struct store_pgsql_db *, struct err *);

/* Whether the role may change all tables; -1 with err names those that it may
 * not. */
int store_pgsql_lock_rights(struct store_pgsql_db *, struct err *);

#endif
