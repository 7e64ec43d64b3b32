/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_KEEP_LDAP_SCHEMA_H
#define FORCEENC_FORCEENCCTL_KEEP_LDAP_SCHEMA_H

#include "forceencctl/keep_ldap.h"

/* Tells of each attribute in the server's schema, as a description for
 * directory_change_syntax(); of none if it may not be read. */
void keep_ldap_schema_each(
    struct directory *, uint64_t timeout, directory_value_fn *, void *arg);

/* What the server's schema says of an attribute; OTHER if it says nothing, or
 * may not be read. */
enum directory_change_syntax keep_ldap_schema_syntax(
    struct keep_ldap *, const char *attribute);

#endif
