/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_TABLE_H
#define FORCEENC_CONF_CONF_TABLE_H

#include "conf/value.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* The table that spec ("sqlite:FILE", a word of value) names. What is wrong
 * is added to problems; out is set either way and the caller's to
 * conf_table_fini(). */
void conf_table_read(struct conf_table *out, const struct value *,
    const char *spec, struct problems *);
void conf_table_fini(struct conf_table *);

/* The options of its type. */
const struct option *conf_table_options(const struct conf_table *);

#endif
