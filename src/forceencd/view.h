/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_VIEW_H
#define FORCEENC_FORCEENCD_VIEW_H

#include <stdint.h>

#include "forceenc/http.h"
#include "forceencd/answerers.h"
#include "forceencd/cache.h"
#include "forceencd/clients.h"
#include "forceencd/listeners.h"
#include "forceencd/resolve.h"
#include "forceencd/session.h"
#include "forceencd/tables.h"
#include "forceencd/turn.h"

/* The daemon's parts, as the control commands and the pages of figures see
 * them. All borrowed. */
struct view {
	struct session_shared *shared;
	struct cache *cache;
	struct tables *tables;
	struct answerers *answerers;
	struct resolve *resolve;
	struct clients *clients;
	struct listeners *listeners; /* NULL: the daemon is ending */
	struct http *http;
	struct turn *turn;
	uint64_t started_at;   /* clock_now() */
	uint64_t started_wall; /* clock_wall() */
	unsigned reloads;
	unsigned reloads_failed;
	struct err reload_trouble; /* of the last one that failed, else "" */
};

#endif
