/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_QUEUE_ID_H
#define FORCEENC_WATCH_QUEUE_ID_H

#include "forceenc-watch/event_kind.h"
#include "forceenc-watch/scan.h"

#define QUEUE_ID_MAX 31

/* A queue id and ": " at the front; moves over both. Pure. */
bool queue_id_parse(struct scan *, struct event_span *out);

#endif
