/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_ORDER_H
#define FORCEENC_FORCEENCD_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define ORDER_MAX 20 /* what 64 random bits can shuffle */

/*
 * The order in which n servers are tried: shuffled, so that many askers
 * spread over them, and those that failed last behind the others. out gets
 * the numbers from 0 to n - 1.
 */
void order_make(unsigned *out, const bool *failed, unsigned n, uint64_t random);

#endif
