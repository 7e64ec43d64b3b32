/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_NOTIFY_H
#define FORCEENC_NOTIFY_H

#include <stdint.h>

/*
 * What the service manager is told (sd_notify(3)). Where there is none, or
 * without libsystemd, nobody is.
 */

/* "READY=1", "STOPPING=1", "STATUS=..." */
void notify_send(const char *state);

/* RELOADING=1 with the time that Type=notify-reload wants. */
void notify_reloading(void);

/*
 * To be called once a turn of the loop, so that the manager hears while the
 * loop turns, and only then: WATCHDOG=1 twice per WatchdogSec
 * (sd_watchdog_enabled(3)). Returns when it wants to be called again,
 * CLOCK_NEVER if nobody watches. The first call decides whether anybody does.
 */
uint64_t notify_watchdog(uint64_t now);

#endif
