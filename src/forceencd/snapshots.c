/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceencd/snapshots.h"

#include <inttypes.h>

#include "forceenc/clock.h"
#include "forceenc/log.h"

/* A disk that's busy is looked at after 1, 2, 4 ... ms. */
#define SNAPSHOTS_NAP_MAX 32

static void
snapshots_failed(struct snapshots *snapshots, const struct err *err)
{
	if (!snapshots->failed)
		log_warn("snapshot: %s: remembered answers won't survive a "
			 "restart",
		    err->text);
	snapshots->failed = true;
}

void
snapshots_restore(struct snapshots *snapshots, const struct conf *conf,
    struct tables *tables, uint64_t now)
{
	struct err err;
	int64_t n;

	snapshots->at = now + conf->snapshot_interval;
	if (*conf->snapshot_file == '\0')
		return;
	n = snapshot_load(conf->snapshot_file, tables, conf->stale_max, now,
	    clock_wall(), &err);
	if (n == -1)
		log_warn("snapshot: %s", err.text);
	else if (n > 0)
		log_info("snapshot: %s: remembered (facts=%" PRId64 ")",
		    conf->snapshot_file, n);
}

static uint64_t
snapshots_nap(struct snapshots *snapshots, uint64_t now)
{
	snapshots->nap = snapshots->nap == 0 ? 1 : 2 * snapshots->nap;
	if (snapshots->nap > SNAPSHOTS_NAP_MAX)
		snapshots->nap = SNAPSHOTS_NAP_MAX;
	return now + snapshots->nap;
}

/* Two of them would write the same file. */
static bool
snapshots_is_free(struct snapshots *snapshots)
{
	if (snapshots->given_up == NULL)
		return true;
	if (snapshot_is_busy(snapshots->given_up))
		return false;
	snapshot_free(snapshots->given_up);
	snapshots->given_up = NULL;
	return true;
}

static uint64_t
snapshots_step(
    struct snapshots *snapshots, const struct conf *conf, uint64_t now)
{
	struct err err;

	switch (snapshot_step(snapshots->current, now, clock_wall(), &err)) {
	case SNAPSHOT_MORE:
		snapshots->nap = 0;
		return now;
	case SNAPSHOT_BUSY:
		return snapshots_nap(snapshots, now);
	case SNAPSHOT_FAILED:
		snapshots_failed(snapshots, &err);
		break;
	case SNAPSHOT_DONE:
		snapshots->failed = false;
		break;
	}
	snapshot_free(snapshots->current);
	snapshots->current = NULL;
	snapshots->nap = 0;
	snapshots->at = now + conf->snapshot_interval;
	return snapshots->at;
}

uint64_t
snapshots_tick(struct snapshots *snapshots, const struct conf *conf,
    const struct cache *cache, struct tables *tables, uint64_t now)
{
	if (!snapshots_is_free(snapshots))
		return snapshots_nap(snapshots, now);
	if (*conf->snapshot_file == '\0')
		return CLOCK_NEVER;
	if (snapshots->current == NULL && now < snapshots->at)
		return snapshots->at;
	if (snapshots->current == NULL)
		snapshots->current =
		    snapshot_begin(conf->snapshot_file, cache, tables);
	return snapshots_step(snapshots, conf, now);
}

/* It speaks of the tables of before. */
static void
snapshots_give_up(struct snapshots *snapshots)
{
	if (snapshots->current == NULL)
		return;
	snapshot_abandon(snapshots->current);
	snapshots->given_up = snapshots->current;
	snapshots->current = NULL;
}

void
snapshots_reload(
    struct snapshots *snapshots, const struct conf *conf, uint64_t now)
{
	snapshots_give_up(snapshots);
	if (snapshots->at > now + conf->snapshot_interval)
		snapshots->at = now + conf->snapshot_interval;
}

void
snapshots_last(struct snapshots *snapshots, const struct conf *conf,
    const struct cache *cache, struct tables *tables)
{
	snapshots_give_up(snapshots);
	snapshots->at = 0;
	do {
		if (snapshots->given_up != NULL)
			snapshot_wait(snapshots->given_up);
		if (snapshots->current != NULL)
			snapshot_wait(snapshots->current);
		snapshots_tick(snapshots, conf, cache, tables, clock_now());
	} while (snapshots->current != NULL);
}

void
snapshots_fini(struct snapshots *snapshots)
{
	snapshot_free(snapshots->current);
	snapshot_free(snapshots->given_up);
}
