/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_TESTS_FUZZ_H
#define FORCEENC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry; never keeps data, always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Defined by each target, counted up when an input gets through to what the
 * target is for (a whole netstring, say), so that a corpus that never gets
 * there is noticed. */
extern unsigned long fuzz_reached;

#endif
