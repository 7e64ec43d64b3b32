/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/notify.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "config.h"
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "forceenc/clock.h"

static struct {
	bool asked;
	uint64_t interval; /* 0: nobody watches */
	uint64_t due;
} notify_dog;

#ifdef HAVE_SYSTEMD

void
notify_send(const char *state)
{
	sd_notify(0, state);
}

static uint64_t
notify_interval(void)
{
	uint64_t usec;

	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	return usec / 1000 / 2 + 1;
}

#else

void
notify_send(const char *state)
{
	(void)state;
}

static uint64_t
notify_interval(void)
{
	return 0;
}

#endif

void
notify_reloading(void)
{
	char text[80];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
	notify_send(text);
}

uint64_t
notify_watchdog(uint64_t now)
{
	if (!notify_dog.asked) {
		notify_dog.asked = true;
		notify_dog.interval = notify_interval();
	}
	if (notify_dog.interval == 0)
		return CLOCK_NEVER;
	if (now >= notify_dog.due) {
		notify_send("WATCHDOG=1");
		notify_dog.due = now + notify_dog.interval;
	}
	return notify_dog.due;
}
