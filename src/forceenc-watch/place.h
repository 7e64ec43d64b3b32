/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_PLACE_H
#define FORCEENC_WATCH_PLACE_H

#include "forceenc-watch/loop.h"
#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceenc/store.h"

/* The store of the configuration, to be written to under this host's name by
 * nobody else: an SQLite database is locked (lock.h), PostgreSQL sees to it
 * itself. Servers are waited for in the loop, which has to outlive the store;
 * NULL: there is none. NULL with err, and the trouble of struct store_place. */
struct store *place_open(
    const struct conf *, struct loop *, enum store_trouble *, struct err *);

#endif
