/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STATS_MATCH_H
#define FORCEENC_STORE_STATS_MATCH_H

#include <stdbool.h>

#include "forceenc/stats.h"

/* Which of a domain's senders a filter is about. */
struct stats_match {
	const struct stats_filter *filter;
	struct address_keys keys;   /* of the filter: the first one counts */
	struct address_keys sender; /* of one that is looked at */
};

/* The filter names a sender. Domain is where its senders are to be looked
 * for; valid as long as match. -1 if what it names can't be an address. */
int stats_match_init(struct stats_match *, const struct stats_filter *,
    const char **domain, size_t *len, struct err *);

/* Whether a policy for the filter's address would hold for local@domain. */
bool stats_match_is(struct stats_match *, const char *domain, size_t domain_len,
    const char *local, size_t local_len);

#endif
