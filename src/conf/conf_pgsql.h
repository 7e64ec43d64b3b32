/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_PGSQL_H
#define FORCEENC_CONF_CONF_PGSQL_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf_pgsql.h"
#include "forceenc/problems.h"

/* The parameters of a pgsql: table. out is all-zero; what is wrong is added
 * to problems. The caller calls conf_pgsql_fini() either way. */
void conf_pgsql_read(
    struct conf_pgsql *out, const struct file *, struct problems *);
/* How to reach the servers, once the fields that are options are set. */
void conf_pgsql_read_servers(
    struct conf_pgsql *out, const struct file *, struct problems *);
void conf_pgsql_fini(struct conf_pgsql *);
/* Whether they are reached in the same way. */
bool conf_pgsql_same_hosts(
    const struct conf_pgsql *, const struct conf_pgsql *);
bool conf_pgsql_equal(const struct conf_pgsql *, const struct conf_pgsql *);

#endif
