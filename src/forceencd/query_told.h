/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_QUERY_TOLD_H
#define FORCEENC_FORCEENCD_QUERY_TOLD_H

#include "forceenc/template.h"
#include "forceencd/source.h"

/* Tells the SQL of a query, and the values that its parameters have for a key:
 * "query", "$1", "$2", ... with that mark. One that has none tells "not asked",
 * since the query isn't. */
void query_told(const struct template_query *, char mark,
    const struct source_ask *, source_told_fn *, void *arg);

#endif
