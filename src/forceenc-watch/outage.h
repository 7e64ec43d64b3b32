/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_OUTAGE_H
#define FORCEENC_WATCH_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "forceenc/err.h"
#include "forceenc/store.h"

/*
 * A time in which the store can't be written, or not even be opened: when it's
 * tried again, and what is told of it. That is one line when it begins, and one
 * if it turns out that waiting won't help. A lock that somebody else has on the
 * database is mostly gone in a moment, and nobody hears of it before it has
 * stayed for a while. All-zero: there is none.
 */
struct outage {
	bool told;
	enum store_trouble trouble; /* the last one */
	uint64_t locked_since;      /* clock_now(); 0: it isn't */
};

/* It has failed once more, at now (clock_now()). False if it's only a lock, of
 * which nobody needs to know yet. */
bool outage_note(struct outage *, const char *store, enum store_trouble,
    const struct err *, uint64_t now);

/* In how many ms it's to be tried again. */
unsigned outage_wait(const struct outage *);

/* It's written again, or opened anew. True if the outage was told. */
bool outage_end(struct outage *);

#endif
