/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_LDAP_LANE_H
#define FORCEENC_FORCEENCD_LDAP_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "forceencd/ldap_link.h"
#include "forceencd/values.h"

/* Searches on their way on one connection. slapd(8) hangs up beyond a
 * thousand, and more than this brings nothing. */
#define LDAP_LANE_SLOTS 64

/* One key on its way. */
struct ldap_flight {
	struct source_ask *ask;
	uint64_t deadline;
	unsigned losses; /* connections that went down with it */
	unsigned nvalues;
	struct source_reply reply;
	struct ldap_lane *lane; /* NULL: it waits for one */
	TAILQ_ENTRY(ldap_flight) all;
	TAILQ_ENTRY(ldap_flight) waiting;
};

/* What a search that is on its way belongs to. */
struct ldap_slot {
	bool used;
	int id;
	struct ldap_flight *flight; /* NULL: forgotten; its reply is thrown
				     * away when it comes */
	uint64_t sent_us;
};

/* A connection with its searches. */
struct ldap_lane {
	struct ldap_link link; /* first */
	struct ldap_slot slot[LDAP_LANE_SLOTS];
	unsigned late; /* searches in a row that weren't answered in time */
	uint64_t used_at;
};

void ldap_lane_add(struct ldap_lane *, int id, struct ldap_flight *);
/* NULL: no such search, or one that was forgotten. */
struct ldap_flight *ldap_lane_find(const struct ldap_lane *, int id);
/* Its result has come. */
void ldap_lane_end(struct ldap_lane *, int id);
/* Nobody waits for this one any more. */
void ldap_lane_forget(struct ldap_lane *, const struct ldap_flight *);
/* The next of those that went down with the connection, until NULL. */
struct ldap_flight *ldap_lane_take(struct ldap_lane *);

/* All connections of a table. */
struct ldap_lanes {
	struct ldap_lane *lane;
	unsigned n;
};

/* Everything is borrowed; each lane begins with the link that calls are made
 * with. */
void ldap_lanes_init(struct ldap_lanes *, const struct source_env *,
    const struct conf_ldap *, struct ldap_servers *,
    const struct ldap_link_calls *, void *owner);
void ldap_lanes_fini(struct ldap_lanes *);
/* Ends the connections; nothing may be on its way. */
void ldap_lanes_close(struct ldap_lanes *);

/* The one with the fewest on their way, NULL if none can take one more. */
struct ldap_lane *ldap_lanes_pick(const struct ldap_lanes *);
bool ldap_lanes_any_up(const struct ldap_lanes *);

/* As those of ldap_link.h, for all. */
void ldap_lanes_want(struct ldap_lanes *, uint64_t now);
uint64_t ldap_lanes_want_at(const struct ldap_lanes *);
uint64_t ldap_lanes_tick(struct ldap_lanes *, uint64_t now);
void ldap_lanes_view(
    const struct ldap_lanes *, unsigned i, struct source_server *);

#endif
