/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/cache.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

/* Number 0 is nobody: chains end with it. */
#define CACHE_NOBODY 0
/* A tick of 128 ms lets 32 bits count 17 years of uptime. */
#define CACHE_TICK_SHIFT 7
/* Clocks of one turn of the loop differ by no more ticks than that. */
#define CACHE_TICKS_AHEAD 64
/* Marks taken away for one eviction. */
#define CACHE_SWEEP 64
/* Nodes and their share of the heads; heads are less than twice the nodes. */
#define CACHE_NODE_COST (sizeof(struct cache_node) + 2 * sizeof(uint32_t))

struct cache_node {
	uint32_t next; /* in its chain, or among the free */
	uint32_t hash;
	uint32_t tick; /* when it was learned */
	uint32_t epoch;
	uint16_t len; /* 0: a free node; an empty key is never kept */
	uint8_t table;
	uint8_t answer;         /* CACHE_ABSENT, or one of answer.h */
	uint8_t used;           /* asked for since the hand came by */
	uint8_t generation;     /* of its table; another one: it's dead */
	char key[CACHE_INLINE]; /* of a longer one: an unaligned pointer */
} __attribute__((aligned(64)));

/* No answer has this number: ANSWER_MAX is 200, the rest begins at 253. */
#define CACHE_ABSENT 252

_Static_assert(sizeof(struct cache_node) == 64, "a node is a cache line");

struct cache {
	struct cache_node *node; /* [0] isn't used */
	size_t node_bytes;
	uint32_t *head;
	size_t head_bytes;
	uint32_t mask;
	uint32_t max;   /* highest number of a node */
	uint32_t grown; /* highest number ever used */
	uint32_t free;
	uint32_t hand;  /* the last node that was looked at for eviction */
	uint32_t nodes; /* in use, dead ones included */
	/* Dead nodes were dropped with their table, and nobody finds them. A
	 * generation comes again only when none is left. */
	uint32_t dead;
	uint32_t broom; /* the last node that was looked at for burial */
	uint8_t generation[CACHE_TABLES];
	uint8_t passed[CACHE_TABLES]; /* generations while there were dead */
	uint32_t facts[CACHE_TABLES]; /* of each table */
	size_t bytes_max;
	size_t long_bytes;
	unsigned char secret[crypto_shorthash_KEYBYTES];
	struct cache_stats stats;
};

/* Pages are given by the kernel when they're first touched, so an empty cache
 * costs nothing. */
static void *
cache_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		must_fatal("out of memory (cache of %zu bytes)", bytes);
	/* Facts lie anywhere: with large pages a hit costs fewer misses. */
	madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

struct cache *
cache_new(size_t bytes)
{
	struct cache *cache = mem_zalloc(sizeof(*cache));
	size_t n = bytes / CACHE_NODE_COST;
	uint32_t heads = 1;

	MUST(n >= 1 && n < UINT32_MAX / 2);
	if (sodium_init() == -1)
		must_fatal("libsodium: no source of random bytes");
	while (heads < n)
		heads *= 2;
	cache->max = (uint32_t)n;
	cache->mask = heads - 1;
	cache->bytes_max = bytes;
	cache->node_bytes = (n + 1) * sizeof(struct cache_node);
	cache->head_bytes = heads * sizeof(uint32_t);
	cache->node = cache_map(cache->node_bytes);
	cache->head = cache_map(cache->head_bytes);
	crypto_shorthash_keygen(cache->secret);
	cache->stats.facts_max = n;
	cache->stats.bytes_max = bytes;
	return cache;
}

static char *
cache_node_long_key(const struct cache_node *node)
{
	char *key;

	memcpy(&key, node->key, sizeof(key));
	return key;
}

void
cache_free(struct cache *cache)
{
	uint32_t i;

	if (cache == NULL)
		return;
	for (i = 1; i <= cache->grown; i++)
		if (cache->node[i].len > CACHE_INLINE)
			free(cache_node_long_key(&cache->node[i]));
	munmap(cache->node, cache->node_bytes);
	munmap(cache->head, cache->head_bytes);
	free(cache);
}

uint32_t
cache_hash(const struct cache *cache, const char *key, size_t len)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint32_t hash;

	crypto_shorthash(out, (const unsigned char *)key, len, cache->secret);
	memcpy(&hash, out, sizeof(hash));
	return hash;
}

static const char *
cache_node_key(const struct cache_node *node)
{
	return node->len > CACHE_INLINE ? cache_node_long_key(node) : node->key;
}

static void
cache_node_set_key(struct cache_node *node, const char *key, size_t len)
{
	char *copy;

	node->len = (uint16_t)len;
	if (len > CACHE_INLINE) {
		copy = mem_dup(key, len);
		memcpy(node->key, &copy, sizeof(copy));
	} else
		memcpy(node->key, key, len);
}

