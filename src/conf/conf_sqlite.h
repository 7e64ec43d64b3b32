/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_SQLITE_H
#define FORCEENC_CONF_CONF_SQLITE_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* The parameters of a sqlite: table. out is all-zero; what is wrong is added
 * to problems. The caller calls conf_sqlite_fini() either way. */
void conf_sqlite_read(
    struct conf_sqlite *out, const struct file *, struct problems *);
void conf_sqlite_fini(struct conf_sqlite *);
bool conf_sqlite_equal(const struct conf_sqlite *, const struct conf_sqlite *);

#endif
