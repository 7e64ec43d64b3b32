/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_CLOCK_H
#define FORCEENC_CLOCK_H

#include <stdint.h>

/* Milliseconds. All logic takes time as an argument; only the loop asks. */
#define CLOCK_NEVER UINT64_MAX

/* Since some fixed moment, never backwards, suspended time included
 * (CLOCK_BOOTTIME): facts age while a machine sleeps. */
uint64_t clock_now(void);

/* The same clock in microseconds, to measure how long something took: what
 * nothing is decided by. */
uint64_t clock_us(void);

/* Since the epoch, for people. */
uint64_t clock_wall(void);

#endif
