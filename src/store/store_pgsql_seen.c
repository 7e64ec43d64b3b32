/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_pgsql_seen.h"

#include <string.h>

bool
store_pgsql_seen_number(
    struct store_pgsql_seen_number *seen, uint64_t number, int64_t day)
{
	if (number == 0)
		return false;
	/* Numbers are given one after the other. */
	seen += number % STORE_PGSQL_SEEN_NUMBERS;
	if (seen->number == number && seen->day == day)
		return true;
	*seen = (struct store_pgsql_seen_number){number, day};
	return false;
}

bool
store_pgsql_seen_kind(
    struct store_pgsql_seen *seen, const struct store_pgsql_seen_kind *kind)
{
	unsigned n = seen->kinds < STORE_PGSQL_SEEN_KINDS
	    ? seen->kinds
	    : STORE_PGSQL_SEEN_KINDS;
	const struct store_pgsql_seen_kind *at;
	unsigned i;

	for (i = 0; i < n; i++) {
		at = &seen->kind[i];
		if (at->outcome == kind->outcome && at->level == kind->level &&
		    at->reason == kind->reason && at->day == kind->day &&
		    strcmp(at->service, kind->service) == 0)
			return true;
	}
	seen->kind[seen->kinds++ % STORE_PGSQL_SEEN_KINDS] = *kind;
	return false;
}
