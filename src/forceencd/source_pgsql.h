/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOURCE_PGSQL_H
#define FORCEENC_FORCEENCD_SOURCE_PGSQL_H

#include "forceencd/source.h"

/*
 * pgsql: tables. Questions go to one of the servers, many at a time over one
 * connection. When that breaks they are asked once more, of whichever server
 * can be had; while none can, they are unsure at once.
 */
struct source *source_pgsql_new(const struct conf_table *,
    const struct answers *, const struct source_env *);

#endif
