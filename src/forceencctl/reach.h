/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_REACH_H
#define FORCEENC_FORCEENCCTL_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/conf.h"
#include "forceenc/dial.h"
#include "forceenc/directory.h"
#include "forceenc/err.h"
#include "forceenc/pq.h"
#include "forceencctl/login.h"

/*
 * Connections to a table's servers, for a command that has nothing else to do
 * meanwhile. Looking up a name, TLS and logging in have no end of their own
 * where a server is silent: a helper thread does them (dial.h), and at the
 * deadline, as clock_now() counts, each of these functions is back.
 */
struct reach {
	struct dial *dial;
};

void reach_init(struct reach *);
void reach_fini(struct reach *);

/* NULL with err. */
struct directory *reach_directory(struct reach *, const struct conf_ldap *,
    const struct conf_ldap_server *, const struct login *, uint64_t deadline,
    struct err *);

/* login may have no name: then it's the host's own. For changes the server
 * must take them. NULL with err. */
struct pq *reach_pq(struct reach *, const struct conf_pgsql_host *,
    const struct login *, bool changes, uint64_t deadline, struct err *);

/* Waits for a descriptor. False: the deadline came first. */
bool reach_wait(int fd, bool read, bool write, uint64_t deadline);

#endif
