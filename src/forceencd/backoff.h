/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_FORCEENCD_BACKOFF_H
#define FORCEENC_FORCEENCD_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* The first pause, in ms. */
#define BACKOFF_FIRST 100

/*
 * Ever longer pauses before something that failed is tried again: each about
 * twice the one before, up to a limit, and a bit shorter by chance, so that
 * many who lost the same server don't come back at once. An all-zero struct
 * has never failed.
 */
struct backoff {
	unsigned failures; /* in a row */
	uint64_t until;
};

/* random is any number. */
void backoff_fail(
    struct backoff *, uint64_t now, uint64_t longest, uint32_t random);
void backoff_reset(struct backoff *);
bool backoff_is_over(const struct backoff *, uint64_t now);

#endif
