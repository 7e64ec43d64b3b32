/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_PGSQL_CONNECT_H
#define FORCEENC_FORCEENCD_PGSQL_CONNECT_H

#include <stdint.h>

#include "forceenc/conf_pgsql.h"
#include "forceenc/err.h"
#include "forceenc/pq.h"
#include "forceencd/source.h"

/*
 * One attempt to connect to one server: its name is looked up by a helper
 * thread, its addresses are tried in turn, each with its share of the time.
 */
struct pgsql_connect;

enum pgsql_connect_status {
	PGSQL_CONNECT_WAIT,
	PGSQL_CONNECT_DONE,
	PGSQL_CONNECT_FAILED,
};

/* host and env are borrowed. Everything happens in pgsql_connect_tick(). */
struct pgsql_connect *pgsql_connect_new(const struct conf_pgsql_host *,
    const struct source_env *, uint64_t deadline);
void pgsql_connect_free(struct pgsql_connect *); /* gives up; NULL is fine */

/* WAIT sets *next, when to call again at the latest; DONE sets *pq, which is
 * the caller's. */
enum pgsql_connect_status pgsql_connect_tick(struct pgsql_connect *,
    uint64_t now, uint64_t *next, struct pq **pq, struct err *);

#endif
