/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/tables.h"

#include <stdlib.h>

#include "forceenc/clock.h"
#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/leavings.h"

/* Nodes of dropped facts looked at in a turn. */
#define TABLES_SWEEP 4096

struct tables_slot {
	struct table *table; /* NULL: the number is free */
	unsigned refs;
	const struct conf_table *conf; /* in hold */
	const struct answers *answers;
	struct conf_hold *hold;
};

struct tables {
	struct cache *cache;
	struct leavings *leavings;
	struct source_env env;
	struct tables_slot slot[CACHE_TABLES];
	unsigned top; /* no slot from here on was ever used */
};

struct conf_hold *
conf_hold_new(struct conf *conf)
{
	struct conf_hold *hold = mem_zalloc(sizeof(*hold));

	hold->conf = conf;
	hold->refs = 1;
	return hold;
}

void
conf_hold_keep(struct conf_hold *hold)
{
	hold->refs++;
}

void
conf_hold_release(struct conf_hold *hold)
{
	MUST(hold->refs > 0);
	if (--hold->refs > 0)
		return;
	conf_free(hold->conf);
	free(hold);
}

struct tables *
tables_new(struct cache *cache, const struct source_env *env)
{
	struct tables *tables = mem_zalloc(sizeof(*tables));

	tables->cache = cache;
	tables->leavings = leavings_new();
	if (env != NULL)
		tables->env = *env;
	tables->env.leavings = tables->leavings;
	return tables;
}

static void tables_reap(struct tables *);

void
tables_free(struct tables *tables)
{
	unsigned i;

	if (tables == NULL)
		return;
	tables_reap(tables);
	for (i = 0; i < tables->top; i++)
		MUST(tables->slot[i].table == NULL);
	leavings_free(tables->leavings);
	free(tables);
}

static struct table *
tables_add(struct tables *tables, const struct conf_table *conf,
    const struct answers *answers, struct conf_hold *hold)
{
	struct tables_slot *slot;
	unsigned i = 0;

	while (i < CACHE_TABLES && tables->slot[i].table != NULL)
		i++;
	if (i == CACHE_TABLES)
		return NULL;
	if (i >= tables->top)
		tables->top = i + 1;
	slot = &tables->slot[i];
	slot->table =
	    table_new(conf, answers, &tables->env, tables->cache, (uint8_t)i);
	slot->refs = 1;
	slot->conf = conf;
	slot->answers = answers;
	slot->hold = hold;
	conf_hold_keep(hold);
	return slot->table;
}

struct table *
tables_take(struct tables *tables, const struct conf_table *conf,
    const struct answers *answers, struct conf_hold *hold)
{
	struct tables_slot *slot;
	unsigned i;

	for (i = 0; i < tables->top; i++) {
		slot = &tables->slot[i];
		if (slot->table == NULL ||
		    !conf_table_equal(slot->conf, conf) ||
		    !answers_equal(slot->answers, answers))
			continue;
		slot->refs++;
		return slot->table;
	}
	return tables_add(tables, conf, answers, hold);
}

void
tables_keep(struct tables *tables, struct table *table)
{
	tables->slot[table_number(table)].refs++;
}

void
tables_release(struct tables *tables, struct table *table)
{
	struct tables_slot *slot = &tables->slot[table_number(table)];

	MUST(slot->table == table && slot->refs > 0);
	slot->refs--;
}

/* Frees what nobody uses. Not where the last user left: that may be in the
 * midst of an answer, with the table's own source below it on the stack. */
static void
tables_reap(struct tables *tables)
{
	struct tables_slot *slot, gone;
	unsigned i;

	for (i = 0; i < tables->top; i++) {
		slot = &tables->slot[i];
		if (slot->table == NULL || slot->refs > 0)
			continue;
		gone = *slot;
		*slot = (struct tables_slot){0};
		table_free(gone.table);
		conf_hold_release(gone.hold);
	}
}

uint64_t
tables_tick(struct tables *tables, uint64_t now)
{
	uint64_t next = CLOCK_NEVER, at;
	struct table *table;
	unsigned i;

	for (i = 0; i < tables->top; i++) {
		table = tables->slot[i].table;
		if (table == NULL)
			continue;
		at = table_tick(table, now);
		if (at < next)
			next = at;
	}
	tables_reap(tables);
	/* Both have their piece of each turn. */
	if (leavings_go_on(tables->leavings))
		next = now;
	if (cache_sweep(tables->cache, TABLES_SWEEP))
		next = now;
	return next;
}

bool
tables_are_due(const struct tables *tables)
{
	const struct table *table;
	unsigned i;

	for (i = 0; i < tables->top; i++) {
		table = tables->slot[i].table;
		if (table != NULL && source_is_due(table_source(table)))
			return true;
	}
	return false;
}

struct table *
tables_find(const struct tables *tables, uint8_t number)
{
	return number < CACHE_TABLES ? tables->slot[number].table : NULL;
}

const struct conf_table *
tables_conf(const struct tables *tables, uint8_t number)
{
	MUST(number < CACHE_TABLES && tables->slot[number].table != NULL);
	return tables->slot[number].conf;
}
