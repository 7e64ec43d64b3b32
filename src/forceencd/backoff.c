/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/backoff.h"

void
backoff_fail(
    struct backoff *backoff, uint64_t now, uint64_t longest, uint32_t random)
{
	uint64_t pause = BACKOFF_FIRST;
	unsigned i;

	for (i = 0; i < backoff->failures && pause < longest; i++)
		pause *= 2;
	if (pause > longest)
		pause = longest;
	/* From half of it to all of it. */
	backoff->until = now + pause - random % (pause / 2 + 1);
	backoff->failures++;
}

void
backoff_reset(struct backoff *backoff)
{
	*backoff = (struct backoff){0};
}

bool
backoff_is_over(const struct backoff *backoff, uint64_t now)
{
	return now >= backoff->until;
}
