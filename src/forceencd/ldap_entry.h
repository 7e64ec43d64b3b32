/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_ENTRY_H
#define FORCEENC_FORCEENCD_LDAP_ENTRY_H

#include <stdbool.h>

#include "forceencd/ldap_lane.h"
#include "forceencd/values.h"

/* Adds the values of the entry that the connection gave last to what the
 * flight has. False: they are too many or can't be read, and the flight's reply
 * says so. */
bool ldap_entry_take(
    const struct values_rules *, struct directory *, struct ldap_flight *);

#endif
