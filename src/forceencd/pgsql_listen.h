/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_PGSQL_LISTEN_H
#define FORCEENC_FORCEENCD_PGSQL_LISTEN_H

#include <stdint.h>

#include "forceencd/source.h"

/*
 * Notices of changes, over a connection of its own: the payload is a key that
 * has changed, an empty one says that any may have. A server keeps nothing for
 * who isn't there, so whatever was learned before a connection began is in
 * doubt.
 *
 * That notices do come is not taken for granted: some are sent to oneself from
 * time to time. A pooler may take LISTEN and keep the notices.
 */
struct pgsql_listen;

/* source is the one whose keys change; all are borrowed. */
struct pgsql_listen *pgsql_listen_new(
    struct source *, const struct conf_pgsql *, const struct source_env *);
void pgsql_listen_free(struct pgsql_listen *); /* NULL is fine */

enum source_sight pgsql_listen_look(struct pgsql_listen *);
void pgsql_listen_view(const struct pgsql_listen *, struct source_watch *);
/* Adds what it has to do with the i-th server. */
void pgsql_listen_view_server(
    const struct pgsql_listen *, unsigned i, struct source_server *);

/* Does what is due; returns when it wants to be called again. */
uint64_t pgsql_listen_tick(struct pgsql_listen *, uint64_t now);

#endif
