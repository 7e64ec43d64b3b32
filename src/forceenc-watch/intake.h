/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_INTAKE_H
#define FORCEENC_WATCH_INTAKE_H

#include "forceenc-watch/event_kind.h"
#include "forceenc-watch/scan.h"

/*
 * What lines say of mail that comes in or isn't let in, by the rules of
 * pflogsumm: EVENT_RECEIVED and EVENT_TOTAL. Each returns whether it is such
 * a line; scan moves only then. Pure.
 */

/* Of smtpd(8), all there is. */
bool intake_smtpd(struct event *, struct scan *);

/* "NOQUEUE: reject: ...", of anybody. */
bool intake_noqueue(struct event *, struct scan *);

/* Behind a queue id: of smtpd(8), cleanup(8) or pickup(8), which write
 * different words. */
bool intake_message(struct event *, struct scan *);

#endif
