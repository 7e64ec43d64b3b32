/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/order.h"

#include "forceenc/must.h"

static void
order_shuffle(unsigned *out, unsigned n, uint64_t random)
{
	unsigned i, other, swap;

	for (i = 0; i + 1 < n; i++) {
		other = i + (unsigned)(random % (n - i));
		random /= n - i;
		swap = out[i];
		out[i] = out[other];
		out[other] = swap;
	}
}

void
order_make(unsigned *out, const bool *failed, unsigned n, uint64_t random)
{
	unsigned shuffled[ORDER_MAX], i, at = 0;

	MUST(n <= ORDER_MAX);
	for (i = 0; i < n; i++)
		shuffled[i] = i;
	order_shuffle(shuffled, n, random);
	for (i = 0; i < n; i++)
		if (!failed[shuffled[i]])
			out[at++] = shuffled[i];
	for (i = 0; i < n; i++)
		if (failed[shuffled[i]])
			out[at++] = shuffled[i];
}
