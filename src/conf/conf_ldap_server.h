/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CONF_CONF_LDAP_SERVER_H
#define FORCEENC_CONF_CONF_LDAP_SERVER_H

#include "conf/value.h"
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

#define CONF_LDAP_SERVERS_MAX 16

/* The words of a list of servers; what is wrong with one is a problem. *list
 * is NULL and *n 0 at first, and conf_ldap_server_free_list()'s in the end. */
void conf_ldap_server_read_list(struct conf_ldap_server **list, size_t *n,
    const struct value *, unsigned port, struct problems *);
void conf_ldap_server_free_list(struct conf_ldap_server *list, size_t n);
bool conf_ldap_server_lists_equal(const struct conf_ldap_server *a, size_t na,
    const struct conf_ldap_server *b, size_t nb);

#endif
