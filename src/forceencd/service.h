/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_SERVICE_H
#define FORCEENC_FORCEENCD_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "forceenc/address.h"
#include "forceenc/conf.h"
#include "forceenc/histogram.h"
#include "forceencd/answerers.h"
#include "forceencd/resolve_reply.h"
#include "forceencd/tables.h"

/*
 * A configuration at work: its maps with their tables alive. It never
 * changes; a reload makes a new one, and questions on their way keep the one
 * they were asked under.
 */

struct map_counts {
	uint64_t questions;
	uint64_t answered; /* with a transport */
	uint64_t dunno;
	uint64_t absent;
	uint64_t unsure;   /* answered TEMP */
	uint64_t stale;    /* answered from a stale fact, counted above too */
	uint64_t failsafe; /* answered as on_failure says, counted above too */
	uint64_t late;     /* not known at the deadline, counted above too */
	struct histogram waited; /* us; of those not answered at once */
};

struct map {
	const struct conf_map *conf;
	struct table **table;      /* conf->ntables */
	struct answerer *answerer; /* of a kind without tables, or NULL */
	struct map_counts counts;
};

struct service {
	unsigned refs;
	struct conf_hold *hold;
	const struct conf *conf; /* in hold */
	struct tables *tables;
	struct answerers *answerers;
	struct map *map; /* conf->nmaps */
	struct address_rules rules;
	struct table_times times;
};

/* Takes conf. Counts go on from those of the maps of the same name in old,
 * which may be NULL. NULL with err, and conf freed, if there are too many
 * tables. */
struct service *service_new(struct conf *conf, struct tables *,
    struct answerers *, const struct service *old, struct err *);
void service_keep(struct service *);
void service_release(struct service *); /* NULL is fine */

/* One more question has ended, at once or behind a wait. */
void service_count(struct map *, const struct resolve_reply *);
void service_count_waited(
    struct map *, const struct resolve_reply *, uint64_t waited_us);

/* NULL if there is no map of that name. */
struct map *service_find(const struct service *, const char *name, size_t len);

#endif
