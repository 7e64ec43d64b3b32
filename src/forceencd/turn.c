/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/turn.h"

#include "forceenc/clock.h"
#include "forceenc/must.h"

void
turn_begin(struct turn *turn, uint64_t now_us)
{
	if (turn->begun_at == 0)
		turn->begun_at = now_us;
}

void
turn_end(struct turn *turn, uint64_t now_us)
{
	uint64_t took = now_us - turn->begun_at;
	uint64_t no = now_us / TURN_SLICE_US;
	struct turn_slice *slice = &turn->slice[no % TURN_SLICES];

	MUST(turn->begun_at != 0);
	histogram_add(&turn->took, took);
	if (slice->no != no)
		*slice = (struct turn_slice){.no = no};
	if (took > slice->longest)
		slice->longest = took;
	turn->begun_at = 0;
	turn->questions = 0;
	turn->full = false;
}

void
turn_look(struct turn *turn, uint64_t now_us)
{
	if (turn->begun_at != 0 && now_us >= turn->begun_at + TURN_ENOUGH_US)
		turn->full = true;
}

void
turn_add_question(struct turn *turn)
{
	if (++turn->questions >= TURN_QUESTIONS)
		turn->full = true;
	else if (turn->questions % TURN_LOOK == 0)
		turn_look(turn, clock_us());
}

bool
turn_is_full(const struct turn *turn)
{
	return turn->full;
}

uint64_t
turn_longest_lately(const struct turn *turn, uint64_t now_us)
{
	uint64_t no = now_us / TURN_SLICE_US, longest = 0;
	const struct turn_slice *slice;
	unsigned i;

	for (i = 0; i < TURN_SLICES; i++) {
		slice = &turn->slice[i];
		if (slice->no + TURN_SLICES > no && slice->longest > longest)
			longest = slice->longest;
	}
	return longest;
}

uint64_t
turn_now(struct turn *turn)
{
	if (turn->begun_at == 0)
		turn->begun_at = clock_us();
	return turn->begun_at / 1000;
}
