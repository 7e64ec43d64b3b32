/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_PGSQL_SERVERS_H
#define FORCEENC_FORCEENCD_PGSQL_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/conf_pgsql.h"
#include "forceencd/source.h"

/*
 * The servers of a connection and what is known of their health: rounds over
 * all of them, those that failed last behind the others.
 */
struct pgsql_servers {
	const struct conf_pgsql *conf;
	unsigned order[CONF_PGSQL_HOSTS_MAX];
	unsigned turn;                     /* in order */
	bool failed[CONF_PGSQL_HOSTS_MAX]; /* since it was last good */
	struct err why[CONF_PGSQL_HOSTS_MAX];
	struct source_server_counts *counts; /* of each */
};

/* conf is borrowed. */
void pgsql_servers_init(struct pgsql_servers *, const struct conf_pgsql *);
void pgsql_servers_fini(struct pgsql_servers *);

/* A round begins with its first server. random is any number. */
void pgsql_servers_begin(struct pgsql_servers *, uint64_t random);
/* The one whose turn it is. */
unsigned pgsql_servers_at(const struct pgsql_servers *);
/* False: the round is over. */
bool pgsql_servers_next(struct pgsql_servers *);

/* Both of the one whose turn it is. */
void pgsql_servers_fail(struct pgsql_servers *, const struct err *why);
void pgsql_servers_work(struct pgsql_servers *);

/* What each had to say, in the order of the configuration: the same trouble
 * reads the same each time. */
void pgsql_servers_explain(const struct pgsql_servers *, struct err *);

/* What is known of the i-th; the rest is the connection's. */
void pgsql_servers_view(
    const struct pgsql_servers *, unsigned i, struct source_server *);

#endif
