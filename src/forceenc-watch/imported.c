/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/imported.h"

#include <poll.h>
#include <stddef.h>

#include "forceenc-watch/place.h"
#include "forceenc/clock.h"
#include "forceenc/log.h"
#include "forceenc/text.h"

/* What comes through a pipe can't be had again, and who imports much doesn't
 * want to begin again: so long (ms) a store that is away is waited for. */
#define IMPORTED_PATIENCE 3600000

int64_t
imported_now(void)
{
	return (int64_t)(clock_wall() / 1000);
}

bool
imported_is_stopped(const struct imported *import)
{
	return import->loop != NULL && import->loop->stopping;
}

/* Whether it's to be tried once more; it has waited then. */
static bool
imported_wait(
    struct imported *import, enum store_trouble trouble, const struct err *err)
{
	uint64_t now = clock_now();

	if (import->away_since == 0)
		import->away_since = now;
	if (now - import->away_since >= IMPORTED_PATIENCE)
		return false;
	outage_note(&import->outage, import->conf->store, trouble, err, now);
	if (import->loop == NULL)
		poll(NULL, 0, (int)outage_wait(&import->outage));
	else
		loop_wait(import->loop, -1, outage_wait(&import->outage));
	return !imported_is_stopped(import);
}

static void
imported_go_on(struct imported *import)
{
	import->away_since = 0;
	if (outage_end(&import->outage))
		log_info(
		    "%s: is written again", text_show_str(import->conf->store));
}

/* Waits for one that is away, if that is wanted. */
static int
imported_open(struct imported *import, bool wait, struct err *err)
{
	enum store_trouble trouble;

	do {
		import->store =
		    place_open(import->conf, import->loop, &trouble, err);
		import->keep.store = import->store;
		if (import->store != NULL)
			return 0;
	} while (wait && trouble != STORE_WRONG &&
	    imported_wait(import, trouble, err));
	return -1;
}

bool
imported_reopen(struct imported *import, struct err *err)
{
	if (!store_lost(import->store) ||
	    !imported_wait(import, STORE_AWAY, err))
		return false;
	store_close(import->store);
	return imported_open(import, true, err) == 0;
}

int
imported_keep(struct imported *import, const struct keep_place *place,
    const struct keep_report *report, struct err *err)
{
	int rc = 0;

	while (rc == 0 &&
	    keep_commit(&import->keep, import->walk, place, report, err) ==
		-1) {
		if (!store_lost(import->store)) {
			if (!imported_wait(import, STORE_WRONG, err))
				return -1;
			continue;
		}
		do {
			if (!imported_reopen(import, err))
				return -1;
			rc =
			    keep_is_committed(&import->keep, import->walk, err);
		} while (rc == -1);
	}
	imported_go_on(import);
	return 0;
}

int
imported_commit(struct imported *import, const struct fingerprint *print,
    uint64_t offset, struct err *err)
{
	const struct keep_report report = {.now = imported_now()};
	const struct keep_place place = {
	    .position = &import->position,
	    .print = print,
	};

	if (print != NULL) {
		import->position.offset = offset;
		import->position.print = *print;
	}
	return imported_keep(import, &place, &report, err);
}

int
imported_begin_anew(struct imported *import, struct err *err)
{
	struct walk *walk;

	correlate_end(import->walk->inflight);
	walk = walk_new(import->rules, imported_now(), err);
	if (walk == NULL)
		return -1;
	if (imported_commit(import, NULL, 0, err) == -1) {
		walk_free(walk);
		return -1;
	}
	walk->counters = import->walk->counters;
	walk->counters.evicted = walk_evicted(import->walk);
	walk->inflight->disagreements = import->walk->inflight->disagreements;
	walk->inflight->senders_unknown =
	    import->walk->inflight->senders_unknown;
	walk_told(walk);
	walk_free(import->walk);
	import->walk = walk;
	return 0;
}

/* With what was left by the last one. */
static int
imported_load(struct imported *import, struct err *err)
{
	walk_free(import->walk);
	import->walk = walk_new(import->rules, imported_now(), err);
	return import->walk != NULL &&
		keep_load_state(&import->keep, "import", import->walk, err) !=
		    -1 &&
		keep_load_position(&import->keep, &import->position, err) != -1
	    ? 0
	    : -1;
}

int
imported_begin(struct imported *import, bool wait, struct err *err)
{
	keep_init(&import->keep, NULL, "import");
	if (imported_open(import, wait, err) == -1)
		return -1;
	while (imported_load(import, err) == -1)
		if (!wait || !imported_reopen(import, err))
			return -1;
	imported_go_on(import);
	return 0;
}

void
imported_end(struct imported *import)
{
	keep_fini(&import->keep);
	walk_free(import->walk);
	store_close(import->store);
}

void
imported_tidy(struct imported *import)
{
	const struct conf *conf = import->conf;
	struct err err;

	while (store_tidy(import->store, imported_now(), conf->keep_hours,
		   conf->keep_days, conf->failures_kept, &err) == 1)
		continue;
}
