/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/floor_facts.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

TAILQ_HEAD(floor_facts_all, floor_fact);

struct floor_facts {
	void *tree;                 /* tsearch(3) */
	struct floor_facts_all all; /* the latest used first */
	size_t n;
	size_t known;
	size_t bytes;
};

/* What is looked for begins like a fact: ask.key and ask.len say it all. */
static int
floor_facts_compare(const void *a, const void *b)
{
	const struct source_ask *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->key, y->key, len);

	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

struct floor_facts *
floor_facts_new(void)
{
	struct floor_facts *facts = mem_zalloc(sizeof(*facts));

	TAILQ_INIT(&facts->all);
	return facts;
}

static size_t
floor_facts_size(const struct floor_fact *fact)
{
	return sizeof(*fact) + fact->len +
	    (fact->policy != NULL ? strlen(fact->policy) : 0);
}

static void
floor_facts_drop(struct floor_facts *facts, struct floor_fact *fact)
{
	MUST(tdelete(fact, &facts->tree, floor_facts_compare) != NULL);
	TAILQ_REMOVE(&facts->all, fact, link);
	facts->n--;
	facts->known -= fact->known;
	facts->bytes -= floor_facts_size(fact);
	free(fact->policy);
	free(fact);
}

void
floor_facts_free(struct floor_facts *facts)
{
	struct floor_fact *fact;

	while ((fact = TAILQ_FIRST(&facts->all)) != NULL) {
		MUST(!fact->asked && TAILQ_EMPTY(&fact->waiters));
		floor_facts_drop(facts, fact);
	}
	free(facts);
}

/* The one that was used last stays in any case. */
static void
floor_facts_make_room(struct floor_facts *facts)
{
	struct floor_fact *fact, *before;

	for (fact = TAILQ_LAST(&facts->all, floor_facts_all);
	     fact != TAILQ_FIRST(&facts->all) &&
	     (facts->n > FLOOR_FACTS_MAX || facts->bytes > FLOOR_FACTS_BYTES);
	     fact = before) {
		before = TAILQ_PREV(fact, floor_facts_all, link);
		if (!fact->asked && !fact->told)
			floor_facts_drop(facts, fact);
	}
}

struct floor_fact *
floor_facts_find(struct floor_facts *facts, const char *key, size_t len)
{
	const struct source_ask wanted = {.key = key, .len = len};
	void **found = tfind(&wanted, &facts->tree, floor_facts_compare);
	struct floor_fact *fact;

	if (found == NULL)
		return NULL;
	fact = *found;
	TAILQ_REMOVE(&facts->all, fact, link);
	TAILQ_INSERT_HEAD(&facts->all, fact, link);
	return fact;
}

struct floor_fact *
floor_facts_get(struct floor_facts *facts, const char *key, size_t len)
{
	struct floor_fact *fact = floor_facts_find(facts, key, len);

	if (fact != NULL)
		return fact;
	fact = mem_zalloc(sizeof(*fact) + len + 1);
	memcpy(fact->key, key, len);
	fact->len = len;
	fact->ask.key = fact->key;
	fact->ask.len = len;
	TAILQ_INIT(&fact->waiters);
	MUST(tsearch(fact, &facts->tree, floor_facts_compare) != NULL);
	TAILQ_INSERT_HEAD(&facts->all, fact, link);
	facts->n++;
	facts->bytes += floor_facts_size(fact);
	floor_facts_make_room(facts);
	return fact;
}

void
floor_facts_learn(struct floor_facts *facts, struct floor_fact *fact,
    const char *policy, size_t len, bool raised, uint64_t now)
{
	facts->bytes -= floor_facts_size(fact);
	free(fact->policy);
	fact->policy = policy == NULL ? NULL : mem_dup(policy, len);
	facts->known += !fact->known;
	fact->known = true;
	fact->raised = raised;
	fact->learned_at = now;
	facts->bytes += floor_facts_size(fact);
	floor_facts_make_room(facts);
}

const size_t *
floor_facts_known(const struct floor_facts *facts)
{
	return &facts->known;
}

void
floor_facts_each(struct floor_facts *facts,
    void (*fn)(struct floor_fact *, void *arg), void *arg)
{
	struct floor_fact *fact;

	TAILQ_FOREACH (fact, &facts->all, link)
		fn(fact, arg);
}
