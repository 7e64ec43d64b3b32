/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_DRIVER_H
#define FORCEENC_FORCEENCD_DRIVER_H

#include "forceencd/source.h"

/* The source for a table of the configuration, by its type. All are borrowed
 * for the source's life; env may be NULL for drivers that never wait. Opens
 * nothing yet: a directory that is away at start is no reason not to start. */
struct source *driver_new(const struct conf_table *table,
    const struct answers *answers, const struct source_env *env);

#endif