static bool
cache_is_dead(const struct cache *cache, const struct cache_node *node)
{
	return node->generation != cache->generation[node->table];
}

static bool
cache_node_is(const struct cache *cache, const struct cache_node *node,
    uint8_t table, const char *key, size_t len, uint32_t hash)
{
	return node->hash == hash && node->table == table && node->len == len &&
	    !cache_is_dead(cache, node) &&
	    memcmp(cache_node_key(node), key, len) == 0;
}

static uint32_t
cache_find(const struct cache *cache, uint8_t table, const char *key,
    size_t len, uint32_t hash)
{
	uint32_t i = cache->head[hash & cache->mask];

	while (i != CACHE_NOBODY &&
	    !cache_node_is(cache, &cache->node[i], table, key, len, hash))
		i = cache->node[i].next;
	return i;
}

static void
cache_remove(struct cache *cache, uint32_t i)
{
	struct cache_node *node = &cache->node[i];
	uint32_t *link = &cache->head[node->hash & cache->mask];

	while (*link != i) {
		MUST(*link != CACHE_NOBODY);
		link = &cache->node[*link].next;
	}
	*link = node->next;
	if (node->len > CACHE_INLINE) {
		cache->long_bytes -= node->len;
		free(cache_node_long_key(node));
	}
	node->len = 0;
	node->next = cache->free;
	cache->free = i;
	cache->nodes--;
	if (cache_is_dead(cache, node)) {
		if (--cache->dead == 0)
			memset(cache->passed, 0, sizeof(cache->passed));
		return;
	}
	cache->stats.facts--;
	cache->facts[node->table]--;
}

static uint64_t
cache_bytes(const struct cache *cache)
{
	return (uint64_t)cache->nodes * CACHE_NODE_COST + cache->long_bytes;
}

bool
cache_sweep(struct cache *cache, unsigned budget)
{
	const struct cache_node *node;

	for (; budget > 0 && cache->dead > 0; budget--) {
		cache->broom =
		    cache->broom < cache->grown ? cache->broom + 1 : 1;
		node = &cache->node[cache->broom];
		if (node->len > 0 && cache_is_dead(cache, node))
			cache_remove(cache, cache->broom);
	}
	return cache->dead > 0;
}

/* Which fact goes: the hand takes away the marks of those that were asked for
 * since it came by, and stops at one that wasn't. It goes no further than
 * CACHE_SWEEP nodes, so that no insertion takes long. */
static uint32_t
cache_victim(struct cache *cache)
{
	unsigned steps = 0;
	struct cache_node *node;

	for (;;) {
		cache->hand = cache->hand < cache->grown ? cache->hand + 1 : 1;
		node = &cache->node[cache->hand];
		if (node->len == 0)
			continue;
		if (!node->used || cache_is_dead(cache, node) ||
		    ++steps > CACHE_SWEEP)
			return cache->hand;
		node->used = 0;
	}
}

/* A node for a key of len bytes; facts out of use make room. */
static uint32_t
cache_take(struct cache *cache, size_t len)
{
	size_t cost = CACHE_NODE_COST + (len > CACHE_INLINE ? len : 0);
	uint32_t i;

	while (cache->nodes > 0 &&
	    (cache->nodes == cache->max ||
		cache_bytes(cache) + cost > cache->bytes_max)) {
		i = cache_victim(cache);
		cache->stats.evicted += !cache_is_dead(cache, &cache->node[i]);
		cache_remove(cache, i);
	}
	if (cache->free != CACHE_NOBODY) {
		i = cache->free;
		cache->free = cache->node[i].next;
	} else {
		MUST(cache->grown < cache->max);
		i = ++cache->grown;
	}
	cache->nodes++;
	return i;
}

static uint32_t
cache_insert(struct cache *cache, uint8_t table, const char *key, size_t len,
    uint32_t hash)
{
	uint32_t i = cache_take(cache, len);
	struct cache_node *node = &cache->node[i];

	node->hash = hash;
	node->table = table;
	node->generation = cache->generation[table];
	cache->stats.facts++;
	cache->facts[table]++;
	cache_node_set_key(node, key, len);
	if (len > CACHE_INLINE)
		cache->long_bytes += len;
	node->next = cache->head[hash & cache->mask];
	cache->head[hash & cache->mask] = i;
	node->used = 0;
	return i;
}

static uint32_t
cache_tick(uint64_t now)
{
	return (uint32_t)(now >> CACHE_TICK_SHIFT);
}

static uint64_t
cache_age(const struct cache_node *node, uint64_t now)
{
	/* Whoever asks may have looked at the clock before who learned it. */
	if (node->tick - cache_tick(now) <= CACHE_TICKS_AHEAD)
		return 0;
	return (uint64_t)(cache_tick(now) - node->tick) << CACHE_TICK_SHIFT;
}

