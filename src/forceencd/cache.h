/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_CACHE_H
#define FORCEENC_FORCEENCD_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Facts about keys, not answers to questions: "alice@example.com is in table
 * 3 with the permitted answer 0", "@example.com is not in table 3". A
 * domain's policy is stored once, however many senders ask for it.
 *
 * The cache doesn't know whether a fact may be believed: it is told how old a
 * fact of its table may be, and of which epoch. What fails that is STALE: it
 * is kept, since it is all there is while its source can't be asked.
 *
 * Nodes are 64 bytes, one cache line, chained by 32-bit numbers; a key of up
 * to CACHE_INLINE bytes lies in its node. The table of heads is made for the
 * configured maximum, so nothing is ever rehashed. Senders choose the keys,
 * so the hash is keyed. When it's full, facts that weren't asked for lately
 * make room: a mark in the node and a hand that goes round (CLOCK), since a
 * list in order of use would write to two other nodes at each hit.
 *
 * All facts of a table are dropped by counting: a node says in which
 * generation of its table it was made, and is dead in another one.
 */
struct cache;

#define CACHE_INLINE  42
#define CACHE_TABLES  255
#define CACHE_KEY_MAX 8192

struct fact {
	bool present;
	uint8_t answer; /* of a present one: answer.h */
};

/* What makes a fact of a table believable now. */
struct cache_trust {
	uint32_t epoch;
	uint64_t present_ttl; /* ms */
	uint64_t absent_ttl;
};

/* One fact as it lies there; key is borrowed until the cache changes. */
struct cache_entry {
	uint8_t table;
	const char *key;
	size_t len;
	struct fact fact;
	uint32_t epoch;
	uint64_t age;
};

enum cache_state { CACHE_NONE, CACHE_STALE, CACHE_FRESH };

struct cache_stats {
	uint64_t facts;
	uint64_t facts_max;
	uint64_t bytes; /* in use, long keys and what isn't swept yet
			 * included */
	uint64_t bytes_max;
	uint64_t fresh; /* questions answered so */
	uint64_t stale;
	uint64_t none;
	uint64_t evicted; /* for want of room */
};

/* bytes bounds everything that grows: nodes, heads, long keys. */
struct cache *cache_new(size_t bytes);
void cache_free(struct cache *);

/* Computed once a key, good for every table. */
uint32_t cache_hash(const struct cache *, const char *key, size_t len);

/* Anything but NONE sets *fact and *age (ms since it was learned, in steps of
 * 128), and marks the fact as in use. */
enum cache_state cache_get(struct cache *, uint8_t table, const char *key,
    size_t len, uint32_t hash, const struct cache_trust *, uint64_t now,
    struct fact *, uint64_t *age);

/* The same look without counting or keeping it longer. False: none. */
bool cache_peek(const struct cache *, uint8_t table, const char *key,
    size_t len, uint32_t hash, uint64_t now, struct cache_entry *);

/* Learns a fact, or confirms it. Keys of more than CACHE_KEY_MAX bytes are
 * not kept. */
void cache_put(struct cache *, uint8_t table, const char *key, size_t len,
    uint32_t hash, uint32_t epoch, uint64_t now, const struct fact *);

/* These return the number of facts dropped: of a key in all tables or in one,
 * of a table, all. Those of a table, or all, are gone at once, however many;
 * their memory comes back by cache_sweep(), or as soon as it's needed. */
size_t cache_drop(struct cache *, const char *key, size_t len);
size_t cache_drop_fact(
    struct cache *, uint8_t table, const char *key, size_t len, uint32_t hash);
size_t cache_drop_table(struct cache *, uint8_t table);
size_t cache_flush(struct cache *);
/* Looks at no more than budget nodes. False: nothing is left to do. */
bool cache_sweep(struct cache *, unsigned budget);

/* Walks all facts in pieces: start with *cursor 0, call until it returns
 * false. At most budget nodes are looked at in a call. Facts that come and go
 * meanwhile may or may not be seen. */
typedef void cache_each_fn(const struct cache_entry *, void *arg);
bool cache_walk(const struct cache *, uint32_t *cursor, unsigned budget,
    uint64_t now, cache_each_fn *, void *arg);

void cache_stats(const struct cache *, struct cache_stats *);
size_t cache_facts(const struct cache *, uint8_t table);

#endif
