/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_TURN_H
#define FORCEENC_FORCEENCD_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/histogram.h"

/*
 * The loop's turns: from the first event that had work to do until what was
 * due is done. Whoever asks meanwhile waits for as long as a turn takes. An
 * all-zero struct has had none.
 */

/* The longest turns of a minute are kept by the slice of it. */
#define TURN_SLICES   12
#define TURN_SLICE_US 5000000

struct turn_slice {
	uint64_t no; /* counted since the clock's beginning */
	uint64_t longest;
};

/* Questions taken in one turn; those that are there then have the next one. So
 * have they once it has taken this long: what a question takes depends on what
 * it asks. The clock is looked at every so many of them. */
#define TURN_QUESTIONS 1024
#define TURN_ENOUGH_US 5000
#define TURN_LOOK      4

/* All times in microseconds. */
struct turn {
	uint64_t begun_at; /* 0: nothing was done in this turn yet */
	uint64_t questions;
	bool full; /* no more questions */
	struct histogram took;
	struct turn_slice slice[TURN_SLICES];
};

/* What runs first in a turn begins it; the others change nothing. */
void turn_begin(struct turn *, uint64_t now_us);
void turn_end(struct turn *, uint64_t now_us);

/* A question is taken. */
void turn_add_question(struct turn *);
/* It's enough for this turn. */
bool turn_is_full(const struct turn *);
/* A look at the clock. */
void turn_look(struct turn *, uint64_t now_us);

/* Of those that ended within the last minute, or up to a slice of it before;
 * 0 if there were none. */
uint64_t turn_longest_lately(const struct turn *, uint64_t now_us);

/* The time in milliseconds; one look at the clock serves all events of a turn,
 * and begins it. */
uint64_t turn_now(struct turn *);

#endif
