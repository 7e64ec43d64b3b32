/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/undecided.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"

/* Oldest first, in one piece: seldom many, and gone after minutes. */
struct undecided {
	struct names *names;
	struct tally *tally;
	struct undecided_item *item;
	size_t first; /* those in front are gone */
	size_t n;     /* one behind the last */
	size_t cap;
};

struct undecided *
undecided_new(struct names *names, struct tally *tally)
{
	struct undecided *undecided = mem_zalloc(sizeof(*undecided));

	undecided->names = names;
	undecided->tally = tally;
	return undecided;
}

static void
undecided_put(struct undecided *undecided, struct undecided_item *item)
{
	names_put(undecided->names, item->sender);
	names_put(undecided->names, item->destination);
	names_put(undecided->names, item->mx);
}

void
undecided_free(struct undecided *undecided)
{
	size_t i;

	if (undecided == NULL)
		return;
	for (i = undecided->first; i < undecided->n; i++)
		undecided_put(undecided, &undecided->item[i]);
	free(undecided->item);
	free(undecided);
}

static void
undecided_decide(struct undecided *undecided, struct undecided_item *item,
    enum store_level level)
{
	const struct tally_count count = {
	    .hour = item->time < 0 ? 0 : (uint32_t)(item->time / 3600),
	    .sender = item->sender,
	    .destination = item->destination,
	    .service = item->service->name,
	    .outcome = STORE_DELIVERED,
	    .level = level,
	};
	const struct tally_session session = {
	    .destination = item->destination,
	    .mx = item->mx,
	    .level = level,
	};

	tally_add_count(undecided->tally, &count, item->n);
	if (item->mx != NULL && level == STORE_NONE)
		tally_add_session(undecided->tally, &session, item->time, 1);
	undecided_put(undecided, item);
}

static void
undecided_make_room(struct undecided *undecided)
{
	size_t n = undecided->n - undecided->first;

	if (undecided->first > 0) {
		memmove(undecided->item, undecided->item + undecided->first,
		    n * sizeof(*undecided->item));
		undecided->first = 0;
		undecided->n = n;
	}
	if (n * 2 < undecided->cap)
		return;
	undecided->cap = undecided->cap * 2 + 64;
	undecided->item = mem_resize(
	    undecided->item, undecided->cap, sizeof(*undecided->item));
}

void
undecided_add(struct undecided *undecided, const struct undecided_item *item)
{
	if (undecided->n - undecided->first >= UNDECIDED_MAX)
		undecided_decide(undecided,
		    &undecided->item[undecided->first++], STORE_UNKNOWN);
	if (undecided->n == undecided->cap)
		undecided_make_room(undecided);
	undecided->item[undecided->n++] = *item;
	names_hold(undecided->names, item->sender);
	names_hold(undecided->names, item->destination);
	if (item->mx != NULL)
		names_hold(undecided->names, item->mx);
}

void
undecided_plaintext(
    struct undecided *undecided, const struct scene_service *service)
{
	size_t i, kept = undecided->first;

	for (i = undecided->first; i < undecided->n; i++) {
		if (undecided->item[i].service == service)
			undecided_decide(
			    undecided, &undecided->item[i], STORE_NONE);
		else
			undecided->item[kept++] = undecided->item[i];
	}
	undecided->n = kept;
}

void
undecided_unknown(struct undecided *undecided, const struct scene_host *host)
{
	size_t i, kept = undecided->first;

	for (i = undecided->first; i < undecided->n; i++) {
		if (host == NULL || undecided->item[i].service->host == host)
			undecided_decide(
			    undecided, &undecided->item[i], STORE_UNKNOWN);
		else
			undecided->item[kept++] = undecided->item[i];
	}
	undecided->n = kept;
}

void
undecided_expire(struct undecided *undecided, int64_t now)
{
	while (undecided->first < undecided->n &&
	    undecided->item[undecided->first].time + UNDECIDED_SECONDS < now)
		undecided_decide(undecided,
		    &undecided->item[undecided->first++], STORE_UNKNOWN);
}

size_t
undecided_count(const struct undecided *undecided)
{
	return undecided->n - undecided->first;
}

const struct undecided_item *
undecided_at(const struct undecided *undecided, size_t i)
{
	return &undecided->item[undecided->first + i];
}
