/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOURCE_LDAP_H
#define FORCEENC_FORCEENCD_SOURCE_LDAP_H

#include "forceencd/source.h"

/*
 * ldap: tables. Many searches are on their way at once, on one connection or
 * several. A search that a connection takes down with it goes to the next
 * one; while every server is known to be down there is no wait.
 */
struct source *source_ldap_new(const struct conf_table *,
    const struct answers *, const struct source_env *);

#endif
