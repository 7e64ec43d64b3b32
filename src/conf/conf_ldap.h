/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LDAP_H
#define FORCEENC_CONF_CONF_LDAP_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* The parameters of an ldap: table. out is all-zero; what is wrong is added
 * to problems. The caller calls conf_ldap_fini() either way. */
void conf_ldap_read(
    struct conf_ldap *out, const struct file *, struct problems *);
void conf_ldap_fini(struct conf_ldap *);
bool conf_ldap_equal(const struct conf_ldap *, const struct conf_ldap *);

#endif
