/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_TABLES_H
#define FORCEENC_FORCEENCD_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/conf.h"
#include "forceencd/table.h"

/*
 * All tables that are alive, counted by their users: a configuration, the one
 * that took its place, and questions still on their way. A table that the new
 * configuration has as well, spelled the same, stays with its connection and
 * its facts.
 */
struct tables;

/* A configuration kept for as long as somebody uses a part of it. */
struct conf_hold {
	unsigned refs;
	struct conf *conf; /* owned */
};

struct conf_hold *conf_hold_new(struct conf *); /* takes conf; refs is 1 */
void conf_hold_keep(struct conf_hold *);
void conf_hold_release(struct conf_hold *);

/* Both are borrowed; env may be NULL where no table ever waits. */
struct tables *tables_new(struct cache *, const struct source_env *env);
void tables_free(struct tables *); /* none may be in use */

/* The live table that equals conf with these answers, or a new one, which
 * keeps hold, where both lie. NULL: CACHE_TABLES of them are alive. */
struct table *tables_take(struct tables *, const struct conf_table *conf,
    const struct answers *, struct conf_hold *);
void tables_keep(struct tables *, struct table *);
/* What nobody uses any more is freed by the next tables_tick(), which no
 * source is below of on the stack. */
void tables_release(struct tables *, struct table *);

uint64_t tables_tick(struct tables *, uint64_t now);
/* One of them was asked something since its part of the last tick: by an
 * answer of a later one, or at a deadline. It wants the next one at once. */
bool tables_are_due(const struct tables *);

/* By its number in the cache; NULL if it's gone. */
struct table *tables_find(const struct tables *, uint8_t number);
/* Of one that is there; borrowed for its life. */
const struct conf_table *tables_conf(const struct tables *, uint8_t number);

#endif
