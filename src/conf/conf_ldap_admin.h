/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LDAP_ADMIN_H
#define FORCEENC_CONF_CONF_LDAP_ADMIN_H

#include <stdbool.h>

#include "conf/file.h"
#include "forceenc/conf.h"
#include "forceenc/problems.h"

/* What an ldap: table says of changes (admin_..., update_...). Options that
 * have a field are there already, and so are result_attribute and the ports. */
void conf_ldap_admin_read(
    struct conf_ldap *, const struct file *, struct problems *);
void conf_ldap_admin_fini(struct conf_ldap *);
bool conf_ldap_admin_equal(const struct conf_ldap *, const struct conf_ldap *);

#endif
