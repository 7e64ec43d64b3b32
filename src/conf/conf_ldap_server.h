/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LDAP_SERVER_H
#define FORCEENC_CONF_CONF_LDAP_SERVER_H

#include "forceenc/conf.h"
#include "forceenc/err.h"

/*
 * A word of server_host: "ldap.example.com", "ldap.example.com:1389",
 * "[::1]:389", "ldap://host:port", "ldaps://host", "ldapi://%2Frun%2Fldapi".
 * port is for those that name none, except with ldaps://, whose port is 636.
 * After -1 there is nothing to free.
 */
int conf_ldap_server_parse(struct conf_ldap_server *out, const char *text,
    unsigned port, struct err *);
void conf_ldap_server_fini(struct conf_ldap_server *);

#endif
