/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_SERVERS_H
#define FORCEENC_FORCEENCD_LDAP_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/conf.h"
#include "forceenc/err.h"
#include "forceencd/backoff.h"
#include "forceencd/source.h"

/*
 * The servers of an ldap: table in the order of its file, and what is known
 * of their health. A server that failed isn't tried until its pause is over.
 */
struct ldap_server {
	const struct conf_ldap_server *conf;
	struct backoff backoff;
	struct err why; /* it failed last */
	struct source_server_counts counts;
};

struct ldap_servers {
	const char *table; /* its name, for the log */
	struct ldap_server *list;
	unsigned n;
	struct err why;   /* of all that failed last, in their order */
	uint64_t longest; /* pause */
};

void ldap_servers_init(
    struct ldap_servers *, const struct conf_ldap *, const char *table);
void ldap_servers_fini(struct ldap_servers *);

/* The best server that may be tried now, among the first n; -1: none. */
int ldap_servers_pick(const struct ldap_servers *, unsigned n, uint64_t now);
/* When one of the first n may be; CLOCK_NEVER for n 0. */
uint64_t ldap_servers_next(const struct ldap_servers *, unsigned n);

/* Where there is more than one, a change of health is logged. random is any
 * number. */
void ldap_servers_fail(struct ldap_servers *, unsigned i, const struct err *why,
    uint64_t now, uint32_t random);
void ldap_servers_work(struct ldap_servers *, unsigned i);

/* Every server failed when it was tried last. */
bool ldap_servers_are_down(const struct ldap_servers *);
/* Why each did: the same until one of them has something new to say. */
const struct err *ldap_servers_why(const struct ldap_servers *);

/* What is known of the i-th; the rest is the connections'. */
void ldap_servers_view(
    const struct ldap_servers *, unsigned i, struct source_server *);

/* What was known is too old to go by. */
void ldap_servers_forget(struct ldap_servers *);

#endif
