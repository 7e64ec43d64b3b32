/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_VIEW_H
#define FORCEENC_WATCH_VIEW_H

#include <stdint.h>

#include "forceenc-watch/input.h"
#include "forceenc-watch/meter.h"
#include "forceenc-watch/walk.h"
#include "forceenc/http.h"

/* The watcher's parts as its pages see them. All borrowed. */
struct view {
	const struct meter *meter;
	const struct walk *walk;   /* NULL while the store can't be opened */
	const struct input *input; /* the same */
	const struct http *http;
	uint64_t started_wall; /* clock_wall() */
};

#endif
