/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_DELIVERY_H
#define FORCEENC_WATCH_DELIVERY_H

#include "forceenc-watch/event_kind.h"
#include "forceenc-watch/scan.h"

/*
 * What follows "to=<" in the line that tells what became of a recipient:
 *
 *   ADDRESS>[, orig_to=<ADDRESS>], relay=RELAY, [conn_use=N, ]delay=N,
 *   delays=N/N/N/N, [tls=WORD, ]dsn=N.N.N, status=WORD (TEXT)
 *
 * Sets the event's type to DELIVERY or PROBE, and what they have. False for
 * any other form; the event is of no use then. Pure.
 */
bool delivery_parse(struct event *, struct scan *);

#endif
