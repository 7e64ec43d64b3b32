/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_DIALED_SCHEMA_H
#define FORCEENC_FORCEENCCTL_DIALED_SCHEMA_H

#include "forceenc/conf.h"
#include "forceenc/directory.h"

/*
 * An attribute that a server doesn't know is no error to it: it finds nobody,
 * or nothing of them, and says so with success. -1 if a table can only end
 * that way on this one; 0 as well where the schema may not be read.
 */
int dialed_schema_check(
    struct directory *, const struct conf_ldap *, struct err *);

#endif
