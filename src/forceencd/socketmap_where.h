/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SOCKETMAP_WHERE_H
#define FORCEENC_FORCEENCD_SOCKETMAP_WHERE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "forceenc/conf_floor.h"
#include "forceenc/dial.h"
#include "forceencd/source.h"

/* The addresses of a socketmap server: a name is looked up by the helper
 * thread, a socket's path is one address. Embedded. */
struct socketmap_where {
	const struct conf_upstream *conf;
	const struct source_env *env;
	struct dial_job *job; /* looking up the name */
	bool failed;          /* in vain: why is set */
	struct err why;
	unsigned n; /* 0: not known */
	char address[DIAL_ADDRESSES_MAX][DIAL_ADDRESS_LEN];
};

void socketmap_where_init(struct socketmap_where *,
    const struct conf_upstream *, const struct source_env *);
void socketmap_where_fini(struct socketmap_where *);

/* How many are known. 0: they're being looked up, at the latest until then,
 * and a turn of the loop will come. */
unsigned socketmap_where_known(struct socketmap_where *, uint64_t until);
/* Has them looked up anew, where that may bring others. */
void socketmap_where_forget(struct socketmap_where *);
/* Whether looking up failed since the last call: why is set. */
bool socketmap_where_failed(struct socketmap_where *);

/* One of those known; 0 if it's none that a socket can have. */
socklen_t socketmap_where_get(
    const struct socketmap_where *, unsigned at, struct sockaddr_storage *);

#endif
