/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/ldap_lane.h"

#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"

void
ldap_lane_add(struct ldap_lane *lane, int id, struct ldap_flight *flight)
{
	struct ldap_slot *slot = lane->slot;

	while (slot->used)
		slot++;
	MUST(slot < lane->slot + LDAP_LANE_SLOTS);
	*slot = (struct ldap_slot){
	    .used = true, .id = id, .flight = flight, .sent_us = clock_us()};
	flight->lane = lane;
	lane->link.busy++;
}

static struct ldap_slot *
ldap_lane_slot(struct ldap_lane *lane, int id)
{
	struct ldap_slot *slot;

	for (slot = lane->slot; slot < lane->slot + LDAP_LANE_SLOTS; slot++)
		if (slot->used && slot->id == id)
			return slot;
	return NULL;
}

struct ldap_flight *
ldap_lane_find(const struct ldap_lane *lane, int id)
{
	const struct ldap_slot *slot;

	for (slot = lane->slot; slot < lane->slot + LDAP_LANE_SLOTS; slot++)
		if (slot->used && slot->id == id)
			return slot->flight;
	return NULL;
}

void
ldap_lane_end(struct ldap_lane *lane, int id)
{
	struct ldap_server *server =
	    &lane->link.servers->list[lane->link.server];
	struct ldap_slot *slot = ldap_lane_slot(lane, id);
	struct source_trace *trace = NULL;
	uint64_t took;

	if (slot == NULL)
		return;
	took = clock_us() - slot->sent_us;
	histogram_add(&server->counts.took, took);
	if (slot->flight != NULL) {
		slot->flight->lane = NULL;
		trace = slot->flight->ask->trace;
	}
	if (trace != NULL) {
		trace->server = server->conf->url;
		trace->took_us = took;
	}
	*slot = (struct ldap_slot){0};
	MUST(lane->link.busy > 0);
	lane->link.busy--;
}

void
ldap_lane_forget(struct ldap_lane *lane, const struct ldap_flight *flight)
{
	struct ldap_slot *slot;

	for (slot = lane->slot; slot < lane->slot + LDAP_LANE_SLOTS; slot++)
		if (slot->used && slot->flight == flight)
			slot->flight = NULL;
}

struct ldap_flight *
ldap_lane_take(struct ldap_lane *lane)
{
	struct ldap_flight *flight;
	struct ldap_slot *slot;

	for (slot = lane->slot; slot < lane->slot + LDAP_LANE_SLOTS; slot++) {
		flight = slot->flight;
		*slot = (struct ldap_slot){0};
		if (flight == NULL)
			continue;
		flight->lane = NULL;
		return flight;
	}
	return NULL;
}

void
ldap_lanes_init(struct ldap_lanes *lanes, const struct source_env *env,
    const struct conf_ldap *conf, struct ldap_servers *servers,
    const struct ldap_link_calls *calls, void *owner)
{
	unsigned i;

	lanes->n = conf->connections;
	lanes->lane = mem_zalloc(lanes->n * sizeof(*lanes->lane));
	for (i = 0; i < lanes->n; i++)
		ldap_link_init(
		    &lanes->lane[i].link, env, conf, servers, calls, owner);
}

void
ldap_lanes_close(struct ldap_lanes *lanes)
{
	unsigned i;

	for (i = 0; i < lanes->n; i++) {
		ldap_link_fini(&lanes->lane[i].link);
		/* What was forgotten goes too. */
		MUST(ldap_lane_take(&lanes->lane[i]) == NULL);
	}
}

void
ldap_lanes_fini(struct ldap_lanes *lanes)
{
	ldap_lanes_close(lanes);
	free(lanes->lane);
}

struct ldap_lane *
ldap_lanes_pick(const struct ldap_lanes *lanes)
{
	struct ldap_lane *best = NULL, *lane;

	for (lane = lanes->lane; lane < lanes->lane + lanes->n; lane++)
		if (ldap_link_can_send(&lane->link) &&
		    lane->link.busy < LDAP_LANE_SLOTS &&
		    (best == NULL || lane->link.busy < best->link.busy))
			best = lane;
	return best;
}

bool
ldap_lanes_any_up(const struct ldap_lanes *lanes)
{
	unsigned i;

	for (i = 0; i < lanes->n; i++)
		if (ldap_link_is_up(&lanes->lane[i].link))
			return true;
	return false;
}

void
ldap_lanes_want(struct ldap_lanes *lanes, uint64_t now)
{
	unsigned i;

	for (i = 0; i < lanes->n; i++)
		ldap_link_want(&lanes->lane[i].link, now);
}

uint64_t
ldap_lanes_want_at(const struct ldap_lanes *lanes)
{
	uint64_t next = CLOCK_NEVER, at;
	unsigned i;

	for (i = 0; i < lanes->n; i++) {
		at = ldap_link_want_at(&lanes->lane[i].link);
		if (at < next)
			next = at;
	}
	return next;
}

uint64_t
ldap_lanes_tick(struct ldap_lanes *lanes, uint64_t now)
{
	uint64_t next = CLOCK_NEVER, at;
	unsigned i;

	for (i = 0; i < lanes->n; i++) {
		at = ldap_link_tick(&lanes->lane[i].link, now);
		if (at < next)
			next = at;
	}
	return next;
}

void
ldap_lanes_view(
    const struct ldap_lanes *lanes, unsigned i, struct source_server *out)
{
	unsigned j;

	for (j = 0; j < lanes->n; j++)
		ldap_link_view(&lanes->lane[j].link, i, out);
}