static void
cache_node_fact(const struct cache_node *node, struct fact *fact)
{
	fact->present = node->answer != CACHE_ABSENT;
	fact->answer = fact->present ? node->answer : 0;
}

enum cache_state
cache_get(struct cache *cache, uint8_t table, const char *key, size_t len,
    uint32_t hash, const struct cache_trust *trust, uint64_t now,
    struct fact *fact, uint64_t *age)
{
	uint32_t i = cache_find(cache, table, key, len, hash);
	const struct cache_node *node = &cache->node[i];

	if (i == CACHE_NOBODY) {
		cache->stats.none++;
		return CACHE_NONE;
	}
	cache->node[i].used = 1;
	cache_node_fact(node, fact);
	*age = cache_age(node, now);
	if (node->epoch == trust->epoch &&
	    *age < (fact->present ? trust->present_ttl : trust->absent_ttl)) {
		cache->stats.fresh++;
		return CACHE_FRESH;
	}
	cache->stats.stale++;
	return CACHE_STALE;
}

static void
cache_node_entry(
    const struct cache_node *node, uint64_t now, struct cache_entry *entry)
{
	entry->table = node->table;
	entry->key = cache_node_key(node);
	entry->len = node->len;
	entry->epoch = node->epoch;
	entry->age = cache_age(node, now);
	cache_node_fact(node, &entry->fact);
}

bool
cache_peek(const struct cache *cache, uint8_t table, const char *key,
    size_t len, uint32_t hash, uint64_t now, struct cache_entry *entry)
{
	uint32_t i = cache_find(cache, table, key, len, hash);

	if (i == CACHE_NOBODY)
		return false;
	cache_node_entry(&cache->node[i], now, entry);
	return true;
}

void
cache_put(struct cache *cache, uint8_t table, const char *key, size_t len,
    uint32_t hash, uint32_t epoch, uint64_t now, const struct fact *fact)
{
	struct cache_node *node;
	uint32_t i;

	if (len == 0 || len > CACHE_KEY_MAX || len > cache->bytes_max / 2)
		return;
	MUST(!fact->present || fact->answer != CACHE_ABSENT);
	i = cache_find(cache, table, key, len, hash);
	if (i == CACHE_NOBODY)
		i = cache_insert(cache, table, key, len, hash);
	else
		cache->node[i].used = 1;
	node = &cache->node[i];
	node->tick = cache_tick(now);
	node->epoch = epoch;
	node->answer = fact->present ? fact->answer : CACHE_ABSENT;
}

size_t
cache_drop(struct cache *cache, const char *key, size_t len)
{
	uint32_t hash = cache_hash(cache, key, len);
	uint32_t i = cache->head[hash & cache->mask], next;
	size_t n = 0;

	for (; i != CACHE_NOBODY; i = next) {
		next = cache->node[i].next;
		if (!cache_node_is(cache, &cache->node[i], cache->node[i].table,
			key, len, hash))
			continue;
		cache_remove(cache, i);
		n++;
	}
	return n;
}

size_t
cache_drop_fact(struct cache *cache, uint8_t table, const char *key, size_t len,
    uint32_t hash)
{
	uint32_t i = cache_find(cache, table, key, len, hash);

	if (i == CACHE_NOBODY)
		return 0;
	cache_remove(cache, i);
	return 1;
}

/* Nothing is looked at but the table's number: the next generation begins, and
 * those before it are buried by and by. */
size_t
cache_drop_table(struct cache *cache, uint8_t table)
{
	size_t n = cache->facts[table];

	if (n == 0)
		return 0;
	/* Unlikely ever, but then a dead one would rise. */
	if (cache->passed[table] == UINT8_MAX)
		cache_sweep(cache, UINT_MAX);
	cache->passed[table]++;
	cache->generation[table]++;
	cache->dead += cache->facts[table];
	cache->stats.facts -= cache->facts[table];
	cache->facts[table] = 0;
	return n;
}

size_t
cache_flush(struct cache *cache)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < CACHE_TABLES; i++)
		n += cache_drop_table(cache, (uint8_t)i);
	return n;
}

bool
cache_walk(const struct cache *cache, uint32_t *cursor, unsigned budget,
    uint64_t now, cache_each_fn *each, void *arg)
{
	const struct cache_node *node;
	struct cache_entry entry;

	for (; budget > 0 && *cursor < cache->grown; budget--) {
		node = &cache->node[++*cursor];
		if (node->len == 0 || cache_is_dead(cache, node))
			continue;
		cache_node_entry(node, now, &entry);
		each(&entry, arg);
	}
	return *cursor < cache->grown;
}

void
cache_stats(const struct cache *cache, struct cache_stats *out)
{
	*out = cache->stats;
	out->bytes = cache_bytes(cache);
}

size_t
cache_facts(const struct cache *cache, uint8_t table)
{
	return cache->facts[table];
}
