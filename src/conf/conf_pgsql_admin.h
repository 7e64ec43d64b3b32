/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_PGSQL_ADMIN_H
#define FORCEENC_CONF_CONF_PGSQL_ADMIN_H

#include "conf/file.h"
#include "forceenc/conf_pgsql.h"
#include "forceenc/problems.h"

/* What a pgsql: table says of changes (admin_..., ..._query). Options that
 * have a field are there already; with the default query the statements have
 * defaults, too. */
void conf_pgsql_admin_read(
    struct conf_pgsql *, const struct file *, struct problems *);
void conf_pgsql_admin_fini(struct conf_pgsql *);

#endif
