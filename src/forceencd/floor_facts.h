/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_FLOOR_FACTS_H
#define FORCEENC_FORCEENCD_FLOOR_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "forceencd/source.h"

/*
 * What a floor knows of keys: the policy as it may leave, or that there is
 * none. A balanced tree, since destinations, and so keys, are the senders' to
 * choose. When it's full, what wasn't asked for the longest time makes room.
 */
struct floor_facts;

#define FLOOR_FACTS_MAX   20000
#define FLOOR_FACTS_BYTES (16 * 1024 * 1024) /* of keys and policies */

struct floor_ticket;

struct floor_fact {
	struct source_ask ask; /* first: the source gives it back */
	void *owner;           /* the asker's */
	bool asked;            /* the source is being asked */
	bool told;             /* its waiters are being told */
	unsigned round;        /* of asking */
	TAILQ_HEAD(, floor_ticket) waiters;

	bool known;
	bool raised;  /* policy is stricter than what was said */
	char *policy; /* NULL: there is none */
	uint64_t learned_at;

	TAILQ_ENTRY(floor_fact) link;
	size_t len;
	char key[]; /* len bytes, and a NUL */
};

struct floor_facts *floor_facts_new(void);
void floor_facts_free(struct floor_facts *); /* none may be asked for */

/* NULL: nothing is known, nor asked. What is there has been used now. */
struct floor_fact *floor_facts_find(
    struct floor_facts *, const char *key, size_t len);
/* The same, made if it isn't there. It stays until the next call, and for as
 * long as it's asked for or waiters are told. May forget others. */
struct floor_fact *floor_facts_get(
    struct floor_facts *, const char *key, size_t len);

/* How many are known. */
const size_t *floor_facts_known(const struct floor_facts *);

/* fn may change anything in a fact but what it's found by. */
void floor_facts_each(struct floor_facts *,
    void (*fn)(struct floor_fact *, void *arg), void *arg);

/* policy NULL: there is none. May forget others. */
void floor_facts_learn(struct floor_facts *, struct floor_fact *,
    const char *policy, size_t len, bool raised, uint64_t now);

#endif
