/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_KEEP_LDAP_SCHEMA_H
#define FORCEENC_FORCEENCCTL_KEEP_LDAP_SCHEMA_H

#include "forceencctl/keep_ldap.h"

/* What the server's schema says of an attribute; OTHER if it says nothing, or
 * may not be read. */
enum directory_change_syntax keep_ldap_schema_syntax(
    struct keep_ldap *, const char *attribute);

#endif
