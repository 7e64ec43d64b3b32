/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_FLOOR_WALK_H
#define FORCEENC_FORCEENCD_FLOOR_WALK_H

#include "forceenc/buf.h"
#include "forceencd/answerer.h"
#include "forceencd/floor_facts.h"

/* From a destination to its policy, as far as it can be said without waiting:
 * floor_walk.c opens with the walk. */

/* What all walks of one map share. */
struct floor_map {
	const struct conf_map *conf;
	struct source *upstream; /* NULL: none */
	struct floor_facts *facts;
	/* Told what the upstream map said to a fact's ask. */
	void (*on_reply)(
	    struct source_ask *, const struct source_reply *, uint64_t now);
	void *owner;        /* of the facts asked for */
	unsigned asking;    /* so many of them */
	struct buf text;    /* of the last answer */
	uint64_t raised;    /* answers that are stricter than was said */
	uint64_t warned_at; /* 0: never */
};

/* Where a question stands. */
struct floor_walk {
	struct floor_map *map;
	const char *key; /* the one of the step */
	size_t len;
	bool first; /* it's the one that was asked */
	bool stale;
	const char *hurry; /* why nothing is asked for any more, or NULL */
	uint64_t stale_max;
	answerer_step_fn *step;
	void *step_arg;
};

enum floor_walk_stop {
	FLOOR_WALK_WAIT, /* for the fact that is set */
	FLOOR_WALK_ON,   /* nothing for this key */
	FLOOR_WALK_END,  /* the reply is set */
};

/* From where the walk stands: WAIT or END. */
enum floor_walk_stop floor_walk_go(struct floor_walk *, uint64_t now,
    struct resolve_reply *, struct floor_fact **wanted);
/* The same behind a key for which there is nothing. */
enum floor_walk_stop floor_walk_go_on(struct floor_walk *, uint64_t now,
    struct resolve_reply *, struct floor_fact **wanted);

/* The step can't be said, for the reason why: ON or END. */
enum floor_walk_stop floor_walk_doubt(struct floor_walk *,
    const struct floor_fact *, const char *why, uint64_t now,
    struct resolve_reply *);

/* What the upstream map said, made to a fact. */
struct floor_said {
	bool learned;
	bool bad; /* it wasn't learned, since it's no policy */
	struct err why;
};
void floor_walk_learn(struct floor_map *, struct floor_fact *,
    const struct source_reply *, uint64_t now, struct floor_said *);
/* For a walk that waited for it: ON or END. */
enum floor_walk_stop floor_walk_take(struct floor_walk *,
    const struct floor_fact *, const struct floor_said *, uint64_t now,
    struct resolve_reply *);

/* What every destination gets that has no policy. */
void floor_walk_answer_none(const struct floor_walk *, struct resolve_reply *);

#endif
