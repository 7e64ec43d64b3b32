/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_LDAP_ASK_H
#define FORCEENC_FORCEENCCTL_LDAP_ASK_H

#include <stdint.h>

#include "forceenc/directory_change.h"

/*
 * One request to a directory, and its answer waited for. 0 with the result in
 * *end, whatever it is; -1 with err if there is none by the deadline, or only a
 * part: the connection is of no more use then.
 */

/* Called for each entry; directory_each_value() and the like know it then. */
typedef void ldap_ask_entry_fn(struct directory *, void *arg);

int ldap_ask_search(struct directory *, const struct directory_search *,
    uint64_t deadline, ldap_ask_entry_fn *, void *arg,
    struct directory_event *end, struct err *);
int ldap_ask_change(struct directory *, const char *dn,
    const struct directory_change *, size_t n, uint64_t deadline,
    struct directory_event *end, struct err *);

#endif
