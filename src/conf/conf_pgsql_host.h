/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_PGSQL_HOST_H
#define FORCEENC_CONF_CONF_PGSQL_HOST_H

#include <stdbool.h>

#include "forceenc/conf_pgsql.h"
#include "forceenc/err.h"

/*
 * One word of hosts, in each of Postfix's forms: unix:/folder, inet:host:port,
 * either without its prefix, or a postgresql:// URI. Its parameters are those
 * that the word itself tells, host and port included. -1 with err, which never
 * shows a password; the caller calls conf_pgsql_host_fini() either way.
 */
int conf_pgsql_host_parse(
    struct conf_pgsql_host *, const char *word, struct err *);
void conf_pgsql_host_fini(struct conf_pgsql_host *);
bool conf_pgsql_host_equal(
    const struct conf_pgsql_host *, const struct conf_pgsql_host *);

/* What the host tells for a parameter, NULL if nothing. */
const char *conf_pgsql_host_find(
    const struct conf_pgsql_host *, const char *name);

/* Adds a parameter that the host doesn't tell itself. An empty value is
 * none. */
void conf_pgsql_host_default(
    struct conf_pgsql_host *, const char *name, const char *value);

/* Whether it's this very machine. */
bool conf_pgsql_host_is_local(const struct conf_pgsql_host *);

#endif
