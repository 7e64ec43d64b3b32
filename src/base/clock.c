/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/clock.h"

#include <time.h>

static uint64_t
clock_read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
clock_now(void)
{
	return clock_us() / 1000;
}

uint64_t
clock_us(void)
{
	return clock_read_us(CLOCK_BOOTTIME);
}

uint64_t
clock_wall(void)
{
	return clock_read_us(CLOCK_REALTIME) / 1000;
}
