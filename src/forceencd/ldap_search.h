/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_SEARCH_H
#define FORCEENC_FORCEENCD_LDAP_SEARCH_H

#include "forceenc/buf.h"
#include "forceenc/template.h"
#include "forceencd/ldap_lane.h"

/* The search that a table makes of a key. */
struct ldap_search {
	const struct conf_ldap *conf;
	char **attributes; /* conf's names, with a NULL behind them */
	struct buf base;
	struct buf filter;
};

void ldap_search_init(struct ldap_search *, const struct conf_ldap *);
void ldap_search_fini(struct ldap_search *);

/* SKIP: the key can't be in the table. */
enum template_status ldap_search_make(
    struct ldap_search *, const struct source_ask *);

/* Tells base, scope and filter of a key's search. */
void ldap_search_tell(struct ldap_search *, const struct source_ask *,
    source_told_fn *, void *arg);

/*
 * Sends a flight's search on a lane that can take it. False: it wasn't sent,
 * and must wait for a lane, or can't be sent at all if *failed isn't empty.
 */
bool ldap_search_send(struct ldap_search *, struct ldap_lane *,
    struct ldap_flight *, struct err *failed);

#endif
