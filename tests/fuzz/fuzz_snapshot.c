/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/* The bytes as a file of facts, its checksum aside, for two tables that are
 * alive. */

#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"
#include "forceencd/snapshot.h"
#include "fuzz.h"

#define T0   100000000
#define WALL UINT64_C(1800000000000)
#define DAY  86400000

unsigned long fuzz_reached;

static struct cache *fuzz_cache;

static struct tables *
fuzz_tables(void)
{
	static const char *const specs[] = {"sqlite:one", "sqlite:two"};
	static struct conf_map map;
	static struct tables *tables;
	struct conf_hold *hold;
	struct conf_table *table;
	unsigned i;

	if (tables != NULL)
		return tables;
	hold = conf_hold_new(mem_zalloc(sizeof(struct conf)));
	fuzz_cache = cache_new(1 << 20);
	tables = tables_new(fuzz_cache, NULL);
	answers_add(&map.answers, "forceenc:", NULL);
	answers_add(&map.answers, "lenient:", NULL);
	for (i = 0; i < 2; i++) {
		table = mem_zalloc(sizeof(*table));
		table->spec = mem_strdup(specs[i]);
		table->path = mem_strdup(specs[i]);
		table->text = mem_strdup("dbpath=/nowhere\n");
		table->sqlite.dbpath = mem_strdup("/nowhere");
		table->sqlite.query = mem_strdup("SELECT '%s'");
		table->sqlite.result_format = mem_strdup("%s");
		MUST(tables_take(tables, table, &map.answers, hold) != NULL);
	}
	return tables;
}

/* What came in is what a table of two answers may say. */
static void
fuzz_check(const struct cache_entry *entry, void *arg)
{
	(void)arg;
	MUST(entry->table < 2 && entry->len > 0);
	MUST(!entry->fact.present || entry->fact.answer < 2 ||
	    entry->fact.answer == ANSWER_DUNNO ||
	    entry->fact.answer == ANSWER_OFF);
	/* Ages are in steps. */
	MUST(entry->age <= DAY + 128);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tables *tables = fuzz_tables();
	uint32_t cursor = 0;
	int64_t n =
	    snapshot_read((const char *)data, size, tables, DAY, T0, WALL);

	/* A fact has sixteen bytes at least, and a key. */
	MUST(n >= -1 && (n == -1 || (size_t)n <= size / 16));
	if (n > 0)
		fuzz_reached++;
	while (cache_walk(fuzz_cache, &cursor, 4096, T0, fuzz_check, NULL))
		;
	cache_flush(fuzz_cache);
	while (cache_sweep(fuzz_cache, 4096))
		;
	return 0;
}
