/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_KEEP_LDAP_H
#define FORCEENC_FORCEENCCTL_KEEP_LDAP_H

#include "forceencctl/keep.h"
#include "forceencctl/ldap_ask.h"
#include "forceencctl/reach.h"

/* A connection to a directory whose entries are changed. Functions return as
 * keep.h says. */
struct keep_ldap {
	const struct conf_ldap *conf;
	const struct conf_map *map;
	const struct login *login;
	struct reach reach;
	const char *url; /* of the server; for messages */
	struct directory *dir;
};

/* A search with a filter of the file's for a key; entries go to fn. Nothing is
 * found where the key lacks a part that is asked for, or where the base depends
 * on it and isn't there. */
int keep_ldap_search(struct keep_ldap *, const char *filter,
    const struct address_key *, char **attributes, ldap_ask_entry_fn *,
    void *arg, struct err *);

/* How long a request may take. */
uint64_t keep_ldap_deadline(const struct keep_ldap *);

int keep_ldap_change_set(struct keep_ldap *, const struct address_key *,
    const struct keep_wish *, struct keep_values *before, struct buf *where,
    struct err *);
int keep_ldap_change_remove(struct keep_ldap *, const struct address_key *,
    struct keep_values *before, struct buf *where, struct err *);

#endif
