/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCCTL_AUDIT_HOP_H
#define FORCEENC_FORCEENCCTL_AUDIT_HOP_H

#include "forceencctl/audit.h"

/* How safe a way to deliver is. */

enum audit_hop_level {
	AUDIT_HOP_PLAIN,   /* "", none, may, dane, and what nobody knows */
	AUDIT_HOP_ENCRYPT, /* encrypted, whoever it may be */
	AUDIT_HOP_VERIFIED,
};

/* The first word of a level or policy. */
enum audit_hop_level audit_hop_level_of(const char *policy);

/* Of an smtp(8) or lmtp(8) service, without what goes before its level. */
enum audit_hop_level audit_hop_level(
    struct audit *, const struct postconf_service *);

/* Whether "TLS-Required: no" in a message would switch TLS off for it, in the
 * versions that know the header. */
bool audit_hop_heeds_header(struct audit *, const struct postconf_service *);

enum audit_hop {
	AUDIT_HOP_NONE,   /* names no transport: the sender's is kept */
	AUDIT_HOP_SAFE,   /* a forced transport, or one that always encrypts */
	AUDIT_HOP_STAYS,  /* this machine, or nowhere */
	AUDIT_HOP_OPEN,   /* out, and TLS isn't enforced, or not always */
	AUDIT_HOP_UNSURE, /* a program of its own, or nobody knows */
};

/* Whether a next hop, or each of a list, is this machine. */
bool audit_hop_is_here(const char *nexthop);

/* "transport:nexthop", as in transport(5) or content_filter. */
enum audit_hop audit_hop(struct audit *, const char *hop);

#endif
